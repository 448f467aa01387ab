"""`audit list`, by the command, through the deployed API."""

from __future__ import annotations

import csv
import io
import json
import secrets
from typing import Any

import pytest

from tests.command_line import Deployed


def listed(deployed: Deployed, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(deployed.cli("audit", "list", *arguments, "--json"))
    return found


def test_what_was_done_to_a_student(deployed: Deployed) -> None:
    number = f"S{secrets.token_hex(4)}"
    names = ("--given-name", "Ada", "--family-name", "Lovelace")
    added = json.loads(deployed.cli("students", "add", "--number", number, *names, "--email", "a@x.edu", "--json"))
    deployed.cli("students", "update", number, "--email", "b@x.edu")

    by_number = listed(deployed, "--entity", f"student:{number}")
    changed = next(act for act in by_number if act["operation"] == "update_student")
    assert changed["changes"] == [{"field": "email", "before": "a@x.edu", "after": "b@x.edu"}]
    deployed.cli("students", "delete", number, "--yes")
    gone = deployed.run("audit", "list", "--entity", f"student:{number}")
    assert gone.code == 1
    assert "studentdb audit list --entity 'student#ID'" in gone.err
    operations = [act["operation"] for act in listed(deployed, "--entity", f"student#{added['id']}")]
    assert operations[0] == "delete_student"
    assert operations[-1] == "create_student"

    table = deployed.run("audit", "list", "--entity", f"student#{added['id']}", "--limit", "1")
    assert "e-mail: b@x.edu -> none" in table.out
    assert "1 act\n" in table.err
    rows = list(
        csv.DictReader(
            io.StringIO(deployed.cli("audit", "list", "--entity", f"student#{added['id']}", "--output", "csv"))
        )
    )
    assert [row["What"] for row in rows] == operations
    assert {"e-mail: a@x.edu -> b@x.edu"} == {row["Changes"] for row in rows if row["What"] == "update_student"}


@pytest.mark.slow
def test_the_account_of_somebody_else(deployed: Deployed) -> None:
    email = f"u{secrets.token_hex(4)}@example.edu"
    user = json.loads(deployed.cli("users", "invite", email, "--role", "student", "--no-mail", "--json"))

    assert listed(deployed, "--actor", email) == []
    by_email, by_id = (listed(deployed, "--entity", f"user{which}") for which in (f":{email}", f"#{user['id']}"))
    assert by_email[-1] == by_id[-1]
    assert by_id[-1]["operation"] == "invite_user"
    stranger = deployed.run("audit", "list", "--actor", "stranger@x.edu")
    assert (stranger.code, "there is no user with the e-mail stranger@x.edu" in stranger.err) == (1, True)


def test_what_an_account_did_and_what_happened_on_a_day(deployed: Deployed) -> None:
    code = f"C-{secrets.token_hex(4)}"
    subject = json.loads(deployed.cli("subjects", "add", "--code", code, "--title", "X", "--json"))
    (made,) = listed(deployed, "--entity", f"subject:{code}")
    assert (made["operation"], made["entity"]) == ("create_subject", f"subject#{subject['id']}")

    for mine in ("me", deployed.admin_email, made["actor"]):
        assert made in listed(deployed, "--actor", mine)
    assert made in listed(deployed, "--day", made["at"][:10])
    assert len(listed(deployed, "--day", made["at"][:10], "--limit", "2")) == 2
    # Each of these looks is an act itself.
    looks = listed(deployed, "--entity", f"audit#day {made['at'][:10]}")
    assert [look["operation"] for look in looks] == ["list_audit", "list_audit"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "exactly one of --entity, --actor and --day is needed"),
        (("--day", "2026-11-01", "--actor", "me"), "exactly one of --entity, --actor and --day is needed"),
        (("--day", "today"), "day: must be a date"),
        (("--entity", "S1001"), "entity: must be a kind and an id"),
        (("--entity", "planet:Mars"), "there is no kind of record planet"),
        (("--actor", "a b"), "actor: must be the id (sub) of an account"),
    ],
)
def test_bad_input(deployed: Deployed, arguments: tuple[str, ...], said: str) -> None:
    ended = deployed.run("audit", "list", *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
