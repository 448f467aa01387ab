"""The operation table: everything that can be asked of the API, by whom, and in which shape.

The functions route by it (through contract.json), the gateway takes its public routes from it, and the client its
paths. An operation without a handler fails the functions' import; a route cannot be written without its schemas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studentdb.contract import models
from studentdb.contract.models import NoParameters, RequestModel, ResponseModel

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
Role = Literal["admin", "lecturer", "student"]

# The groups of the user pool.
ROLES: tuple[Role, ...] = ("admin", "lecturer", "student")

_WITH_BODY = frozenset({"POST", "PATCH", "PUT"})


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing that the API does.

    `roles` are the groups that may do it; empty means every signed-in person. `public` needs no sign-in at all.
    `body` is required exactly where the method has one; `response` None is an answer without content.
    """

    name: str
    method: Method
    path: str
    parameters: type[RequestModel] = NoParameters
    query: type[RequestModel] = NoParameters
    body: type[RequestModel] | None = None
    response: type[ResponseModel] | None
    status: int = 200
    roles: tuple[Role, ...] = ()
    public: bool = False

    def __post_init__(self) -> None:
        if (self.body is not None) != (self.method in _WITH_BODY):
            raise ValueError(f"{self.name}: {self.method} and its body do not fit together")
        in_path = {part[1:-1] for part in self.path.split("/") if part.startswith("{")}
        if in_path != set(self.parameters.model_fields):
            raise ValueError(f"{self.name}: the path's parameters are not those of {self.parameters.__name__}")
        if self.public and self.roles:
            raise ValueError(f"{self.name}: public, and for some roles only")

    @property
    def route_key(self) -> str:
        """As API Gateway writes a route: `GET /api/health`."""
        return f"{self.method} {self.path}"


OPERATIONS: tuple[Operation, ...] = (
    Operation(name="health", method="GET", path="/api/health", response=models.Health, public=True),
    Operation(name="me", method="GET", path="/api/me", response=models.Me),
    Operation(
        name="list_students",
        method="GET",
        path="/api/students",
        query=models.StudentQuery,
        response=models.StudentList,
        roles=("admin",),
    ),
    Operation(
        name="get_student",
        method="GET",
        path="/api/students/{id}",
        parameters=models.StudentPath,
        response=models.Student,
        roles=("admin",),
    ),
    Operation(
        name="create_student",
        method="POST",
        path="/api/students",
        body=models.StudentCreate,
        response=models.Student,
        status=201,
        roles=("admin",),
    ),
    Operation(
        name="update_student",
        method="PATCH",
        path="/api/students/{id}",
        parameters=models.StudentPath,
        body=models.StudentUpdate,
        response=models.Student,
        roles=("admin",),
    ),
    Operation(
        name="delete_student",
        method="DELETE",
        path="/api/students/{id}",
        parameters=models.StudentPath,
        query=models.DeleteQuery,
        response=None,
        status=204,
        roles=("admin",),
    ),
)


def operation(name: str) -> Operation:
    """The operation of this name. Raises KeyError."""
    return {each.name: each for each in OPERATIONS}[name]
