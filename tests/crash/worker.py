"""`python -m tests.crash.worker URL`: a warm process that does one thing per line of its stdin.

It is no part of pytest's process, since that one has threads and connections, which no fork should take along.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.crash import matrix
from tests.crash.calls import Call, Doing
from tests.crash.matrix import Case, Result, Sample
from tests.crash.place import Place


class Worker:
    """The other side of such a process. Every method raises RuntimeError where the work itself went wrong."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def record(self, phase: str) -> dict[Call, Doing]:
        """As `matrix.record`."""
        return {Call(**call): Doing(**doing) for call, doing in self._ask("record", phase)}

    def run(self, case: Case) -> Result:
        """As `matrix.run`."""
        at_once, problems = self._ask("run", case.phase, case.mode, asdict(case.call))
        return Result(case, at_once, tuple(problems))

    def sample(self, phase: str, mode: str) -> Sample:
        """As `matrix.sample`."""
        kinds, problems = self._ask("sample", phase, mode)
        return Sample(frozenset(kinds), tuple(problems))

    def _ask(self, *words: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(words)}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the worker died")
        said = json.loads(answer)
        if "failure" in said:
            raise RuntimeError(said["failure"])
        return said["value"]


@contextmanager
def working(endpoint_url: str) -> Iterator[Worker]:
    """A worker, on an engine that runs."""
    command = [sys.executable, "-m", "tests.crash.worker", endpoint_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            yield Worker(process)
        finally:
            process.terminate()


def _do(place: Place, what: str, *words: Any) -> Any:
    if what == "record":
        return [[asdict(call), asdict(doing)] for call, doing in matrix.record(place, *words).items()]
    if what == "run":
        phase, mode, call = words
        result = matrix.run(place, Case(phase, mode, Call(**call)))
        return [result.at_once, result.problems]
    found = matrix.sample(place, *words)
    return [sorted(found.kinds), found.problems]


def main() -> None:
    """Answer every line with one line."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(sys.argv[1], Path(folder))
        for line in sys.stdin:
            try:
                said = {"value": _do(place, *json.loads(line))}
            except RuntimeError as error:
                said = {"failure": str(error)}
            sys.stdout.write(f"{json.dumps(said)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
