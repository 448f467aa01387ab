"""Wall times of whole processes, and the table in which they stand beside a floor."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REGION = "eu-central-1"
# How a row of `table` is headed.
HEAD = ("ms", "min", "median", "max", "ratio", "of the min", "aim")


class FailedError(Exception):
    """A measured process did not do its work, so its time says nothing."""


def environment(scratch: Path, **more: str) -> dict[str, str]:
    """What measured processes see: none of the user's AWS, studentdb or Python settings.

    Compiled modules are kept, as for an installed package, but in `scratch`, not in the checkout.
    """
    foreign = ("AWS_", "STUDENTDB_", "PYTHON")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
        "PYTHONPYCACHEPREFIX": str(scratch / "pycache"),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "STUDENTDB_HOME": str(scratch / "home"),
        **more,
    }


def run(arguments: Sequence[str], env: Mapping[str, str]) -> tuple[float, str]:
    """Run Python with `arguments`; returns the seconds from start to end, and stdout. Raises FailedError."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], env=dict(env), cwd=ROOT, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise FailedError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds, done.stdout


def compared(
    name: str, measured: Sequence[float], floor_name: str, floor: Sequence[float], aim: str
) -> list[tuple[str, ...]]:
    """Two rows for `table`. The ratio of the shortest times says more where the machine is busy with other things."""
    medians = f"{statistics.median(measured) / statistics.median(floor):.2f}x"
    shortest = f"{min(measured) / min(floor):.2f}x"
    return [(name, *_spread(measured), medians, shortest, aim), (floor_name, *_spread(floor), "", "", "")]


def _spread(seconds: Sequence[float]) -> tuple[str, str, str]:
    shortest, median, longest = (f"{1000 * s:.0f}" for s in (min(seconds), statistics.median(seconds), max(seconds)))
    return shortest, median, longest


def table(title: str, notes: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns, the first row being the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print(f"\n{title}")
    for note in notes:
        print(f"  {note}")
    print()
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        print(f"  {'  '.join(cells)}".rstrip())
    sys.stdout.flush()
