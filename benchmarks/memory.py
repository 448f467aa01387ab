"""Tables in this process's memory, for schools of 100,000: what an engine would sort anew for every Query.

They answer the functions' own client, before anything is sent, and know only what the functions have asked so far: a
call, an operator or a condition that is not here raises NotImplementedError. A test holds them against moto.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Item = dict[str, Any]
# A call of the functions: operation, request, answer.
Listener = Callable[[str, Mapping[str, Any], Mapping[str, Any]], None]

_KEY_CONDITION = re.compile(
    r"[#\w]+ = (?P<value>:\w+)"
    r"(?: AND (?:begins_with\([#\w]+, (?P<prefix>:\w+)\)|[#\w]+ (?P<operator>[<>]) (?P<than>:\w+)"
    r"|[#\w]+ BETWEEN (?P<least>:\w+) AND (?P<most>:\w+)))?"
)


class Keys(NamedTuple):
    """The key attributes of a table or an index; `range` is "" for none."""

    hash: str
    range: str = ""

    def of(self, item: Mapping[str, Any]) -> tuple[str, str]:
        """The values: all of ours are text."""
        return _text(item[self.hash]), _text(item[self.range]) if self.range else ""


def _text(value: Mapping[str, str]) -> str:
    return next(iter(value.values()))


@dataclass
class Table:
    """Items by key, and for the table and each of its indexes the keys of each partition in order."""

    keys: Keys
    indexes: Mapping[str, Keys]
    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    order: dict[tuple[str, str], list[tuple[str, tuple[str, str]]]] = field(default_factory=dict)

    def fill(self, items: Iterable[Item]) -> None:
        """Add many at once."""
        for item in items:
            self._place(item, list.append)
        for entries in self.order.values():
            entries.sort()

    def put(self, item: Item) -> None:
        """Add or replace one."""
        self.remove(self.keys.of(item))
        self._place(item, bisect.insort)

    def remove(self, at: tuple[str, str]) -> None:
        """Remove one that may be there."""
        item = self.items.pop(at, None)
        for name, keys in self._orders() if item else ():
            if item is not None and keys.hash in item and (not keys.range or keys.range in item):
                partition, place = keys.of(item)
                self.order[name, partition].remove((place, at))

    def _place(self, item: Item, into: Callable[[list[Any], Any], None]) -> None:
        at = self.keys.of(item)
        self.items[at] = item
        for name, keys in self._orders():
            if keys.hash in item and (not keys.range or keys.range in item):
                partition, place = keys.of(item)
                into(self.order.setdefault((name, partition), []), (place, at))

    def _orders(self) -> list[tuple[str, Keys]]:
        return [("", self.keys), *self.indexes.items()]


class Memory:
    """All tables, by name, in place of DynamoDB; `listener` hears of every call."""

    def __init__(self, tables: Mapping[str, Table], listener: Listener) -> None:
        self.tables = tables
        self._listener = listener
        self._calls: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "GetItem": self._get,
            "BatchGetItem": self._batch_get,
            "PutItem": self._put,
            "BatchWriteItem": self._batch_write,
            "TransactWriteItems": self._transact,
            "Query": self._query,
        }

    def attach(self, client: Any) -> None:
        """Answer this client from now on."""
        client.meta.events.register("before-call.dynamodb", self._called)

    def _called(self, model: Any, params: Mapping[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        request = json.loads(params["body"])
        if model.name not in self._calls:
            raise NotImplementedError(model.name)
        answer = self._calls[model.name](request)
        self._listener(model.name, request, answer)
        return _Answered(), answer

    def _get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        item = self._item(request)
        return {"Item": item} if item else {}

    def _batch_get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        found = {
            name: [item for key in asked["Keys"] if (item := self._item({"TableName": name, "Key": key}))]
            for name, asked in request["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def _put(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.tables[request["TableName"]].put(request["Item"])
        return {}

    def _batch_write(self, request: Mapping[str, Any]) -> dict[str, Any]:
        for name, wanted in request["RequestItems"].items():
            for each in wanted:
                if "PutRequest" in each:
                    self.tables[name].put(each["PutRequest"]["Item"])
                else:
                    self.tables[name].remove(self.tables[name].keys.of(each["DeleteRequest"]["Key"]))
        return {"UnprocessedItems": {}}

    def _transact(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """New things only: conditions are not looked at."""
        for each in request["TransactItems"]:
            if "Put" not in each:
                raise NotImplementedError(", ".join(each))
            self._put(each["Put"])
        return {}

    def _query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        table, index = self.tables[request["TableName"]], request.get("IndexName", "")
        condition = _KEY_CONDITION.fullmatch(request["KeyConditionExpression"])
        if condition is None or "FilterExpression" in request or "ProjectionExpression" in request:
            raise NotImplementedError(request["KeyConditionExpression"])
        values = {name: _text(value) for name, value in request["ExpressionAttributeValues"].items()}
        entries = table.order.get((index, values[condition["value"]]), [])
        first, last = _within(entries, condition, values)
        keys = table.indexes[index] if index else table.keys
        forward = request.get("ScanIndexForward", True)
        if start := request.get("ExclusiveStartKey"):
            after = (_text(start[keys.range]) if keys.range else "", table.keys.of(start))
            if forward:
                first = max(first, bisect.bisect_right(entries, after))
            else:
                last = min(last, bisect.bisect_left(entries, after))
        count = min(request.get("Limit", last), max(last - first, 0))
        chosen = entries[first : first + count] if forward else entries[last - count : last][::-1]
        items = [table.items[at] for _, at in chosen]
        answer: dict[str, Any] = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        # AWS says so whenever it stopped at the limit, though nothing may follow.
        if items and count == request.get("Limit"):
            names = {*table.keys, *keys} - {""}
            answer["LastEvaluatedKey"] = {name: items[-1][name] for name in names}
        return answer

    def _item(self, request: Mapping[str, Any]) -> Item | None:
        table = self.tables[request["TableName"]]
        return table.items.get(table.keys.of(request["Key"]))


class _Answered:
    status_code = 200


def _within(
    entries: list[tuple[str, tuple[str, str]]], condition: re.Match[str], values: Mapping[str, str]
) -> tuple[int, int]:
    """Between which positions the entries stand that the sort key's condition lets through."""

    def place(entry: tuple[str, tuple[str, str]]) -> str:
        return entry[0]

    if condition["prefix"]:
        prefix = values[condition["prefix"]]
        first = bisect.bisect_left(entries, prefix, key=place)
        return first, bisect.bisect_left(entries, f"{prefix}\U0010ffff", key=place)
    if condition["least"]:
        first = bisect.bisect_left(entries, values[condition["least"]], key=place)
        return first, bisect.bisect_right(entries, values[condition["most"]], key=place)
    if condition["operator"] == ">":
        return bisect.bisect_right(entries, values[condition["than"]], key=place), len(entries)
    if condition["operator"] == "<":
        return 0, bisect.bisect_left(entries, values[condition["than"]], key=place)
    return 0, len(entries)
