"""Deploy, update, both teardowns, and a deploy right after each, while AWS behaves as it does."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.aws.layer import Layer
from tests.aws.run import ROOT, School
from tests.aws.world import everything
from tests.support import Backend

# What a deploy that does right never meets; test_naive.py shows that they bite.
NAIVE_ONLY = {"FunctionNameTaken", "OneIndexAtATime", "PermissionLost", "TagsTakeTime"}


def test_whole_life(engine: Backend, tmp_path: Path) -> None:
    functions = tmp_path / "functions"
    shutil.copytree(ROOT / "lambda_src", functions)
    layer = Layer(engine.root(), everything())
    school = School(layer, functions)
    took = {"first deploy": school.deploy()}
    school.change(api_rate=50, log_retention_days=30, password_minimum_length=14)
    (functions / "studentdb_api" / "more.py").write_text("MORE = 1\n")
    took["update"] = school.deploy()
    took["teardown"] = school.teardown(delete_data=False)
    took["deploy after teardown"] = school.deploy()
    took["teardown with data"] = school.teardown(delete_data=True)
    took["deploy after that"] = school.deploy()
    assert all(each.ratio <= 1.15 for each in took.values()), took
    # Nobody sleeps through what he waits for.
    assert max(layer.clock.sleeps) < 5
    assert not {type(each).__name__ for each in layer.behaviours if each.ids} - set(layer.fired) - NAIVE_ONLY
