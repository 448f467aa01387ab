"""Files up and down, beside the AWS CLI's `s3 cp` to and from the same bucket, and the memory that both take.

Ours does more: it reads the file twice, for its SHA-256 and to send it, waits then until the function has looked at
it, and verifies what it downloads. So an upload has two rows: until S3 has the file, which is where `s3 cp` ends, and
to the end of the command. It sends a form, and the engine takes that apart in memory, in several copies: how long
that takes without anything of ours is shown beside it (`bare_form.py`). Both tools are installed as a school installs
them, without what only development needs (httpx imports more where click is there). `python -m benchmarks transfer`.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3

from benchmarks.clock import ROOT, FailedError, run, table
from benchmarks.deployment import engine

MEGABYTES = (1, 20, 100)
_CLI = "awscli==1.46.3"
_CP = ("s3", "cp", "--quiet", "--endpoint-url")
_BARE_FORM = Path(__file__).with_name("bare_form.py")
_EMAIL, _PASSWORD = "head@example.edu", "Aa1-only-for-this-engine"
# The command is the only child of a small process: the largest memory of a child is at least that of its parent.
_MEASURED = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
command = subprocess.Popen(sys.argv[1:], stdin=sys.stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
arrived = None
for line in command.stderr:
    print(line, end="", file=sys.stderr)
    if " arrived" in line:
        arrived = time.perf_counter() - started
sys.stdout.write(command.stdout.read())
code = command.wait()
seconds = time.perf_counter() - started
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"seconds": seconds, "arrived": arrived, "memory": memory}), file=sys.stderr)
sys.exit(code)
"""
_HEAD = (
    *("", "studentdb, MB/s", "aws s3 cp, MB/s", "bare form, MB/s", "throughput", "of the best", "aim"),
    *("studentdb, MB", "aws, MB"),
)


@dataclass(frozen=True)
class _Run:
    """`arrived`: seconds until S3 had the file, of a command that says so. `memory` is the largest, in MB."""

    seconds: float
    arrived: float | None
    memory: float


def measure(runs: int) -> None:
    """Print the table."""
    aws, studentdb = _aws_cli(), _installed()
    rows: list[tuple[str, ...]] = [_HEAD]
    with tempfile.TemporaryDirectory() as folder, engine(Path(folder)) as env:
        scratch = Path(folder)
        alone = {**env, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        bucket = _deployed(alone)
        for megabytes in MEGABYTES:
            rows += _compared(scratch, alone, (studentdb, aws), bucket, megabytes, runs)
    note = f"whole processes, their start included; {runs} runs of each in turn, the same bucket, {_CLI}"
    table("Files, on the embedded engine (not AWS)", (note, "memory: the largest of any run"), rows)


def _compared(
    scratch: Path, env: Mapping[str, str], tools: tuple[Path, Path], bucket: str, megabytes: int, runs: int
) -> list[tuple[str, ...]]:
    source, back = scratch / f"{megabytes}.pdf", scratch / "back.pdf"
    found: dict[str, list[_Run]] = {each: [] for each in ("up", "down", "aws up", "aws down", "bare form")}
    studentdb, cp = (str(tools[0]), "media"), (str(tools[1]), *_CP, env["AWS_ENDPOINT_URL"])
    # The first of them compiles modules.
    for number in range(runs + 1):
        source.write_bytes(b"%PDF-1.7\n" + os.urandom(megabytes * 1_000_000))
        up, said = _run((*studentdb, "upload", str(source), "--json"), env)
        media = json.loads(said)[0]
        if media["status"] != "ready":
            raise FailedError(f"the file is {media['status']}")
        form = _form(env, bucket)
        timed = {"up": up, "bare form": _run((sys.executable, str(_BARE_FORM), str(source)), env, form)[0]}
        # Nothing looks at what lies elsewhere in the bucket.
        timed["aws up"], _ = _run((*cp, str(source), f"s3://{bucket}/compared"), env)
        for name, command in (
            ("down", (*studentdb, "download", media["id"], "--to", str(back))),
            ("aws down", (*cp, f"s3://{bucket}/compared", str(back))),
        ):
            back.unlink(missing_ok=True)
            timed[name], _ = _run(command, env)
            if back.read_bytes() != source.read_bytes():
                raise FailedError(f"{name}: another file came back")
        run(("-m", "studentdb", "media", "delete", media["id"], "--yes"), env)
        for name, each in timed.items():
            found[name] += [each] if number else []
    arrived = [replace(each, seconds=each.arrived) for each in found["up"] if each.arrived is not None]
    if len(arrived) != runs:
        raise FailedError("an upload did not say when the file had arrived")
    return [
        _row(f"{megabytes} MB up, until S3 has it", megabytes, arrived, found["aws up"], found["bare form"]),
        _row(f"{megabytes} MB up, to the end", megabytes, found["up"], found["aws up"], ()),
        _row(f"{megabytes} MB down", megabytes, found["down"], found["aws down"], ()),
    ]


def _row(
    name: str, megabytes: int, ours: Sequence[_Run], theirs: Sequence[_Run], bare: Sequence[_Run]
) -> tuple[str, ...]:
    mine, floor, form = ([run.seconds for run in each] for each in (ours, theirs, bare))
    medians = statistics.median(mine), statistics.median(floor)
    speeds = [f"{megabytes / each:.1f}" for each in (*medians, *([statistics.median(form)] if form else []))]
    ratios = (f"{medians[1] / medians[0]:.2f}x", f"{min(floor) / min(mine):.2f}x")
    memory = (f"{max(run.memory for run in each):.0f}" for each in (ours, theirs))
    return (name, *speeds, *([] if form else [""]), *ratios, "0.9x", *memory)


def _form(env: Mapping[str, str], bucket: str) -> str:
    """A signed form for a key that nothing looks at, as JSON."""
    return json.dumps(_s3(env).generate_presigned_post(bucket, "compared-form"))


def _run(command: Sequence[str], env: Mapping[str, str], stdin: str = "") -> tuple[_Run, str]:
    """What it took, and stdout. Raises FailedError."""
    # Nobody is measured while the disk takes what somebody else has written.
    if hasattr(os, "sync"):
        os.sync()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *command],
        input=stdin,
        env=dict(env),
        cwd=env["STUDENTDB_HOME"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise FailedError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    measured = json.loads(done.stderr.splitlines()[-1])
    # Linux counts in KB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return _Run(measured["seconds"], measured["arrived"], measured["memory"] * unit / 1e6), done.stdout


def _deployed(env: Mapping[str, str]) -> str:
    """Deploys, and signs an admin in; the name of the bucket of files. What is deleted counts, so there is room."""
    room = {**env, "STUDENTDB_MEDIA_QUOTA_MB": "100000"}
    run(("-m", "studentdb", "deploy", "--yes", "--json"), room)
    for command in (("admin", "create"), ("login",)):
        done = subprocess.run(
            [sys.executable, "-m", "studentdb", *command, _EMAIL, "--password-stdin"],
            input=f"{_PASSWORD}\n",
            env=dict(env),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise FailedError(done.stderr)
    (name,) = (each["Name"] for each in _s3(env).list_buckets()["Buckets"] if "-media-" in each["Name"])
    return str(name)


def _s3(env: Mapping[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_DEFAULT_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )


def _aws_cli() -> Path:
    """In an environment of its own: it pins another botocore. Raises FailedError."""
    return _environment("aws", _CLI) / "bin" / "aws"


def _installed() -> Path:
    """This checkout, without what only development needs. Raises FailedError."""
    home = _environment("studentdb", str(ROOT))
    # Its version is the same, whatever has changed.
    _install(home, "--force-reinstall", "--no-deps", str(ROOT))
    return home / "bin" / "studentdb"


def _environment(name: str, what: str) -> Path:
    """One with `what` in it; what was cut off is made anew."""
    home = ROOT / ".venv-others" / name
    mark = home / ".installed"
    if not mark.exists() or mark.read_text() != what:
        shutil.rmtree(home, ignore_errors=True)
        _done((sys.executable, "-m", "venv", str(home)))
        _install(home, what)
        mark.write_text(what)
    return home


def _install(home: Path, *what: str) -> None:
    _done((str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what))


def _done(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FailedError(f"{' '.join(command)} failed: {done.stderr.strip()}")
