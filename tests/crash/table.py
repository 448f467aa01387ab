"""docs/crash-matrix.md: what the whole matrix gave, as a table that a test can hold against the present code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.crash.faults import MODES
from tests.crash.matrix import Case, Result
from tests.crash.place import PHASES

PAGE = Path(__file__).parents[2] / "docs" / "crash-matrix.md"
_INTRODUCTION = """\
# Crash matrix

Written by `make crash`, which puts every single call that writes through every way to fail, each time in a deployment
of its own on the embedded engine:

* **killed before**, **killed after**: SIGKILL takes the process right before AWS gets the call, or when AWS has
  answered and the process has not seen it;
* **answer lost**: AWS has done it, the client sees a timeout, and botocore tries again where that is allowed;
* **5xx**, **throttled**: AWS refuses once and has done nothing.

After a kill, `deploy` succeeds from another folder with an empty `STUDENTDB_HOME`, nothing is there twice, the next
plan is empty, and people's data is as it was unless its teardown had begun; then `teardown --delete-data` leaves the
account as it was before. In the other columns the run that met the fault has itself to end well and is taken at its
word; then the same is asked of it. Where it failed cleanly and the next run repaired it, the cell says how often.

A cell says how many of an operation's calls passed; a row is what its last whole run gave. The update changes every
kind that can be changed, replaces a function and the app client, and adds, changes and removes files of the site.
`tests/crash/` holds all of it.
"""


Rows = dict[tuple[str, str], list[str]]


def rows(page: str, every: Iterable[Case], results: Mapping[Case, Result]) -> tuple[Rows, list[tuple[str, str]]]:
    """The page's rows (phase and operation -> cells) with the present results, and those that are still lacking.

    A row whose cases did not all run stays as the page has it; one whose operation is no longer made goes.
    """
    before = read(page)
    by_row: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in every:
        by_row[case.phase, case.call.operation].append(case)
    found: Rows = {}
    for row, of_row in by_row.items():
        if all(case in results for case in of_row):
            found[row] = [_cell([results[case] for case in of_row if case.mode == mode]) for mode in MODES]
        elif row in before:
            found[row] = before[row]
    return found, [row for row in by_row if row not in found]


def render(found: Rows) -> str:
    """The page."""
    lines = [_INTRODUCTION.rstrip()]
    for phase in PHASES:
        lines += [
            "",
            f"## {phase.capitalize()}",
            "",
            f"| Call | {' | '.join(MODES)} |",
            f"| --- |{' --- |' * len(MODES)}",
        ]
        for operation in sorted(operation for its_phase, operation in found if its_phase == phase):
            lines.append(f"| {operation} | {' | '.join(found[phase, operation])} |")
    return "\n".join(lines) + "\n"


def _cell(results: list[Result]) -> str:
    passed = sum(not result.problems for result in results)
    cell = f"{passed}/{len(results)}"
    later = sum(not result.at_once for result in results if not result.problems)
    return f"{cell}, {later} by the next run" if later and _survives(results[0].case) else cell


def _survives(case: Case) -> bool:
    return not case.mode.startswith("killed")


def read(page: str) -> Rows:
    """The rows of a page."""
    rows: Rows = {}
    phase = ""
    for line in page.splitlines():
        if line.startswith("## "):
            phase = line.removeprefix("## ").lower()
        elif found := re.match(r"\| ([a-z0-9-]+\.[A-Za-z]+) \| (.*) \|$", line):
            rows[phase, found.group(1)] = found.group(2).split(" | ")
    return rows
