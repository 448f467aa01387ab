"""What is out of step between pool, tables and persons is found, mended if asked, and not found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.lambda_src.functions import Functions
from tests.lambda_src.test_users import groups, in_pool
from tests.lambda_src.test_users import invite as invite_by_mail


def invite(api: Functions, email: str) -> dict[str, Any]:
    """Without a mail: moto makes a second account of the same e-mail when an invitation is sent again."""
    return invite_by_mail(api, email, mail=False)


def check(api: Functions, *, repair: bool = False) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    cursor: str | None = None
    while True:
        reply = api.ask("POST", "/api/users/check", body={"repair": repair} | ({"cursor": cursor} if cursor else {}))
        assert reply.status == 200, reply
        found += [(each["finding"], each["repaired"]) for each in reply.body["findings"]]
        cursor = reply.body["nextCursor"]
        if cursor is None:
            return found


def _no_group(api: Functions, account: dict[str, Any]) -> None:
    api.cognito.admin_remove_user_from_group(UserPoolId=api.pool_id, Username=account["id"], GroupName="student")


def _second_group(api: Functions, account: dict[str, Any]) -> None:
    api.cognito.admin_add_user_to_group(UserPoolId=api.pool_id, Username=account["id"], GroupName="admin")


def _other_group(api: Functions, account: dict[str, Any]) -> None:
    _no_group(api, account)
    api.cognito.admin_add_user_to_group(UserPoolId=api.pool_id, Username=account["id"], GroupName="lecturer")


def _not_in_tables(api: Functions, account: dict[str, Any]) -> None:
    for pk, sk in (
        (f"login#{account['id']}", "-"),
        ("logins", account["id"]),
        (f"login-of#{account['person']['id']}", "-"),
    ):
        api.dynamodb.delete_item(TableName=api.index, Key={"pk": {"S": pk}, "sk": {"S": sk}})


def _not_in_pool(api: Functions, account: dict[str, Any]) -> None:
    api.cognito.admin_delete_user(UserPoolId=api.pool_id, Username=account["id"])


def _disabled_in_pool(api: Functions, account: dict[str, Any]) -> None:
    api.cognito.admin_disable_user(UserPoolId=api.pool_id, Username=account["id"])


def _disabled_in_tables(api: Functions, account: dict[str, Any]) -> None:
    api.dynamodb.update_item(
        TableName=api.index,
        Key={"pk": {"S": f"login#{account['id']}"}, "sk": {"S": "-"}},
        UpdateExpression="SET disabled = :yes",
        ExpressionAttributeValues={":yes": {"BOOL": True}},
    )


def _person_gone(api: Functions, account: dict[str, Any]) -> None:
    assert api.ask("DELETE", f"/api/students/{account['person']['id']}").status == 204


def _person_moved(api: Functions, account: dict[str, Any]) -> None:
    body = {"version": 1, "email": "new@x.edu"}
    assert api.ask("PATCH", f"/api/students/{account['person']['id']}", body=body).status == 200


BREAKS: dict[str, Callable[[Functions, dict[str, Any]], None]] = {
    "has no role": _no_group,
    "is in the groups admin and student": _second_group,
    "is in the group lecturer, and the tables say student": _other_group,
    "is not known to the tables": _not_in_tables,
    "is not in the pool": _not_in_pool,
    "is disabled in the pool only": _disabled_in_pool,
    "is disabled in the tables only": _disabled_in_tables,
    "belongs to a person who is gone": _person_gone,
    "has another e-mail than its person": _person_moved,
}


@pytest.mark.parametrize(("finding", "break_it"), BREAKS.items(), ids=BREAKS.keys())
def test_found_and_mended(api: Functions, finding: str, break_it: Callable[[Functions, dict[str, Any]], None]) -> None:
    api.add(email="ada@x.edu")
    account = invite(api, "ada@x.edu")
    assert check(api) == []
    break_it(api, account)

    assert _without_order(check(api)) == _without_order([(finding, False)])
    mended = check(api, repair=True)
    assert [repaired for _, repaired in mended] == [True]
    assert check(api) == []
    assert [each["operation"] for each in api.audit(f"user#{account['id']}")][-1] in ("check_users", "invite_user")


def _without_order(found: list[tuple[str, bool]]) -> list[tuple[list[str], bool]]:
    """Cognito lists groups in no order."""
    return [(sorted(text.replace(" and ", " ").split()), repaired) for text, repaired in found]


def test_what_is_mended(api_anywhere: Functions) -> None:
    api = api_anywhere
    student = api.add(email="ada@x.edu")
    account = invite(api, "ada@x.edu")
    _second_group(api, account)
    _person_moved(api, account)
    _disabled_in_tables(api, account)

    assert {repaired for _, repaired in check(api, repair=True)} == {True}

    assert groups(api, account) == ["student"]
    assert in_pool(api, account)["Enabled"] is False
    (found,) = api.ask("GET", "/api/users", query={"email": "new@x.edu"}).body["users"]
    assert (found["id"], found["person"]["id"], found["status"]) == (account["id"], student["id"], "disabled")


def test_an_account_of_aws_s_own_means_gets_its_person(api: Functions) -> None:
    """As `admin create` makes them: no item in the tables."""
    student = api.add(email="head@x.edu")
    attributes = [{"Name": "email", "Value": "head@x.edu"}, {"Name": "email_verified", "Value": "true"}]
    api.cognito.admin_create_user(UserPoolId=api.pool_id, Username="head@x.edu", UserAttributes=attributes)
    assert check(api, repair=True) == [("has no role", False)]
    api.cognito.admin_add_user_to_group(UserPoolId=api.pool_id, Username="head@x.edu", GroupName="admin")

    assert check(api, repair=True) == [("is not known to the tables", True)]
    (found,) = api.ask("GET", "/api/users", query={"role": "admin"}).body["users"]
    assert found["person"]["id"] == student["id"]


def test_part_by_part(api: Functions) -> None:
    emails = [f"u{number:02}@x.edu" for number in range(23)]
    for email in emails:
        invite(api, email)
    first = api.ask("POST", "/api/users/check", body={}).body

    assert first["checked"] == 20
    assert first["nextCursor"]
    assert check(api) == []
