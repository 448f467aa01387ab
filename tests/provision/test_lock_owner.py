"""What is known of a lock's owner from where somebody else is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from studentdb import machine
from studentdb.provision.lock_owner import LEASE, Generation, Owner, State

# Wherever the tests run: a whole machine, not a container.
ME = replace(Owner.here("studentdb deploy", LEASE), namespace="")
CONTAINER = "pid:[4026532201]"


def state(owner: Owner, *, me: Owner = ME, age: float = 1) -> State:
    return Generation(1, owner, age, me).state


def test_of_this_machine_it_is_known_whether_the_process_runs() -> None:
    assert state(ME) == "alive"
    assert state(replace(ME, started="earlier")) == "dead"
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert state(replace(ME, pid=gone.pid)) == "dead"


@pytest.mark.parametrize(
    "elsewhere", [{"machine": "other"}, {"hardware": "other"}, {"namespace": CONTAINER}, {"started": ""}]
)
def test_of_other_places_it_is_not(elsewhere: dict[str, Any]) -> None:
    assert state(replace(ME, **elsewhere)) == "elsewhere"
    assert state(replace(ME, pid=1, **elsewhere)) == "elsewhere"


def test_a_machine_that_was_started_again_runs_none_of_its_former_processes() -> None:
    """Whatever has the pid now, and if it were with the same start."""
    assert state(replace(ME, boot="before")) == "dead"


def test_containers_of_one_image_on_two_machines_look_alike() -> None:
    """Same name, same network card, same ids: another boot does not mean that the other one is gone."""
    here = replace(ME, namespace=CONTAINER)
    assert state(here, me=here) == "alive"
    assert state(replace(here, pid=1, boot="other"), me=here) == "elsewhere"


def test_a_lease_ends_for_the_living_too() -> None:
    """A stopped process is alive."""
    assert state(ME, age=LEASE) == "alive"
    assert state(ME, age=LEASE + 1) == "expired"
    assert state(replace(ME, lease=5.0), age=6) == "expired"
    assert state(replace(ME, released=True), age=LEASE + 1) == "free"


def test_what_other_versions_wrote() -> None:
    assert Owner.parse(ME.json()) == ME
    assert Owner.parse('{"user": "ada", "machine": "m", "pid": 7, "colour": "red"}') == Owner("ada", "m", pid=7)
    assert Owner.parse('{"lease": 3600}').lease == LEASE
    for text in ("", "[]", "nonsense", "7"):
        assert state(Owner.parse(text)) == "elsewhere"
        assert state(Owner.parse(text), age=LEASE + 1) == "expired"


def test_this_machine() -> None:
    assert machine.boot_id() == machine.boot_id()
    assert machine.hardware() == machine.hardware()
    assert len(machine.hardware()) == 16
    assert not machine.is_container("")
    assert machine.is_container(CONTAINER)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells so in /proc")
def test_a_boot_has_an_id() -> None:
    assert len(machine.boot_id()) == 36
