"""Read and write units as AWS bills them, by the bytes of the items: engines report a constant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.memory import Item


@dataclass
class Units:
    """What some calls cost. `scanned` are the items that were looked at, `written` those of all writes."""

    read: float = 0
    write: float = 0
    calls: int = 0
    scanned: int = 0
    written: int = 0


class Meter:
    """Counts the calls of a client as DynamoDB bills them, by the bytes of the items."""

    def __init__(self) -> None:
        self.units = Units()

    def heard(self, operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """One call and its answer. Raises NotImplementedError for one that it cannot count."""
        units = self.units
        units.calls += 1
        if operation == "Query":
            # All items together are rounded up.
            self._read([sum(map(size, answer["Items"]))], consistent=request.get("ConsistentRead", False))
            units.scanned += answer["ScannedCount"]
        elif operation == "GetItem":
            self._read([size(answer.get("Item", {}))], consistent=request.get("ConsistentRead", False))
            units.scanned += 1
        elif operation == "BatchGetItem":
            for name, asked in request["RequestItems"].items():
                items = answer["Responses"].get(name, [])
                missing = len(asked["Keys"]) - len(items)
                self._read([*map(size, items), *[0] * missing], consistent=asked.get("ConsistentRead", False))
                units.scanned += len(asked["Keys"])
        elif operation == "PutItem":
            self._write([request["Item"]])
        elif operation == "TransactWriteItems":
            if any("Put" not in each for each in request["TransactItems"]):
                raise NotImplementedError("a transaction that does more than put")
            self._write([each["Put"]["Item"] for each in request["TransactItems"]], twice=True)
        elif operation == "BatchWriteItem":
            wanted = [each for requests in request["RequestItems"].values() for each in requests]
            self._write([each["PutRequest"]["Item"] for each in wanted])
        else:
            raise NotImplementedError(operation)

    def _read(self, sizes: Iterable[int], *, consistent: bool) -> None:
        self.units.read += sum(max(1, math.ceil(each / 4096)) for each in sizes) * (1 if consistent else 0.5)

    def _write(self, items: Iterable[Item], *, twice: bool = False) -> None:
        sizes = [size(item) for item in items]
        self.units.written += len(sizes)
        self.units.write += sum(max(1, math.ceil(each / 1024)) for each in sizes) * (2 if twice else 1)


def size(item: Mapping[str, Any]) -> int:
    """The bytes of an item as DynamoDB counts them: names and values."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "B":
        return len(held)
    if kind == "N":
        return len(held.lstrip("-").replace(".", "")) // 2 + 2
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in held.items())
    if kind == "L":
        return 3 + sum(1 + _size(each) for each in held)
    return 1
