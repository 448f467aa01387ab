"""The models: OneRoster's names on the wire, one form for equal text, absent is not null."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from studentdb.contract.models import Account, Problem
from studentdb.contract.students import StudentCreate, StudentList, StudentUpdate

DECOMPOSED = "Nguye\u0302\u0303n"
COMPOSED = "Nguyễn"


def test_text_is_composed_and_email_lower() -> None:
    student = StudentCreate(
        identifier="S1", given_name="Ada", family_name=DECOMPOSED, email="Ada@Example.EDU", grades=[DECOMPOSED]
    )

    assert student.family_name == COMPOSED
    assert student.grades == [COMPOSED]
    assert student.email == "ada@example.edu"


def test_wire_holds_exactly_what_was_given() -> None:
    assert StudentUpdate(version=3, email=None, given_name="Ada").wire() == {
        "version": 3,
        "email": None,
        "givenName": "Ada",
    }


@pytest.mark.parametrize("field", ["identifier", "givenName", "grades", "status"])
def test_what_cannot_be_cleared_refuses_null(field: str) -> None:
    with pytest.raises(ValidationError):
        StudentUpdate.model_validate({"version": 1, field: None})


def test_answers_may_hold_more_than_this_version_knows() -> None:
    page = StudentList.model_validate_json('{"students": [], "nextCursor": "c", "total": 3}')

    assert page.next_cursor == "c"


def test_problem_of_the_gateway_itself_is_not_ours() -> None:
    with pytest.raises(ValidationError):
        Problem.model_validate_json('{"message": "Unauthorized"}')


def test_an_account_keeps_to_what_cognito_takes() -> None:
    domain = "@example.edu"
    longest = f"{'a' * (128 - len(domain))}{domain}"

    assert Account(email=longest.upper()).email == longest
    with pytest.raises(ValidationError):
        Account(email=f"a{longest}")
