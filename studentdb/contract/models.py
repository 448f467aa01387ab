"""What travels over the API, in the words of OneRoster 1.2 (1EdTech): the models that nouns share. What a
single field may hold: fields.py.

Attribute names are snake_case here and OneRoster's camelCase on the wire. Unknown fields and loose types are refused in
what is sent to the API; what comes from it may hold more, so that an older tool understands a newer API.

The functions do not run these models: `python -m studentdb.contract.export` turns them into lambda_src's
contract.json, and a Hypothesis test holds both sides to the same answers. Rules are therefore kept to what a few
JSON-schema keywords can say.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from studentdb.contract.fields import DEFAULT_PAGE, LARGEST_PAGE, LEFT_OUT, AccountEmail, Cursor, Id, Version


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True, frozen=True
    )


class RequestModel(_Model):
    """What is sent to the API: strict types, no unknown field."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def wire(self) -> dict[str, Any]:
        """The JSON object to send: exactly the fields that were given, under their OneRoster names."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class ResponseModel(_Model):
    """What the API answers; fields that this version does not know are ignored."""

    model_config = ConfigDict(extra="ignore")


class Holder(ResponseModel):
    """Who already has a value that must be unique: a person has a number and names, everything else a title."""

    id: str
    identifier: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    title: str | None = None


class Referrer(ResponseModel):
    """What needs a record, so that it cannot be deleted. `kind` is the noun, such as `class`."""

    kind: str
    id: str
    title: str


class FieldProblem(ResponseModel):
    """What is wrong with one field; `field` is a path such as `grades[2]`, or "" for the whole.

    `current` is what stands there now, where somebody else has changed it in the meantime.
    """

    field: str
    message: str
    holder: Holder | None = None
    current: Any = None


class Problem(ResponseModel):
    """An error as RFC 9457 has it. `type` is `urn:studentdb:problem:<slug>`."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[FieldProblem] = []
    referrers: list[Referrer] = []
    request_id: str = ""


class NoParameters(RequestModel):
    """An operation without query parameters."""


class PageQuery(RequestModel):
    """Which page of a list; the cursor comes from the page before and belongs to one list and one role."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = DEFAULT_PAGE
    cursor: Cursor = LEFT_OUT


class Account(RequestModel):
    """The account that a person signs in with."""

    email: AccountEmail


class DeleteQuery(RequestModel):
    """`version`, where given, must still be the record's."""

    version: Version = LEFT_OUT


class IdPath(RequestModel):
    """The record's id in the path."""

    id: Id
