"""What the API says of itself, to everybody."""

from __future__ import annotations

from typing import Any, Literal

from studentdb.contract.models import ResponseModel
from studentdb.contract.operation import Operation


class Health(ResponseModel):
    """The API answers."""

    status: Literal["ok"]


class OpenApi(ResponseModel):
    """This description of the API, as OpenAPI 3.1 has it."""

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]


OPERATIONS: tuple[Operation, ...] = (
    Operation(name="health", method="GET", path="/api/health", response=Health, public=True),
    Operation(name="openapi", method="GET", path="/api/openapi.json", response=OpenApi, public=True),
)
