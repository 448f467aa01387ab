"""What an operation of the API is, and who may do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from studentdb.contract.models import NoParameters, RequestModel, ResponseModel

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
Role = Literal["admin", "lecturer", "student"]
# Whose records a role may do it with: its own, those of the classes that it teaches or attends, everybody's.
Relation = Literal["self", "own class", "any"]
# Who answers: the API's own functions (one reads, one writes), or the one that reaches the user pool.
Function = Literal["api", "accounts"]

# The groups of the user pool.
ROLES: tuple[Role, ...] = ("admin", "lecturer", "student")

_WITH_BODY = frozenset({"POST", "PATCH", "PUT"})


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing that the API does.

    `allowed` is a row of the permission matrix: role -> relation; a role that is not in it may not. `signed_in` lets
    everybody with an account do it, whatever the role, about themselves; `public` needs no sign-in at all. Exactly one
    of the three says who. `body` is required exactly where the method has one; `response` None is an answer without
    content. `function` says which of the deployed functions answers it.
    """

    name: str
    method: Method
    path: str
    parameters: type[RequestModel] = NoParameters
    query: type[RequestModel] = NoParameters
    body: type[RequestModel] | None = None
    response: type[ResponseModel] | None
    status: int = 200
    allowed: Mapping[Role, Relation] = field(default_factory=dict)
    signed_in: bool = False
    public: bool = False
    function: Function = "api"

    def __post_init__(self) -> None:
        if (self.body is not None) != (self.method in _WITH_BODY):
            raise ValueError(f"{self.name}: {self.method} and its body do not fit together")
        in_path = {part[1:-1] for part in self.path.split("/") if part.startswith("{")}
        if in_path != {field.alias or name for name, field in self.parameters.model_fields.items()}:
            raise ValueError(f"{self.name}: the path's parameters are not those of {self.parameters.__name__}")
        if bool(self.allowed) + self.signed_in + self.public != 1:
            raise ValueError(f"{self.name}: who may do it is said in exactly one of allowed, signed_in and public")

    @property
    def route_key(self) -> str:
        """As API Gateway writes a route: `GET /api/health`."""
        return f"{self.method} {self.path}"
