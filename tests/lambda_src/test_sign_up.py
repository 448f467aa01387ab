"""The function that Cognito invokes at a sign-up, with Cognito's events: who is refused, and who waits afterwards."""

from __future__ import annotations

import copy
import importlib
import secrets
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lambda_src.functions import Functions
from tests.sign_ups import Person, confirmed, event, pre_sign_up


def invoke(made: dict[str, Any]) -> dict[str, Any]:
    """As Lambda does: each time with an id of its own."""
    handler = importlib.import_module("studentdb_api.sign_up").handler
    answer: dict[str, Any] = handler(copy.deepcopy(made), SimpleNamespace(aws_request_id=secrets.token_hex(8)))
    return answer


def pending(api: Functions, **query: str) -> list[dict[str, Any]]:
    reply = api.ask("GET", "/api/users/registrations", query=query)
    assert reply.status == 200, reply
    found: list[dict[str, Any]] = reply.body["registrations"]
    return found


def items(api: Functions) -> list[dict[str, Any]]:
    found = api.dynamodb.scan(TableName=api.index, ConsistentRead=True)["Items"]
    return sorted((each for each in found if each["pk"]["S"] != "secret#cursor"), key=str)


def refusal(made: dict[str, Any]) -> str:
    module = importlib.import_module("studentdb_api.sign_up")
    with pytest.raises(module.RefusedError) as caught:
        invoke(made)
    return str(caught.value)


@pytest.mark.parametrize("role", ["student", "lecturer", None])
def test_a_good_sign_up_is_let_through_as_it_came(api: Functions, role: str | None) -> None:
    """Nothing is confirmed or verified: that is for Cognito's mail to do."""
    made = pre_sign_up(Person(role=role))

    assert invoke(made) == made
    assert items(api) == []


@pytest.mark.parametrize(
    ("person", "said"),
    [
        (Person(role="admin"), "only students and lecturers can sign up; admins are invited"),
        (Person(given_name=None), "the given name is needed"),
        (Person(given_name="  "), "the given name must be text without control characters"),
        (Person(given_name="x" * 101), "the given name must have 1 to 100 characters"),
        (Person(family_name="T\u202er"), "the family name must be text without control characters"),
        (Person(email="nobody"), "the e-mail address must be an e-mail address such as ada@example.edu"),
        (Person(email=f"{'x' * 120}@example.edu"), "the e-mail address must have 3 to 128 characters"),
        (Person(email=""), "the e-mail address must have 3 to 128 characters"),
    ],
)
def test_who_is_refused(api: Functions, person: Person, said: str) -> None:
    told = refusal(pre_sign_up(person))

    assert said in told
    assert not [value for value in person.attributes.values() if len(value) > 2 and value in told]
    assert items(api) == []


def test_foreign_addresses(api: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGN_UP_DOMAINS", "example.edu school.example.org")

    for email in ("a@example.edu", "A@Example.EDU", "a@school.example.org"):
        invoke(pre_sign_up(Person(email=email)))
    for email in ("a@example.com", "a@example.edu.com", "a@sub.example.edu", "a@example.org", "example.edu@x.org"):
        told = refusal(pre_sign_up(Person(email=email)))
        assert told == "only addresses at example.edu or school.example.org can sign up here"


@pytest.mark.parametrize(
    "source",
    ["PostConfirmation_ConfirmForgotPassword", "PreSignUp_AdminCreateUser", "PreSignUp_ExternalProvider"],
)
def test_what_is_not_a_sign_up(api: Functions, source: str) -> None:
    """Of an admin's invitation nothing is asked, and who forgot a password is registered no second time."""
    made = event(source, Person(given_name=None, family_name=None, role=None, email="x"))

    assert invoke(made) == made
    assert items(api) == []


def test_who_has_confirmed_waits(api_anywhere: Functions) -> None:
    api = api_anywhere
    person = Person(email="New@Example.edu", given_name="Zoe\u0308", role="lecturer")
    made = confirmed(person)

    assert invoke(made) == made

    (found,) = pending(api)
    assert {name: found[name] for name in ("id", "email", "givenName", "familyName", "role", "state")} == {
        "id": person.sub,
        "email": "new@example.edu",
        "givenName": "Zoë",
        "familyName": "Trần",
        "role": "lecturer",
        "state": "pending",
    }
    (told,) = api.audit(f"registration#{person.sub}")
    assert (told["actor"], told["operation"]) == (person.sub, "sign_up")
    assert told["changes"]["email"] == {"before": None, "after": "new@example.edu"}


def test_cognito_tries_three_times(api_anywhere: Functions) -> None:
    api, person = api_anywhere, Person()
    invoke(confirmed(person))
    once = items(api)

    invoke(confirmed(person))
    invoke(confirmed(person))

    assert items(api) == once
    assert len(api.audit(f"registration#{person.sub}")) == 1


def test_a_failure_leaves_nothing_and_the_next_try_does_it(api: Functions) -> None:
    from studentdb_api import dynamodb

    person = Person()

    def fail(**_: Any) -> None:
        dynamodb.client.meta.events.unregister("before-call.dynamodb.TransactWriteItems", fail)
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, "TransactWriteItems")

    dynamodb.client.meta.events.register("before-call.dynamodb.TransactWriteItems", fail)
    with pytest.raises(ClientError):
        invoke(confirmed(person))
    assert items(api) == []

    invoke(confirmed(person))
    assert [each["id"] for each in pending(api)] == [person.sub]


def test_whoever_has_a_role_does_not_wait_again(api: Functions) -> None:
    invited = api.ask("POST", "/api/users", body={"email": "ada@x.edu", "role": "admin", "mail": False}).body

    invoke(confirmed(Person(email="ada@x.edu", sub=invited["id"])))

    assert pending(api) == []
    assert api.ask("GET", f"/api/users/{invited['id']}").body["role"] == "admin"


@pytest.mark.parametrize("role", ["admin", "head", "", None])
def test_a_role_that_nobody_may_ask_for_is_none(api: Functions, role: str | None) -> None:
    """The client may say another one when it confirms than when it signed up."""
    invoke(confirmed(Person(role=role)))

    assert [each["role"] for each in pending(api)] == [None]


def test_names_that_passed_no_check_are_left_out(api: Functions) -> None:
    """Of an account that signed up while there was no trigger."""
    invoke(confirmed(Person(given_name="x" * 2000, family_name="a\nb")))

    (found,) = pending(api)
    assert (found["givenName"], found["familyName"]) == (None, None)


def test_what_is_logged(api: Functions, capsys: pytest.CaptureFixture[str]) -> None:
    person = Person()
    invoke(confirmed(person))

    assert capsys.readouterr().out == '{"registered":1}\n'
