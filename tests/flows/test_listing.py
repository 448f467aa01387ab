"""What a list is filtered and sorted by, on the command line."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import Field
from studentdb_api import names

from studentdb.commands import filters, nouns
from studentdb.commands.listing import Listing
from studentdb.contract.models import ResponseModel
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
        (("--filter", "createdAt>=2026", "--filter", "title<m"), ["2"]),
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


def test_letters_are_compared_as_the_api_compares_names() -> None:
    letters = [f"x{chr(code)}y" for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    assert [each for each in letters if filters._fold(each) != names.fold(each)] == []


def test_tables_and_csv_are_filtered_and_sorted_as_well(deployed: Deployed, mark: str) -> None:
    flags = ("subjects", "list", "--filter", f"code~{mark}", "--filter", "credits>2", "--sort", "credits")
    table = deployed.run(*flags)
    assert [line.split("\t")[1] for line in table.out.splitlines()] == ["Title", "Ökonomie", "Physics"]
    assert table.err == "2 subjects\n"
    rows = deployed.cli(*flags, "--output", "csv", "--limit", "1").splitlines()[1:]
    assert rows == [f"{mark}-10,Ökonomie,7.5,active"]
    nobody = deployed.run("students", "list", "--filter", f"number~{mark}", "--filter", "house=West")
    assert (nobody.code, f"none is so: number~{mark}, house=West\n" in nobody.err) == (0, True)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--filter", "credits==9"), "'credits==9' is not of the form COLUMN=TEXT"),
        (("--filter", "credits=>9"), "is not of the form"),
        (("--filter", "credits>"), "is not of the form"),
        (("--filter", "statu=active"), "--filter names no column or field of subjects: statu"),
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


def test_the_schools_own_fields_are_known_where_nobody_has_one(deployed: Deployed, mark: str) -> None:
    none = deployed.run("students", "list", "--filter", f"number={mark}-2", "--filter", "House=North")
    assert (none.code, "none is so: " in none.err) == (0, True)
    for flags in (("--filter", "hous=North"), ("--filter", "hous!=North"), ("--sort", "hous")):
        refused = deployed.run("students", "list", *flags)
        assert (refused.code, refused.out) == (2, "")
        assert f"{flags[0]} names no column or field of students: hous" in refused.err
        assert "the school's own: house" in refused.err


def test_where_nothing_was_found_there_was_nothing_to_filter(deployed: Deployed, mark: str) -> None:
    flags = ("students", "list", "--search", f"nobody{mark}", "--filter", "status=active")
    assert deployed.run(*flags).err.startswith("Nobody was found.")


@pytest.mark.parametrize("flags", [("--filter", "role=student"), ("--state", "pending"), ("--limit", "1")])
def test_what_is_sent_cannot_be_chosen(deployed: Deployed, flags: tuple[str, ...]) -> None:
    """Else it would be taken for chosen, and mail cannot be taken back."""
    refused = deployed.run("users", "invitations", "--send", *flags)
    assert (refused.code, refused.out) == (2, "")
    assert "--send sends all that are pending\nhint: withdraw" in refused.err


class Kept(ResponseModel):
    """What no noun has all of."""

    identifier: str = ""
    grades: list[str] = Field(default_factory=list)
    room: str = ""
    at: str = ""
    enrolled: int = 0
    person: dict[str, str] = Field(default_factory=dict)


class Shelf:
    """Records that are here."""

    model = Kept

    def __init__(self, *kept: Kept) -> None:
        self.kept = kept

    def list(self, *, limit: int | None = None) -> Iterator[Kept]:
        return iter(self.kept[:limit])


COLUMNS: nouns.Columns = {
    "Number": lambda each: each.identifier,
    "Person": lambda each: each.person.get("name", ""),
    "Students": lambda each: f"{each.enrolled} of 24",
}


@pytest.mark.parametrize(
    ("kept", "flags", "expected"),
    [
        # Kindergarten comes before grade 1, and what is no grade of a number is neither above nor below one.
        ([Kept(grades=[each]) for each in ("KG", "10", "PS", "08")], {"filters": ["grade>=9"]}, [1]),
        ([Kept(grades=[each]) for each in ("10", "KG", "PS", "08")], {"sort": "grade"}, [1, 3, 0, 2]),
        ([Kept(grades=[each]) for each in ("10", "KG", "PS", "08")], {"filters": ["grade<9"]}, [1, 3]),
        ([Kept(room=each) for each in ("10", "9a", "9", "Lab 10", "lab 9")], {"sort": "room"}, [2, 1, 0, 4, 3]),
        ([Kept(grades=[each]) for each in ("00", "1", "x")], {"filters": ["grade=0"]}, [0]),
        # Numbers of people are text: zeros count, and all of their digits.
        ([Kept(identifier=each) for each in ("007", "7", "7.0")], {"filters": ["number=7"]}, [1]),
        (
            [Kept(identifier=f"2026000000000000{each}") for each in (1, 2)],
            {"filters": ["number>20260000000000001"]},
            [1],
        ),
        ([Kept(identifier="1" * 5000), Kept(identifier="2")], {"sort": "number"}, [1, 0]),
        # A day is all of its moments.
        ([Kept(at=f"2026-11-{each}T10:00:00.000Z") for each in (25, 26, 27)], {"filters": ["at=2026-11-26"]}, [1]),
        ([Kept(at=f"2026-11-{each}T10:00:00.000Z") for each in (25, 26, 27)], {"filters": ["at<=2026-11-26"]}, [0, 1]),
        ([Kept(at=f"2026-11-{each}T10:00:00.000Z") for each in (25, 26, 27)], {"filters": ["at>2026-11-26"]}, [2]),
        ([Kept(enrolled=each) for each in (9, 10, 30)], {"filters": ["students>10"]}, [2]),
        ([Kept(enrolled=each) for each in (30, 9, 10)], {"sort": "students"}, [1, 2, 0]),
        # What has parts is what the table shows of it.
        ([Kept(person={"id": i, "name": name}) for i, name in ("1z", "2m", "3a")], {"sort": "person"}, [2, 1, 0]),
        ([Kept(person={"id": "1", "name": "Ada Lê"}), Kept()], {"filters": ["person=ada le"]}, [0]),
        ([Kept(person={"id": "1", "name": "Ada Lê"}), Kept()], {"filters": ["person="]}, [1]),
    ],
)
def test_what_is_compared(
    capsys: pytest.CaptureFixture[str], kept: list[Kept], flags: dict[str, Any], expected: list[int]
) -> None:
    listing = Listing(**flags, as_json=True)
    shelf: Any = Shelf(*kept)
    listing.show(shelf, COLUMNS, words=("thing", "things"), nothing="")
    shown = json.loads(capsys.readouterr().out)
    assert shown == [nouns.data(kept[each]) for each in expected]
