"""People: OneRoster's `users`. What students, lecturers and admins have in common.

A person with one name only has it as given name, and no family name: lists sort by it. OneRoster wants both in its
files, so whoever writes one has to say what stands there.

`directory_opt_out` says that the person is not to stand in any directory that the school gives out. `metadata` holds
the school's own fields, which studentdb.toml declares: the functions know which there are (custom_fields.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from studentdb.contract.fields import (
    LEFT_OUT,
    MOST_CUSTOM_FIELDS,
    CustomValue,
    Date,
    Email,
    Identifier,
    Name,
    Phone,
    SourcedId,
    Status,
    Username,
    Version,
)
from studentdb.contract.models import DeleteQuery, IdPath, PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation, Relation, Role


class PersonCreate(RequestModel):
    """A new person (OneRoster `users`); the path says in which role."""

    identifier: Identifier
    given_name: Name
    family_name: Name | None = None
    middle_name: Name | None = None
    preferred_given_name: Name | None = None
    preferred_middle_name: Name | None = None
    preferred_family_name: Name | None = None
    email: Email | None = None
    username: Username | None = None
    phone: Phone | None = None
    birth_date: Date | None = None
    sourced_id: SourcedId | None = None
    status: Status = "active"
    directory_opt_out: bool = False
    metadata: dict[str, CustomValue] = Field(default_factory=dict, max_length=MOST_CUSTOM_FIELDS)


class PersonUpdate(RequestModel):
    """Fields to change, and the `version` of the record that the change was decided on; null clears a field.

    Of `metadata` only the fields that are named are changed; null clears one of them.
    """

    version: Version
    identifier: Identifier = LEFT_OUT
    given_name: Name = LEFT_OUT
    family_name: Name | None = None
    middle_name: Name | None = None
    preferred_given_name: Name | None = None
    preferred_middle_name: Name | None = None
    preferred_family_name: Name | None = None
    email: Email | None = None
    username: Username | None = None
    phone: Phone | None = None
    birth_date: Date | None = None
    sourced_id: SourcedId | None = None
    status: Status = LEFT_OUT
    directory_opt_out: bool = LEFT_OUT
    metadata: Annotated[dict[str, CustomValue | None], Field(max_length=MOST_CUSTOM_FIELDS)] = LEFT_OUT


class Person(ResponseModel):
    """A person as stored. `created_at` and `updated_at` are UTC with milliseconds, `version` counts the writes."""

    id: str
    identifier: str
    given_name: str
    family_name: str | None = None
    middle_name: str | None = None
    preferred_given_name: str | None = None
    preferred_middle_name: str | None = None
    preferred_family_name: str | None = None
    email: str | None = None
    username: str | None = None
    phone: str | None = None
    birth_date: str | None = None
    sourced_id: str | None = None
    status: Status
    directory_opt_out: bool = False
    metadata: dict[str, str] = Field(default_factory=dict)
    role: Role
    version: int
    created_at: str
    updated_at: str


class PersonQuery(PageQuery):
    """Which people of a role: a page of all, by name; the one with this number; or those that a text finds.

    A text finds who has exactly this number or e-mail address, and whoever has for each of its words a word of a name
    that begins with it; with `match` contains also a word of names, number or e-mail address that holds it, a moment
    after they were written. Marks and case do not matter. A page may hold fewer people than `limit` and have a next
    one.
    """

    identifier: Identifier = LEFT_OUT
    search: Name = LEFT_OUT
    match: Literal["prefix", "contains"] = "prefix"


def operations(
    one: str,
    many: str,
    *,
    create: type[PersonCreate],
    update: type[PersonUpdate],
    record: type[Person],
    page: type[ResponseModel],
    readers: Mapping[Role, Relation],
) -> tuple[Operation, ...]:
    """List, get, create, update and delete of the people in one role; `readers` may get one of them."""
    path = f"/api/{many}"
    return (
        Operation(
            name=f"list_{many}", method="GET", path=path, query=PersonQuery, response=page, allowed={"admin": "any"}
        ),
        Operation(
            name=f"get_{one}",
            method="GET",
            path=f"{path}/{{id}}",
            parameters=IdPath,
            response=record,
            allowed=readers,
        ),
        Operation(
            name=f"create_{one}",
            method="POST",
            path=path,
            body=create,
            response=record,
            status=201,
            allowed={"admin": "any"},
        ),
        Operation(
            name=f"update_{one}",
            method="PATCH",
            path=f"{path}/{{id}}",
            parameters=IdPath,
            body=update,
            response=record,
            allowed={"admin": "any"},
        ),
        Operation(
            name=f"delete_{one}",
            method="DELETE",
            path=f"{path}/{{id}}",
            parameters=IdPath,
            query=DeleteQuery,
            response=None,
            status=204,
            allowed={"admin": "any"},
        ),
    )
