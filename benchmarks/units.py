"""Read and write units of the API's operations, in schools of 1,000, 10,000 and 100,000 students.

A meter counts as AWS bills. An operation is a line in `OPERATIONS`. What indexes cost to write is not counted.

`python -m benchmarks.units [SIZE …]`, or `python -m benchmarks units`.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout

from benchmarks import year
from benchmarks.school import ACCOUNT, MEASURED, PREFIX, School, student

SIZES = (1_000, 10_000, 100_000)
PAGE = 25


def _get(school: School) -> None:
    school.ask("GET", f"/api/students/{school.id(MEASURED)}")


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
    users = school.tables[f"{PREFIX}-users"]
    key = {"id": {"S": school.id(MEASURED)}, "email": {"S": student(MEASURED)["email"]}}
    record = {"dynamodb": {"Keys": key, "NewImage": users.items[users.keys.of(key)]}}
    with redirect_stdout(io.StringIO()):
        school.feed.handler({"Records": [record]}, None)


def _roster(school: School) -> None:
    school.ask("GET", f"/api/classes/{year.class_id(0)}/enrollments", query={"limit": str(PAGE)})


def _transcript(school: School) -> None:
    school.ask("GET", f"/api/students/{school.id(MEASURED)}/transcript")


def _sheet(school: School) -> None:
    school.ask("GET", f"/api/classes/{year.class_id(0)}/score-sheet")


def _notices(school: School) -> None:
    asked = {"limit": str(PAGE)}
    school.ask("GET", "/api/me/notifications", query=asked, groups="[student]", sub=ACCOUNT)


OPERATIONS: dict[str, Callable[[School], None]] = {
    "get": _get,
    f"list, a page of {PAGE}": _list,
    "search: number": _number,
    f"search: prefix, a page of {PAGE}": _prefix,
    f"search: contains, a page of {PAGE}": _contains,
    f"search: two words, a page of {PAGE}": _two_words,
    f"roster, a page of {PAGE} of {year.STUDENTS}": _roster,
    f"transcript of {year.CLASSES} classes": _transcript,
    f"score sheet, {year.STUDENTS} x {year.LINE_ITEMS}": _sheet,
    f"notices, a page of {PAGE}": _notices,
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
