"""What is mailed, to whom, and how often: with a stream that repeats itself, and an SES that refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from tests.lambda_src import school
from tests.lambda_src.events import ADMIN
from tests.lambda_src.functions import Functions
from tests.lambda_src.gradebook import open_gradebook
from tests.lambda_src.mailbox import SENDER, SITE, Mailbox, refusal
from tests.lambda_src.ses_events import bounce, complaint
from tests.lambda_src.test_sign_up import invoke
from tests.lambda_src.waiting import account, sign_up
from tests.sign_ups import Person, confirmed

QUIET = 600


def notice(api: Functions, audience: str, title: str = "Room 5", body: str = "Not 4.") -> str:
    """Send one; returns its id."""
    # Whose account it is needs no question to Cognito.
    api.belongs(ADMIN, "00000000-0000-4000-8000-000000000001")
    sent = api.ask("POST", "/api/notifications", body={"audience": audience, "title": title, "body": body})
    return str(school.made(sent)["id"])


def pupils(api: Functions, count: int, class_id: str = "") -> list[dict[str, Any]]:
    """Students with an e-mail, in a class where one is named."""
    made = [api.add(identifier=f"P{at:03}", email=f"p{at}@example.edu") for at in range(count)]
    for each in made if class_id else ():
        assert school.enroll(api, class_id, each["id"]).status == 201
    return made


# ---- who gets one


def test_a_notice_to_a_class_once_each(mailbox: Mailbox) -> None:
    """30 people are two pages; every record of the stream comes twice."""
    api, of = mailbox.api, school.class_(mailbox.api)["id"]
    pupils(api, 30, of)
    pupils_without = api.add()
    gone, inactive, disabled = (api.add(email=f"{name}@example.edu") for name in ("gone", "inactive", "disabled"))
    for each in (pupils_without, inactive, disabled):
        assert school.enroll(api, of, each["id"]).status == 201
    dates = {"beginDate": school.day(-9), "endDate": school.day(-1)}
    assert school.enroll(api, of, gone["id"], **dates).status == 201
    api.ask("PATCH", f"/api/students/{inactive['id']}", body={"version": 1, "status": "inactive"})
    api.belongs("sub-of-disabled", disabled["id"], disabled=True)
    key = {"pk": {"S": f"login-of#{disabled['id']}"}, "sk": {"S": "-"}}
    api.dynamodb.put_item(TableName=api.index, Item={**key, "id": {"S": "sub-of-disabled"}})
    api.add(email="elsewhere@example.edu")

    notice(api, f"class#{of}")
    assert len(mailbox.waiting()) == 1
    mailbox.follow(times=2)

    assert mailbox.to == Counter({f"p{at}@example.edu": 1 for at in range(30)})
    assert mailbox.waiting() == {}
    mail = mailbox.sent[0]
    assert mail["FromEmailAddress"] == f"Hill School <{SENDER}>"
    assert mail["ConfigurationSetName"] == "student-management-mail"
    assert mail["Content"]["Simple"]["Subject"]["Data"] == "Hill School: Room 5"
    text = mail["Content"]["Simple"]["Body"]["Text"]["Data"]
    assert text == f"Not 4.\n\n-- \nHill School\n{SITE}\n"


def test_a_notice_to_everyone_and_to_a_role(mailbox: Mailbox) -> None:
    """Through the roles one after the other, also those in which there is nobody."""
    api = mailbox.api
    pupils(api, 27)
    school.person(api, "lecturer", email="emmy@example.edu")
    notice(api, "everyone")
    mailbox.follow()
    assert mailbox.to == Counter({"emmy@example.edu": 1, **{f"p{at}@example.edu": 1 for at in range(27)}})

    mailbox.sent.clear()
    notice(api, "role#lecturer")
    mailbox.follow()
    assert mailbox.to == Counter({"emmy@example.edu": 1})


def test_a_notice_to_one_and_what_is_public(mailbox: Mailbox) -> None:
    api = mailbox.api
    ada, _ = pupils(api, 2)
    notice(api, f"person#{ada['id']}")
    notice(api, "public")
    mailbox.follow()
    assert mailbox.to == Counter({"p0@example.edu": 1})


def test_a_notice_that_is_withdrawn_goes_no_further(mailbox: Mailbox) -> None:
    api = mailbox.api
    pupils(api, 30)
    made = notice(api, "role#student")
    mailbox.changed(*mailbox.waiting())
    assert len(mailbox.sent) == 25
    assert api.ask("DELETE", f"/api/notifications/{made}").status == 204
    mailbox.follow()
    assert len(mailbox.sent) == 25
    assert mailbox.waiting() == {}


def test_where_mail_is_off_nothing_waits(api: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAIL_FROM", raising=False)
    book = open_gradebook(api)
    notice(api, "everyone")
    book.score(book.item(), "1")
    assert api.ask("POST", "/api/mail/test-mails", body={"email": "a@example.edu"}).body == {"queued": 0}
    assert api.ask("POST", "/api/finished-imports", body={"of": "students", "added": 3}).body == {"queued": 0}
    table = api.users.replace("-users", "-mail")
    assert api.dynamodb.scan(TableName=table)["Items"] == []
    assert api.ask("GET", "/api/mail").body == {"mailFrom": None, "waiting": 0, "suppressed": 0}


def test_a_cold_start_loads_nothing_of_it() -> None:
    """Neither what sends nor what answers admins, and no client of SES."""
    code = "import sys\nfrom studentdb_api import read, write\nprint(*sorted(sys.modules), sep='\\n')"
    environment = os.environ | {"TABLE_PREFIX": "x", "AWS_DEFAULT_REGION": "eu-central-1", "PYTHONPATH": "lambda_src"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    loaded = [name for name in done.stdout.splitlines() if name.startswith("studentdb_api.")]
    assert "studentdb_api.outbox" in loaded
    assert not [name for name in loaded if "mail" in name or "suppress" in name]


# ---- scores


def test_a_sheet_of_scores_is_one_mail_for_each(mailbox: Mailbox) -> None:
    """Several columns, cell by cell and at once: one mail, when the teacher has been quiet for a while."""
    book = open_gradebook(mailbox.api)
    for person_id, name in ((book.student, "one"), (book.other, "two")):
        before = mailbox.api.ask("GET", f"/api/students/{person_id}").body
        body = {"version": before["version"], "email": f"{name}@example.edu"}
        assert mailbox.api.ask("PATCH", f"/api/students/{person_id}", body=body).status == 200
    items = [book.item(title=f"Exam {at}") for at in range(3)]
    for item in items:
        book.score(item, "17.5")
        body = {"results": [{"studentId": book.other, "scoreStatus": "fully graded", "score": "17.5"}]}
        assert mailbox.api.ask("PUT", book.results(item), body=body).status == 200
    assert list(mailbox.waiting()) == [f"score#{book.class_id}"]

    mailbox.follow()
    mailbox.wake()
    mailbox.follow()
    assert mailbox.sent == []
    mailbox.wake(after=QUIET + 1)
    mailbox.follow(times=2)

    assert mailbox.to == Counter({"one@example.edu": 1, "two@example.edu": 1})
    assert mailbox.waiting() == {}
    for mail in mailbox.sent:
        said = json.dumps(mail["Content"])
        assert SITE in said
        assert "17.5" not in said
    # The same again is nothing new.
    book.put(items[0], score="17.5", version=1)
    assert mailbox.waiting() == {}


# ---- what goes wrong


def test_a_crash_after_a_page_sends_that_page_twice_at_most(mailbox: Mailbox) -> None:
    pupils(mailbox.api, 60)
    notice(mailbox.api, "role#student")

    class Killed(BaseException):
        pass

    def kill(**_: Any) -> None:
        raise Killed

    events = mailbox.feed.dynamodb.client.meta.events
    mailbox.changed(*mailbox.waiting())
    events.register("before-call.dynamodb.UpdateItem", kill, unique_id="kill")
    try:
        with pytest.raises(Killed):
            mailbox.changed(*mailbox.waiting())
    finally:
        events.unregister("before-call.dynamodb.UpdateItem", unique_id="kill")
    mailbox.follow()

    assert len(mailbox.to) == 60
    assert sorted(mailbox.to.values()) == [1] * 35 + [2] * 25


def test_the_end_of_the_functions_time_goes_on_later(mailbox: Mailbox) -> None:
    pupils(mailbox.api, 30)
    notice(mailbox.api, "role#student")
    mailbox.context.left = 120_000

    def use(_: str) -> None:
        mailbox.context.left -= 10_000
        if mailbox.context.left < 0:
            raise AssertionError("a mail was begun without the time for it")

    mailbox.refuse = use
    while mailbox.waiting():
        mailbox.context.left = 120_000
        mailbox.changed(*mailbox.waiting())

    assert mailbox.to == Counter({f"p{at}@example.edu": 1 for at in range(30)})


def test_without_any_time_it_is_touched(mailbox: Mailbox) -> None:
    pupils(mailbox.api, 1)
    notice(mailbox.api, "role#student")
    mailbox.context.left = 1000
    mailbox.changed(*mailbox.waiting())
    (item,) = mailbox.waiting().values()
    assert "touched" in item
    assert mailbox.sent == []


def test_the_rate_is_kept_to(mailbox: Mailbox) -> None:
    """Refused once, and taken a second later."""
    pupils(mailbox.api, 2)
    notice(mailbox.api, "role#student")
    refused: list[str] = []

    def slower(address: str) -> None:
        if not refused:
            refused.append(address)
            raise refusal("TooManyRequestsException", "Maximum sending rate exceeded.")

    mailbox.refuse = slower
    mailbox.follow()
    assert refused
    assert mailbox.to == Counter({"p0@example.edu": 1, "p1@example.edu": 1})


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("TooManyRequestsException", "Daily message quota exceeded."),
        ("LimitExceededException", "Daily message quota exceeded."),
        ("SendingPausedException", "Sending is paused for this account."),
        ("MessageRejected", f"Email address is not verified. The following identities failed the check: {SENDER}"),
        ("InternalFailure", "Something"),
    ],
)
def test_what_cannot_go_now_waits_and_goes_on(mailbox: Mailbox, code: str, message: str) -> None:
    """From where it was; the stream and the schedule leave it alone until then."""
    pupils(mailbox.api, 30)
    notice(mailbox.api, "role#student")

    def closed(_: str) -> None:
        if len(mailbox.sent) == 10:
            raise refusal(code, message)

    mailbox.refuse = closed
    mailbox.follow()
    assert len(mailbox.sent) == 10
    mailbox.refuse = lambda _: None
    mailbox.follow()
    mailbox.wake()
    mailbox.follow()
    assert len(mailbox.sent) == 10
    mailbox.wake(after=3601)
    mailbox.follow(times=2)
    assert mailbox.to == Counter({f"p{at}@example.edu": 1 for at in range(30)})
    assert mailbox.waiting() == {}


def test_a_recipient_whom_the_sandbox_refuses_keeps_nobody_back(mailbox: Mailbox) -> None:
    pupils(mailbox.api, 3)
    notice(mailbox.api, "role#student")

    def sandbox(address: str) -> None:
        if address == "p1@example.edu":
            text = f"Email address is not verified. The following identities failed the check in region X: {address}"
            raise refusal("MessageRejected", text)

    mailbox.refuse = sandbox
    mailbox.follow()
    assert mailbox.to == Counter({"p0@example.edu": 1, "p2@example.edu": 1})
    assert mailbox.waiting() == {}


def test_one_that_fails_keeps_none_back(mailbox: Mailbox, capsys: pytest.CaptureFixture[str]) -> None:
    api = mailbox.api
    pupils(api, 1)
    times = {"expires": {"N": str(2**40)}, "at": {"S": "x"}}
    broken = {"pk": {"S": "outbox"}, "sk": {"S": "a"}, "kind": {"S": "no such kind"}, **times}
    api.dynamodb.put_item(TableName=mailbox.table, Item=broken)
    notice(api, "role#student")
    mailbox.follow()
    assert mailbox.to == Counter({"p0@example.edu": 1})
    assert list(mailbox.waiting()) == ["a"]
    assert "KeyError" in capsys.readouterr().out


def test_what_is_too_old_is_not_sent(mailbox: Mailbox) -> None:
    pupils(mailbox.api, 1)
    notice(mailbox.api, "role#student")
    (item,) = mailbox.waiting().values()
    mailbox.api.dynamodb.put_item(TableName=mailbox.table, Item={**item, "expires": {"N": "1"}})
    mailbox.follow()
    assert mailbox.sent == []
    assert mailbox.waiting() == {}


def test_what_the_stream_has_lost_is_found(mailbox: Mailbox) -> None:
    pupils(mailbox.api, 1)
    notice(mailbox.api, "role#student")
    (item,) = mailbox.waiting().values()
    mailbox.wake()
    assert "touched" not in next(iter(mailbox.waiting().values()))
    older = {"expires": {"N": str(int(item["expires"]["N"]) - 3700)}}
    mailbox.api.dynamodb.put_item(TableName=mailbox.table, Item={**item, **older})
    mailbox.wake()
    assert "touched" in next(iter(mailbox.waiting().values()))


def test_logs_name_nobody(mailbox: Mailbox, capsys: pytest.CaptureFixture[str]) -> None:
    pupils(mailbox.api, 2)
    notice(mailbox.api, "role#student", title="A secret title")
    mailbox.refuse = lambda address: (_ for _ in ()).throw(refusal("Strange", f"about {address}"))
    mailbox.follow()
    mailbox.feed.handler(bounce("p0@example.edu"), mailbox.context)
    lines = capsys.readouterr().out
    assert '"waits":300' in lines
    assert "example.edu" not in lines
    assert "secret" not in lines


# ---- addresses that get none


def suppressed(mailbox: Mailbox) -> list[tuple[str, str]]:
    found = mailbox.api.ask("GET", "/api/mail/suppressions").body["suppressions"]
    return [(each["email"], each["reason"]) for each in found]


def test_bounces_and_complaints_suppress_until_an_admin_lifts_it(mailbox: Mailbox) -> None:
    api = mailbox.api
    pupils(api, 4)
    for told in (bounce("P0@Example.edu"), bounce("p0@example.edu"), complaint("p1@example.edu")):
        mailbox.feed.handler(told, mailbox.context)
    for harmless in (bounce("p2@example.edu", "Transient"), complaint("p3@example.edu", "not-spam")):
        mailbox.feed.handler(harmless, mailbox.context)
    assert suppressed(mailbox) == [("p0@example.edu", "bounce"), ("p1@example.edu", "complaint")]
    notice(api, "role#student")
    mailbox.follow()
    assert mailbox.to == Counter({"p2@example.edu": 1, "p3@example.edu": 1})
    assert api.ask("GET", "/api/mail").body == {"mailFrom": SENDER, "waiting": 0, "suppressed": 2}

    lifted = api.ask("POST", "/api/mail/lift-suppressions", body={"emails": ["p0@example.edu"]})
    assert lifted.body == {"lifted": 1}
    assert suppressed(mailbox) == [("p1@example.edu", "complaint")]
    (act,) = api.audit("suppression#p0@example.edu")
    assert (act["operation"], act["changes"]) == (
        "lift_suppressions",
        {"suppressed": {"before": True, "after": None}},
    )
    assert [act["operation"] for act in api.audit("mail#suppressed")] == ["list_suppressions"] * 2


def test_ses_itself_lets_a_lifted_address_through_again(mailbox: Mailbox) -> None:
    asked: list[str] = []

    def answer(params: dict[str, Any], **_: Any) -> None:
        asked.append(params["EmailAddress"])
        error = {"Error": {"Code": "NotFoundException", "Message": "not in the list"}}
        raise mailbox.feed.mail_sending.client.exceptions.NotFoundException(error, "DeleteSuppressedDestination")

    events = mailbox.feed.mail_sending.client.meta.events
    events.register("provide-client-params.sesv2.DeleteSuppressedDestination", answer)
    mailbox.api.ask("POST", "/api/mail/lift-suppressions", body={"emails": ["B@example.edu", "a@example.edu"]})
    mailbox.follow()
    assert asked == ["a@example.edu", "b@example.edu"]
    assert mailbox.waiting() == {}


def test_pages_of_suppressions(mailbox: Mailbox) -> None:
    for at in range(3):
        mailbox.feed.handler(bounce(f"p{at}@example.edu"), mailbox.context)
    page = mailbox.api.ask("GET", "/api/mail/suppressions", query={"limit": "2"}).body
    more = {"limit": "2", "cursor": page["nextCursor"]}
    rest = mailbox.api.ask("GET", "/api/mail/suppressions", query=more).body
    assert [each["email"] for part in (page, rest) for each in part["suppressions"]] == [
        f"p{at}@example.edu" for at in range(3)
    ]
    assert rest["nextCursor"] is None


# ---- the other mails


def test_a_test_mail(mailbox: Mailbox) -> None:
    assert mailbox.api.ask("POST", "/api/mail/test-mails", body={"email": "it@school.example"}).body == {"queued": 1}
    mailbox.follow()
    assert mailbox.to == Counter({"it@school.example": 1})


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("import", {"of": "students", "added": 3, "changed": 2, "unchanged": 1, "refused": 0}, "3 added, 2 changed"),
        ("signed-up", {}, "waits for an admin's answer"),
        ("approved", {}, "You can sign in now"),
    ],
)
def test_what_other_nouns_queue(mailbox: Mailbox, kind: str, more: dict[str, Any], said: str) -> None:
    outbox = mailbox.feed.outbox
    parts = outbox.queued(kind, "1", "email#somebody@example.edu", **more)
    mailbox.feed.dynamodb.client.transact_write_items(TransactItems=parts)
    mailbox.follow()
    (mail,) = mailbox.sent
    content = mail["Content"]["Simple"]
    assert said in content["Body"]["Text"]["Data"]
    assert said.replace("'", "&#x27;") in content["Body"]["Html"]["Data"]
    assert content["Subject"]["Data"].startswith("Hill School: ")
    assert content["Headers"] == [{"Name": "Auto-Submitted", "Value": "auto-generated"}]


def test_html_is_text(mailbox: Mailbox) -> None:
    pupils(mailbox.api, 1)
    notice(mailbox.api, "role#student", body="<script>1 & 2</script>\nand more")
    mailbox.follow()
    page = mailbox.sent[0]["Content"]["Simple"]["Body"]["Html"]["Data"]
    assert "&lt;script&gt;1 &amp; 2&lt;/script&gt;<br>and more" in page
    assert "<script" not in page


def test_who_signs_up_and_who_is_approved(mailbox: Mailbox) -> None:
    """Admins hear of the first, whose account it is of the second; once each, though the trigger runs twice."""
    api = mailbox.api
    # One is nobody's record, as the first admin; another's account is disabled, and the third is told in person only.
    for email in ("head@example.edu", "gone@example.edu"):
        of_pool = {"UserPoolId": api.pool_id, "Username": email}
        account(api, email)
        api.cognito.admin_add_user_to_group(**of_pool, GroupName="admin")
    api.cognito.admin_disable_user(**of_pool)
    school.person(api, "admin", email="no-account@example.edu")
    api.monkeypatch.setenv("USER_POOL_ID", api.pool_id)
    sub = sign_up(api, "new@example.edu")
    invoke(confirmed(Person(email="new@example.edu", sub=sub)))
    mailbox.follow()
    assert mailbox.to == Counter({"head@example.edu": 1})

    mailbox.sent.clear()
    approved = api.ask(
        "POST",
        f"/api/users/registrations/{sub}/approve",
        body={"role": "student", "identifier": "S77"},
    )
    assert approved.status == 200, approved
    mailbox.follow()
    assert mailbox.to == Counter({"new@example.edu": 1})
