"""The functions on the deployed runtime's Python, beside the oldest one that the suite itself runs on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from studentdb.contract.export import CONTRACT
from tests.interpreters import interpreter

PACKAGE = CONTRACT.parent

# A cold start and one request that needs no table.
REQUEST = """
import json
from studentdb_api import read, write
answer = read.handler({"routeKey": "GET /api/health"}, None)
assert answer["statusCode"] == 200, answer
answer = write.handler({"routeKey": "POST /api/{proxy+}", "pathParameters": {"proxy": "students"}}, None)
assert answer["statusCode"] == 401, answer
"""


def runtime() -> str:
    """The interpreter of the deployed runtime; the test is left out, and says so, where there is none."""
    path = sys.executable if sys.version_info[:2] == (3, 13) else interpreter("3.13")
    if path is None:
        pytest.skip(f"LEFT OUT: no working Python 3.13, so lambda_src was tested on {sys.version.split()[0]} only")
    return path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # boto3 and what it needs are plain Python: the other interpreter takes ours.
    ours = Path(boto3.__file__).parent.parent
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(PACKAGE.parent), str(ours))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "TABLE_PREFIX": "student-management",
    }
    return subprocess.run(arguments, capture_output=True, text=True, env=environment, timeout=60, check=False)


def test_every_file_is_valid_there(tmp_path: Path) -> None:
    python = runtime()
    shutil.copytree(PACKAGE, tmp_path / "package")

    done = run(python, "-W", "error", "-m", "compileall", "-q", str(tmp_path / "package"))

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_request_there() -> None:
    python = runtime()
    done = run(python, "-W", "error::DeprecationWarning:studentdb_api", "-c", REQUEST)

    assert done.returncode == 0, done.stderr


def test_a_request_here() -> None:
    done = run(sys.executable, "-c", REQUEST)

    assert done.returncode == 0, done.stderr


def test_what_boto3_is_made_of_is_not_searched_for_garbage() -> None:
    """And what comes afterwards is."""
    done = run(
        sys.executable,
        "-c",
        "import gc\nfrom studentdb_api import read\nprint(gc.isenabled(), gc.get_freeze_count() > 10_000)",
    )

    assert done.stdout.split() == ["True", "True"], done.stderr
