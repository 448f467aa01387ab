"""The whole crash matrix, or what contains all of the given words: `python -m tests.crash [--jobs N] [WORDS...]`.

What passed is kept in build/crash/ until the code changes, so that a run that was stopped goes on. A row of
docs/crash-matrix.md is written anew when all of its cases have a result, so a new kind costs a run of its own cases.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from studentdb.local.engine import LocalEngine
from tests.crash import table
from tests.crash.calls import Call
from tests.crash.matrix import Case, Result, cases
from tests.crash.place import PHASES
from tests.crash.worker import Worker, working
from tests.support import free_port

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "build" / "crash"
# What decides about calls and their order.
SOURCES = ("studentdb/provision", "studentdb/contract", "lambda_src", "site", "tests/crash")
SAY_EVERY = 25


def main() -> int:
    """0 when all chosen cases passed."""
    parser = argparse.ArgumentParser(prog="make crash")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="only every N-th case")
    parser.add_argument("words", nargs="*", help="for example: update 's3.PutObject' 'killed after'")
    chosen = parser.parse_args()
    with _worker() as worker:
        every_case = [case for phase in PHASES for case in cases(phase, worker.record(phase))]
    kept = _Kept()
    wanted = [case for case in every_case if all(word in str(case) for word in chosen.words)][:: chosen.every]
    _say(
        f"{len(wanted)} of {len(every_case)} cases, {sum(case in kept.passed for case in wanted)} of them passed before"
    )
    results = {**kept.passed, **_run([case for case in wanted if case not in kept.passed], chosen.jobs, kept)}
    failed = [case for case in wanted if results[case].problems]
    _say(f"{len(wanted) - len(failed)} passed, {len(failed)} failed")
    page = table.PAGE.read_text(encoding="utf-8") if table.PAGE.exists() else ""
    rows, lacking = table.rows(page, every_case, results)
    for phase, operation in lacking:
        _say(f"not in the page yet: {phase}, {operation}")
    if rows:
        table.PAGE.write_text(table.render(rows), encoding="utf-8")
        _say(f"wrote {table.PAGE.relative_to(ROOT)}")
    return 1 if failed else 0


class _Kept:
    """The passed results of the present code."""

    def __init__(self) -> None:
        digest = hashlib.sha256()
        for path in sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*") if path.is_file()):
            if "__pycache__" not in path.parts and not path.name.startswith("test_"):
                digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
        RESULTS.mkdir(parents=True, exist_ok=True)
        self._file = RESULTS / f"{digest.hexdigest()[:16]}.jsonl"
        self._guard = threading.Lock()
        self.passed: dict[Case, Result] = {}
        for line in self._file.read_text().splitlines() if self._file.exists() else ():
            phase, mode, call, at_once = json.loads(line)
            case = Case(phase, mode, Call(**call))
            self.passed[case] = Result(case, at_once, ())

    def keep(self, result: Result) -> None:
        """One more."""
        case = result.case
        with self._guard, self._file.open("a") as file:
            file.write(f"{json.dumps([case.phase, case.mode, asdict(case.call), result.at_once])}\n")


def _run(left: list[Case], jobs: int, kept: _Kept) -> dict[Case, Result]:
    todo: queue.SimpleQueue[Case] = queue.SimpleQueue()
    for case in left:
        todo.put(case)
    results: dict[Case, Result] = {}
    started, stopped = time.monotonic(), threading.Event()

    def work() -> None:
        while not stopped.is_set():
            # A new engine after a failure, since what that one left would be in the way of the next.
            with _worker() as worker:
                while True:
                    try:
                        case = todo.get_nowait()
                    except queue.Empty:
                        return
                    result = results[case] = _attempt(worker, case)
                    if stopped.is_set():
                        return
                    _report(result, len(results), len(left), started)
                    if result.problems:
                        break
                    kept.keep(result)

    threads = [threading.Thread(target=work) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        # The engines have to be stopped all the same.
        stopped.set()
        for thread in threads:
            thread.join()
        raise
    return results


def _attempt(worker: Worker, case: Case) -> Result:
    try:
        return worker.run(case)
    except RuntimeError as error:
        return Result(case, False, (str(error),))


def _report(result: Result, done: int, of: int, started: float) -> None:
    for problem in result.problems:
        _say(f"FAILED {result.case}\n       {problem}")
    if done % SAY_EVERY == 0 or done == of:
        per_case = (time.monotonic() - started) / done
        _say(f"{done}/{of}, about {(of - done) * per_case / 60:.0f} minutes left")


@contextmanager
def _worker() -> Iterator[Worker]:
    with tempfile.TemporaryDirectory() as home:
        engine = LocalEngine(Path(home), port=free_port(), persist=False)
        try:
            with working(engine.up().url) as worker:
                yield worker
        finally:
            engine.down()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
