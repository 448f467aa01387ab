"""Who may touch a deployment: its tool's version and its data's schema stand on the users table."""

from __future__ import annotations

import re
from functools import partial

import pytest

from studentdb import __version__
from studentdb.errors import StudentDBError
from studentdb.provision import tags
from studentdb.provision.aws import Aws
from studentdb.provision.migrations import MIGRATIONS
from studentdb.provision.stack import stack
from studentdb.provision.stack_settings import StackSettings
from studentdb.provision.versions import Versions
from tests.provision.deployers import KilledError, Writes, agree, deployer, shown
from tests.support import Backend


@pytest.mark.parametrize(
    ("one", "other", "newer"),
    [
        (("0.1.0", "1"), ("0.1.0", "1"), False),
        (("0.10.0", "1"), ("0.9.0", "1"), True),
        (("0.9.0", "1"), ("0.10.0", "1"), False),
        (("0.1.1", "1"), ("0.1.0", "1"), True),
        (("0.1.0", "10"), ("0.2.0", "9"), True),
        (("0", "1"), ("0.1.0", "1"), False),
        # Of a scheme that this program does not know, or spoilt by hand.
        (("1.0rc1", "1"), ("2.0.0", "1"), True),
        (("0.1.0", ""), ("0.1.0", "1"), True),
        (("٣.0.0", "1"), ("4.0.0", "1"), True),
    ],
)
def test_which_is_newer(one: tuple[str, str], other: tuple[str, str], newer: bool) -> None:
    assert Versions(*one).newer_than(Versions(*other)) is newer


def test_our_own_version_can_be_compared() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_a_newer_tool_marks_the_deployment_and_an_equal_one_writes_nothing(engine: Backend) -> None:
    """A patch release that declares the same is one change: the mark, shown in the plan like any other."""
    aws = engine.root()
    tool = f"dynamodb.tool_version/{aws.deployment.prefix}-users"
    assert deployer(aws, partial(stack, version="1.0.0")).deploy(agree) is not None
    status = deployer(aws, partial(stack, version="1.0.1")).status()
    assert (status.state, status.versions.tool) == ("older", "1.0.0")
    assert shown(status.plan) == {f"~ {tool}"}

    for expected in (["dynamodb.TagResource"], []):
        again = engine.root(aws.deployment.env)
        writes = Writes(again)
        assert deployer(again, partial(stack, version="1.0.1")).deploy(agree) is not None
        assert writes.calls == expected
    deployer(aws, partial(stack, version="1.0.1")).teardown(delete_data=True)


@pytest.mark.slow
def test_the_mark_is_a_newer_tools_first_write(engine: Backend) -> None:
    """Killed right after it, nothing else is changed yet and the older tool keeps away already."""
    aws = engine.root()
    older = partial(stack, version="1.0.0")
    changed = StackSettings(log_retention_days=30, api_burst=20)
    assert deployer(aws, older).deploy(agree) is not None
    dying = engine.root(aws.deployment.env)
    writes = Writes(dying, last=1)
    with pytest.raises(KilledError):
        deployer(dying, partial(stack, version="2.0.0"), settings=changed).deploy(agree)
    assert writes.calls == ["dynamodb.TagResource"]
    with pytest.raises(StudentDBError, match="too old"):
        deployer(aws, older).deploy(agree)

    newer = deployer(aws, partial(stack, version="2.0.0"), settings=changed)
    assert {entry.partition("/")[0] for entry in shown(newer.plan())} == {"~ logs.log_group", "~ apigatewayv2.stage"}
    assert newer.deploy(agree) is not None
    assert newer.status().state == "deployed"
    newer.teardown(delete_data=True)


@pytest.mark.slow
def test_a_deployment_from_before_the_tags_gets_them(engine: Backend) -> None:
    aws = engine.root()
    users = f"{aws.deployment.prefix}-users"
    assert deployer(aws).deploy(agree) is not None
    _untag(aws, users)
    status = deployer(aws).status()
    assert status.versions == Versions("0", "1")
    assert shown(status.plan) == {f"+ dynamodb.tool_version/{users}", f"+ dynamodb.schema/{users}"}
    assert deployer(aws).deploy(agree) is not None
    again = deployer(aws).status()
    assert (again.state, again.versions) == ("deployed", Versions(__version__, str(1 + len(MIGRATIONS))))
    deployer(aws).teardown(delete_data=True)


def _untag(aws: Aws, table: str) -> None:
    dynamodb = aws.client("dynamodb")
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=[tags.TOOL, tags.SCHEMA])
