"""The operation table cannot hold a route that is incomplete."""

from __future__ import annotations

import subprocess
import sys

import pytest

from studentdb.bundle import find
from studentdb.contract import students
from studentdb.contract.operation import ROLES, Operation
from studentdb.contract.operations import operation, operations


def test_what_is_public() -> None:
    assert [each.route_key for each in operations() if each.public] == [
        "GET /api/health",
        "GET /api/openapi.json",
        "GET /api/public/notifications",
    ]


def test_what_travels_with_the_functions_has_the_same_public_routes() -> None:
    assert find().public_routes == tuple(each.route_key for each in operations() if each.public)


def test_names_and_routes_are_unique() -> None:
    assert len({each.name for each in operations()}) == len(operations())
    assert len({each.route_key for each in operations()}) == len(operations())


def test_roles_are_groups_of_the_pool() -> None:
    assert {role for each in operations() for role in each.allowed} <= set(ROLES)


def test_operation_by_name() -> None:
    assert operation("get_student").path == "/api/students/{id}"
    with pytest.raises(KeyError):
        operation("expel_student")


def test_a_body_belongs_to_its_methods() -> None:
    with pytest.raises(ValueError, match="body"):
        Operation(name="x", method="POST", path="/api/x", response=None, signed_in=True)
    with pytest.raises(ValueError, match="body"):
        Operation(name="x", method="GET", path="/api/x", body=students.StudentCreate, response=None)


def test_path_parameters_need_their_schema() -> None:
    with pytest.raises(ValueError, match="parameters"):
        Operation(name="x", method="GET", path="/api/x/{id}", response=None)


def test_public_and_for_roles_is_a_contradiction() -> None:
    with pytest.raises(ValueError, match="public"):
        Operation(name="x", method="GET", path="/api/x", response=None, public=True, allowed={"admin": "any"})


def test_an_operation_is_found_without_the_others() -> None:
    """Most of the time of a command's start would go into making all models."""
    program = (
        "import sys; from studentdb.contract.media import Media; from studentdb.contract.operations import operation; "
        "print(operation('get_media').response.__name__, *sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    found, *modules = ended.stdout.split()
    assert found == "Media"
    assert "studentdb.contract.media" in modules
    assert {"studentdb.contract.students", "studentdb.contract.results"}.isdisjoint(modules)
    with pytest.raises(KeyError, match="nothing"):
        operation("nothing")
