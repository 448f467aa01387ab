"""A write whose answer was lost and that botocore therefore sends again: the second one finds the work done (X-06)."""

from __future__ import annotations

import dataclasses

import pytest

from studentdb.provision.aws import Aws
from studentdb.provision.resources.cognito_user_pool import Group, UserPool
from studentdb.provision.resources.dynamodb_shape import Attribute, Index
from studentdb.provision.resources.dynamodb_table import Table
from studentdb.provision.resources.lambda_layer import Layer, LayerContent, UndeclaredVersions
from tests.pictures import PILLOW
from tests.provision.injected import Faults, lost_answer, lost_request
from tests.provision.lifecycle import assert_settled, read
from tests.support import Backend


@pytest.fixture
def aws(engine: Backend) -> Aws:
    return engine.root()


def test_a_group(aws: Aws) -> None:
    """COG-17."""
    pool = UserPool(name=f"{aws.deployment.prefix}-users", password_minimum_length=12)
    group = Group(name="admin", user_pool_id=pool.create(aws)["id"], description="May do everything")
    sent = Faults(aws.client("cognito-idp"), "CreateGroup", [lost_answer])
    assert_settled(group, aws, group.create(aws))
    assert sent.calls == 2
    pool.delete(aws, read(pool, aws))


def test_a_version_of_a_layer(aws: Aws) -> None:
    """LMB-24 to LMB-30 know no token: it is looked for before it is published again, which would make two."""
    layer = Layer(name=f"{aws.deployment.prefix}-pillow", content=PILLOW)
    sent = Faults(aws.client("lambda", retries=False), "PublishLayerVersion", [lost_answer])
    assert_settled(layer, aws, layer.create(aws))
    assert (sent.calls, UndeclaredVersions(name=layer.name, content=PILLOW).read(aws)) == (1, None)

    # What has not arrived is sent again.
    other = dataclasses.replace(layer, content=LayerContent("another", PILLOW.build))
    sent.faults.append(lost_request)
    assert_settled(other, aws, other.update(aws, read(other, aws), other.diff(read(other, aws))))
    before = UndeclaredVersions(name=layer.name, content=other.content)
    assert (sent.calls, read(before, aws).properties) == (3, {"versions": [1]})
    before.delete(aws, read(before, aws))
    assert_settled(other, aws, read(other, aws).outputs)
    other.delete(aws, read(other, aws))
    assert other.read(aws) is None


@pytest.mark.parametrize("which", ["an index goes", "an index comes"])
def test_a_change_of_a_table(aws: Aws, which: str) -> None:
    """DDB-11."""
    by_role = Index("role-index", Attribute("role", "S"))
    plain = Table(name=f"{aws.deployment.prefix}-users", hash=Attribute("id", "S"))
    indexed = dataclasses.replace(plain, indexes=(by_role,))
    before, wanted = (indexed, plain) if which == "an index goes" else (plain, indexed)
    before.create(aws)
    live = read(wanted, aws)
    sent = Faults(aws.client("dynamodb"), "UpdateTable", [lost_answer])
    assert_settled(wanted, aws, wanted.update(aws, live, wanted.diff(live)))
    assert sent.calls == 2
    wanted.delete(aws, read(wanted, aws))
