"""A school's roster through the deployed API, once, again, and changed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.command_line import CommandLine
from tests.flows.conftest import School
from tests.rosters import SECRET, sds


def test_a_roster(school: School, engine_home: Path) -> None:
    school.ok("deploy", "--yes")
    school.sign_in()
    file = school.command_line.home / "Student.csv"
    file.write_bytes(sds().encode("utf-8-sig"))
    first = school.ok("students import", str(file))
    assert "86 added, 0 changed, 0 unchanged" in first.err
    assert "Columns that are not read, stored or sent: School SIS ID, Password, State ID, Graduation Year" in first.err
    assert first.out == ""
    listed = school.ok("students list", "--json").data
    assert len(listed) == 86
    (omar,) = (one for one in listed if one["identifier"] == "13002")
    made = {key: omar.pop(key) for key in ("id", "createdAt", "updatedAt")}
    assert all(made.values())
    assert omar == {
        "identifier": "13002",
        "givenName": "Omar",
        "familyName": "Nguyễn",
        "middleName": None,
        "username": "o13002",
        "email": None,
        "birthDate": "2007-02-02",
        "preferredGivenName": None,
        "preferredMiddleName": None,
        "preferredFamilyName": None,
        "phone": None,
        "directoryOptOut": False,
        "metadata": {},
        "grades": ["02"],
        "sourcedId": "13002",
        "status": "active",
        "role": "student",
        "version": 1,
    }

    before = _settled(school)
    again = school.ok("students import", str(file))
    assert "Nothing to change: everybody in Student.csv (86) is there as it says." in again.err
    assert school.inventory() == before
    _secret_is_nowhere(school, engine_home)

    file.write_text(sds().replace("Omar", "Umar"))
    changed = school.ok("students import", str(file), "--json").data
    renamed = sds().count(",Omar,")
    assert changed == {"added": 0, "changed": renamed, "unchanged": 86 - renamed, "refused": {}}
    _refused_rows(school)


def _settled(school: School) -> dict[str, Any]:
    """What people are found by follows a write by seconds."""
    seen = school.inventory()
    for _ in range(30):
        time.sleep(1)
        before, seen = seen, school.inventory()
        if seen == before:
            return seen
    raise AssertionError("the search's part of the data does not come to rest")


def _secret_is_nowhere(school: School, engine_home: Path) -> None:
    """In no table, no log of a function, no log of the engine, nothing that the tool keeps."""
    assert SECRET not in repr(school.inventory())
    logs = school.root.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        assert SECRET not in repr(logs.filter_log_events(logGroupName=group["logGroupName"])["events"])
    kept = [path for path in school.command_line.studentdb_home.rglob("*") if path.is_file()]
    assert kept
    for path in (*kept, engine_home / "engine.log"):
        assert SECRET not in path.read_text(errors="replace")


def _refused_rows(school: School) -> None:
    """What collides with somebody else is named by its line; the others go in."""
    file = school.command_line.home / "more.csv"
    file.write_text(
        "number,given name,family name,email\n"
        "N1,New,One,n1@example.edu\n"
        "N2,New,Two,p13001@example.edu\n"
        "N3,New,Three,n3@example.edu\n"
    )
    refused = school.run("students import", str(file), "--json")
    assert refused.code == 1
    assert {key: refused.data[key] for key in ("added", "changed", "unchanged")} == {
        "added": 2,
        "changed": 0,
        "unchanged": 0,
    }
    assert list(refused.data["refused"]) == ["3"]
    assert "line 3: somebody has this already: e-mail: belongs to another person (Mai Nguyễn" in refused.err
    assert "hint: correct these and import again" in refused.err


def test_a_wrong_file_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    """No deployment is known here: the file alone decides. The many kinds of wrong are in tests/test_roster.py."""
    machine = CommandLine(tmp_path / "machine")
    file = tmp_path / "wrong.csv"
    file.write_text("Student Number,First Name,Last Name,Email,Birthdate\n1,Mai,Lê,mai@,31/31/2010\n")
    refused = machine.run("students", "import", str(file))
    assert refused.code == 2
    lines = refused.err.splitlines()
    assert lines[0] == f"error: {file} was not imported: nothing was sent:"
    assert "line 2, column Birthdate: is not a date; write 2010-05-31 or 5/31/2010 (month first)" in lines
    assert lines[-1] == "hint: correct the file, then import it"

    file.write_text("Student Number,First Name,Last Name,Secondary Email\n1,Mai,Lê,mai@\n")
    refused = machine.run("students", "import", str(file))
    assert refused.code == 2
    assert "line 2, column Secondary Email: must be" in refused.err
    assert "mai@" not in refused.err

    missing = machine.run("students", "import", "nowhere.csv")
    assert (missing.code, missing.err) == (2, "error: nowhere.csv cannot be read: No such file or directory\n")
