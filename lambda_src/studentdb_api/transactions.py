"""Writes that happen together or not at all."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any

from studentdb_api import dynamodb
from studentdb_api.problems import Busy

ATTEMPTS = 7
_TRANSIENT = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class RefusedError(Exception):
    """A condition does not hold. `items` is position in the transaction -> the item that stands in the way."""

    def __init__(self, items: dict[int, dict[str, Any]]) -> None:
        super().__init__("refused")
        self.items = items


def commit(actions: Sequence[dict[str, Any]]) -> None:
    """Write all of `actions` at once. Raises RefusedError, and Busy when others keep writing the same items (1.3 s).

    botocore sends each try with a token of its own, so a lost answer is asked for again without a second write.
    """
    for attempt in range(ATTEMPTS):
        try:
            dynamodb.client.transact_write_items(TransactItems=list(actions))
        except dynamodb.client.exceptions.TransactionCanceledException as error:
            reasons = error.response.get("CancellationReasons", [])
            if not any(reason.get("Code") in _TRANSIENT for reason in reasons):
                refused = {
                    position: reason.get("Item") or {}
                    for position, reason in enumerate(reasons)
                    if reason.get("Code") == "ConditionalCheckFailed"
                }
                if not refused:
                    raise
                raise RefusedError(refused) from error
        else:
            return
        time.sleep(0.02 * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 - spreads retries, guards nothing
    raise Busy
