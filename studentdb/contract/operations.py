"""The operation table: everything that can be asked of the API, by whom, and in which shape.

The functions route by it (through contract.json), the gateway takes its public routes from it, and the client its
paths. An operation without a handler fails the functions' import; a route cannot be written without its schemas.
"""

from __future__ import annotations

import importlib
import sys
from functools import cache

from studentdb.contract.operation import Operation

# In the order of the documents. Most of the time of a command's start would go into making the models of all of them.
_MODULES = tuple(
    f"studentdb.contract.{name}"
    for name in (
        *("service", "me", "custom_fields", "students", "staff", "academic_sessions", "subjects", "classes"),
        *("enrollments", "audit", "user_upkeep", "registrations", "users", "notifications", "media", "avatars"),
        *("line_items", "results", "score_sheets", "mail"),
    )
)


@cache
def operations() -> tuple[Operation, ...]:
    """All of them."""
    return tuple(each for module in _MODULES for each in _of(module))


def operation(name: str) -> Operation:
    """The operation of this name. Raises KeyError."""
    # Whoever calls one has its models already, as a rule.
    for module in sorted(_MODULES, key=lambda each: each not in sys.modules):
        for each in _of(module):
            if each.name == name:
                return each
    raise KeyError(name)


def _of(module: str) -> tuple[Operation, ...]:
    found: tuple[Operation, ...] = importlib.import_module(module).OPERATIONS
    return found
