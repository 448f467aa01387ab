"""The same stack-sized job by studentdb and by other deployers, on the embedded engine, in one run.

`python -m benchmarks.others [--runs N] [--record FILE] [TOOL …]`: all of them without a name. FILE is a Markdown file
in which what stands between the two marks is replaced.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.clock import FailedError
from benchmarks.others.job import KILLED_AT, Record, elsewhere, killed, timed
from benchmarks.others.report import report
from benchmarks.others.tools import TOOLS, StudentDB, Tool, UnavailableError
from studentdb.errors import StudentDBError

RUNS = 3
BEGIN = "<!-- begin results: written by `python -m benchmarks.others --record` -->"
END = "<!-- end results -->"
Round = Callable[[Path, Tool, Record], None]


def main() -> None:
    """Measure and print. The exit code is 0 whatever comes out: a ratio is for reading."""
    others = {tool.name: tool for tool in TOOLS if tool is not StudentDB}
    parser = argparse.ArgumentParser(prog="benchmarks.others", description="The same job by other deployers.")
    parser.add_argument("names", nargs="*", metavar="TOOL", help=f"of: {', '.join(others)}")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often the stages of each are timed")
    parser.add_argument("--record", type=Path, help="a Markdown file to write the results into")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(others)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    tools = [StudentDB(), *(tool() for name, tool in others.items() if not chosen.names or name in chosen.names)]
    with tempfile.TemporaryDirectory() as folder:
        records, refused = measured(tools, Path(folder), chosen.runs)
    machine = (
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end; embedded engine, not AWS: the time "
        "that CloudFormation takes on AWS is in none of this. "
        f"Timed runs of each, in turn, each on an empty engine: {chosen.runs}."
    )
    found = report(machine, {tool.name: tool for tool in tools}, records, refused)
    print(found)
    if chosen.record:
        chosen.record.write_text(replaced(chosen.record.read_text(), found))


def measured(tools: Sequence[Tool], scratch: Path, runs: int) -> tuple[dict[str, Record], dict[str, str]]:
    """What was seen of each tool; and why of some nothing could be seen."""
    records: dict[str, Record] = {}
    refused: dict[str, str] = {}
    # The first is not timed: it compiles, warms what is read from disk, and shows how many calls there are to kill at.
    rounds: list[tuple[str, Round]] = [("all stages, not timed", timed)]
    rounds += [(f"killed at {share:.0%}", partial(killed, share=share)) for share in KILLED_AT]
    rounds += [("teardown from another machine", elsewhere)]
    rounds += [(f"run {number} of {runs}", timed) for number in range(1, runs + 1)]
    for title, step in [("installing", install), *rounds]:
        for tool in tools:
            if tool.name in refused:
                continue
            print(f"{tool.name}: {title}", file=sys.stderr)
            try:
                step(scratch, tool, records.setdefault(tool.name, Record()))
            except (FailedError, StudentDBError, UnavailableError) as error:
                print(error, file=sys.stderr)
                refused[tool.name] = f"{title}: {str(error).partition(chr(10))[0]}"
                del records[tool.name]
    for record in records.values():
        for outcomes in record.stages.values():
            del outcomes[0]
    return records, refused


def install(_: Path, tool: Tool, record: Record) -> None:
    """Have it. Raises UnavailableError."""
    record.version = tool.install()


def replaced(page: str, found: str) -> str:
    """`page` with other results between its marks. Raises ValueError where there are none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{begin}\n\n{found}\n{end}{after}"


if __name__ == "__main__":
    main()
