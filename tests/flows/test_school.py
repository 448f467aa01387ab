"""Terms and subjects, by the commands, through the deployed API; and who may do what."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from tests.command_line import Deployed


@pytest.fixture
def mark() -> str:
    """What nothing else is called."""
    return secrets.token_hex(4)


def made(deployed: Deployed, *arguments: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(deployed.cli(*arguments, "--json"))
    return record


def test_a_subject_from_add_to_delete(deployed: Deployed, mark: str) -> None:
    added = made(deployed, "subjects", "add", "--code", f"C-{mark}", "--title", "Đại số", "--credits", "7.5")
    assert made(deployed, "subjects", "get", f"c-{mark}") == added
    assert f"C-{mark}\tĐại số\t7.5\tactive\n" in deployed.cli("subjects", "list")
    assert f"C-{mark},Đại số,7.5,active\n" in deployed.cli("subjects", "list", "--output", "csv")

    changed = made(deployed, "subjects", "update", f"C-{mark}", "--credits", "", "--description", "=1+1")
    assert (changed["credits"], changed["description"], changed["version"]) == (None, "=1+1", 2)

    taken = deployed.run("subjects", "add", "--code", f"C-{mark}", "--title", "Again")
    assert taken.code == 1
    assert f"code: belongs to another subject (Đại số, id {added['id']})" in taken.err

    assert "Deleted Đại số, code C-" in deployed.run("subjects", "delete", f"C-{mark}", "--yes").err
    gone = deployed.run("subjects", "get", f"C-{mark}")
    assert (gone.code, gone.out) == (1, "")
    assert gone.err.startswith(f"error: there is no subject with the code C-{mark}")


def test_a_term_within_a_year(deployed: Deployed, mark: str) -> None:
    year = ("--school-year", "2027", "--end", "2027-08-01")
    of_year = made(
        deployed, "sessions", "add", "--title", f"Y{mark}", "--type", "schoolYear", "--start", "2026-08-01", *year
    )
    of_term = ("--type", "term", "--start", "2026-09-01", "--parent", f"Y{mark}", *year)
    term = made(deployed, "sessions", "add", "--title", f"T{mark}", *of_term)
    assert term["parentId"] == of_year["id"]

    kept = deployed.run("sessions", "delete", f"Y{mark}", "--yes")
    assert kept.code == 1
    assert f"academic session T{mark}" in kept.err

    locked = deployed.run("sessions", "lock", f"T{mark}", "--reason", "Reports are out")
    assert "locked         yes" in locked.out
    assert made(deployed, "sessions", "unlock", f"T{mark}", "--reason", "One was wrong")["locked"] is False
    deployed.cli("sessions", "delete", f"T{mark}", "--yes")
    deployed.cli("sessions", "delete", f"Y{mark}", "--yes")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("subjects", "add", "--code", " ", "--title", "X"), "code: must be text without control characters"),
        (
            ("subjects", "add", "--code", "X", "--title", "X", "--credits", "many"),
            "credits: must be a number of credits",
        ),
        (("subjects", "update", "X"), "nothing to change was given"),
        (("sessions", "get", "nowhere"), "there is no session nowhere"),
        (
            (
                "sessions",
                "add",
                "--title",
                "X",
                "--type",
                "week",
                "--start",
                "2026-13-01",
                "--end",
                "x",
                "--school-year",
                "1",
            ),
            "start date: must be a date",
        ),
    ],
)
def test_bad_input(deployed: Deployed, arguments: tuple[str, ...], said: str) -> None:
    ended = deployed.run(*arguments)

    assert ended.code in (1, 2)
    assert said in ended.err
    assert ended.out == ""


def test_permissions_need_no_deployment(deployed: Deployed) -> None:
    rows = json.loads(deployed.cli("permissions", "--json"))
    of_students = {row["operation"]: row for row in rows}["get_student"]

    assert (of_students["admin"], of_students["student"], of_students["lecturer"]) == ("any", "self", "own class")
    assert "update_student" not in deployed.cli("permissions", "--role", "student")
    assert deployed.run("permissions", "--role", "parent").code == 2
