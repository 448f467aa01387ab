"""The functions in this process after a cold start, on tables in memory (benchmarks/memory.py) that hold a school."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from benchmarks import year
from benchmarks.clock import REGION, ROOT
from benchmarks.memory import Keys, Memory, Table
from benchmarks.meter import Meter, Units
from studentdb.provision.aws import Deployment
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.resources import dynamodb_shape as shape
from studentdb.provision.resources import dynamodb_table
from studentdb.provision.resources.lambda_layer import LayerContent
from studentdb.provision.stack import stack
from studentdb.provision.stack_settings import StackSettings
from tests.lambda_src.events import event

PREFIX = "student-management"
# The student that operations are about, and its account.
MEASURED = 7
ACCOUNT = "00000000-0000-4000-9000-000000000000"
_FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan", "Vũ", "Đặng", "Đào")
_GIVEN = ("An", "Bình", "Châu", "Dũng", "Giang", "Hà", "Khánh", "Linh", "Minh", "Ngọc", "Phúc", "Quỳnh", "Sơn", "Thảo")
# Partitions of postings that the measured searches look into: others cost nothing, and would fill the memory.
_SEARCHED = frozenset({"word#student#n", "word#student#m", "part#student#g"})


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
        dynamodb = importlib.import_module(f"{api}.dynamodb")
        self._waits = _Waits(dynamodb.client)
        # CPU seconds of each request outside of calls of AWS: the clock of a busy machine tells something else.
        self.own: list[float] = []
        Memory(self.tables, self.meter.heard).attach(dynamodb.client)
        self._fill(dynamodb, importlib.import_module(f"{api}.postings"))
        # The tables stand for AWS: the functions do not look through them for garbage.
        gc.collect()
        gc.freeze()

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
        asked = event(method, path, **more)
        # The function's own log is not what is printed here.
        with redirect_stdout(io.StringIO()) as log:
            started, waited = time.thread_time(), self._waits.seconds
            answer: dict[str, Any] = handler(asked, None)
            self.own.append(time.thread_time() - started - (self._waits.seconds - waited))
        if answer["statusCode"] >= 300:
            raise RuntimeError(f"{method} {path}: {answer} {log.getvalue()}")
        return answer

    def _fill(self, dynamodb: Any, postings: Any) -> None:
        users, index = self.tables[f"{PREFIX}-users"], self.tables[f"{PREFIX}-index"]
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
        index.put({"pk": {"S": f"login#{ACCOUNT}"}, "sk": {"S": "-"}, "id": {"S": self.id(MEASURED)}})
        of_year = {
            "academic-sessions": year.academic_sessions(),
            "subjects": year.subjects(),
            "classes": year.classes(self.students),
            "enrollments": year.enrollments(
                self.students, self.id, lambda number: str(student(number)["email"]), MEASURED
            ),
            "scores": year.scores(self.id, MEASURED),
            "notifications": year.notifications(self.students, self.id),
        }
        for noun, records in of_year.items():
            self.tables[f"{PREFIX}-{noun}"].fill(map(dynamodb.item, records))

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


class _Waits:
    """How many CPU seconds a client's calls took."""

    def __init__(self, client: Any) -> None:
        self.seconds = 0.0
        self._call = client._make_api_call
        client._make_api_call = self._called

    def _called(self, *arguments: Any) -> Any:
        started = time.thread_time()
        try:
            return self._call(*arguments)
        finally:
            self.seconds += time.thread_time() - started


def student(number: int) -> dict[str, Any]:
    """As it would be sent to the API."""
    family, given = _FAMILIES[number % len(_FAMILIES)], _GIVEN[number // len(_FAMILIES) % len(_GIVEN)]
    return {
        "identifier": f"S{number:06d}",
        "givenName": given,
        "familyName": family,
        "middleName": "Thị" if number // (len(_FAMILIES) * len(_GIVEN)) % 2 else "Văn",
        "email": year.email(number),
        "grades": ["09"],
    }


def _imported() -> str:
    """The functions' package, as it is on AWS after a cold start."""
    os.environ |= {
        "TABLE_PREFIX": PREFIX,
        "GRADE_SCALE": StackSettings().grade_scale,
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
        deployment,
        Endpoints(REGION),
        StackSettings(),
        code=b"",
        site={},
        public_routes=(),
        account_routes=(),
        pillow=LayerContent("", bytes),
    )
    return {
        each.name: Table(_keys(each), {index.name: _keys(index) for index in each.indexes})
        for each in declared.resources
        if isinstance(each, dynamodb_table.Table)
    }


def _keys(of: dynamodb_table.Table | shape.Index) -> Keys:
    return Keys(of.hash.name, of.range.name if of.range else "")
