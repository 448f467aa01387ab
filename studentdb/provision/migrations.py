"""The migrations of the data, in order: the n-th leads from schema n to schema n + 1. None is ever taken out.

docs/decisions/0014 says when one runs and what it may rely on.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from studentdb.errors import StudentDBError
from studentdb.provision.aws import Aws, error_code
from studentdb.provision.resources.dynamodb_versions import Migration

# The function that keeps the search's postings, within a deployment.
SEARCH = "search"

_ROLES = ("student", "lecturer", "admin")
# Lambda needs a moment for a function that was just made, or does too much at once; both pass.
_NOT_NOW = frozenset({"ResourceConflictException", "TooManyRequestsException"})
_NOT_NOW_BUDGET = 120.0


def find_people_by_words(aws: Aws) -> None:
    """1 to 2: everybody is found by words and their parts.

    The function that does so ever after does it here as well, a hundred people at a time: what a posting is stands in
    one place, and whoever deploys needs no right to read about people.
    """
    for role in _ROLES:
        after: str | None = ""
        while after is not None:
            aws.pause(0)
            after = _invoked(aws, {"role": role, "after": after})["after"]


def _invoked(aws: Aws, payload: dict[str, Any]) -> dict[str, Any]:
    name = f"{aws.deployment.prefix}-{SEARCH}"
    answer = aws.retry(
        lambda: aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload).encode()),
        when=_passes,
        budget=_NOT_NOW_BUDGET,
    )
    text = answer["Payload"].read()
    if "FunctionError" in answer:
        raise StudentDBError(
            f"the function {name} failed",
            why="not everybody can be found by words yet; its log says where it failed",
            hint="do the same again: it begins with the first person, which does no harm",
        )
    found: dict[str, Any] = json.loads(text)
    return found


def _passes(error: ClientError) -> bool:
    return error_code(error) in _NOT_NOW


MIGRATIONS: tuple[Migration, ...] = (
    Migration("finds people by words and their parts", find_people_by_words, ("lambda:InvokeFunction",)),
)
