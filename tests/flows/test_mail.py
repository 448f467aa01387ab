"""Mail, by the commands and through the deployed functions: what arrives at the engine's SES, and how often."""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
import pytest

from tests.flows.conftest import ADMIN, School
from tests.lambda_src.ses_events import bounce

T = TypeVar("T")
# Seconds: for the stream, and for several pages.
_PATIENCE = 40.0


class Letters:
    """What SES has taken from one sender. The engine keeps all mail of an account."""

    def __init__(self, school: School, sender: str) -> None:
        self._url = f"{school.command_line.variables['AWS_ENDPOINT_URL']}/_ministack/ses/messages"
        self._sender = sender

    def all(self) -> list[dict[str, Any]]:
        """The newest last."""
        found = httpx.get(self._url).raise_for_status().json()
        return [each for each in _messages(found) if self._sender in str(each["Source"])]

    def to(self, subject: str) -> Counter[str]:
        """How many of these each address has got."""
        return Counter(each["To"][0] for each in self.all() if subject in each["Subject"])

    def wait(self, subject: str, count: int) -> Counter[str]:
        """The same, as soon as there are so many."""
        return eventually(lambda: self.to(subject), lambda found: found.total() >= count)


def _messages(found: Any) -> list[dict[str, Any]]:
    if isinstance(found, list):
        return [message for each in found for message in _messages(each)]
    if isinstance(found, dict) and "MessageId" in found:
        return [found]
    return [message for each in found.values() for message in _messages(each)] if isinstance(found, dict) else []


def eventually(look: Callable[[], T], right: Callable[[T], bool]) -> T:
    """What there is to see when it is right, or in the end."""
    until = time.monotonic() + _PATIENCE
    while not right(found := look()) and time.monotonic() < until:
        time.sleep(0.25)
    return found


@pytest.fixture
def sender() -> str:
    """The address of one test."""
    return f"office@{secrets.token_hex(4)}.example"


def set_sender(school: School, sender: str) -> None:
    """As the file says it, or not at all."""
    school.command_line.home.mkdir(exist_ok=True)
    text = f'mail_from = "{sender}"\nschool_name = "Hill School"\n' if sender else ""
    (school.command_line.home / "studentdb.toml").write_text(text)


@pytest.mark.slow
def test_from_switched_on_to_switched_off(school: School, sender: str) -> None:
    set_sender(school, sender)
    letters, domain = Letters(school, sender), sender.partition("@")[2]
    school.ok("deploy", "--yes")
    school.sign_in()
    roster = "Number,First Name,Last Name,Email\n"
    roster += "".join(f"S{at:02},Ada,Lovelace,p{at}@{domain}\n" for at in range(28))
    (school.command_line.home / "roster.csv").write_text(roster)

    # --- an import: one mail, to who ran it
    school.ok("students import", "roster.csv")
    assert letters.wait("an import has finished", 1) == Counter({ADMIN: 1})
    assert "28 added" in letters.all()[-1]["BodyText"]

    # --- a class, and two pages of all students
    school.ok("subjects add", "--code", "M", "--title", "Mathematics")
    of_term = ("--type", "term", "--start", "2020-01-01", "--end", "2099-01-01", "--school-year", "2027")
    school.ok("sessions add", "--title", "T", *of_term)
    school.ok("classes add", "--code", "C", "--title", "Algebra", "--subject", "M", "--session", "T")
    for number in ("S00", "S01"):
        school.ok("classes enroll", "C", number)
    school.ok("notifications send", "--to", "class:C", "--title", "Room 5", "--body", "Not 4.")
    assert letters.wait("Room 5", 2) == Counter({f"p{at}@{domain}": 1 for at in range(2)})
    school.ok("notifications send", "--to", "role:student", "--title", "Snow", "--body", "No school.")
    assert letters.wait("Snow", 28) == Counter({f"p{at}@{domain}": 1 for at in range(28)})

    # --- one bounces, and gets no more until that is lifted
    gone = f"p0@{domain}"
    school.root.client("lambda").invoke(FunctionName=f"{school.prefix}-mail", Payload=json.dumps(bounce(gone)))
    listed = school.ok("mail suppressed list", "--json").data
    assert [(each["email"], each["reason"]) for each in listed] == [(gone, "bounce")]
    school.ok("notifications send", "--to", "class:C", "--title", "Room 6", "--body", "Not 5.")
    assert letters.wait("Room 6", 1) == Counter({f"p1@{domain}": 1})
    school.ok("mail suppressed remove", gone)
    assert school.ok("mail suppressed list", "--json").data == []
    school.ok("mail test", gone)
    assert letters.wait("a test", 1) == Counter({gone: 1})

    # --- what is said of it; Cognito's own mail comes from the same address
    said = school.ok("mail status", "--json").data
    expected = {"mail_from": sender, "verified": True, "production": True, "suppressed": 0}
    assert {name: said[name] for name in expected} == expected
    assert eventually(lambda: school.ok("mail status", "--json").data["waiting"], lambda left: left == 0) == 0
    school.ok("users invite", f"new@{domain}", "--role", "lecturer")
    assert letters.all()[-1]["To"] == [f"new@{domain}"]

    # --- off: nothing is sent, and nothing of it stays (the fixture compares the account)
    set_sender(school, "")
    school.ok("deploy", "--yes")
    before = len(letters.all())
    school.ok("notifications send", "--to", "class:C", "--title", "Room 7", "--body", "Not 6.")
    refused = school.run("mail test", gone)
    assert (refused.code, "the deployment has no sender" in refused.err) == (1, True)
    assert len(letters.all()) == before
    assert [name for name in school.inventory() if name.endswith("-mail") or domain in name] == []
    school.ok("plan")
