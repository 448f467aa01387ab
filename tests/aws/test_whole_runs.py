"""Deploy, update, both teardowns, and a deploy right after each, while AWS behaves as it does."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from studentdb.provision.aws import Aws
from tests.aws import apigateway, cloudfront, cognito, dynamodb, lambda_, logs, rates, ssm
from tests.aws.clock import Cancelled
from tests.aws.layer import Behaviour, Layer
from tests.aws.run import ROOT, School, Took
from tests.aws.world import everything
from tests.inventory import inventory
from tests.support import Backend

# The injected delays, on the longest way through them, are all that a run may take, and this much more.
MOST = 1.15
# What a deploy that does right never meets (nothing is read right after it was made, nothing is sent twice or in
# parts): test_naive_*.py show that they bite.
NEVER_MET: set[type[Behaviour]] = {
    apigateway.ApiNotVisible,
    apigateway.ApiUnlisted,
    apigateway.EmptyCors,
    apigateway.PartExists,
    apigateway.PartReferenced,
    apigateway.StageChecked,
    cloudfront.DistributionUnlisted,
    cloudfront.NewPart,
    cloudfront.Redirected,
    cloudfront.ReferenceUsed,
    cloudfront.TooManyInvalidations,
    cloudfront.WholeConfig,
    cognito.PoolKept,
    cognito.PoolNotVisible,
    cognito.PoolUnlisted,
    cognito.UpdateForgets,
    dynamodb.OneIndexAtATime,
    dynamodb.TagsTakeTime,
    lambda_.FunctionNameTaken,
    lambda_.PermissionLost,
    logs.GroupUnlisted,
    rates.ApiGatewayRate,
    rates.CognitoRate,
    rates.LambdaRate,
    ssm.ParameterBusy,
}


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    """A copy of the functions' code, to be changed."""
    return Path(shutil.copytree(ROOT / "lambda_src", tmp_path / "functions"))


def _update(school: School) -> Took:
    """Other settings, and other code."""
    school.change(api_rate=50, log_retention_days=30, password_minimum_length=14, self_registration=True)
    (school.source.functions / "studentdb_api" / "more.py").write_text("MORE = 1\n")
    return school.deploy()


def _life(backend: Aws, functions: Path, latency: float) -> tuple[Layer, dict[str, Took]]:
    """From the first deploy to a teardown with data, and with two deploys right after a teardown in between."""
    layer = Layer(backend, everything(), latency)
    school = School(layer, functions)
    return layer, {
        "first deploy": school.deploy(),
        "teardown with data": school.teardown(delete_data=True),
        "deploy right after it": school.deploy(),
        "update": _update(school),
        "plain teardown": school.teardown(delete_data=False),
        "deploy right after that": school.deploy(),
        "the end": school.teardown(delete_data=True),
    }


def _check(layer: Layer, took: dict[str, Took]) -> None:
    assert {what: each for what, each in took.items() if each.ratio > MOST} == {}
    assert layer.wrongs == []
    # Nobody sleeps through what he waits for: only for CloudFront's minutes may a pause grow beyond 2 s.
    assert [each for each in layer.clock.sleeps if each > 10] == []
    for visit in layer.trace.visits:
        if not visit.node.startswith("cloudfront."):
            assert all(each < 5 for each in visit.pauses), visit


@pytest.mark.slow
def test_deploy_update_and_teardown(engine: Backend, functions: Path) -> None:
    layer = Layer(engine.root(), everything())
    school = School(layer, functions)
    took = {
        "first deploy": school.deploy(),
        "update": _update(school),
        "plain teardown": school.teardown(delete_data=False),
    }
    _check(layer, took)


class _Steps(Cancelled):
    """Every pause lasts 5 s, as in deployers that sleep between steps."""

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(timeout and 5.0)


def test_a_deployer_that_sleeps_is_found_out(engine: Backend, functions: Path) -> None:
    layer = Layer(engine.root(), everything())
    school = School(layer, functions)
    steps = _Steps(layer.clock, layer.trace.paused)
    school.altered = lambda aws: dataclasses.replace(aws, cancelled=steps)
    assert school.deploy().ratio > MOST
    assert any(pause >= 5 for visit in layer.trace.visits for pause in visit.pauses)


@pytest.mark.slow
def test_a_role_made_again_by_hand(engine: Backend, functions: Path) -> None:
    """LMB-19: the function is made again, too, although its name is not free at once."""
    backend = engine.root()
    layer = Layer(backend, everything())
    school = School(layer, functions)
    school.deploy()
    for role in [each for each in school.deployer().stack.resources if each.kind == "iam.role"]:
        live = role.read(backend)
        assert live is not None
        role.delete(backend, live)
        role.create(backend)
    layer.settle(60)
    took = school.deploy()
    assert layer.fired[lambda_.FunctionNameTaken.__name__] > 0
    assert took.ratio <= MOST
    with layer.running():
        assert school.deployer().plan().pending == ()


@pytest.mark.slow
@pytest.mark.parametrize("latency", [0.0, 0.08])
def test_whole_life(engine: Backend, functions: Path, latency: float) -> None:
    backend = engine.root()
    before = inventory(backend)
    layer, took = _life(backend, functions, latency)
    _check(layer, took)
    met = {type(each) for each in layer.behaviours if type(each).__name__ in layer.fired}
    assert {each.__name__ for each in {type(each) for each in layer.behaviours if each.ids} - met - NEVER_MET} == set()
    # Not even what writes its last line a minute later is left.
    layer.settle(120)
    assert inventory(backend) == before
