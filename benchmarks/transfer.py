"""Files up and down, beside the AWS CLI's `s3 cp` to and from the same bucket, and the memory that both take.

Ours does more: it reads the file twice, for its SHA-256 and to send it, waits until the function has looked at it, and
verifies what it downloads. It sends a form, and the engine takes that apart in memory, in several copies: how long that
takes without anything of ours is shown beside it (`bare_form.py`). `python -m benchmarks transfer`.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3

from benchmarks.clock import ROOT, FailedError, run, table
from benchmarks.deployment import engine

MEGABYTES = (1, 20, 100)
_CLI = "awscli==1.46.3"
_BARE_FORM = Path(__file__).with_name("bare_form.py")
_EMAIL, _PASSWORD = "head@example.edu", "Aa1-only-for-this-engine"
# The command is the only child of a small process: the largest memory of a child is at least that of its parent.
_MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
sys.stdout.buffer.write(done.stdout)
sys.stderr.buffer.write(done.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(done.returncode)
"""
_HEAD = (
    *("", "studentdb, MB/s", "aws s3 cp, MB/s", "bare form, MB/s", "throughput", "of the best", "aim"),
    *("studentdb, MB", "aws, MB"),
)


def measure(runs: int) -> None:
    """Print the table."""
    aws = _aws_cli()
    rows: list[tuple[str, ...]] = [_HEAD]
    with tempfile.TemporaryDirectory() as folder, engine(Path(folder)) as env:
        scratch = Path(folder)
        alone = {**env, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        bucket = _deployed(alone)
        for megabytes in MEGABYTES:
            rows += _compared(scratch, alone, aws, bucket, megabytes, runs)
    note = f"whole processes, their start included; {runs} runs of each in turn, the same bucket, {_CLI}"
    table("Files, on the embedded engine (not AWS)", (note, "memory: the largest of any run"), rows)


def _compared(
    scratch: Path, env: Mapping[str, str], aws: Path, bucket: str, megabytes: int, runs: int
) -> list[tuple[str, ...]]:
    source, back = scratch / f"{megabytes}.pdf", scratch / "back.pdf"
    found: dict[str, list[tuple[float, float]]] = {
        each: [] for each in ("up", "down", "aws up", "aws down", "bare form")
    }
    cp = (str(aws), "s3", "cp", "--quiet", "--endpoint-url", env["AWS_ENDPOINT_URL"])
    studentdb = (sys.executable, "-m", "studentdb", "media")
    for _ in range(runs):
        source.write_bytes(b"%PDF-1.7\n" + os.urandom(megabytes * 1_000_000))
        seconds, memory, said = _run((*studentdb, "upload", str(source), "--json"), env)
        found["up"].append((seconds, memory))
        media = json.loads(said)[0]
        if media["status"] != "ready":
            raise FailedError(f"the file is {media['status']}")
        form = _form(env, bucket)
        found["bare form"].append(_run((sys.executable, str(_BARE_FORM), str(source)), env, form)[:2])
        # Nothing looks at what lies elsewhere in the bucket.
        found["aws up"].append(_run((*cp, str(source), f"s3://{bucket}/compared"), env)[:2])
        for name, command in (
            ("down", (*studentdb, "download", media["id"], "--to", str(back))),
            ("aws down", (*cp, f"s3://{bucket}/compared", str(back))),
        ):
            back.unlink(missing_ok=True)
            found[name].append(_run(command, env)[:2])
            if back.read_bytes() != source.read_bytes():
                raise FailedError(f"{name}: another file came back")
        run(("-m", "studentdb", "media", "delete", media["id"], "--yes"), env)
    return [
        _row(f"{megabytes} MB up", megabytes, found["up"], found["aws up"], found["bare form"]),
        _row(f"{megabytes} MB down", megabytes, found["down"], found["aws down"], ()),
    ]


_Runs = Sequence[tuple[float, float]]


def _row(name: str, megabytes: int, ours: _Runs, theirs: _Runs, bare: _Runs) -> tuple[str, ...]:
    mine, floor, form = ([seconds for seconds, _ in each] for each in (ours, theirs, bare))
    medians = statistics.median(mine), statistics.median(floor)
    speeds = [f"{megabytes / each:.1f}" for each in (*medians, *([statistics.median(form)] if form else []))]
    ratios = (f"{medians[1] / medians[0]:.2f}x", f"{min(floor) / min(mine):.2f}x")
    memory = (f"{max(largest for _, largest in each):.0f}" for each in (ours, theirs))
    return (name, *speeds, *([] if form else [""]), *ratios, "0.9x", *memory)


def _form(env: Mapping[str, str], bucket: str) -> str:
    """A signed form for a key that nothing looks at, as JSON."""
    return json.dumps(_s3(env).generate_presigned_post(bucket, "compared-form"))


def _run(command: Sequence[str], env: Mapping[str, str], stdin: str = "") -> tuple[float, float, str]:
    """Seconds, the largest memory in MB, and stdout. Raises FailedError."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *command],
        input=stdin,
        env=dict(env),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise FailedError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    # Linux counts in KB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, int(done.stderr.split()[-1]) * unit / 1e6, done.stdout


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
    home = ROOT / ".venv-others" / "aws"
    binary, mark = home / "bin" / "aws", home / ".installed"
    if not mark.exists() or mark.read_text() != _CLI:
        shutil.rmtree(home, ignore_errors=True)
        install = (str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", _CLI)
        for command in ((sys.executable, "-m", "venv", str(home)), install):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise FailedError(f"{_CLI} cannot be installed: {done.stderr.strip()}")
        mark.write_text(_CLI)
    return binary
