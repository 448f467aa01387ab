"""Invitations of hundreds: the queue, what stops it, and that nobody is forgotten or asked twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from tests.lambda_src.functions import Functions


def queue(api: Functions, *emails: str, role: str = "student", **more: Any) -> None:
    rows = [{"email": email, "role": role, **more} for email in emails]
    assert api.ask("POST", "/api/users/invitations", body={"invitations": rows}).body == {"queued": len(rows)}


def send(api: Functions, **body: Any) -> dict[str, Any]:
    reply = api.ask("POST", "/api/users/send-invitations", body=body)
    assert reply.status == 200, reply
    found: dict[str, Any] = reply.body
    return found


def listed(api: Functions, state: str) -> list[str]:
    reply = api.ask("GET", "/api/users/invitations", query={"state": state})
    return [each["email"] for each in reply.body["invitations"]]


@contextmanager
def mail_ends(code: str, *, after: int = 0, only: str = "") -> Iterator[None]:
    """Cognito refuses mails after so many, or those to one address."""
    from studentdb_api import pool

    mails = 0

    def refuse(params: dict[str, Any], **_: Any) -> None:
        nonlocal mails
        if b"RESEND" in params["body"] and only.encode() in params["body"]:
            mails += 1
            if mails > after:
                raise ClientError({"Error": {"Code": code, "Message": ""}}, "AdminCreateUser")

    events = pool.client.meta.events
    events.register("before-call.cognito-idp.AdminCreateUser", refuse)
    yield
    events.unregister("before-call.cognito-idp.AdminCreateUser", refuse)


def test_a_class_is_invited(api_anywhere: Functions) -> None:
    api = api_anywhere
    student = api.add(email="c@x.edu")
    queue(api, "a@x.edu", "b@x.edu", "C@x.edu")
    queue(api, "b@x.edu", role="lecturer")  # the later one counts

    assert listed(api, "pending") == ["a@x.edu", "b@x.edu", "c@x.edu"]
    assert send(api, limit=2) == {"sent": 2, "failed": 0, "stopped": None}
    assert send(api) == {"sent": 1, "failed": 0, "stopped": None}
    assert send(api) == {"sent": 0, "failed": 0, "stopped": "done"}

    accounts = {
        role: api.ask("GET", "/api/users", query={"role": role}).body["users"] for role in ("lecturer", "student")
    }
    assert [each["email"] for each in accounts["lecturer"]] == ["b@x.edu"]
    assert [each["email"] for each in accounts["student"]] == ["a@x.edu", "c@x.edu"]
    assert accounts["student"][1]["person"]["id"] == student["id"]
    assert (listed(api, "pending"), listed(api, "sent")) == ([], ["a@x.edu", "b@x.edu", "c@x.edu"])


def test_the_day_s_mails_are_used_up(api: Functions) -> None:
    """Cognito's own sender sends 50 a day (COG-20); the next run goes on where this one stopped."""
    queue(api, "a@x.edu", "b@x.edu", "c@x.edu")
    with mail_ends("LimitExceededException", after=1):
        assert send(api) == {"sent": 1, "failed": 0, "stopped": "mail-limit"}
        assert send(api) == {"sent": 0, "failed": 0, "stopped": "mail-limit"}
    assert listed(api, "pending") == ["b@x.edu", "c@x.edu"]

    assert send(api) == {"sent": 2, "failed": 0, "stopped": None}


def test_too_many_at_once(api: Functions) -> None:
    """(COG-29)."""
    queue(api, "a@x.edu")
    with mail_ends("TooManyRequestsException"):
        assert send(api) == {"sent": 0, "failed": 0, "stopped": "busy"}

    assert send(api)["sent"] == 1


def test_one_that_cannot_be_sent_does_not_hold_up_the_others(api: Functions) -> None:
    api.ask("POST", "/api/users", body={"email": "admin@x.edu", "role": "admin"})
    queue(api, "admin@x.edu", "bounces@x.edu", "fine@x.edu")
    queue(api, "nobody@x.edu", identifier="no such number")
    with mail_ends("CodeDeliveryFailureException", only="bounces"):
        assert send(api) == {"sent": 1, "failed": 3, "stopped": None}

    failed = api.ask("GET", "/api/users/invitations", query={"state": "failed"}).body["invitations"]
    assert {each["email"]: each["reason"] for each in failed} == {
        "admin@x.edu": "has an account already, as admin",
        "bounces@x.edu": "the account is there, and no mail can be sent to its address",
        "nobody@x.edu": "is nobody's number",
    }
    # Corrected, it has another try, and is in one state only.
    queue(api, "bounces@x.edu")
    assert (listed(api, "pending"), "bounces@x.edu" in listed(api, "failed")) == (["bounces@x.edu"], False)


def test_two_runs_at_once_do_not_mail_twice(api: Functions) -> None:
    queue(api, "a@x.edu")
    key = {"pk": {"S": "invitation#pending"}, "sk": {"S": "a@x.edu"}}
    item = api.dynamodb.get_item(TableName=api.index, Key=key)["Item"]
    api.dynamodb.put_item(TableName=api.index, Item={**item, "taken": {"N": "99999999999"}})

    assert send(api) == {"sent": 0, "failed": 0, "stopped": "busy"}

    # The other run ended long ago.
    api.dynamodb.put_item(TableName=api.index, Item={**item, "taken": {"N": "1"}})
    assert send(api)["sent"] == 1


def test_withdrawn(api: Functions) -> None:
    queue(api, "a@x.edu", "b@x.edu")
    assert api.ask("POST", "/api/users/withdraw-invitations", body={"emails": ["A@x.edu"]}).body == {"withdrawn": 1}

    assert listed(api, "pending") == ["b@x.edu"]
    page = api.ask("GET", "/api/users/invitations", query={"limit": "1"}).body
    assert page["nextCursor"] is None


def test_pages(api: Functions) -> None:
    queue(api, "a@x.edu", "b@x.edu")
    first = api.ask("GET", "/api/users/invitations", query={"limit": "1"}).body
    query = {"limit": "1", "cursor": first["nextCursor"]}
    second = api.ask("GET", "/api/users/invitations", query=query).body

    assert [each["email"] for page in (first, second) for each in page["invitations"]] == ["a@x.edu", "b@x.edu"]
    assert second["nextCursor"] is None
    assert api.ask("GET", "/api/users/invitations", query={**query, "state": "sent"}).status == 400
