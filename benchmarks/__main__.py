"""`python -m benchmarks [--runs N] [NAME …]`: all measurements without a name."""

from __future__ import annotations

import argparse
import os
import platform
import sys

from benchmarks import deployment, handler, listing, own_time, startup, transfer, units
from benchmarks.clock import FailedError
from studentdb.errors import StudentDBError

# Runs of each, as many as a minute or so allows.
MEASUREMENTS = {
    "deployment": (deployment.measure, 7),
    "startup": (startup.measure, 20),
    "handler": (handler.measure, 15),
    "own_time": (own_time.measure, 500),
    "listing": (listing.measure, 3),
    "transfer": (transfer.measure, 3),
    # They are the same in every run.
    "units": (lambda _: units.measure(), 1),
}


def main() -> None:
    """Measure and print. The exit code is 0 whatever comes out: a ratio is for reading."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measurements beside a floor, in one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(MEASUREMENTS)}")
    parser.add_argument("--runs", type=int, help="how often each side is run")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(MEASUREMENTS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {_load()}; times in milliseconds")
    for name, (measure, runs) in MEASUREMENTS.items():
        if not chosen.names or name in chosen.names:
            try:
                measure(chosen.runs or runs)
            except (FailedError, StudentDBError) as error:
                print(f"\n{name}: could not be measured: {error}", file=sys.stderr)
    print(f"\nload at the end: {_load()}")


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    main()
