"""`notifications …`, by the commands, through the deployed API, by people of every role; and what a visitor sees."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.command_line import CommandLine, Deployed
from tests.flows.conftest import PASSWORD


@pytest.fixture
def mark() -> str:
    """What nothing else is called."""
    return secrets.token_hex(4)


@pytest.fixture
def person(deployed: Deployed, tmp_path: Path) -> Callable[[str, str], CommandLine]:
    """Somebody of a role with this number, who is signed in on a machine of their own."""

    def make(role: str, number: str) -> CommandLine:
        email = f"{number.lower()}@example.edu"
        deployed.cli(f"{role}s", "add", "--number", number, "--given-name", "Emmy", "--family-name", "Noether")
        invite = ("users", "invite", email, "--role", role, "--person", number, "--no-mail")
        one_time = deployed.cli(*invite).strip()
        machine = CommandLine(tmp_path / number)
        sign_in = ("login", email, "--password-stdin", "--site", deployed.site_url)
        machine.ok(*sign_in, stdin=f"{one_time}\n{PASSWORD}\n")
        return machine

    return make


def sent(deployed: Deployed, *arguments: str, stdin: str = "") -> dict[str, Any]:
    made: dict[str, Any] = json.loads(deployed.cli("notifications", "send", *arguments, "--json", stdin=stdin))
    return made


def seen(who: CommandLine, *arguments: str) -> dict[str, bool]:
    """Title -> whether it was read."""
    found = json.loads(who.ok("notifications", "list", *arguments, "--json"))
    return {each["title"]: each["read"] for each in found}


@pytest.mark.slow
def test_from_sending_to_withdrawing(deployed: Deployed, person: Callable[[str, str], CommandLine], mark: str) -> None:
    ada, bob = person("student", f"S{mark}a"), person("student", f"S{mark}b")
    hers = sent(deployed, "--to", f"person:S{mark}a", "--title", f"To Ada {mark}", "--body", "Come by.")
    text = "Two lines:\nthis is the second.\n"
    students = sent(deployed, "--to", "role:student", "--title", f"Đại {mark}", "--body-stdin", stdin=text)
    assert students["body"] == text.strip()

    assert {f"To Ada {mark}", f"Đại {mark}"} <= seen(ada).keys()
    assert f"Đại {mark}" in seen(bob)
    assert f"To Ada {mark}" not in seen(bob)
    assert bob.run("notifications", "get", hers["id"]).code == 1
    assert json.loads(ada.ok("notifications", "get", hers["id"], "--json")) == hers
    lines = ada.ok("notifications", "list").splitlines()
    assert lines[0].split("\t") == ["Id", "Sent", "From", "To", "Title", "Until", "Read"]
    assert any(f"Đại {mark}" in line and line.endswith("\tno") for line in lines)

    ada.ok("notifications", "read", hers["id"])
    assert seen(ada)[f"To Ada {mark}"] is True
    assert seen(ada, "--unread").keys() & {f"To Ada {mark}", f"Đại {mark}"} == {f"Đại {mark}"}
    ada.ok("notifications", "read", "--all")
    assert seen(ada, "--unread") == {}
    assert f"Đại {mark}" in seen(bob, "--unread")

    listed = json.loads(deployed.cli("notifications", "sent", "--to", f"person:S{mark}a", "--json"))
    assert listed == [hers]
    assert f"Withdrawn: To Ada {mark}." in deployed.run("notifications", "delete", hers["id"], "--yes").err
    assert f"To Ada {mark}" not in seen(ada)
    acts = json.loads(deployed.cli("audit", "list", "--entity", f"notification#{hers['id']}", "--json"))
    assert [act["operation"] for act in acts] == ["delete_notification", "create_notification"]


@pytest.mark.slow
def test_who_may_not_send(deployed: Deployed, person: Callable[[str, str], CommandLine], mark: str) -> None:
    student, lecturer = person("student", f"S{mark}"), person("lecturer", f"L{mark}")
    hello = ("--title", "Hello", "--body", "Everybody", "--yes")

    refused = student.run("notifications", "send", "--to", "role:student", *hello)
    assert (refused.code, "you may not do this" in refused.err) == (4, True)
    refused = lecturer.run("notifications", "send", "--to", "everyone", *hello)
    assert (refused.code, "lecturers write to their own classes" in refused.err) == (4, True)
    refused = lecturer.run("notifications", "send", "--to", f"person:S{mark}", *hello)
    assert (refused.code, "person:ID" in refused.err) == (4, True)
    refused = lecturer.run("notifications", "sent", "--to", "everyone")
    assert refused.code == 4


def test_a_lecturer_and_the_class(deployed: Deployed, person: Callable[[str, str], CommandLine], mark: str) -> None:
    student, other, lecturer = (
        person(*each) for each in (("student", f"S{mark}"), ("student", f"T{mark}"), ("lecturer", f"L{mark}"))
    )
    deployed.cli("subjects", "add", "--code", f"M-{mark}", "--title", "Mathematics")
    of_term = ("--type", "term", "--start", "2020-01-01", "--end", "2099-01-01", "--school-year", "2027")
    deployed.cli("sessions", "add", "--title", f"T-{mark}", *of_term)
    for code in (f"C-{mark}", f"D-{mark}"):
        deployed.cli(
            "classes", "add", "--code", code, "--title", "Algebra", "--subject", f"M-{mark}", "--session", f"T-{mark}"
        )
    deployed.cli("classes", "enroll", f"C-{mark}", f"S{mark}")
    deployed.cli("classes", "enroll", f"C-{mark}", f"L{mark}")
    hello = ("--title", f"Room 5 {mark}", "--body", "Not 4.")

    made = json.loads(lecturer.ok("notifications", "send", "--to", f"class:C-{mark}", *hello, "--json"))

    assert made["senderName"] == "Emmy Noether"
    assert f"Room 5 {mark}" in seen(student)
    assert f"Room 5 {mark}" in seen(lecturer)
    assert f"Room 5 {mark}" not in seen(other)
    assert lecturer.run("notifications", "send", "--to", f"class:D-{mark}", *hello).code == 1
    assert student.run("notifications", "delete", made["id"], "--yes").code == 4
    lecturer.ok("notifications", "delete", made["id"], "--yes")
    assert f"Room 5 {mark}" not in seen(student)


def test_everybody_and_visitors_are_asked_for(deployed: Deployed, mark: str) -> None:
    hello = ("--title", f"Open day {mark}", "--body", "Saturday.", "--expires", "30d")
    refused = deployed.run("notifications", "send", "--to", "public", *hello)
    assert refused.code != 0
    assert f"To public: Open day {mark}" in refused.err

    made = sent(deployed, "--to", "public", *hello, "--yes")
    address = f"{deployed.api_url}/api/public/notifications"
    answer = httpx.get(address).raise_for_status()
    shown = [each for each in answer.json()["publicNotifications"] if each["title"] == f"Open day {mark}"]
    assert shown == [{"title": f"Open day {mark}", "body": "Saturday.", "sentAt": made["sentAt"]}]
    deployed.cli("notifications", "delete", made["id"], "--yes")
    assert mark not in httpx.get(address).text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "everybody", "--title", "X", "--body", "Y"), "everybody is nobody to send to"),
        (("--to", "class:", "--title", "X", "--body", "Y"), "class: is nobody to send to"),
        (("--to", "role:parent", "--title", "X", "--body", "Y"), "there is no role parent"),
        (("--to", "person:nobody", "--title", "X", "--body", "Y"), "there is nobody with the number nobody"),
        (("--to", "everyone", "--title", "X"), "either --body or --body-stdin"),
        (("--to", "everyone", "--title", " X", "--body", "Y"), "title: must be text without control characters"),
        (("--to", "everyone", "--title", "X", "--body", "Y", "--expires", "soon"), "soon is no end"),
        (
            ("--to", "everyone", "--title", "X", "--body", "Y", "--expires", "2020-01-01", "--yes"),
            "expires at: must be in the future",
        ),
    ],
)
def test_bad_input(deployed: Deployed, arguments: tuple[str, ...], said: str) -> None:
    ended = deployed.run("notifications", "send", *arguments)

    assert ended.code in (1, 2)
    assert said in ended.err
    assert ended.out == ""


def test_what_is_read_is_said(deployed: Deployed) -> None:
    for arguments in ((), ("7", "--all")):
        ended = deployed.run("notifications", "read", *arguments)
        assert (ended.code, "either one notification is named" in ended.err) == (2, True)
    assert deployed.run("notifications", "read", "7").code == 1
    assert deployed.run("notifications", "get", "x").code == 2
