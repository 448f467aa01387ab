"""The functions' own time, warm: what CPU a request takes apart from its calls of AWS. `python -m benchmarks own_time`.

The calls' own work in this process (signing, parsing) is botocore's, and not counted.
"""

from __future__ import annotations

import statistics

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
        spread = sorted(1000 * seconds for seconds in school.own)
        p99 = statistics.quantiles(spread, n=100)[98]
        rows.append((name, *(f"{each:.2f}" for each in (statistics.median(spread), p99, spread[-1])), "3"))
    table(
        "The functions' own time",
        (f"warm, apart from calls of AWS, {runs} requests each, {STUDENTS:,} students",),
        rows,
    )
