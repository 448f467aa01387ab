"""Fields that a school adds to its people: tables `[custom_fields.NAME]` of studentdb.toml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from studentdb.contract.fields import MOST_CUSTOM_FIELDS, CustomValue, Name

# All variables of a function have 4 KB together (LMB-27); the others need a few hundred bytes.
LARGEST = 3_000


class CustomField(BaseModel):
    """One field. What people have in it is text, which is checked by its kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Name
    kind: Literal["text", "number", "date", "choice"]
    choices: Annotated[list[CustomValue], Field(max_length=50)] = Field(default_factory=list)
    roles: Annotated[list[Literal["student", "lecturer", "admin"]], Field(min_length=1)] = Field(
        default_factory=lambda: ["student"]  # type: ignore[arg-type] # a list of literals
    )

    @model_validator(mode="after")
    def _choices_fit(self) -> CustomField:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError('choices belong to the kind "choice", and to no other')
        if len(set(self.choices)) < len(self.choices):
            raise ValueError("a choice is there twice")
        return self


def _all_fit(fields: dict[str, CustomField]) -> dict[str, CustomField]:
    if len(fields) > MOST_CUSTOM_FIELDS:
        raise ValueError(f"there are {len(fields)}, and {MOST_CUSTOM_FIELDS} are the most")
    if (size := len(variable(fields))) > LARGEST:
        raise ValueError(f"they are {size} bytes long together, and {LARGEST} are the most: shorten labels or choices")
    return fields


CustomFields = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9]{0,31}$")], CustomField], AfterValidator(_all_fit)
]


def variable(fields: Mapping[str, CustomField]) -> str:
    """As the functions read it from their environment; "" where there is none."""
    if not fields:
        return ""
    compact = {name: each.model_dump(exclude=None if each.choices else {"choices"}) for name, each in fields.items()}
    return json.dumps(compact, separators=(",", ":"))
