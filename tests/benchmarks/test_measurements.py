"""What is measured runs and does its work; how long it takes is looked at by nobody here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import clock, deployment, startup

pytestmark = pytest.mark.engine


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An empty engine of this test's own, as the measurements have it."""
    with deployment.engine(tmp_path) as found:
        yield found


@pytest.mark.slow
def test_the_floor_is_a_whole_deployment_and_removes_it(env: dict[str, str]) -> None:
    """`plan` finds nothing to do after it, else the two sides of the measurement did not do the same."""
    states = []
    for stage in deployment.STAGES:
        clock.run(("-m", *deployment.arguments(deployment.FLOOR, stage, env)), env)
        states.append(json.loads(clock.run(("-m", "studentdb", "status", "--json"), env)[1])["state"])
    assert states == ["deployed", "deployed", "absent"]


@pytest.mark.slow
def test_a_second_deploy_of_the_floor_writes_nothing(env: dict[str, str], tmp_path: Path) -> None:
    clock.run(("-m", *deployment.arguments(deployment.FLOOR, "first deploy", env)), env)
    output = tmp_path / "calls.json"
    noop = deployment.arguments(deployment.FLOOR, "deploy, nothing to do", env)
    clock.run(("-m", "benchmarks.counted", str(output), "0", *noop), env)
    calls = json.loads(output.read_text())
    assert calls
    assert all(call.partition(".")[2].startswith(("Get", "List", "Describe")) for call in calls)


def test_the_help_text_needs_no_heavy_module(tmp_path: Path) -> None:
    assert startup.heavy_modules(clock.environment(tmp_path)) == []
