"""Accounts: what the commands of an admin do in the pool and the tables, and what a failure in between leaves."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lambda_src.events import ADMIN
from tests.lambda_src.functions import Functions, Reply


def invite(api: Functions, email: str, role: str = "student", **more: Any) -> dict[str, Any]:
    reply = api.ask("POST", "/api/users", body={"email": email, "role": role, **more})
    assert reply.status == 200, reply
    account: dict[str, Any] = reply.body
    return account


def change(api: Functions, account: dict[str, Any], verb: str, **body: Any) -> Reply:
    return api.ask("POST", f"/api/users/{account['id']}/{verb}", body=body)


def in_pool(api: Functions, account: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.cognito.admin_get_user(UserPoolId=api.pool_id, Username=account["id"])
    return found


def groups(api: Functions, account: dict[str, Any]) -> list[str]:
    found = api.cognito.admin_list_groups_for_user(UserPoolId=api.pool_id, Username=account["id"])["Groups"]
    return [group["GroupName"] for group in found]


@pytest.fixture
def refusing(api: Functions) -> Any:
    """Make the function's next call of a Cognito operation fail, as a lost connection or a limit does."""
    pool = api.pool

    def refuse(operation: str, code: str) -> None:
        def fail(**_: Any) -> None:
            pool.client.meta.events.unregister(f"before-call.cognito-idp.{operation}", fail)
            raise ClientError({"Error": {"Code": code, "Message": code}}, operation)

        pool.client.meta.events.register(f"before-call.cognito-idp.{operation}", fail)

    return refuse


def test_an_account_from_invitation_to_lock_out(api_anywhere: Functions) -> None:
    api = api_anywhere
    student = api.add(email="ada@x.edu")

    account = invite(api, "Ada@X.edu")

    assert (account["email"], account["role"], account["status"], account["state"], account["mfa"]) == (
        "ada@x.edu",
        "student",
        "active",
        "invited",
        False,
    )
    # Whoever has the e-mail is the person.
    assert account["person"] == {name: student[name] for name in ("id", "identifier", "givenName", "familyName")}
    assert account["oneTimePassword"] is None
    assert groups(api, account) == ["student"]
    seen = api.ask("GET", "/api/me", sub=account["id"], groups="[student]")
    assert seen.body["student"]["id"] == student["id"]

    assert change(api, account, "disable", reason="left").body["status"] == "disabled"
    assert in_pool(api, account)["Enabled"] is False
    assert api.ask("GET", "/api/me", sub=account["id"], groups="[student]").status == 401
    assert change(api, account, "enable").body["status"] == "active"
    assert in_pool(api, account)["Enabled"] is True
    assert api.ask("GET", "/api/me", sub=account["id"], groups="[student]").status == 200

    told = api.audit(f"user#{account['id']}")
    assert [each["operation"] for each in told] == ["invite_user", "disable_user", "enable_user"]
    assert told[0]["changes"]["role"] == {"before": None, "after": "student"}
    assert told[1]["changes"] == {"disabled": {"before": None, "after": True}}
    assert told[1]["reason"] == "left"


def test_role_by_role_with_a_person_each(api_anywhere: Functions) -> None:
    api = api_anywhere
    student = api.add()
    lost = api.add(email="moved@x.edu")
    made = [
        invite(api, "b@x.edu", "student", identifier=student["identifier"]),
        invite(api, "c@x.edu", "student", identifier=lost["identifier"]),
        invite(api, "a@x.edu", "admin"),
    ]
    # The account's item still has the old e-mail as its hint.
    api.ask("PATCH", f"/api/students/{lost['id']}", body={"version": 1, "email": None})

    found: list[dict[str, Any]] = []
    cursor = ""
    while len(found) < 10:
        reply = api.ask("GET", "/api/users", query={"limit": "1"} | ({"cursor": cursor} if cursor else {}))
        found += reply.body["users"]
        cursor = reply.body["nextCursor"]
        if not cursor:
            break

    assert [(each["email"], each["role"]) for each in found] == [
        ("a@x.edu", "admin"),
        ("b@x.edu", "student"),
        ("c@x.edu", "student"),
    ]
    assert [each["person"] and each["person"]["id"] for each in found] == [None, student["id"], lost["id"]]
    assert [each["id"] for each in found] == [each["id"] for each in (made[2], made[0], made[1])]
    assert api.ask("GET", "/api/users", query={"role": "lecturer"}).body == {"users": [], "nextCursor": None}
    (by_email,) = api.ask("GET", "/api/users", query={"email": "B@x.edu"}).body["users"]
    assert by_email == api.ask("GET", f"/api/users/{made[0]['id']}").body
    assert api.ask("GET", "/api/users", query={"email": "nobody@x.edu"}).body["users"] == []
    assert api.ask("GET", f"/api/users/{ADMIN}").status == 404


def test_a_cursor_belongs_to_one_role(api: Functions) -> None:
    for name in "ab":
        invite(api, f"{name}@x.edu")
    cursor = api.ask("GET", "/api/users", query={"limit": "1", "role": "student"}).body["nextCursor"]

    assert api.ask("GET", "/api/users", query={"role": "admin", "cursor": cursor}).status == 400


def test_another_role_counts_at_once(api_anywhere: Functions) -> None:
    api = api_anywhere
    account = invite(api, "ada@x.edu", "admin")
    before, after = {"iat": str(int(time.time()))}, {"iat": str(int(time.time()) + 5)}
    assert api.ask("GET", "/api/students", sub=account["id"], groups="[admin]", claims=before).status == 200

    changed = change(api, account, "role", role="lecturer", reason="stepped down")

    assert changed.body["role"] == "lecturer"
    assert groups(api, account) == ["lecturer"]
    assert api.ask("GET", "/api/students", sub=account["id"], groups="[admin]", claims=before).status == 401
    assert api.ask("GET", "/api/students", sub=account["id"], groups="[lecturer]", claims=after).status == 403
    told = api.audit(f"user#{account['id']}")[-1]
    assert told["changes"] == {"role": {"before": "admin", "after": "lecturer"}}


def test_nobody_takes_rights_from_himself(api: Functions) -> None:
    account = invite(api, "head@x.edu", "admin")

    for verb, body in (("disable", {}), ("role", {"role": "student"})):
        reply = api.ask("POST", f"/api/users/{account['id']}/{verb}", body=body, sub=account["id"])
        assert (reply.status, reply.slug) == (409, "own-account")
    assert groups(api, account) == ["admin"]


def test_a_one_time_password(api_anywhere: Functions) -> None:
    api = api_anywhere
    account = invite(api, "ada@x.edu", mail=False)
    again = change(api, account, "reset-password")

    assert len(account["oneTimePassword"]) == len(again.body["oneTimePassword"]) == 20
    assert account["oneTimePassword"] != again.body["oneTimePassword"]
    assert in_pool(api, account)["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    told = api.audit(f"user#{account['id']}")[-1]
    assert told["operation"] == "reset_user_password"
    assert account["oneTimePassword"] not in str(api.audit())


def test_who_cannot_be_invited(api: Functions) -> None:
    student = api.add()
    invite(api, "ada@x.edu", identifier=student["identifier"])

    other_role = api.ask("POST", "/api/users", body={"email": "ada@x.edu", "role": "admin"})
    assert (other_role.status, other_role.slug, other_role.fields) == (409, "duplicate", ["email"])
    second = {"email": "b@x.edu", "role": "student", "identifier": student["identifier"]}
    taken = api.ask("POST", "/api/users", body=second)
    assert (taken.status, taken.fields) == (409, ["identifier"])
    unknown = api.ask("POST", "/api/users", body={"email": "c@x.edu", "role": "student", "identifier": "nobody"})
    assert (unknown.status, unknown.fields) == (400, ["identifier"])
    # Not even the account was made.
    assert api.ask("GET", "/api/users", query={"email": "c@x.edu"}).body["users"] == []
    for body in ({"email": "no address", "role": "student"}, {"email": "a@x.edu", "role": "head"}):
        assert api.ask("POST", "/api/users", body=body).status == 400


@pytest.mark.parametrize("operation", ["AdminGetUser", "AdminListGroupsForUser", "AdminAddUserToGroup"])
def test_an_invitation_that_ends_anywhere_is_finished_by_the_next(
    api: Functions, refusing: Any, operation: str
) -> None:
    student = api.add(email="ada@x.edu")
    refusing(operation, "InternalErrorException")
    assert api.ask("POST", "/api/users", body={"email": "ada@x.edu", "role": "student"}).status == 500

    account = invite(api, "ada@x.edu")

    assert (groups(api, account), account["person"]["id"]) == (["student"], student["id"])


def test_no_mail_today(api: Functions, refusing: Any) -> None:
    """Cognito's own sender sends 50 mails a day (COG-20): the account is complete, and said to be without a mail."""
    account = invite(api, "ada@x.edu")
    pool = api.pool

    sent: list[str] = []

    def fail(params: dict[str, Any], **_: Any) -> None:
        if b"RESEND" in params["body"]:
            sent.append("mail")
            raise ClientError({"Error": {"Code": "LimitExceededException", "Message": ""}}, "AdminCreateUser")

    pool.client.meta.events.register("before-call.cognito-idp.AdminCreateUser", fail)
    reply = api.ask("POST", "/api/users", body={"email": "ada@x.edu", "role": "student"})
    pool.client.meta.events.unregister("before-call.cognito-idp.AdminCreateUser", fail)

    assert sent == ["mail"]
    assert (reply.status, reply.slug) == (409, "mail-limit")
    assert groups(api, account) == ["student"]


@pytest.mark.parametrize("operation", ["AdminDisableUser", "AdminUserGlobalSignOut"])
def test_a_lock_out_counts_although_the_pool_does_not_answer(api: Functions, refusing: Any, operation: str) -> None:
    account = invite(api, "ada@x.edu")
    refusing(operation, "InternalErrorException")
    assert change(api, account, "disable").status == 500

    assert api.ask("GET", "/api/me", sub=account["id"], groups="[student]").status == 401
    assert change(api, account, "disable").body["status"] == "disabled"
    assert in_pool(api, account)["Enabled"] is False
    assert [each["operation"] for each in api.audit(f"user#{account['id']}")] == ["invite_user", "disable_user"]


def test_a_change_of_role_that_ends_in_between_leaves_fewer_rights(api: Functions, refusing: Any) -> None:
    account = invite(api, "ada@x.edu", "lecturer")
    refusing("AdminAddUserToGroup", "InternalErrorException")
    assert change(api, account, "role", role="admin").status == 500
    assert groups(api, account) == []

    assert change(api, account, "role", role="admin").body["role"] == "admin"
    assert groups(api, account) == ["admin"]
