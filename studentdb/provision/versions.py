"""Which studentdb may touch a deployment: not one that is older than what deployed it last.

An older one would remove what it does not know, or leave it behind, and its functions do not know newer data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studentdb.errors import StudentDBError
from studentdb.provision.core import Live, is_there
from studentdb.provision.engine import Stack
from studentdb.provision.resources.dynamodb_versions import FIRST_SCHEMA, Schema, ToolVersion

UPGRADE = "pip install --upgrade studentdb"


@dataclass(frozen=True)
class Versions:
    """Of a tool, or of what a deployment was last touched by: `tool` as `0.1.0`, `schema` a number, both as text."""

    tool: str = "0"
    schema: str = str(FIRST_SCHEMA)

    def newer_than(self, other: Versions) -> bool:
        """Whether `other` has to keep away. What cannot be read is from a later time than this program."""
        pairs = ((self.tool, other.tool), (self.schema, other.schema))
        return any(not _readable(own) or _numbers(own) > _numbers(others) for own, others in pairs)

    def __str__(self) -> str:
        return f"studentdb {self.tool} (schema {self.schema})"


def declared(stack: Stack) -> Versions:
    """This program's."""
    tool, schema = _resources(stack)
    return Versions(tool.wanted, schema.wanted)


def found(stack: Stack, lives: Mapping[str, Live | None]) -> Versions:
    """The deployment's: older than any for what has no tags, or is not there."""
    tool, schema = (lives.get(resource.id) for resource in _resources(stack))
    return Versions(
        tool.properties["version"] if is_there(tool) else Versions.tool,
        schema.properties["version"] if is_there(schema) else Versions.schema,
    )


def refuse_newer(stack: Stack, lives: Mapping[str, Live | None]) -> None:
    """Raise StudentDBError where the deployment is newer than this program."""
    there, here = found(stack, lives), declared(stack)
    if there.newer_than(here):
        raise StudentDBError(
            "this studentdb is too old for the deployment",
            why=f"it was last deployed by {there}, and this is {here}",
            hint=UPGRADE,
        )


def _resources(stack: Stack) -> tuple[ToolVersion, Schema]:
    tools = [resource for resource in stack.resources if isinstance(resource, ToolVersion)]
    schemas = [resource for resource in stack.resources if isinstance(resource, Schema)]
    return tools[0], schemas[0]


def _readable(version: str) -> bool:
    return all(part.isascii() and part.isdigit() for part in version.split("."))


def _numbers(version: str) -> tuple[int, ...]:
    """0.10.0 is newer than 0.9.0."""
    return tuple(int(part) for part in version.split("."))
