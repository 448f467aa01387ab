"""Decisions on registrations that end half way, or cross another admin's."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lambda_src.functions import Functions
from tests.lambda_src.test_sign_up import pending
from tests.lambda_src.test_user_check import check
from tests.lambda_src.test_users import groups
from tests.lambda_src.waiting import decide, gone, sign_up


@pytest.fixture
def refusing(api: Functions) -> Any:
    """Make the next call of an operation fail, of Cognito or of the table."""
    from studentdb_api import dynamodb

    pool = api.pool

    def refuse(operation: str, after: int = 0) -> None:
        client = dynamodb.client if operation == "TransactWriteItems" else pool.client
        name = f"before-call.{client.meta.service_model.service_name}.{operation}"
        left = [after]

        def fail(**_: Any) -> None:
            left[0] -= 1
            if left[0] < 0:
                client.meta.events.unregister(name, fail)
                raise ClientError({"Error": {"Code": "InternalErrorException", "Message": ""}}, operation)

        client.meta.events.register(name, fail)

    return refuse


# Each step of an approval: what fails in it, and how many calls of the kind go well before.
STEPS = [
    ("TransactWriteItems", 0),
    ("TransactWriteItems", 1),
    ("AdminListGroupsForUser", 0),
    ("AdminAddUserToGroup", 0),
    ("TransactWriteItems", 2),
]


@pytest.mark.parametrize(("operation", "after"), STEPS)
def test_an_approval_that_ends_anywhere_is_finished_by_the_next(
    api: Functions, refusing: Any, operation: str, after: int
) -> None:
    sub = sign_up(api)
    refusing(operation, after)
    assert decide(api, sub, "approve", identifier="S77").status == 500
    assert [each["id"] for each in pending(api)] == [sub]

    done = decide(api, sub, "approve", identifier="S77")

    assert (done.status, done.body["role"], done.body["person"]["identifier"]) == (200, "student", "S77")
    assert (pending(api), check(api), len(api.stored())) == ([], [], 1)


@pytest.mark.parametrize(("operation", "after"), STEPS[2:])
def test_or_by_a_repair(api: Functions, refusing: Any, operation: str, after: int) -> None:
    """From where the tables know the role."""
    sub = sign_up(api)
    refusing(operation, after)
    assert decide(api, sub, "approve", identifier="S77").status == 500

    assert [repaired for _, repaired in check(api)] == [False] * (1 if after == 2 else 2)
    assert {repaired for _, repaired in check(api, repair=True)} == {True}

    assert (check(api), pending(api), groups(api, {"id": sub})) == ([], [], ["student"])


@pytest.mark.parametrize(
    ("operation", "after"), [("AdminDeleteUser", 0), ("TransactWriteItems", 0), ("TransactWriteItems", 1)]
)
def test_a_refusal_that_ends_anywhere_is_finished_by_the_next(
    api: Functions, refusing: Any, operation: str, after: int
) -> None:
    sub = sign_up(api)
    refusing(operation, after)
    assert decide(api, sub, "refuse", reason="no").status == 500
    assert [each["id"] for each in pending(api)] == [sub]

    assert decide(api, sub, "refuse", reason="no").status == 200

    assert (pending(api), gone(api, sub), check(api)) == ([], True, [])


def test_refused_too_late(api: Functions, refusing: Any) -> None:
    """Approved up to the last step: whoever has a role is locked out instead."""
    sub = sign_up(api)
    refusing("TransactWriteItems", 2)
    assert decide(api, sub, "approve", identifier="S77").status == 500

    refused = decide(api, sub, "refuse", reason="no")

    assert (refused.status, refused.slug) == (409, "decided")
    assert not gone(api, sub)


def test_refused_where_an_approval_made_the_person_only(api: Functions, refusing: Any) -> None:
    sub = sign_up(api)
    refusing("TransactWriteItems", 1)
    assert decide(api, sub, "approve", identifier="S77").status == 500

    assert decide(api, sub, "refuse", reason="no").status == 200
    assert (pending(api), gone(api, sub), check(api)) == ([], True, [])


def test_not_refused_where_an_approval_gave_the_role(api: Functions, refusing: Any) -> None:
    sub = sign_up(api)
    refusing("AdminAddUserToGroup")
    assert decide(api, sub, "approve", identifier="S77").status == 500

    refused = decide(api, sub, "refuse", reason="no")

    assert (refused.status, refused.slug) == (409, "decided")
    assert decide(api, sub, "approve", identifier="S77").status == 200
    assert (pending(api), gone(api, sub), check(api)) == ([], False, [])


@pytest.mark.parametrize(
    ("first", "step", "second"),
    [("refuse", "AdminDeleteUser", "approve"), ("approve", "AdminAddUserToGroup", "refuse")],
)
def test_two_admins_decide_at_the_same_time(api: Functions, first: str, step: str, second: str) -> None:
    """The second one comes when the first has begun; nothing of the one who lost stays behind."""
    bodies: dict[str, dict[str, Any]] = {"refuse": {"reason": "no"}, "approve": {"identifier": "S77"}}
    sub, meanwhile = sign_up(api), []
    events, name = api.pool.client.meta.events, f"before-call.cognito-identity-provider.{step}"

    def decides(**_: Any) -> None:
        events.unregister(name, decides)
        meanwhile.append(decide(api, sub, second, **bodies[second]))

    events.register(name, decides)
    done = decide(api, sub, first, **bodies[first])

    assert [(each.status, each.slug) for each in meanwhile] == [(409, "decided")]
    assert (done.status, gone(api, sub), pending(api), check(api)) == (200, first == "refuse", [], [])
    held = [key for key in api.locks() if key.startswith("login-of#")]
    assert len(held) == (0 if first == "refuse" else 1)
