"""With which rights a deploy, the first admin and a teardown can be done: those that the code declares."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from studentdb.bundle import find
from studentdb.provision import administrators, lock
from studentdb.provision.aws import Aws
from studentdb.provision.deployer import Deployer, Source
from studentdb.provision.events import silent
from studentdb.provision.stack_settings import StackSettings
from tests.command_line import CommandLine
from tests.flows.conftest import ADMIN, School
from tests.pictures import PILLOW
from tests.support import Backend

# AWS checks CreateDistribution and TagResource for the one call, the engine the call by its own name; and
# ListLayerVersions for the other, the engine the list of all layers.
EMULATOR_ONLY = {"cloudfront:CreateDistributionWithTags", "lambda:ListLayers"}


def declared(aws: Aws) -> set[str]:
    """Every action that a resource of the stack, the lock or the first admin's account names."""
    bundle = find()
    source = Source(
        functions=bundle.lambda_src,
        site=bundle.site,
        public_routes=bundle.public_routes,
        account_routes=bundle.account_routes,
        pillow=PILLOW,
    )
    resources = Deployer(aws, StackSettings(), source, silent).stack.all
    actions = {action for resource in resources for each in resource.actions.values() for action in each}
    return actions | {*lock.ACTIONS, *administrators.ACTIONS, "sts:GetCallerIdentity"}


def limited(engine: Backend, school: School, actions: Iterable[str], home: Path) -> School:
    """The same deployment in the hands of an IAM user who may do `actions`."""
    aws = engine.limited_to(actions, env=school.env)
    key = aws.session.get_credentials().get_frozen_credentials()
    assert engine.endpoint_url is not None
    machine = CommandLine.at(engine.endpoint_url, home, key=key.access_key, secret=key.secret_key)
    return School(school.env, machine, school.root)


@pytest.mark.slow
def test_what_is_declared_is_enough(engine: Backend, school: School, tmp_path: Path) -> None:
    user = limited(engine, school, declared(school.root) | EMULATOR_ONLY, tmp_path / "user")
    user.ok("deploy", "--yes")
    (user.command_line.home / "studentdb.toml").write_text("log_retention_days = 30\napi_rate = 50\n")
    user.ok("deploy", "--yes")
    assert user.run("plan").code == 0
    user.ok("admin create", ADMIN)
    user.ok("teardown", "--yes")
    user.ok("teardown", "--delete-data", "--yes")
    assert [name for name in school.inventory() if school.prefix in name] == []


@pytest.mark.slow
def test_a_missing_right_is_named(engine: Backend, school: School, tmp_path: Path) -> None:
    """To read: nothing is begun. To write: everything that does not need it is done, and the next deploy goes on."""
    rights = declared(school.root) | EMULATOR_ONLY
    blind = limited(engine, school, rights - {"dynamodb:DescribeTable"}, tmp_path / "blind")
    before = school.inventory()
    refused = blind.run("deploy", "--yes")
    assert refused.code == 4
    assert "AWS refused dynamodb:DescribeTable" in refused.err
    assert "hint: use credentials that allow it" in refused.err
    assert school.inventory() == before

    short = limited(engine, school, rights - {"lambda:CreateFunction"}, tmp_path / "short")
    refused = short.run("deploy", "--yes")
    assert refused.code == 6
    assert refused.err.count("AWS refused lambda:CreateFunction") >= 2  # both functions
    assert "x skipped creating apigatewayv2.integration read" in refused.err
    assert "it goes on from here" in refused.err
    missing = {change["kind"] for change in short.run("plan", "--json").data["changes"]}
    assert missing == {
        # Those that let one function invoke another.
        "iam.role_policy",
        "lambda.function",
        "lambda.permission",
        "lambda.event_invoke_config",
        "lambda.event_source_mapping",
        "s3.notification",
        "apigatewayv2.integration",
        "apigatewayv2.route",
    }
    school.ok("deploy", "--yes")
    assert school.run("plan").code == 0
