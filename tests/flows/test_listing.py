"""What a list is filtered and sorted by, on the command line."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from studentdb_api import names

from studentdb.commands import listing
from tests.command_line import Deployed


@pytest.fixture(scope="module")
def mark(deployed: Deployed) -> str:
    """What the codes of these subjects and the numbers of these students begin with, and no others'."""
    mark = secrets.token_hex(4)
    subjects = (("10", "Ökonomie", "7.5"), ("9", "Physics", "10"), ("1", "Zeta", ""), ("2", "art", "2"))
    for code, title, credit in subjects:
        more = ("--credits", credit) if credit else ()
        deployed.cli("subjects", "add", "--code", f"{mark}-{code}", "--title", title, *more)
    deployed.cli("subjects", "update", f"{mark}-2", "--status", "inactive")
    for number, grade, house in (("1", "9", "North"), ("2", "10", ""), ("3", "11", "South")):
        names = ("--number", f"{mark}-{number}", "--given-name", "Ada", "--family-name", "Lê", "--grade", grade)
        deployed.cli("students", "add", *names, *(("--set", f"house={house}") if house else ()))
    deployed.cli("students", "update", f"{mark}-3", "--grade", "11", "--grade", "10")
    return mark


def ends(deployed: Deployed, mark: str, noun: str, field: str, *flags: str) -> list[str]:
    """What follows the mark in the codes or numbers that are listed, in their order."""
    listed: list[dict[str, Any]] = json.loads(
        deployed.cli(noun, "list", "--json", "--filter", f"{field}~{mark.upper()}", *flags)
    )
    return [each[field].removeprefix(f"{mark}-") for each in listed]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ((), ["1", "10", "2", "9"]),
        (("--sort", "code"), ["1", "2", "9", "10"]),
        (("--sort", "code", "--order", "desc"), ["10", "9", "2", "1"]),
        # Letters by kind, whatever is above them or their case; numbers by size; nothing comes last, up and down.
        (("--sort", "TITLE"), ["2", "10", "9", "1"]),
        (("--sort", "credits"), ["2", "10", "9", "1"]),
        (("--sort", "credits", "--order", "desc"), ["9", "10", "2", "1"]),
        # The limit is that of what is shown.
        (("--sort", "credits", "--order", "desc", "--limit", "1"), ["9"]),
        (("--filter", "status=inactive"), ["2"]),
        (("--filter", "Status != INACTIVE", "--sort", "code"), ["1", "9", "10"]),
        (("--filter", "credits>=7.5", "--filter", "credits<10"), ["10"]),
        (("--filter", "credits=10.0"), ["9"]),
        (("--filter", "credits=", "--limit", "3"), ["1"]),
        (("--filter", "credits>2", "--sort", "created_at"), ["10", "9"]),
        (("--filter", "createdAt<2026"), []),
        (("--filter", "createdAt>2026", "--filter", "title<m"), ["2"]),
    ],
)
def test_subjects(deployed: Deployed, mark: str, flags: tuple[str, ...], expected: list[str]) -> None:
    assert ends(deployed, mark, "subjects", "code", *flags) == expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--filter", "grade=10", "--sort", "number"), ["2", "3"]),
        (("--filter", "grade=09"), ["1"]),
        (("--filter", "family name=le", "--sort", "number"), ["1", "2", "3"]),
        (("--sort", "grade", "--order", "desc"), ["3", "2", "1"]),
        # A field of the school's own.
        (("--filter", "house=north"), ["1"]),
        (("--filter", "house!=north", "--sort", "house"), ["3", "2"]),
    ],
)
def test_students(deployed: Deployed, mark: str, flags: tuple[str, ...], expected: list[str]) -> None:
    assert ends(deployed, mark, "students", "identifier", *flags) == expected


def test_letters_are_sorted_as_the_api_sorts_names() -> None:
    letters = [chr(code) for code in names._LETTERS]
    assert [listing._parts(each.upper()) for each in letters] == [[names.fold(each)] for each in letters]


def test_tables_and_csv_are_filtered_and_sorted_as_well(deployed: Deployed, mark: str) -> None:
    flags = ("subjects", "list", "--filter", f"code~{mark}", "--filter", "credits>2", "--sort", "credits")
    table = deployed.run(*flags)
    assert [line.split("\t")[1] for line in table.out.splitlines()] == ["Title", "Ökonomie", "Physics"]
    assert table.err == "2 subjects\n"
    rows = deployed.cli(*flags, "--output", "csv", "--limit", "1").splitlines()[1:]
    assert rows == [f"{mark}-10,Ökonomie,7.5,active"]
    nobody = deployed.run("students", "list", "--filter", f"number~{mark}", "--filter", "house=West")
    assert (nobody.code, nobody.err) == (0, f"No student has number~{mark} and house=West.\n")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--sort", "size"), "--sort names no column or field of subjects: size\nhint: columns: Code, Title, Credits"),
        (("--filter", "size=1"), "--filter names no column or field of subjects: size"),
        (("--filter", "active"), "'active' is not of the form COLUMN=TEXT"),
        (("--filter", "=active"), "'=active' is not of the form COLUMN=TEXT"),
        (("--order", "desc"), "--order says how to sort\nhint: --sort COLUMN"),
    ],
)
def test_what_cannot_be_filtered_or_sorted_by(deployed: Deployed, flags: tuple[str, ...], said: str) -> None:
    refused = deployed.run("subjects", "list", *flags)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err


def test_a_field_that_no_student_has(deployed: Deployed, mark: str) -> None:
    """Which fields of its own a school has, its records know."""
    for flags in (("--filter", "hous=North"), ("--filter", "hous!=North"), ("--sort", "hous")):
        refused = deployed.run("students", "list", *flags)
        assert (refused.code, refused.out) == (2, ""), mark
        assert f"{flags[0]} names no column or field of students: hous" in refused.err
