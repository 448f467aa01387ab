"""One student at a time, by the commands, through the deployed API."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest

from studentdb.api.problems import VersionConflictError
from studentdb.context import Context
from studentdb.contract.students import StudentUpdate
from tests.command_line import CommandLine, Deployed


@pytest.fixture
def number() -> str:
    """A student number that nobody has."""
    return f"N{secrets.token_hex(5)}"


def add(deployed: Deployed, number: str, *more: str) -> dict[str, object]:
    names = ("--given-name", "Ngọc Ánh", "--family-name", "Trần")
    made: dict[str, object] = json.loads(deployed.cli("students", "add", "--number", number, *names, *more, "--json"))
    return made


def test_from_add_to_delete(deployed: Deployed, number: str) -> None:
    more = ("--email", f"{number}@Example.edu", "--birth-date", "2011-02-28", "--grade", "09", "--grade", "10")
    made = add(deployed, number, *more)
    assert made["email"] == f"{number}@example.edu".lower()
    assert (made["version"], made["status"], made["grades"]) == (1, "active", ["09", "10"])
    assert json.loads(deployed.cli("students", "get", number, "--json")) == made
    assert json.loads(deployed.cli("students", "get", str(made["id"]), "--json")) == made
    shown = deployed.cli("students", "get", number)
    assert "Trần" in shown
    assert "09, 10" in shown

    changed = deployed.run("students", "update", number, "--email", "", "--family-name", "Lê", "--json")
    assert changed.err == f"At prod@eu-central-1 via {deployed.config['cognitoUrl']}\n"
    expected = made | {"email": None, "familyName": "Lê", "version": 2, "updatedAt": changed.data["updatedAt"]}
    assert changed.data == expected
    # Its e-mail address is free again.
    other = add(deployed, f"{number}-2", "--email", f"{number}@example.edu")
    listed = json.loads(deployed.cli("students", "list", "--json"))
    assert [each for each in listed if each["id"] in (made["id"], other["id"])] == [expected, other]
    assert len(json.loads(deployed.cli("students", "list", "--json", "--limit", "1"))) == 1

    assert "Deleted Ngọc Ánh Lê" in deployed.run("students", "delete", number, "--yes").err
    gone = deployed.run("students", "get", number)
    assert gone.code == 1
    assert gone.err.startswith("error: ")
    assert gone.out == ""


def test_what_somebody_has_already(deployed: Deployed, number: str) -> None:
    holder = add(deployed, number, "--email", f"{number}@example.edu")
    names = ("--given-name", "A", "--family-name", "B")
    who = f"(Ngọc Ánh Trần, number {number}, id {holder['id']})"
    taken = deployed.run("students", "add", "--number", number.upper(), *names)
    assert (taken.code, f"error: somebody has this already: number: belongs to another person {who}" in taken.err) == (
        1,
        True,
    )
    add(deployed, f"{number}-2")
    taken = deployed.run("students", "update", f"{number}-2", "--email", f"{number}@EXAMPLE.edu")
    assert (taken.code, f"e-mail: belongs to another person {who}" in taken.err) == (1, True)
    assert taken.out == ""


def test_somebody_was_faster(deployed: Deployed, number: str) -> None:
    """Between reading and writing a record another command changed it."""
    made = add(deployed, number)
    machine = deployed.command_line
    students = Context({}, environ=machine.environment, cwd=machine.home).students
    deployed.cli("students", "update", number, "--given-name", "Mai")
    with pytest.raises(VersionConflictError, match="changed in the meantime") as caught:
        students.update(str(made["id"]), StudentUpdate(version=1, given_name="Lan"))
    assert (caught.value.exit_code, caught.value.hint) == (1, f"look at it first: studentdb students get {made['id']}")
    assert caught.value.why == "version: the current version is 2; given name: was changed, it is now Mai"
    assert json.loads(deployed.cli("students", "get", number, "--json"))["givenName"] == "Mai"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "--number", "1", "--given-name", "A", "--family-name", "B", "--email", "ada@"), "e-mail: must be"),
        (("add", "--number", " 1", "--given-name", "A", "--family-name", "B"), "number: must be"),
        (("add", "--number", "1", "--given-name", "", "--family-name", "B"), "given name: must"),
        (("add", "--number", "1", "--family-name", "B"), "Missing option '--given-name'"),
        (("update", "1", "--birth-date", "2011-02-29"), "birth date: must be"),
        (("update", "1", "--status", "gone"), "status: must be"),
        (("update", "1", "--given-name", ""), "given name: must"),
        (("update", "1"), "nothing to change was given"),
        (("list", "--limit", "0"), "--limit"),
    ],
)
def test_bad_input_is_refused_before_the_network_is_asked(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = CommandLine(tmp_path / "machine").run("students", *arguments)
    assert refused.code == 2
    assert said in refused.err
    assert "Traceback" not in refused.err
    assert refused.out == ""
