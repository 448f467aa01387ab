"""Start-up of the command line beside the import of the library that it is made with."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.clock import HEAD, compared, environment, run, table

FLOOR = ("-c", "import typer")
COMMANDS = {
    "studentdb --help": ("-m", "studentdb", "--help"),
    "studentdb --version": ("-m", "studentdb", "--version"),
}
# None of these has to be there to show a help text.
HEAVY = ("boto3", "botocore", "httpx", "keyring", "pydantic", "rich")


def measure(runs: int) -> None:
    """Print the table."""
    times: dict[tuple[str, ...], list[float]] = {command: [] for command in (FLOOR, *COMMANDS.values())}
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder))
        for command in times:
            run(command, env)
        for _ in range(runs):
            for command, seconds in times.items():
                seconds.append(run(command, env)[0])
        loaded = heavy_modules(env)
    rows: list[tuple[str, ...]] = [HEAD]
    for name, command in COMMANDS.items():
        rows += compared(name, times[command], "  python -c 'import typer'", times[FLOOR], "1.5x")
    table(
        "Start-up of the command line",
        (
            f"whole processes, in turn, {runs} runs each, modules compiled",
            f"heavy modules that --help loads: {', '.join(loaded) or 'none'}",
        ),
        rows,
    )


def heavy_modules(env: Mapping[str, str]) -> list[str]:
    """Which of HEAVY `studentdb --help` imports."""
    return run(("-c", _LOADED, *HEAVY), env)[1].split()


_LOADED = """
import contextlib, io, sys
from studentdb.cli import run
with contextlib.redirect_stdout(io.StringIO()):
    run(["--help"])
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""
