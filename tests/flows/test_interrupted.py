"""Killed, or stopped with Ctrl-C, at any moment: running it again goes on from there, and a teardown leaves nothing."""

from __future__ import annotations

import signal
import time

import pytest

from tests.command_line import Run
from tests.flows.conftest import School
from tests.rosters import sds

DEPLOY = ("deploy", "--yes")
TEARDOWN = ("teardown", "--delete-data", "--yes")


def stopped(school: School, done: int, by: signal.Signals, *command: str) -> Run:
    return school.command_line.stopped_after(done, by, *command, "--env", school.env)


def assert_interrupted(ended: Run) -> None:
    """One line, a hint, and the exit code of Ctrl-C."""
    assert ended.code == 130, ended.err
    assert ended.err.count("error: interrupted: ") == 1
    assert ended.err.count("hint: run the same ") == 1
    assert "Traceback" not in ended.err
    assert "skipped" not in ended.err


@pytest.mark.slow
def test_killed_again_and_again(school: School) -> None:
    for done in (1, 8, 6):
        assert stopped(school, done, signal.SIGKILL, *DEPLOY).code == -signal.SIGKILL
    another = school.elsewhere()
    another.ok(*DEPLOY)
    assert another.run("plan").code == 0
    another.sign_in()
    assert another.ok("students list", "--json").data == []
    for done in (2, 12):
        assert stopped(school, done, signal.SIGKILL, *TEARDOWN).code == -signal.SIGKILL


@pytest.mark.slow
def test_ctrl_c_in_deploy_import_and_teardown(school: School) -> None:
    assert_interrupted(stopped(school, 5, signal.SIGINT, *DEPLOY))
    school.ok(*DEPLOY)
    school.sign_in()

    file = school.command_line.home / "roster.csv"
    file.write_bytes(sds().encode())
    with school.command_line.start("students", "import", str(file), "--env", school.env) as importing:
        while _students(school) < 5:
            time.sleep(0.02)
        importing.send_signal(signal.SIGINT)
        _, err = importing.communicate(timeout=60)
    assert_interrupted(Run(importing.returncode, "", err))
    there = _students(school)
    assert 5 <= there < 86
    assert f"{there} students were added and 0 changed" in err
    summary = school.ok("students import", str(file), "--json").data
    assert summary == {"added": 86 - there, "changed": 0, "unchanged": there, "refused": {}}

    assert_interrupted(stopped(school, 3, signal.SIGINT, *TEARDOWN))


def _students(school: School) -> int:
    table = f"{school.prefix}-users"
    return int(school.root.client("dynamodb").scan(TableName=table, Select="COUNT")["Count"])


@pytest.mark.slow
@pytest.mark.parametrize("done", range(1, 42, 4))
def test_a_deploy_killed_after_some_resources(school: School, done: int) -> None:
    assert stopped(school, done, signal.SIGKILL, *DEPLOY).code == -signal.SIGKILL
    another = school.elsewhere()
    another.ok(*DEPLOY)
    assert another.run("plan").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("done", range(1, 22, 2))
def test_a_teardown_killed_after_some_resources(school: School, done: int) -> None:
    school.ok(*DEPLOY)
    assert stopped(school, done, signal.SIGKILL, *TEARDOWN).code == -signal.SIGKILL
    another = school.elsewhere()
    another.ok(*DEPLOY)
    assert another.run("plan").code == 0
