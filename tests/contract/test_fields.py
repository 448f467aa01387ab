"""What nobody can set through a field: ids, owners, roles, times, and what the functions keep for themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from studentdb.contract.export import schema_of
from studentdb.contract.operation import Operation
from studentdb.contract.operations import operations

NEVER = {
    *("id", "role", "owner", "version", "createdAt", "updatedAt", "sub", "referrers", "kind", "sortKey", "sort_key"),
    *("request", "name_key", "nameKey", "history", "createdBy", "disabled", "groups"),
}
# (operation, field): what the field means there. A decision each time; nothing gets in unseen.
MEANT = {
    ("create_enrollment", "role"): "what somebody is in a class; not the role of the account",
    ("invite_user", "role"): "an admin says what an account may do",
    ("set_user_role", "role"): "the same",
    ("approve_registration", "role"): "the same; student or lecturer only",
    ("queue_invitations", "role"): "the same",
    ("read_notifications", "id"): "what was read: found by it, not set",
}
# What students can write at all, field by field.
BY_STUDENTS = {
    "read_notifications": {"id", "upTo"},
    "create_media": {
        *("name", "caption", "contentType", "size", "sha256", "expiresAt"),
        # Of themselves alone; that of a class is refused (tests/lambda_src/test_media.py).
        *("classId", "studentId"),
    },
    "update_media": {"version", "name", "caption", "expiresAt"},
    "delete_media": {"version"},
    "restore_media": {"version"},
    "retry_media": {"version"},
    "create_media_link": {"minutes", "thumbnail", "square"},
    # Of themselves alone: whose it is stands in the path.
    "create_student_avatar": {"name", "contentType", "size", "sha256"},
}


def fields(schema: Mapping[str, Any]) -> Iterator[str]:
    """Every name in a schema, however deep."""
    for name, rule in schema.get("properties", {}).items():
        yield name
        yield from fields(rule)
    if "items" in schema:
        yield from fields(schema["items"])


def taken(each: Operation) -> set[str]:
    """All that a write takes, in body and address."""
    if each.method == "GET":
        return set()
    return {name for model in (each.body, each.query) if model for name in fields(schema_of(model))}


@pytest.mark.parametrize("each", operations(), ids=lambda each: each.name)
def test_no_field_sets_what_is_not_the_client_s(each: Operation) -> None:
    # The version that a change was decided on: compared, never stored. A record that is made has none yet.
    compared = set() if each.method == "POST" else {"version"}
    found = taken(each) & NEVER - compared

    assert found == {field for name, field in MEANT if name == each.name}


def test_what_students_can_write() -> None:
    writes = [each for each in operations() if each.method != "GET" and (each.signed_in or "student" in each.allowed)]

    assert {each.name: taken(each) for each in writes} == BY_STUDENTS
