"""The functions on the deployed runtime's Python, beside the oldest one that the suite itself runs on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from studentdb.contract.export import CONTRACT

PACKAGE = CONTRACT.parent
RUNTIME = "python3.13"

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
    path = RUNTIME if sys.version_info[:2] == (3, 13) else shutil.which(RUNTIME)
    if path is not None and run(path, "--version").returncode == 0:
        return sys.executable if path == RUNTIME else path
    pytest.skip(f"LEFT OUT: no working {RUNTIME} on PATH, so lambda_src was tested on {sys.version.split()[0]} only")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": str(PACKAGE.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "USERS_TABLE": "users",
        "INDEX_TABLE": "index",
    }
    return subprocess.run(arguments, capture_output=True, text=True, env=environment, timeout=60, check=False)


def test_every_file_is_valid_there(tmp_path: Path) -> None:
    interpreter = runtime()
    shutil.copytree(PACKAGE, tmp_path / "package")

    done = run(interpreter, "-W", "error", "-m", "compileall", "-q", str(tmp_path / "package"))

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_request_there() -> None:
    interpreter = runtime()
    if run(interpreter, "-c", "import boto3").returncode != 0:
        warnings.warn(f"LEFT OUT: {interpreter} has no boto3, so only the syntax was checked there", stacklevel=1)
        pytest.skip(f"LEFT OUT: {interpreter} has no boto3, so only the syntax was checked there")

    done = run(interpreter, "-W", "error::DeprecationWarning:studentdb_api", "-c", REQUEST)

    assert done.returncode == 0, done.stderr


def test_a_request_here() -> None:
    done = run(sys.executable, "-c", REQUEST)

    assert done.returncode == 0, done.stderr
