"""The school's own fields: what is declared, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from studentdb.custom_fields import CustomField, variable
from tests.lambda_src.functions import Functions, Reply, cold_start
from tests.support import Backend

DECLARED = {
    "house": CustomField(label="House", kind="choice", choices=["North", "South"]),
    "locker": CustomField(label="Locker", kind="number", roles=["student", "lecturer"]),
    "enrolled": CustomField(label="First enrolled", kind="date"),
    "bus": CustomField(label="Bus", kind="text"),
}


@pytest.fixture
def declaring(moto: Backend, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """The functions of a deployment that declares fields."""
    monkeypatch.setenv("CUSTOM_FIELDS", variable(DECLARED))
    return cold_start(moto, monkeypatch)


def patch(api: Functions, student: dict[str, Any], **metadata: str | None) -> Reply:
    body = {"version": student["version"], "metadata": metadata}
    return api.ask("PATCH", f"/api/students/{student['id']}", body=body)


def test_fields_are_kept_changed_and_cleared_one_by_one(declaring: Functions) -> None:
    api = declaring
    student = api.add(metadata={"house": "North", "locker": "-7.25", "enrolled": "2024-02-29"})
    assert student["metadata"] == {"house": "North", "locker": "-7.25", "enrolled": "2024-02-29"}
    assert api.ask("GET", "/api/students").body["students"] == [student]

    changed = patch(api, student, house="South", locker=None, bus="Nguye\u0302\u0303n").body
    assert changed["metadata"] == {"house": "South", "enrolled": "2024-02-29", "bus": "Nguyễn"}
    assert patch(api, changed, house="South").body["version"] == changed["version"]
    assert api.ask("GET", f"/api/students/{student['id']}").body == changed

    conflict = patch(api, student, bus="7")
    assert conflict.body["errors"][1]["current"] == changed["metadata"]
    empty = patch(api, changed, house=None, enrolled=None, bus=None).body
    assert empty["metadata"] == {}


WRONG = [
    ({"house": "East"}, "must be North or South"),
    ({"house": "north"}, "must be North or South"),
    ({"locker": "7,5"}, "must be a number"),
    ({"locker": "1e3"}, "must be a number"),
    ({"locker": "٧"}, "must be a number"),
    ({"enrolled": "2023-02-29"}, "must be a date"),
    ({"enrolled": "20230228"}, "must be a date"),
    ({"team": "A"}, "is not a field of this school's students; these are house, locker, enrolled, bus"),
    ({"House": "North"}, "is not a field"),
    ({"x" * 300: "A"}, "is not a field"),
]


@pytest.mark.parametrize(("metadata", "said"), WRONG, ids=str)
def test_what_is_not_declared_is_refused(declaring: Functions, metadata: dict[str, str], said: str) -> None:
    student = declaring.add()
    before = declaring.stored()
    new = {"identifier": "N", "givenName": "A", "metadata": metadata}

    for reply in (declaring.ask("POST", "/api/students", body=new), patch(declaring, student, **metadata)):
        assert (reply.status, reply.fields) == (400, [f"metadata.{next(iter(metadata))[:100]}"])
        assert said in reply.body["errors"][0]["message"]
    assert declaring.stored() == before


def test_a_field_belongs_to_its_roles(declaring: Functions) -> None:
    body = {"identifier": "L1", "givenName": "Grace", "metadata": {"locker": "12"}}
    assert declaring.ask("POST", "/api/lecturers", body=body).body["metadata"] == {"locker": "12"}

    refused = declaring.ask("POST", "/api/lecturers", body=body | {"identifier": "L2", "metadata": {"house": "North"}})
    assert refused.fields == ["metadata.house"]
    assert declaring.ask("POST", "/api/admins", body=body | {"identifier": "A1"}).fields == ["metadata.locker"]


def test_what_is_declared_no_more_stays_until_it_is_cleared(
    declaring: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    student = declaring.add(metadata={"house": "North", "bus": "7"})
    from studentdb_api import custom_fields

    monkeypatch.delitem(custom_fields.DECLARED, "house")

    changed = patch(declaring, student, bus="8").body
    assert changed["metadata"] == {"house": "North", "bus": "8"}
    assert patch(declaring, changed, house="South").fields == ["metadata.house"]
    assert patch(declaring, changed, house=None).body["metadata"] == {"bus": "8"}


def test_forms_can_ask_what_there_is(declaring: Functions) -> None:
    found = declaring.ask("GET", "/api/custom-fields", groups="[lecturer]").body["customFields"]

    assert [each["name"] for each in found] == list(DECLARED)
    assert found[0] == {
        "name": "house",
        "label": "House",
        "kind": "choice",
        "choices": ["North", "South"],
        "roles": ["student"],
    }


def test_a_school_without_fields(lasting_api: Functions) -> None:
    assert lasting_api.ask("GET", "/api/custom-fields").body == {"customFields": []}
    body = {"identifier": "N", "givenName": "A", "metadata": {"house": "North"}}
    reply = lasting_api.ask("POST", "/api/students", body=body)
    assert reply.body["errors"] == [
        {"field": "metadata.house", "message": "is not a field of this school's students; there are none"}
    ]
