"""What the audit holds after reads and writes, and that a write without it does not happen."""

from __future__ import annotations

from tests.lambda_src.events import ADMIN
from tests.lambda_src.functions import Functions


def test_a_student_s_life(api_anywhere: Functions) -> None:
    api = api_anywhere
    student = api.add(email="ada@x.edu")
    path = f"/api/students/{student['id']}"
    api.ask("GET", path)
    api.ask("GET", "/api/students", query={"identifier": student["identifier"]})
    api.ask("PATCH", path, body={"version": 1, "email": "lovelace@x.edu", "birthDate": "2010-01-01"})
    api.ask("DELETE", path)

    told = api.audit(f"student#{student['id']}")

    assert [each["operation"] for each in told] == [
        "create_student",
        "get_student",
        "list_students",
        "update_student",
        "delete_student",
    ]
    assert {each["actor"] for each in told} == {ADMIN}
    assert {each["day"] for each in told} == {told[0]["at"][:10]}
    assert told[0]["changes"]["email"] == {"before": None, "after": "ada@x.edu"}
    assert "changes" not in told[1]
    assert told[3]["changes"] == {
        "email": {"before": "ada@x.edu", "after": "lovelace@x.edu"},
        "birthDate": {"before": None, "after": "2010-01-01"},
    }
    assert told[4]["changes"]["email"] == {"before": "lovelace@x.edu", "after": None}


def test_a_page_of_a_list_is_no_look_at_a_record(api: Functions) -> None:
    student = api.add()
    api.ask("GET", "/api/students")

    assert [each["operation"] for each in api.audit(f"student#{student['id']}")] == ["create_student"]


def test_what_was_refused_is_not_told(api: Functions) -> None:
    student = api.add()
    api.ask("PATCH", f"/api/students/{student['id']}", body={"version": 7, "givenName": "X"})
    api.ask("POST", "/api/students", body={"identifier": student["identifier"], "givenName": "A", "familyName": "B"})

    assert len(api.audit()) == 1
