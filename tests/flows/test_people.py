"""Lecturers and administrators by the commands, and what all people have, through the deployed API."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import CommandLine, Deployed


@pytest.fixture
def number() -> str:
    """A number that nobody has."""
    return f"P{secrets.token_hex(5)}"


def made(deployed: Deployed, *arguments: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(deployed.cli(*arguments, "--json"))
    return record


@pytest.mark.parametrize(("noun", "role"), [("lecturers", "lecturer"), ("administrators", "admin")])
def test_from_add_to_delete(deployed: Deployed, number: str, noun: str, role: str) -> None:
    added = made(deployed, noun, "add", "--number", number, "--given-name", "Guðrún", "--phone", "+354 515 1000")
    assert (added["role"], added["phone"], added["familyName"]) == (role, "+354 515 1000", None)
    assert made(deployed, noun, "get", number.lower()) == added
    assert f"{number},,Guðrún,,,active\n" in deployed.cli(noun, "list", "--output", "csv")

    changed = made(deployed, noun, "update", number, "--preferred-given-name", "Rúna", "--directory-opt-out")
    assert (changed["preferredGivenName"], changed["directoryOptOut"], changed["version"]) == ("Rúna", True, 2)
    shown = deployed.cli(noun, "get", number)
    assert "preferred given name Rúna\n" in shown
    assert "directory opt out    yes\n" in shown

    taken = deployed.run("students", "add", "--number", number, "--given-name", "A")
    assert f"number: belongs to another person (Guðrún, number {number}, id {added['id']})" in taken.err
    assert deployed.run("students", "get", number).code == 1

    assert f"Deleted Guðrún, number {number}" in deployed.run(noun, "delete", number, "--yes").err
    assert deployed.run(noun, "get", number).code == 1


NAMES = [
    ("Suharto", None),
    ("Thị Minh Khai", "Nguyễn"),
    ("محمد", "آل سعود"),
    ("娜娜", "欧阳"),
    ("María José", "García-Márquez y O’Neill"),
]


@pytest.mark.parametrize(("given", "family"), NAMES)
def test_names_of_several_cultures(deployed: Deployed, number: str, given: str, family: str | None) -> None:
    more = ("--family-name", family) if family else ()
    deployed.cli("students", "add", "--number", number, "--given-name", given, *more)

    found = made(deployed, "students", "get", number)

    assert (found["givenName"], found["familyName"]) == (given, family)
    deployed.cli("students", "delete", number, "--yes")


def test_a_field_of_the_school_s_own(deployed: Deployed, number: str) -> None:
    added = made(deployed, "students", "add", "--number", number, "--given-name", "Ada", "--set", "house=North")
    assert added["metadata"] == {"house": "North"}
    assert "house             North\n" in deployed.cli("students", "get", number)
    assert made(deployed, "students", "update", number, "--set", "house=South")["metadata"] == {"house": "South"}

    wrong = deployed.run("students", "update", number, "--set", "house=East", "--set", "team=A")
    assert wrong.code == 2
    assert "house: must be North or South; team: is not a field of this school's students; these are house" in wrong.err
    assert made(deployed, "students", "update", number, "--set", "house=")["metadata"] == {}
    deployed.cli("students", "delete", number, "--yes")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lecturers", "add", "--number", "1"), "Missing option '--given-name'"),
        (("lecturers", "add", "--number", "1", "--given-name", "A", "--grade", "9"), "No such option: --grade"),
        (
            ("lecturers", "add", "--number", "1", "--given-name", "A", "--phone", "at home"),
            "phone: must be a tele",
        ),
        (("students", "update", "1", "--set", "house"), "'house' is not of the form FIELD=VALUE"),
        (("students", "update", "1", "--set", "house= "), "house: must be text without"),
        (("administrators", "update", "1", "--given-name", ""), "given name: must"),
    ],
)
def test_bad_input_is_refused_before_the_network_is_asked(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = CommandLine(tmp_path / "machine").run(*arguments)
    assert (refused.code, refused.out) == (2, "")
    assert said in " ".join(refused.err.split())
