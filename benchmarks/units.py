"""Read and write units of the API's operations, in schools of 1,000, 10,000 and 100,000 students.

The functions run in this process on tables in memory (benchmarks/memory.py), and a meter counts as AWS bills: engines
report a constant. An operation is a line in `OPERATIONS`. What indexes cost to write is not counted.

`python -m benchmarks.units [SIZE …]`, or `python -m benchmarks units`.
"""

from __future__ import annotations

import importlib
import io
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from benchmarks.clock import REGION, ROOT
from benchmarks.memory import Item, Keys, Memory, Table
from studentdb.provision.aws import Deployment
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.resources import dynamodb_table
from studentdb.provision.stack import stack
from studentdb.provision.stack_settings import StackSettings
from tests.lambda_src.events import event

SIZES = (1_000, 10_000, 100_000)
PAGE = 25
_PREFIX = "student-management"
_FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan", "Vũ", "Đặng", "Đào")
_GIVEN = ("An", "Bình", "Châu", "Dũng", "Giang", "Hà", "Khánh", "Linh", "Minh", "Ngọc", "Phúc", "Quỳnh", "Sơn", "Thảo")
# Partitions of postings that the measured searches look into: others cost nothing, and would fill the memory.
_SEARCHED = frozenset({"word#student#n", "word#student#m", "part#student#g"})


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


class School:
    """The functions after a cold start, on a school of `students`."""

    def __init__(self, students: int) -> None:
        self.meter = Meter()
        self.students = students
        api = _imported()
        self.read, self.write, self.feed = (
            importlib.import_module(f"{api}.{n}") for n in ("read", "write", "search_feed")
        )
        self.tables = _tables()
        Memory(self.tables, self.meter.heard).attach(importlib.import_module(f"{api}.dynamodb").client)
        self._fill(importlib.import_module(f"{api}.dynamodb"), importlib.import_module(f"{api}.postings"))

    def measured(self, operation: Callable[[School], None]) -> Units:
        """What an operation costs, once the function is warm."""
        operation(self)
        self.meter.units = Units()
        operation(self)
        found, self.meter.units = self.meter.units, Units()
        return found

    def ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """One request, which has to succeed."""
        handler = (self.read if method == "GET" else self.write).handler
        # The function's own log is not what is printed here.
        with redirect_stdout(io.StringIO()):
            answer: dict[str, Any] = handler(event(method, path, **more), None)
        if answer["statusCode"] >= 300:
            raise RuntimeError(f"{method} {path}: {answer}")
        return answer

    def _fill(self, dynamodb: Any, postings: Any) -> None:
        users, index = self.tables[f"{_PREFIX}-users"], self.tables[f"{_PREFIX}-index"]
        people = [self._person(number) for number in range(self.students)]
        users.fill(dynamodb.item(person) for person in people)
        made = (
            posting
            for person in people
            for posting in (*postings.of_words(person).values(), *postings.of_parts(person).values())
            if posting["pk"] in _SEARCHED
        )
        locks = (
            {"pk": f"identifier#s{number:06d}", "sk": "-", "id": self.id(number)} for number in range(self.students)
        )
        index.fill(dynamodb.item(each) for each in (*made, *locks))
        index.put({"pk": {"S": "secret#cursor"}, "sk": {"S": "-"}, "key": {"B": b"0" * 32}})

    def id(self, number: int) -> str:
        """A student's."""
        return f"00000000-0000-4000-8000-{number:012d}"

    def _person(self, number: int) -> dict[str, Any]:
        people = importlib.import_module("studentdb_api.people")
        now = "2026-01-01T00:00:00.000Z"
        person: dict[str, Any] = people.to_store(
            {
                **student(number),
                "id": self.id(number),
                "status": "active",
                "role": "student",
                "version": 1,
                "createdAt": now,
                "updatedAt": now,
            }
        )
        return person


def student(number: int) -> dict[str, Any]:
    """As it would be sent to the API."""
    family, given = _FAMILIES[number % len(_FAMILIES)], _GIVEN[number // len(_FAMILIES) % len(_GIVEN)]
    return {
        "identifier": f"S{number:06d}",
        "givenName": given,
        "familyName": family,
        "middleName": "Thị" if number // (len(_FAMILIES) * len(_GIVEN)) % 2 else "Văn",
        "email": f"pupil{number:06d}@school.example",
        "grades": ["09"],
    }


def _imported() -> str:
    """The functions' package, as it is on AWS after a cold start."""
    os.environ |= {
        "TABLE_PREFIX": _PREFIX,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
    }
    if str(ROOT / "lambda_src") not in sys.path:
        sys.path.insert(0, str(ROOT / "lambda_src"))
    for loaded in [name for name in sys.modules if name.partition(".")[0] == "studentdb_api"]:
        del sys.modules[loaded]
    return "studentdb_api"


def _tables() -> dict[str, Table]:
    deployment = Deployment("prod", REGION, "123456789012")
    declared = stack(
        deployment, Endpoints(REGION), StackSettings(), code=b"", site={}, public_routes=(), account_routes=()
    )
    return {
        each.name: Table(_keys(each), {index.name: _keys(index) for index in each.indexes})
        for each in declared.resources
        if isinstance(each, dynamodb_table.Table)
    }


def _keys(of: dynamodb_table.Table | dynamodb_table.Index) -> Keys:
    return Keys(of.hash.name, of.range.name if of.range else "")


def _get(school: School) -> None:
    school.ask("GET", f"/api/students/{school.id(7)}")


def _list(school: School) -> None:
    school.ask("GET", "/api/students", query={"limit": str(PAGE)})


def _number(school: School) -> None:
    school.ask("GET", "/api/students", query={"search": "S000007"})


def _prefix(school: School) -> None:
    school.ask("GET", "/api/students", query={"search": "nguy", "limit": str(PAGE)})


def _contains(school: School) -> None:
    school.ask("GET", "/api/students", query={"search": "guy", "match": "contains", "limit": str(PAGE)})


def _two_words(school: School) -> None:
    school.ask("GET", "/api/students", query={"search": "nguyen thi", "limit": str(PAGE)})


def _add(school: School) -> None:
    school.students += 1
    school.ask(
        "POST", "/api/students", body=student(school.students), headers={"idempotency-key": str(school.students)}
    )


def _follow(school: School) -> None:
    """What the stream's function writes of one new student."""
    users = school.tables[f"{_PREFIX}-users"]
    key = {"id": {"S": school.id(7)}, "email": {"S": student(7)["email"]}}
    record = {"dynamodb": {"Keys": key, "NewImage": users.items[users.keys.of(key)]}}
    with redirect_stdout(io.StringIO()):
        school.feed.handler({"Records": [record]}, None)


OPERATIONS: dict[str, Callable[[School], None]] = {
    "get": _get,
    f"list, a page of {PAGE}": _list,
    "search: number": _number,
    f"search: prefix, a page of {PAGE}": _prefix,
    f"search: contains, a page of {PAGE}": _contains,
    f"search: two words, a page of {PAGE}": _two_words,
    "add a student": _add,
    "  and its parts, by the stream": _follow,
}


def measure(sizes: Iterable[int] = SIZES[:2]) -> None:
    """Print the table."""
    head = f"{'students':>10}{'read':>8}{'write':>8}{'calls':>8}{'scanned':>9}{'items':>8}"
    print(f"\nRead and write units\n  {'':<36}{head}")
    found = {
        count: {name: school.measured(run) for name, run in OPERATIONS.items()} for count, school in _schools(sizes)
    }
    for name in OPERATIONS:
        for count, of_school in found.items():
            units = of_school[name]
            print(
                f"  {name:<36}{count:>10,}{units.read:>8g}{units.write:>8g}{units.calls:>8}{units.scanned:>9}"
                f"{units.written:>8}"
            )


def _schools(sizes: Iterable[int]) -> Iterator[tuple[int, School]]:
    """One after the other: each begins with a cold start, and takes memory."""
    for count in sizes:
        yield count, School(count)


if __name__ == "__main__":
    measure([int(each.replace(",", "")) for each in sys.argv[1:]] or SIZES)
