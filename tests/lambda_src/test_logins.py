"""Whose account it is: a student's own record, and accounts that are disabled."""

from __future__ import annotations

from tests.lambda_src.functions import Functions

STUDENT = "11111111-1111-4111-8111-111111111111"


def test_a_disabled_account_is_refused_at_once(api: Functions) -> None:
    api.belongs(STUDENT, "nobody", disabled=True)

    for path in ("/api/me", "/api/students", "/api/subjects"):
        reply = api.ask("GET", path, sub=STUDENT)
        assert (reply.status, reply.slug) == (401, "unauthenticated")


def test_a_student_reads_its_own_record_and_no_other(api: Functions) -> None:
    mine, other = api.add(), api.add()
    api.belongs(STUDENT, mine["id"])

    seen = api.ask("GET", f"/api/students/{mine['id']}", sub=STUDENT, groups="[student]")
    hidden = api.ask("GET", f"/api/students/{other['id']}", sub=STUDENT, groups="[student]")
    missing = api.ask("GET", f"/api/students/{STUDENT}", sub=STUDENT, groups="[student]")

    assert (seen.status, seen.body) == (200, mine)
    assert (
        (hidden.status, hidden.body["detail"])
        == (missing.status, missing.body["detail"])
        == (
            404,
            "there is no student with this id",
        )
    )
    assert api.ask("GET", "/api/me", sub=STUDENT, groups="[student]").body["student"] == mine


def test_who_has_two_roles_may_do_what_either_may(api: Functions) -> None:
    other = api.add()
    api.belongs(STUDENT, "nobody")

    assert api.ask("GET", f"/api/students/{other['id']}", sub=STUDENT, groups="[student admin]").status == 200
