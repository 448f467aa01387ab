"""The functions' own time, warm: what CPU a request takes apart from its calls of AWS. `python -m benchmarks own_time`.

The calls' own work in this process (signing, parsing) is botocore's, and not counted. A shared machine takes now and
then twice as long for anything: the last row says how often, with a loop that does the same each time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

from benchmarks.clock import table
from benchmarks.school import School
from benchmarks.units import OPERATIONS

STUDENTS = 1_000
# The stream's function answers nobody who waits.
_ASKED = {name: ask for name, ask in OPERATIONS.items() if not name.startswith(" ")}


def measure(runs: int) -> None:
    """Print the table."""
    school = School(STUDENTS)
    rows: list[tuple[str, ...]] = [("ms", "median", "p99", "max", "aim of the p99")]
    for name, ask in _ASKED.items():
        ask(school)
        school.own.clear()
        for _ in range(runs):
            ask(school)
        rows.append((name, *_spread(school.own), "3"))
    rows.append(("nothing but a loop", *_spread([_loop() for _ in range(runs)]), ""))
    table(
        "The functions' own time",
        (f"warm, apart from calls of AWS, {runs} requests each, {STUDENTS:,} students",),
        rows,
    )


def _spread(seconds: Sequence[float]) -> tuple[str, str, str]:
    """Median, p99 and maximum in ms."""
    found = sorted(1000 * each for each in seconds)
    p99 = statistics.quantiles(found, n=100)[98]
    return f"{statistics.median(found):.2f}", f"{p99:.2f}", f"{found[-1]:.2f}"


def _loop() -> float:
    """The CPU seconds of as much work as a large request is."""
    started, total = time.thread_time(), 0
    for number in range(40_000):
        total += number * number
    return time.thread_time() - started
