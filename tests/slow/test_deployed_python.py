"""The functions' whole suite, embedded engine included, on the Python that they are deployed to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.environments import ROOT, Environment
from tests.interpreters import interpreter

pytestmark = pytest.mark.slow


def test_the_functions_pass_their_tests_there(tmp_path: Path) -> None:
    python = interpreter("3.13")
    if python is None:
        pytest.skip("LEFT OUT: no working Python 3.13")
    environment = Environment(tmp_path, python)
    environment.install("--require-hashes", "-r", str(ROOT / "requirements" / "dev.lock"))
    tests = environment.run(
        environment.python,
        *("-m", "pytest", "-p", "no:cacheprovider", "-m", "not browser"),
        *("tests/lambda_src", "tests/contract"),
        cwd=ROOT,
    )
    assert " passed" in tests
    print(tests.splitlines()[-1])  # noqa: T201 - for `pytest -rP`
