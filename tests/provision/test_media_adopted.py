"""A deployment from before files ended by themselves: its table of files gets an end of items and a stream."""

from __future__ import annotations

import dataclasses
from typing import Any

from studentdb.provision.aws import Deployment
from studentdb.provision.core import Resource
from studentdb.provision.engine import Stack
from studentdb.provision.resources.dynamodb_table import Table
from studentdb.provision.stack import stack
from studentdb.provision.undeclared import undeclared
from tests.provision.deployers import agree, deployer, shown
from tests.support import Backend, fresh_env


def _before(deployment: Deployment, *arguments: Any, **named: Any) -> Stack:
    """The present stack without what ends files."""
    present = stack(deployment, *arguments, **named)
    gone = {each.id for each in present.resources if each.name.startswith(_function(deployment))}
    gone |= {f"logs.log_group//aws/lambda/{_function(deployment)}"}
    later = {each.id for each in present.resources if gone & each.dependencies()}

    def then(each: Resource) -> Resource:
        if isinstance(each, Table) and each.name == f"{deployment.prefix}-media":
            return dataclasses.replace(each, stream=False, time_to_live="")
        return each

    resources = tuple(then(each) for each in present.resources if each.id not in gone | later)
    return Stack(resources, absent=undeclared(resources))


def _function(deployment: Deployment) -> str:
    return f"{deployment.prefix}-media-expiry"


def test_an_update_adopts_the_table(engine: Backend) -> None:
    aws = engine.root(fresh_env())
    name = _function(aws.deployment)
    assert deployer(aws, _before).deploy(agree) is not None
    table = {"TableName": f"{aws.deployment.prefix}-media"}
    file = {"id": {"S": "1"}, "key": {"S": "-"}}
    aws.client("dynamodb").put_item(**table, Item=file)

    assert shown(deployer(aws).plan()) == {
        f"~ dynamodb.table/{table['TableName']}",
        f"+ logs.log_group//aws/lambda/{name}",
        f"+ iam.role/{name}-{aws.region}",
        "+ iam.role_policy/media-expiry",
        f"+ lambda.function/{name}",
        "+ lambda.event_source_mapping/media",
        "+ iam.role_policy/media-failures",
        "+ lambda.event_invoke_config/media",
    }
    assert deployer(aws).deploy(agree) is not None
    assert not deployer(aws).plan()
    (mapping,) = aws.client("lambda").list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    described = aws.client("dynamodb").describe_table(**table)["Table"]
    assert mapping["EventSourceArn"] == described["LatestStreamArn"]
    assert aws.client("dynamodb").get_item(**table, Key=file)["Item"] == file
    deployer(aws).teardown(delete_data=True)
