"""Classes and who is in them, by the commands, through the deployed API."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from tests.command_line import Deployed
from tests.lambda_src.school import day


def made(deployed: Deployed, *arguments: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(deployed.cli(*arguments, "--json"))
    return record


@pytest.fixture
def mark(deployed: Deployed) -> str:
    """What nothing else is called; a subject, a term and two people have it in their names."""
    mark = secrets.token_hex(4)
    deployed.cli("subjects", "add", "--code", f"S-{mark}", "--title", "Mathematics")
    term = ("--type", "term", "--start", day(-60), "--end", day(60), "--school-year", "2027")
    deployed.cli("sessions", "add", "--title", f"T{mark}", *term)
    deployed.cli("students", "add", "--number", f"A{mark}", "--given-name", "Ada", "--family-name", "Lovelace")
    deployed.cli("lecturers", "add", "--number", f"E{mark}", "--given-name", "Emmy", "--family-name", "Noether")
    return mark


@pytest.mark.slow
def test_a_class_from_add_to_delete(deployed: Deployed, mark: str) -> None:
    of = ("--subject", f"S-{mark}", "--session", f"T{mark}")
    periods = ("--period", "mon 09:00-10:30", "--period", "wed 14:00 - 15:30 Room 7")
    added = made(
        deployed, "classes", "add", "--code", f"C-{mark}", "--title", "Algebra", *of, "--capacity", "1", *periods
    )
    assert added["periods"] == [
        {"weekday": "mon", "starts": "09:00", "ends": "10:30", "location": None},
        {"weekday": "wed", "starts": "14:00", "ends": "15:30", "location": "Room 7"},
    ]
    assert made(deployed, "classes", "get", f"c-{mark}") == added
    line = f"C-{mark}\tAlgebra\tT{mark}\t0 of 1\tmon 09:00-10:30, wed 14:00-15:30 Room 7\t\tactive\n"
    for filters in ((), ("--session", f"T{mark}"), ("--subject", f"S-{mark}")):
        assert line in deployed.cli("classes", "list", *filters)

    kept = deployed.run("subjects", "delete", f"S-{mark}", "--yes")
    assert f"class Algebra (id {added['id']})" in kept.err
    changed = made(deployed, "classes", "update", f"C-{mark}", "--capacity", "", "--period", "", "--room", "Room 1")
    assert (changed["capacity"], changed["periods"], changed["location"]) == (None, [], "Room 1")
    assert "Deleted Algebra, code C-" in deployed.run("classes", "delete", f"C-{mark}", "--yes").err
    assert deployed.run("classes", "get", f"C-{mark}").err.startswith("error: there is no class with the class code C-")


def test_who_is_in_a_class(deployed: Deployed, mark: str) -> None:
    of = ("--subject", f"S-{mark}", "--session", f"T{mark}")
    added = made(deployed, "classes", "add", "--code", f"C-{mark}", "--title", "Algebra", *of, "--capacity", "1")
    entered = deployed.run("classes", "enroll", f"C-{mark}", f"A{mark}", "--begin", day(-9))
    assert "Ada Lovelace is in Algebra as student." in entered.err
    assert made(deployed, "classes", "enroll", f"C-{mark}", f"E{mark}", "--primary")["role"] == "teacher"
    assert deployed.cli("classes", "roster", f"C-{mark}").splitlines()[1:] == [
        f"A{mark}\tLovelace\tAda\tstudent\t{day(-9)}\t\tactive",
        f"E{mark}\tNoether\tEmmy\tprimary teacher\t{day(0)}\t\tactive",
    ]
    assert f"C-{mark}\tAlgebra\tstudent\t{day(-9)}\t\tactive\n" in deployed.cli("students", "classes", f"A{mark}")
    assert "primary teacher" in deployed.cli("lecturers", "classes", f"E{mark}")

    deployed.cli("students", "add", "--number", f"B{mark}", "--given-name", "Bob")
    full = deployed.run("classes", "enroll", f"C-{mark}", f"B{mark}")
    assert full.code == 1
    assert full.err.splitlines()[1:] == [
        "error: the class is full: it has 1 places, and all of them are taken",
        "hint: more places: studentdb classes update CLASS --capacity NUMBER",
    ]
    needed = deployed.run("students", "delete", f"A{mark}", "--yes")
    assert f"class Algebra (id {added['id']})" in needed.err

    ended = made(deployed, "classes", "unenroll", f"C-{mark}", f"A{mark}")
    assert (ended["status"], ended["endDate"]) == ("inactive", day(0))
    assert "Lovelace" not in deployed.cli("classes", "roster", f"C-{mark}", "--role", "student")
    assert "Lovelace" in deployed.cli("classes", "roster", f"C-{mark}", "--ended")
    again = made(deployed, "classes", "enroll", f"C-{mark}", f"A{mark}")
    assert again["history"] == [{"beginDate": day(-9), "endDate": day(0)}]
    never = deployed.run("classes", "unenroll", f"C-{mark}", f"A{mark}")
    assert "end date: must be after the begin date" in never.err
    removed = deployed.run("classes", "unenroll", f"C-{mark}", f"A{mark}", "--remove", "--yes")
    assert "Removed Ada Lovelace in Algebra." in removed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "--period", "monday at nine"), "'monday at nine' is no period"),
        (("add", "--period", "mon 9:00-10:30"), "periods[0].starts: must be a time such as 09:30"),
        (("add", "--period", "may 09:00-10:30"), "periods[0].weekday: must be"),
        (("add", "--capacity", "many"), "capacity: must be"),
        (("add", "--capacity", "0"), "capacity: must be"),
        (("list", "--session", "nowhere"), "there is no session nowhere"),
        (("list", "--session", "x", "--subject", "y"), "--session and --subject were given"),
        (("enroll", "X", "Y", "--begin", "yesterday"), "begin date: must be a date such as 2010-05-31"),
        (("unenroll", "X", "Y", "--end", "2026-01-01", "--remove"), "--end and --remove were given"),
        (("update", "X"), "nothing to change was given"),
        (("roster", "X", "--role", "parent"), "there is no class"),
    ],
)
def test_bad_input(deployed: Deployed, arguments: tuple[str, ...], said: str) -> None:
    needed = ("--code", "X", "--title", "X", "--subject", "X", "--session", "X") if arguments[0] == "add" else ()
    ended = deployed.run("classes", *arguments, *needed)

    assert ended.code in (1, 2)
    assert said in ended.err
    assert ended.out == ""
