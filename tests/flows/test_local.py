"""The product on its own engine: `studentdb demo`, `--local`, `studentdb local`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.support import free_port

pytestmark = pytest.mark.engine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[CommandLine]:
    """A newcomer's."""
    new = CommandLine(tmp_path / "machine")
    # It goes down and up again, and comes back to its port.
    new.ok("local", "up", "--port", str(free_port()))
    new.ok("local", "down")
    yield new
    new.run("local", "down")


def test_the_first_hour(machine: CommandLine) -> None:
    """The demo twice, what it says to try next, the engine stopped and started, and everything removed."""
    demo = machine.run("demo", "--json")
    assert demo.code == 0, demo.err
    assert demo.data["students"] == 60
    assert "60 added, 0 there already" in demo.err
    assert "4 classes with their lecturers and students" in demo.err
    assert len(json.loads(machine.ok("students", "list", "--json", "--limit", "10"))) == 10
    machine.ok("students", "add", "--number", "S2001", "--given-name", "Ada", "--family-name", "Lovelace")

    again = machine.run("demo", "--json")
    assert "Nothing to do" in again.err
    assert "0 added, 60 there already" in again.err
    assert again.data["site_url"] == demo.data["site_url"]

    assert json.loads(machine.ok("local", "status", "--json"))["running"]
    machine.ok("local", "down")
    assert json.loads(machine.ok("local", "status", "--json")) == {"running": False}
    # It is started by whoever needs it, with what it held.
    assert len(json.loads(machine.ok("students", "list", "--json"))) == 61
    status = json.loads(machine.ok("status", "--local", "--env", "demo", "--json"))
    assert (status["state"], status["api_answers"], status["deployment"]) == ("deployed", True, status["deployment"])

    # It is the only one known, but nobody has said that it is meant.
    unasked = machine.run("teardown", "--delete-data", "--yes")
    assert unasked.code == 2
    assert "nobody said that demo@local is meant" in unasked.err
    assert "studentdb teardown --delete-data --yes --env demo --local" in unasked.err

    machine.ok("teardown", "--delete-data", "--yes", "--local", "--env", "demo")
    gone = machine.run("students", "list")
    assert gone.code == 4
    machine.ok("local", "reset", "--yes")
    assert json.loads(machine.ok("local", "status", "--json")) == {"running": False}
