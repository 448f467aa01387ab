"""The core with the newest boto3, without the extra `local` that pins an older one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.environments import ROOT, Environment

pytestmark = pytest.mark.slow


def test_the_core_passes_its_tests_with_the_newest_boto3(tmp_path: Path) -> None:
    environment = Environment(tmp_path)
    # `--group` is younger than the pip that an older Python brings.
    environment.pip("install", "--upgrade", "pip>=25.1")
    environment.pip("install", "--upgrade", "--upgrade-strategy", "eager", "-e", ".", "--group", "dev", cwd=ROOT)
    look = "import boto3, importlib.util; print(boto3.__version__, importlib.util.find_spec('ministack'))"
    version, embedded = environment.run(environment.python, "-c", look).split()
    assert embedded == "None"
    # The clone's own caches stay as they are.
    # Of the slow tests the functions': the others need the engine, or are this one.
    for marks, folder in (("not slow", "tests"), ("slow", "tests/lambda_src")):
        tests = environment.run(
            environment.python,
            *("-m", "pytest", "-p", "no:cacheprovider", "-m", f"not engine and not browser and {marks}", folder),
            cwd=ROOT,
        )
        assert " passed" in tests
        print(f"boto3 {version}: {tests.splitlines()[-1]}")  # noqa: T201 - for `pytest -rP`
