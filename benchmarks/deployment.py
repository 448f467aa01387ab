"""Deploy, a second deploy, and teardown with data, beside the bare script in `floor/`."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.clock import HEAD, REGION, ROOT, compared, environment, run, table
from benchmarks.counted import READS
from studentdb import __version__, pillow_layer
from studentdb.local.engine import LocalEngine
from studentdb.provision.aws import Deployment

# What is measured -> the product's command, the floor's.
STAGES = {
    "first deploy": (("deploy", "--yes", "--json"), "deploy"),
    "deploy, nothing to do": (("deploy", "--yes", "--json"), "check"),
    "teardown --delete-data": (("teardown", "--delete-data", "--yes"), "teardown"),
}
PRODUCT, FLOOR = "studentdb", "bare boto3, 8 threads"
SIDES = (PRODUCT, FLOOR)
AIMS = {"first deploy": "1.3x", "deploy, nothing to do": "1.3x", "teardown --delete-data": "1.5x"}
# The engine answers in a millisecond or two; this stands for the way to a region.
DELAY = 0.08
DELAYED_RUNS = 3
Times = dict[tuple[str, str], list[float]]


def measure(runs: int) -> None:
    """Print three tables: times, times with slower answers, and calls."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        # Counted first: that also compiles and warms what both sides read from disk.
        delayed, calls = _delayed(scratch)
        difference = _difference(scratch)
        times = _timed(scratch, runs)
    same = f"is it the same work? after the bare script, `studentdb plan` finds {difference}"
    in_turn = "whole processes, Python's start included; a new empty engine for each side, in turn"
    table("Deploying, on the embedded engine (not AWS)", (f"{in_turn}, {runs} runs", same), _rows(times))
    table(
        f"The same, every request {1000 * DELAY:.0f} ms later, as if the engine were far away",
        (f"{in_turn}, {DELAYED_RUNS} runs",),
        _rows(delayed),
    )
    counted = [(_label(stage, who), *_split(calls[stage, who])) for stage in STAGES for who in SIDES]
    table(
        "HTTP requests of the same",
        ("as botocore sends them, retries included; of the polling ones a few more or less",),
        [("", "writing", "reading"), *counted],
    )


@contextmanager
def engine(scratch: Path) -> Iterator[dict[str, str]]:
    """An empty engine; gives the environment in which commands find it."""
    # The system's choice of a port: other engines on this machine look for one from 4566 upwards.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    local = LocalEngine(Path(tempfile.mkdtemp(dir=scratch)), port=port, persist=False)
    url = local.up().url
    try:
        ours = Deployment(env="prod", region=REGION, account="").id
        layer = pillow_layer.installed().description
        floor = {"FLOOR_DEPLOYMENT": ours, "FLOOR_VERSION": __version__, "FLOOR_LAYER": layer}
        yield environment(scratch, AWS_ENDPOINT_URL=url, **floor)
    finally:
        local.reset()


def arguments(who: str, stage: str, env: Mapping[str, str]) -> tuple[str, ...]:
    """Module and arguments of one side's stage, for `python -m`."""
    product, floor = STAGES[stage]
    return ("studentdb", *product) if who == PRODUCT else ("benchmarks.floor", floor, env["AWS_ENDPOINT_URL"])


def _timed(scratch: Path, runs: int) -> Times:
    times: Times = {(stage, who): [] for stage in STAGES for who in SIDES}
    for _ in range(runs):
        for who in SIDES:
            with engine(scratch) as env:
                for stage in STAGES:
                    times[stage, who].append(run(("-m", *arguments(who, stage, env)), env)[0])
    return times


def _delayed(scratch: Path) -> tuple[Times, dict[tuple[str, str], Mapping[str, int]]]:
    times: Times = {(stage, who): [] for stage in STAGES for who in SIDES}
    calls: dict[tuple[str, str], Mapping[str, int]] = {}
    output = scratch / "calls.json"
    for _ in range(DELAYED_RUNS):
        for who in SIDES:
            with engine(scratch) as env:
                for stage in STAGES:
                    counted = ("-m", "benchmarks.counted", str(output), str(DELAY), *arguments(who, stage, env))
                    times[stage, who].append(run(counted, env)[0])
                    calls[stage, who] = json.loads(output.read_text())
    return times, calls


def _difference(scratch: Path) -> str:
    """What the product would still change where the bare script has deployed."""
    with engine(scratch) as env:
        run(("-m", *arguments(FLOOR, "first deploy", env)), env)
        planned = subprocess.run(
            [sys.executable, "-m", "studentdb", "plan"], env=env, cwd=ROOT, capture_output=True, text=True, check=False
        )
    if planned.returncode == 0:
        return "nothing to do"
    lines = [line for line in planned.stdout.splitlines() if not line.startswith(" ")]
    return f"this: {'; '.join(lines) or planned.stderr.strip()}"


def _rows(times: Times) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [HEAD]
    for stage in STAGES:
        mine, floor = times[stage, PRODUCT], times[stage, FLOOR]
        rows += compared(_label(stage, PRODUCT), mine, _label(stage, FLOOR), floor, AIMS[stage])
    return rows


def _label(stage: str, who: str) -> str:
    return f"{stage}: {who}" if who == PRODUCT else f"  {who}"


def _split(calls: Mapping[str, int]) -> tuple[str, str]:
    reading = sum(count for call, count in calls.items() if call.partition(".")[2].startswith(READS))
    return str(sum(calls.values()) - reading), str(reading)
