"""The functions' own time, warm: what CPU a request takes apart from its calls of AWS. `python -m benchmarks own_time`.

The calls' own work in this process (signing, parsing) is botocore's, and not counted. A shared machine works at half
its pace as often as not. So a loop that does the same each time runs right before and after each request: the last
columns are of the times that the requests would have taken at the pace of the fastest loop.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from itertools import pairwise

from benchmarks.clock import table
from benchmarks.school import School
from benchmarks.units import OPERATIONS

STUDENTS = 1_000
# The stream's function answers nobody who waits.
_ASKED = {name: ask for name, ask in OPERATIONS.items() if not name.startswith(" ")}


def measure(runs: int) -> None:
    """Print the table."""
    school = School(STUDENTS)
    rows: list[tuple[str, ...]] = [("ms", "median", "p99", "max", "at full pace: median", "p99", "aim of the p99")]
    loops: list[float] = []
    taken: dict[str, tuple[list[float], list[float]]] = {}
    for name, ask in _ASKED.items():
        ask(school)
        school.own.clear()
        around = [_loop()]
        for _ in range(runs):
            ask(school)
            around.append(_loop())
        taken[name] = list(school.own), [sum(pair) / 2 for pair in pairwise(around)]
        loops += around
    fastest = min(loops)
    for name, (own, beside) in taken.items():
        at_full_pace = [seconds * fastest / loop for seconds, loop in zip(own, beside, strict=True)]
        rows.append((name, *_spread(own), *_spread(at_full_pace)[:2], "3"))
    rows.append(("nothing but the loop", *_spread(loops), f"{1000 * fastest:.2f}", "", ""))
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
    """The CPU seconds of as much work as a small request is."""
    started, total = time.thread_time(), 0
    for number in range(10_000):
        total += number * number
    return time.thread_time() - started
