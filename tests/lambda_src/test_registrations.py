"""Registrations: who waits may do nothing, and what an admin's decision does."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest

from tests.lambda_src.functions import Functions
from tests.lambda_src.test_sign_up import items, pending
from tests.lambda_src.test_user_check import check
from tests.lambda_src.test_users import groups
from tests.lambda_src.waiting import account, decide, gone, sign_up
from tests.sign_ups import PASSWORD


def test_who_waits_may_ask_one_thing(api: Functions) -> None:
    """Also not see the record of the person whose address it is."""
    api.add(email="new@x.edu")
    sub = sign_up(api)

    for method, path in (("GET", "/api/students"), ("GET", "/api/classes"), ("POST", "/api/students")):
        reply = api.ask(method, path, sub=sub, groups=None, body={} if method == "POST" else None)
        assert (reply.status, reply.slug) == (403, "not-approved")
        assert reply.body["detail"] == "an admin has to approve it; then sign in again"
    me = api.ask("GET", "/api/me", sub=sub, groups=None)
    (found,) = pending(api)
    assert (me.status, me.body["person"], me.body["student"]) == (200, None, None)
    assert me.body["waitingSince"] == found["requestedAt"]


def test_without_a_group_an_address_makes_nobody_somebody(api: Functions) -> None:
    """The trigger was lost: the tables know nothing of the account."""
    api.add(email="new@x.edu")
    sub = account(api, "new@x.edu")

    me = api.ask("GET", "/api/me", sub=sub, groups=None)
    assert (me.status, me.body["person"], me.body["waitingSince"]) == (200, None, None)
    assert api.ask("GET", "/api/classes", sub=sub, groups=None).slug == "not-allowed"


def test_approved_as_a_new_person(api_anywhere: Functions) -> None:
    api = api_anywhere
    sub = sign_up(api)
    old, new = {"iat": str(int(time.time()))}, {"iat": str(int(time.time()) + 5)}
    assert api.ask("GET", f"/api/users/{sub}").body["state"] == "waits for approval"

    done = decide(api, sub, "approve", identifier="S77", reason="enrolled at the desk")

    assert done.status == 200, done
    assert (done.body["role"], done.body["state"], groups(api, done.body)) == ("student", "confirmed", ["student"])
    assert done.body["person"]["identifier"] == "S77"
    # A token of before says nothing of the group: the next one does.
    assert api.ask("GET", "/api/me", sub=sub, groups=None, claims=old).status == 401
    me = api.ask("GET", "/api/me", sub=sub, groups="[student]", claims=new).body
    assert (me["student"]["email"], me["student"]["givenName"], me["waitingSince"]) == ("new@x.edu", "Ngọc Ánh", None)
    assert pending(api) == []
    (kept,) = pending(api, state="approved")
    assert (kept["id"], kept["state"], kept["role"]) == (sub, "approved", "student")
    assert check(api) == []
    told = api.audit(f"user#{sub}")[-1]
    assert (told["operation"], told["reason"]) == ("approve_registration", "enrolled at the desk")


def test_approved_as_whoever_has_the_address(api_anywhere: Functions) -> None:
    """Nothing of the person is overwritten."""
    api = api_anywhere
    student = api.add(email="new@x.edu", givenName="Ada", familyName="Lovelace")
    sub = sign_up(api, role="lecturer")

    done = decide(api, sub, "approve")

    assert (done.body["role"], done.body["person"]["id"]) == ("student", student["id"])
    assert api.ask("GET", f"/api/students/{student['id']}").body == student
    assert check(api) == []


def test_approved_as_whoever_has_the_number(api: Functions) -> None:
    student = api.add()
    sub = sign_up(api)

    done = decide(api, sub, "approve", identifier=student["identifier"])

    assert done.body["person"]["id"] == student["id"]
    assert api.ask("GET", f"/api/students/{student['id']}").body == student
    assert check(api) == []


def test_in_another_role_than_asked_for(api: Functions) -> None:
    sub = sign_up(api, role="student")

    assert decide(api, sub, "approve", identifier="L1", role="lecturer").body["role"] == "lecturer"
    assert api.ask("GET", "/api/lecturers", query={"identifier": "L1"}).body["lecturers"][0]["email"] == "new@x.edu"


@pytest.mark.parametrize(
    ("told", "body", "status", "fields"),
    [
        ({}, {}, 400, ["identifier"]),
        ({"role": None}, {"identifier": "S9"}, 400, ["role"]),
        ({"role": None}, {}, 400, ["role", "identifier"]),
        ({"given_name": "\n"}, {"identifier": "S9"}, 400, ["identifier"]),
        ({}, {"identifier": "OF-ADMIN"}, 400, ["identifier"]),
        ({}, {"identifier": "OTHER"}, 400, ["identifier"]),
        ({}, {"identifier": "LECTURER", "role": "student"}, 400, ["role"]),
        ({}, {"identifier": "TAKEN"}, 409, ["identifier"]),
        ({"email": "has@x.edu"}, {"identifier": "S9"}, 409, ["email"]),
        ({"email": "has@x.edu"}, {"identifier": "LECTURER"}, 409, ["email"]),
        ({"email": "has@x.edu"}, {"role": "lecturer"}, 400, ["role"]),
        ({}, {"identifier": "S9", "role": "admin"}, 400, ["role"]),
        ({}, {"identifier": ""}, 400, ["identifier"]),
    ],
)
def test_what_cannot_be_approved(
    api: Functions, told: dict[str, Any], body: dict[str, Any], status: int, fields: list[str]
) -> None:
    api.add(email="has@x.edu")
    api.add(identifier="OTHER", email="other@x.edu")
    api.ask("POST", "/api/admins", body={"identifier": "OF-ADMIN", "givenName": "Head"})
    api.ask("POST", "/api/lecturers", body={"identifier": "LECTURER", "givenName": "Grace"})
    api.add(identifier="TAKEN")
    invite = {"email": "t@x.edu", "role": "student", "identifier": "TAKEN", "mail": False}
    assert api.ask("POST", "/api/users", body=invite).status == 200
    people, sub = api.stored(), sign_up(api, **told)

    refused = decide(api, sub, "approve", **body)

    assert (refused.status, refused.fields) == (status, fields), refused
    assert groups(api, {"id": sub}) == []
    assert [each["id"] for each in pending(api)] == [sub]
    assert api.stored() == people


def test_refused(api_anywhere: Functions) -> None:
    api = api_anywhere
    before = items(api)
    sub = sign_up(api)

    done = decide(api, sub, "refuse", reason="Nobody here knows them")

    assert (done.status, done.body["state"], done.body["reason"]) == (200, "refused", "Nobody here knows them")
    assert gone(api, sub)
    assert pending(api) == []
    assert pending(api, state="refused") == [done.body]
    # But for the registration, for a while, the tables know nothing of them.
    (kept,) = [each for each in items(api) if each not in before]
    assert kept["pk"]["S"] == "registration#refused"
    assert 89 < (int(kept["expires"]["N"]) - time.time()) / 86_400 <= 90
    told = api.audit(f"user#{sub}")[-1]
    assert (told["operation"], told["reason"]) == ("refuse_registration", "Nobody here knows them")
    assert check(api) == []
    # Whoever was refused may ask again.
    again = sign_up(api)
    assert [each["id"] for each in pending(api)] == [again]


def test_a_refusal_says_why(api: Functions) -> None:
    sub = sign_up(api)

    for body in ({}, {"reason": ""}, {"reason": " "}):
        assert decide(api, sub, "refuse", **body).fields == ["reason"]
    assert not gone(api, sub)


def test_there_is_nothing_to_decide(api: Functions) -> None:
    invited = api.ask("POST", "/api/users", body={"email": "a@x.edu", "role": "student", "mail": False}).body["id"]
    approved = sign_up(api, email="b@x.edu")
    assert decide(api, approved, "approve", identifier="S1").status == 200

    for sub in (invited, approved, "00000000-0000-4000-8000-000000000000"):
        assert decide(api, sub, "approve", identifier="S2").status == 404
        assert decide(api, sub, "refuse", reason="late").status == 404
    assert not gone(api, invited)
    assert not gone(api, approved)


def test_the_oldest_first_page_by_page(api: Functions) -> None:
    subs = [sign_up(api, email=f"n{number}@x.edu") for number in range(5)]

    found: list[str] = []
    cursor = ""
    while True:
        page = api.ask("GET", "/api/users/registrations", query={"limit": "2"} | ({"cursor": cursor} if cursor else {}))
        found += [each["id"] for each in page.body["registrations"]]
        cursor = page.body["nextCursor"]
        if not cursor:
            break
        other = api.ask("GET", "/api/users/registrations", query={"state": "refused", "cursor": cursor})
        assert other.status == 400

    assert found == subs


def test_who_waits_is_not_out_of_step(api: Functions) -> None:
    sign_up(api)

    assert check(api, repair=True) == []
    assert len(pending(api)) == 1


def test_a_lost_trigger_is_found_and_mended(api_anywhere: Functions) -> None:
    api = api_anywhere
    sub = account(api, "new@x.edu", given_name="Zoë")
    finding = "has signed up, and no registration tells of it"

    assert check(api) == [(finding, False)]
    assert check(api, repair=True) == [(finding, True)]

    (found,) = pending(api)
    assert (found["id"], found["email"], found["givenName"], found["role"]) == (sub, "new@x.edu", "Zoë", None)
    assert check(api) == []
    assert decide(api, sub, "approve", identifier="S1", role="student").status == 200


def test_an_account_that_is_gone_takes_its_registration_along(api: Functions) -> None:
    before = items(api)
    sub = sign_up(api)
    api.cognito.admin_delete_user(UserPoolId=api.pool_id, Username=sub)

    assert check(api) == [("is not in the pool", False)]
    assert check(api, repair=True) == [("is not in the pool", True)]
    assert (pending(api), items(api)) == ([], before)


def unconfirmed(api: Functions, email: str) -> str:
    client = api.cognito.create_user_pool_client(UserPoolId=api.pool_id, ClientName="app")["UserPoolClient"]
    made = api.cognito.sign_up(ClientId=client["ClientId"], Username=email, Password=PASSWORD)
    return str(made["UserSub"])


def test_who_never_confirmed_goes_after_a_week(api: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    sub = unconfirmed(api, "slow@x.edu")
    assert check(api, repair=True) == []
    assert not gone(api, sub)

    monkeypatch.setattr("studentdb_api.user_check._PATIENCE", datetime.timedelta())
    finding = "has not confirmed its e-mail address for a week"
    assert check(api) == [(finding, False)]
    assert check(api, repair=True) == [(finding, True)]
    assert gone(api, sub)


def test_an_invitation_leaves_no_password_of_somebody_who_never_confirmed(api: Functions) -> None:
    """Somebody else may have signed up with the address before its owner is invited."""
    sub = unconfirmed(api, "new@x.edu")

    invited = api.ask("POST", "/api/users", body={"email": "new@x.edu", "role": "student", "mail": False})

    assert invited.status == 200, invited
    assert (invited.body["id"] != sub, invited.body["state"], gone(api, sub)) == (True, "invited", True)


def test_what_is_not_done_to_who_waits(api: Functions) -> None:
    """A role comes by the approval only, so that no registration is left behind."""
    sub = sign_up(api)

    invited = api.ask("POST", "/api/users", body={"email": "new@x.edu", "role": "student"})
    role = api.ask("POST", f"/api/users/{sub}/role", body={"role": "admin"})
    for reply in (invited, role):
        assert (reply.status, reply.slug) == (409, "waits-for-approval")
    assert groups(api, {"id": sub}) == []
    # Locking out works as with everybody.
    assert api.ask("POST", f"/api/users/{sub}/disable", body={}).status == 200
    assert api.ask("GET", "/api/me", sub=sub, groups=None).status == 401
