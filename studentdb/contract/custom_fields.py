"""The school's own fields of people, which `studentdb.toml` declares; people have them in `metadata`."""

from __future__ import annotations

from typing import Literal

from studentdb.contract.models import ResponseModel
from studentdb.contract.operation import Operation, Role


class CustomField(ResponseModel):
    """A field that this school has added to its people. `choices` is empty where the kind is another one."""

    name: str
    label: str
    kind: Literal["text", "number", "date", "choice"]
    choices: list[str]
    roles: list[Role]


class CustomFieldList(ResponseModel):
    """All of them, as they were declared when the deployment was last deployed."""

    custom_fields: list[CustomField]


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_custom_fields",
        method="GET",
        path="/api/custom-fields",
        response=CustomFieldList,
        allowed={"admin": "any", "lecturer": "any", "student": "any"},
    ),
)
