"""The lock as people meet it: a run that was stopped and goes on, a laptop that is gone, somebody who looks."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studentdb.provision.lock import Lock
from studentdb.provision.lock_owner import LEASE, Generation, Owner
from tests.command_line import DONE, CommandLine
from tests.environments import ROOT
from tests.flows.conftest import School
from tests.flows.gate import Gate
from tests.support import Backend

SHORT = 5.0


def short_lease(machine: CommandLine, url: str, env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.flows.impatient", url, env, str(SHORT)],
        env=machine.environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def the_command(machine: CommandLine, url: str, env: str) -> subprocess.Popen[str]:
    return machine.start("deploy", "--yes", "--env", env)


@pytest.mark.slow
@pytest.mark.parametrize(("start", "lease"), [(short_lease, SHORT), (the_command, LEASE)])
def test_stopped_past_its_lease_and_let_go_on(
    school: School,
    engine: Backend,
    tmp_path: Path,
    start: Callable[[CommandLine, str, str], subprocess.Popen[str]],
    lease: float,
) -> None:
    """Another deploy takes over and finishes; the first one writes nothing more, not even that it ends."""
    assert engine.endpoint_url is not None
    with (
        Gate.before(engine.endpoint_url) as gate,
        _ended(start(CommandLine.at(gate.url, tmp_path / "stopped"), gate.url, school.env)) as first,
    ):
        _stop_after(first, 4)
        held = _latest(school)
        assert (held.number, held.owner.pid, held.owner.lease) == (1, first.pid, lease)
        school.root.wait(lambda: _latest(school).state == "expired" or None, what="end of lease", budget=lease + 10)
        assert "its lease is over" in school.ok("lock show").out

        school.ok("deploy", "--yes")
        assert school.run("plan").code == 0
        before, calls = school.inventory(), len(gate.calls)
        assert gate.writes()
        first.send_signal(signal.SIGCONT)
        _, err = first.communicate(timeout=60)
    assert first.returncode == 7, err
    assert "hint: studentdb deploy" in err
    assert gate.writes(calls) == []
    # To the last time of change, the lock's own included.
    assert school.inventory() == before


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A stopped process must not outlive a test that fails."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def _stop_after(process: subprocess.Popen[str], done: int) -> None:
    """SIGSTOP when it reports the `done`-th resource as done; returns when it has stopped."""
    assert process.stderr is not None
    reported = 0
    while reported < done:
        line = process.stderr.readline()
        assert line, f"it ended with {process.wait()}"
        reported += DONE.match(line) is not None
    process.send_signal(signal.SIGSTOP)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def _latest(school: School) -> Generation:
    found = Lock(school.root, "a test").latest()
    assert found is not None
    return found


def _somebody_elsewhere(school: School) -> None:
    owner = dataclasses.replace(Owner.here("studentdb deploy", LEASE), user="anna", machine="laptop-7", pid=4711)
    name = f"/studentdb/{school.prefix}/lock/1"
    school.root.client("ssm").put_parameter(Name=name, Value=owner.json(), Type="String")


@pytest.mark.slow
def test_show(school: School) -> None:
    assert school.ok("lock show").out == "lock          free\n"
    assert school.ok("lock show", "--json").data == {"state": "free", "held": False}
    _somebody_elsewhere(school)
    shown = school.ok("lock show")
    for line in (
        "lock          held",
        "by            anna on laptop-7, process 4711",
        "command       studentdb deploy",
    ):
        assert line in shown.out.splitlines()
    assert "at once with: studentdb lock release" in shown.err
    found = school.ok("lock show", "--json").data
    assert (found["state"], found["held"], found["machine"], found["pid"]) == ("elsewhere", True, "laptop-7", 4711)
    assert 0 <= found["seconds_since_sign_of_life"] < found["lease_seconds"] == LEASE
    # Else the teardown after this test would have to wait for the end of its lease.
    school.root.client("ssm").delete_parameter(Name=f"/studentdb/{school.prefix}/lock/1")


@pytest.mark.slow
def test_release_of_one_that_is_gone_elsewhere(school: School) -> None:
    assert "Nobody holds it." in school.ok("lock release").err
    _somebody_elsewhere(school)
    locked = school.run("deploy", "--yes")
    assert locked.code == 7
    assert "anna on laptop-7 (process 4711) runs `studentdb deploy` since 2" in locked.err
    assert f"hint: studentdb lock show --env {school.env}  (" in locked.err
    unasked = school.run("lock release")
    assert unasked.code == 2
    assert "hint: add --yes" in unasked.err
    assert _latest(school).number == 1

    released = school.ok("lock release", "--yes")
    assert "for 10 s the lock is kept" in released.err
    assert "Released." in released.err
    assert (_latest(school).number, _latest(school).state) == (2, "free")
    first = school.root.client("ssm").get_parameter(Name=f"/studentdb/{school.prefix}/lock/1")["Parameter"]
    # Nobody writes into another's generation.
    assert (first["Version"], json.loads(first["Value"])["released"]) == (1, False)


@pytest.mark.slow
def test_release_of_one_that_runs_here_is_refused(school: School) -> None:
    with Lock(school.root, "studentdb deploy").held():
        assert "runs on this machine" in school.ok("lock show").out
        refused = school.run("lock release", "--yes")
        assert refused.code == 7
        assert f"hint: wait for it, or stop it: kill {os.getpid()}" in refused.err
        assert _latest(school).held
