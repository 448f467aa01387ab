"""Answers that AWS gives and emulators do not: too early, too late, in the middle of a change, or made before."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from studentdb.errors import StudentDBError
from studentdb.provision import tags
from studentdb.provision.aws import Aws, error_code
from studentdb.provision.core import NotOursError, Resource
from studentdb.provision.engine import Stack, apply, plan, survey
from studentdb.provision.events import silent
from studentdb.provision.resources.apigateway_api import Api
from studentdb.provision.resources.apigateway_route import Integration
from studentdb.provision.resources.dynamodb_shape import Attribute, Index
from studentdb.provision.resources.dynamodb_signing_key import SigningKey
from studentdb.provision.resources.dynamodb_table import Table
from studentdb.provision.resources.dynamodb_versions import ToolVersion
from studentdb.provision.resources.iam_role import Role, RolePolicy
from studentdb.provision.resources.lambda_event_invoke import EventInvokeConfig
from studentdb.provision.resources.lambda_function import Function
from studentdb.provision.resources.lambda_permission import Permission
from studentdb.provision.resources.log_group import LogGroup
from tests.provision.cases import lambda_
from tests.provision.injected import in_virtual_time
from tests.provision.lifecycle import read
from tests.provision.wire import Wire
from tests.support import Backend, stranger

# A role's policy.
ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
}


@pytest.fixture
def aws(moto: Backend) -> Aws:
    return moto.root()


def _table(aws: Aws, *indexes: Index) -> Table:
    return Table(name=f"{aws.deployment.prefix}-users", hash=Attribute("id", "S"), indexes=indexes)


def _role(aws: Aws) -> Role:
    return Role(name=f"{aws.deployment.prefix}-api", service="lambda.amazonaws.com", description="")


def _group(aws: Aws) -> LogGroup:
    return LogGroup(name=f"/aws/lambda/{aws.deployment.prefix}-api", retention_days=30)


def _function(aws: Aws) -> Function:
    """A function whose role and log group exist."""
    parents = lambda_.parents(aws)
    outputs = {parent.id: parent.create(aws) for parent in parents}
    return lambda_.function(aws, parents).resolve(outputs)


def _permission(aws: Aws) -> Permission:
    """A permission of a function that exists."""
    function = _function(aws)
    function.create(aws)
    source = aws.arn("execute-api", "abc/*/*")
    principal = "apigateway.amazonaws.com"
    return Permission(name="api", function_name=function.name, principal=principal, source_arn=source)


def _role_deleted_by_hand(aws: Aws, role: Role) -> None:
    iam = aws.client("iam")
    for policy in iam.list_role_policies(RoleName=role.name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role.name, PolicyName=policy)
    iam.delete_role(RoleName=role.name)


def _with_status(key: str, **status: str) -> Callable[[dict[str, Any]], None]:
    return lambda parsed: parsed[key].update(status)


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.", 400),
        ("InvalidParameterValueException", "The provided execution role does not have permissions to call X", 400),
        ("InternalFailure", "", 500),
    ],
)
def test_a_function_waits_until_its_role_is_known(aws: Aws, code: str, message: str, status: int) -> None:
    """LMB-01, LMB-02, X-03."""
    function, wire = _function(aws), Wire(aws, "lambda")
    wire.refuse("CreateFunction", code, message, times=2, status=status)
    function.create(aws)
    assert wire.sent["CreateFunction"] == 3
    assert function.diff(read(function, aws)) == ()


def test_a_wrong_parameter_is_not_tried_again(aws: Aws) -> None:
    function, wire = _function(aws), Wire(aws, "lambda")
    wire.refuse("CreateFunction", "InvalidParameterValueException", "The runtime parameter of x is no longer supported")
    with pytest.raises(ClientError):
        function.create(aws)
    assert wire.sent["CreateFunction"] == 1


def test_a_missing_pass_role_is_not_tried_again(aws: Aws) -> None:
    """IAM-16: it looks like propagation, but comes as AccessDenied."""
    function, wire = _function(aws), Wire(aws, "lambda")
    wire.refuse("CreateFunction", "AccessDeniedException", "not authorized to perform: iam:PassRole", status=403)
    with pytest.raises(ClientError):
        function.create(aws)
    assert wire.sent["CreateFunction"] == 1


@pytest.mark.parametrize("made_again", ["by the deploy", "by hand"])
def test_a_role_that_was_made_again_gets_its_function_made_again(aws: Aws, made_again: str) -> None:
    """LMB-19: under the same ARN, so that nothing else in the function's configuration differs.

    One deploy also repairs what went with the function, and the next one finds nothing to do.
    """
    role, log_group = lambda_.parents(aws)
    assert isinstance(role, Role)
    function = lambda_.function(aws, (role, log_group))
    api = Api(name=f"{aws.deployment.prefix}-api", description="")
    permission = Permission(
        name="api",
        function_name=function.out("name"),
        principal="apigateway.amazonaws.com",
        source_arn=f"{api.out('arn')}/*/*",
    )
    integration = Integration(name="read", api_id=api.out("id"), function_arn=function.out("arn"))
    stack = Stack((role, log_group, function, api, permission, integration))

    def deploy() -> dict[str, str]:
        lives = survey(stack.all, aws, silent)
        planned = plan(stack, lives)
        apply(planned, lives, aws, silent)
        return {step.id: step.action for step in planned.pending}

    deploy()
    assert deploy() == {}
    _role_deleted_by_hand(aws, role)
    if made_again == "by hand":
        role.create(aws)
    wire = Wire(aws, "lambda")
    assert deploy()[function.id] == "replace"
    assert (wire.sent["DeleteFunction"], wire.sent["CreateFunction"], wire.sent["AddPermission"]) == (1, 1, 1)
    assert deploy() == {}


def test_a_new_function_is_waited_for(aws: Aws) -> None:
    """LMB-06; but not by what may be made for a pending one (LMB-07)."""
    function, wire = _function(aws), Wire(aws, "lambda")
    wire.alter("GetFunction", _with_status("Configuration", State="Pending"), times=2)
    function.create(aws)
    assert wire.sent["GetFunction"] == 0
    function.settle(aws)
    assert wire.sent["GetFunction"] == 3


def test_new_code_for_a_function_still_being_made_waits_for_it(aws: Aws) -> None:
    """A deploy was killed right after CreateFunction (LMB-06)."""
    function = _function(aws)
    function.create(aws)
    wire = Wire(aws, "lambda")
    wire.alter("GetFunction", _with_status("Configuration", State="Pending"), times=3)
    newer = dataclasses.replace(function, code=lambda_.zipped("def handler(event, context):\n    return 4\n"))
    live = read(newer, aws)
    assert not live.settled
    newer.update(aws, live, newer.diff(live))
    assert (wire.sent["GetFunction"], wire.sent["UpdateFunctionCode"]) == (4, 1)


def test_code_and_configuration_are_changed_one_after_the_other(aws: Aws) -> None:
    """LMB-05."""
    function = _function(aws)
    function.create(aws)
    newer = dataclasses.replace(
        function, timeout_s=9, code=lambda_.zipped("def handler(event, context):\n    return 5\n")
    )
    live, wire = read(newer, aws), Wire(aws, "lambda")
    wire.alter("GetFunction", _with_status("Configuration", LastUpdateStatus="InProgress"), times=2)
    newer.update(aws, live, newer.diff(live))
    assert (wire.sent["UpdateFunctionCode"], wire.sent["UpdateFunctionConfiguration"]) == (1, 1)
    assert wire.sent["GetFunction"] == 3
    assert newer.diff(read(newer, aws)) == ()


def test_new_code_waits_for_the_update_before_it_and_touches_nothing_else(aws: Aws) -> None:
    """LMB-05."""
    function = _function(aws)
    function.create(aws)
    newer = dataclasses.replace(function, code=lambda_.zipped("def handler(event, context):\n    return 3\n"))
    live = read(newer, aws)
    wire = Wire(aws, "lambda")
    wire.alter("GetFunction", _with_status("Configuration", LastUpdateStatus="InProgress"), times=2)
    wire.refuse(
        "UpdateFunctionCode", "ResourceConflictException", "An update is in progress for resource: x", status=409
    )
    newer.update(aws, live, newer.diff(live))
    assert wire.sent["UpdateFunctionCode"] == 2
    assert wire.sent["UpdateFunctionConfiguration"] == 0
    assert newer.diff(read(newer, aws)) == ()


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        (
            "InvalidParameterValueException",
            "The function's execution role does not have permissions to call Invoke on arn:aws:lambda:x:1:function:y",
            400,
        ),
        ("ResourceConflictException", "The operation cannot be performed at this time", 409),
        ("ResourceNotFoundException", "The function does not exist.", 404),
    ],
)
def test_where_failures_go_waits_for_role_and_function(aws: Aws, code: str, message: str, status: int) -> None:
    """LMB-37."""
    function = _function(aws)
    arn = function.create(aws)["arn"]
    told = EventInvokeConfig(name="failures", function_name=function.name, destination_arn=arn)
    wire = Wire(aws, "lambda")
    wire.refuse("PutFunctionEventInvokeConfig", code, message, times=2, status=status)
    told.create(aws)
    assert wire.sent["PutFunctionEventInvokeConfig"] == 3
    assert told.diff(read(told, aws)) == ()


def test_a_destination_that_lambda_will_not_have_is_an_error_at_once(aws: Aws) -> None:
    function = _function(aws)
    arn = function.create(aws)["arn"]
    wire = Wire(aws, "lambda")
    wire.refuse("PutFunctionEventInvokeConfig", "InvalidParameterValueException", "1 validation error detected")
    with pytest.raises(ClientError):
        EventInvokeConfig(name="failures", function_name=function.name, destination_arn=arn).create(aws)
    assert wire.sent["PutFunctionEventInvokeConfig"] == 1


def test_a_failed_update_is_told_and_made_again(aws: Aws) -> None:
    function, wire = _function(aws), Wire(aws, "lambda")
    failed = _with_status("Configuration", LastUpdateStatus="Failed", LastUpdateStatusReason="no room")
    wire.alter("GetFunction", failed, times=2)
    function.create(aws)
    with pytest.raises(StudentDBError, match="no room"):
        function.settle(aws)
    live = read(function, aws)
    changes = function.diff(live)
    assert [change.property for change in changes] == ["last_update"]
    function.update(aws, live, changes)
    assert wire.sent["UpdateFunctionCode"] == wire.sent["UpdateFunctionConfiguration"] == 1


def test_a_function_that_never_came_up_is_replaced(aws: Aws) -> None:
    function = _function(aws)
    function.create(aws)
    Wire(aws, "lambda").alter("GetFunction", _with_status("Configuration", State="Failed"))
    (change,) = function.diff(read(function, aws))
    assert change.property in function.immutable


def test_a_function_still_being_made_is_deleted(aws: Aws) -> None:
    """LMB-08."""
    function = _function(aws)
    function.create(aws)
    wire = Wire(aws, "lambda")
    wire.refuse(
        "DeleteFunction", "ResourceConflictException", "The function is in the following state: Pending", status=409
    )
    function.delete(aws, read(function, aws))
    assert function.read(aws) is None


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        ("ResourceNotFoundException", "Function not found", 404),
        ("ResourceConflictException", "could not be updated due to a concurrent update operation", 409),
    ],
)
def test_a_permission_waits_for_its_function(aws: Aws, code: str, message: str, status: int) -> None:
    """LMB-12, LMB-13."""
    permission, wire = _permission(aws), Wire(aws, "lambda")
    wire.refuse("AddPermission", code, message, status=status)
    permission.create(aws)
    assert permission.diff(read(permission, aws)) == ()


def test_a_permission_is_read_back(aws: Aws) -> None:
    """LMB-16."""
    permission, wire = _permission(aws), Wire(aws, "lambda")
    wire.refuse("GetPolicy", "ResourceNotFoundException", "The resource you requested does not exist.", status=404)
    permission.create(aws)
    assert wire.sent["GetPolicy"] == 2


def test_recovery_is_enabled_once_the_table_has_backups(aws: Aws) -> None:
    """DDB-04, and the answer that still says DISABLED."""
    table, wire = _table(aws), Wire(aws, "dynamodb")
    wire.refuse("UpdateContinuousBackups", "ContinuousBackupsUnavailableException", "Backups are being enabled")
    disabled = {"PointInTimeRecoveryStatus": "DISABLED"}
    wire.alter(
        "DescribeContinuousBackups",
        lambda parsed: parsed["ContinuousBackupsDescription"].update(PointInTimeRecoveryDescription=disabled),
    )
    table.create(aws)
    assert (wire.sent["UpdateContinuousBackups"], wire.sent["DescribeContinuousBackups"]) == (2, 2)
    assert table.diff(read(table, aws)) == ()


def test_a_table_in_the_making_is_live_and_its_update_waits(aws: Aws) -> None:
    """A deploy was killed between CreateTable and ACTIVE (DDB-03)."""
    table = _table(aws)
    table.create(aws)
    wire = Wire(aws, "dynamodb")
    wire.alter("DescribeTable", _with_status("Table", TableStatus="CREATING"), times=3)
    wire.refuse("ListTagsOfResource", "ResourceNotFoundException", "Requested resource not found")
    wire.refuse("DescribeContinuousBackups", "TableNotFoundException", "Table not found")
    live = read(table, aws)
    assert not live.settled
    changes = table.diff(live)
    assert [change.property for change in changes] == ["point_in_time_recovery"]
    table.update(aws, live, changes)
    assert wire.sent["DescribeTable"] == 4


def test_a_table_on_its_way_out_is_absent_once_it_is_gone(aws: Aws) -> None:
    """DDB-20; whose it was does not matter any more."""
    table = _table(aws)
    table.create(stranger(aws))
    wire = Wire(aws, "dynamodb")
    wire.alter("DescribeTable", _with_status("Table", TableStatus="DELETING"), times=2)
    deleted: list[bool] = []

    def delete_after_second_look(**_: Any) -> None:
        if wire.sent["DescribeTable"] == 2 and not deleted:
            deleted.append(True)
            stranger_table = stranger(aws).client("dynamodb")
            stranger_table.update_table(TableName=table.name, DeletionProtectionEnabled=False)
            stranger_table.delete_table(TableName=table.name)

    aws.client("dynamodb").meta.events.register("after-call.dynamodb.DescribeTable", delete_after_second_look)
    assert table.read(aws) is None
    assert wire.sent["DescribeTable"] == 3


def test_a_busy_table_is_waited_for_when_it_is_deleted(aws: Aws) -> None:
    """DDB-10, DDB-17, DDB-18, DDB-19."""
    table, wire = _table(aws), Wire(aws, "dynamodb")
    table.create(aws)
    wire.refuse("UpdateTable", "ResourceInUseException", "Table is being updated")
    wire.refuse(
        "DeleteTable",
        "ValidationException",
        "Resource cannot be deleted as it is currently protected against deletion.",
    )
    wire.refuse("DeleteTable", "ResourceInUseException", "Attempt to change a resource which is still in use")
    words = "Cannot delete table while indexes are being created, updated, or deleted."
    wire.refuse("DeleteTable", "LimitExceededException", words)
    table.delete(aws, read(table, aws))
    assert table.read(aws) is None


def test_an_account_that_may_have_no_more_tables_is_not_waited_for(aws: Aws) -> None:
    """DDB-02: the same code as for too many tables at once, which passes."""
    table, wire = _table(aws), Wire(aws, "dynamodb")
    at_once = "Subscriber limit exceeded: Only 10 tables can be created, updated, or deleted simultaneously"
    wire.refuse("CreateTable", "LimitExceededException", at_once)
    table.create(aws)
    assert wire.sent["CreateTable"] == 2
    table.delete(aws, read(table, aws))
    for_ever = "Subscriber limit exceeded: There is a limit of 256 tables per subscriber"
    wire.refuse("CreateTable", "LimitExceededException", for_ever)
    with pytest.raises(ClientError, match="There is a limit of"):
        table.create(aws)
    assert wire.sent["CreateTable"] == 3


def test_a_quota_is_not_asked_twice(aws: Aws) -> None:
    """LOG-07: botocore would repeat this code as if it were throttling."""
    wire = Wire(aws, "logs")
    wire.refuse("CreateLogGroup", "LimitExceededException", "Resource limit exceeded.")
    with pytest.raises(ClientError, match="Resource limit exceeded"):
        _group(aws).create(aws)
    assert wire.sent["CreateLogGroup"] == 1


def test_a_change_of_tags_is_waited_for(aws: Aws) -> None:
    """Since August 2024 it takes effect later, and refuses another one until then (terraform-provider-aws#39326)."""
    table = dataclasses.replace(_table(aws), tags={tags.TOOL: "1.0.0"})
    tool = ToolVersion(name=table.name, table_arn=table.create(aws)["arn"], version="1.1.0")
    live = read(tool, aws)
    wire = Wire(aws, "dynamodb")
    busy = "Attempt to change a resource which is still in use: Table tags are being updated"
    for operation in ("TagResource", "UntagResource"):
        wire.refuse(operation, "ResourceInUseException", busy)
    before = tags.as_list({**aws.tags, **table.tags})
    wire.alter("ListTagsOfResource", lambda parsed: parsed.update(Tags=before), times=2)
    tool.update(aws, live, tool.diff(live))
    assert (wire.sent["TagResource"], wire.sent["ListTagsOfResource"]) == (2, 3)
    assert tool.diff(read(tool, aws)) == ()
    tool.delete(aws, live)
    assert wire.sent["UntagResource"] == 2
    assert tool.read(aws) is None


def test_indexes_are_added_one_at_a_time(aws: Aws) -> None:
    """DDB-09, DDB-12: each call brings one index and the attributes that are in use then, and is waited for."""
    _table(aws).create(aws)
    role, city = Index("role-index", Attribute("role", "S")), Index("city-index", Attribute("city", "S"))
    table = _table(aws, role, city)
    live = read(table, aws)
    requests: list[dict[str, Any]] = []
    aws.client("dynamodb").meta.events.register(
        "provide-client-params.dynamodb.UpdateTable", lambda params, **_: requests.append(params)
    )
    table.update(aws, live, table.diff(live))
    defined = [sorted(d["AttributeName"] for d in request["AttributeDefinitions"]) for request in requests]
    assert defined == [["id", "role"], ["city", "id", "role"]]
    assert [len(request["GlobalSecondaryIndexUpdates"]) for request in requests] == [1, 1]


def test_a_role_with_policies_by_hand_goes_with_them(aws: Aws) -> None:
    """IAM-03: DeleteConflict "must detach all policies first"."""
    role, wire = _role(aws), Wire(aws, "iam")
    role.create(aws)
    iam, document = aws.client("iam"), json.dumps(ANYTHING)
    iam.put_role_policy(RoleName=role.name, PolicyName="by-hand", PolicyDocument=document)
    managed = iam.create_policy(PolicyName="managed", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role.name, PolicyArn=managed)
    role.delete(aws, read(role, aws))
    assert (wire.sent["DeleteRolePolicy"], wire.sent["DetachRolePolicy"], wire.sent["DeleteRole"]) == (1, 1, 2)
    assert role.read(aws) is None


def test_a_policy_that_the_list_did_not_show_yet(aws: Aws) -> None:
    """X-10, IAM-03."""
    role, wire = _role(aws), Wire(aws, "iam")
    role.create(aws)
    aws.client("iam").put_role_policy(RoleName=role.name, PolicyName="new", PolicyDocument=json.dumps(ANYTHING))
    wire.alter("ListRolePolicies", lambda parsed: parsed.update(PolicyNames=[]))
    role.delete(aws, read(role, aws))
    assert (wire.sent["DeleteRolePolicy"], wire.sent["DeleteRole"]) == (1, 2)
    assert role.read(aws) is None


@pytest.mark.parametrize(("code", "status"), [("NoSuchEntity", 404), ("ConcurrentModification", 409)])
def test_a_policy_waits_for_its_role(aws: Aws, code: str, status: int) -> None:
    """X-10, IAM-06."""
    _role(aws).create(aws)
    policy = RolePolicy(name="data", role_name=_role(aws).name, document=ANYTHING)
    Wire(aws, "iam").refuse("PutRolePolicy", code, "", status=status)
    policy.create(aws)
    assert policy.diff(read(policy, aws)) == ()


@pytest.mark.parametrize("operation", ["CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup"])
def test_a_log_group_in_another_change_is_waited_for(aws: Aws, operation: str) -> None:
    """LOG-02."""
    group, wire = _group(aws), Wire(aws, "logs")
    wire.refuse(operation, "OperationAbortedException", "A conflicting operation is in progress. Please try again.")
    group.create(aws)
    live = read(group, aws)
    assert group.diff(live) == ()
    group.delete(aws, live)
    assert wire.sent[operation] == 2


def test_an_untagged_log_group_is_ours_only_under_our_functions_name(aws: Aws) -> None:
    """LMB-22."""
    elsewhere = LogGroup(name=f"/aws/apigateway/{aws.deployment.prefix}-api", retention_days=30)
    for group in (_group(aws), elsewhere):
        aws.client("logs").create_log_group(logGroupName=group.name)
    assert {change.property for change in _group(aws).diff(read(_group(aws), aws))} == {"retention_days", "marked"}
    with pytest.raises(NotOursError):
        elsewhere.read(aws)


def test_the_signing_key_is_made_once_and_never_fetched(aws: Aws) -> None:
    table = _table(aws)
    table = dataclasses.replace(table, hash=Attribute("pk", "S"), range=Attribute("sk", "S"))
    table.create(aws)
    key = SigningKey(name="cursor", table_name=table.name)
    answers: list[dict[str, Any]] = []
    aws.client("dynamodb").meta.events.register(
        "after-call.dynamodb.GetItem", lambda parsed, **_: answers.append(parsed["Item"])
    )

    def stored() -> bytes:
        (item,) = stranger(aws).client("dynamodb").scan(TableName=table.name)["Items"]
        value: bytes = item["key"]["B"]
        return value

    key.create(aws)
    first = stored()
    assert len(first) == 32
    key.create(aws)
    read(key, aws)
    assert stored() == first
    assert [set(answer) for answer in answers] == [{"pk"}]


@pytest.mark.parametrize("make", [_table, _role, _group, _function, _permission])
def test_create_goes_on_from_its_own_earlier_attempt(aws: Aws, make: Callable[[Aws], Resource]) -> None:
    """The answer to the first create was lost (X-06)."""
    resource = make(aws)
    first = resource.create(aws)
    assert resource.create(aws) == first
    assert resource.diff(read(resource, aws)) == ()


@pytest.mark.parametrize(
    ("make", "service", "reading", "absent"),
    [
        (_role, "iam", "GetRole", "NoSuchEntity"),
        (_function, "lambda", "GetFunction", "ResourceNotFoundException"),
    ],
)
def test_what_exists_already_may_show_later(
    aws: Aws, make: Callable[[Aws], Resource], service: str, reading: str, absent: str
) -> None:
    """X-10: the answer to the first create was lost, and reads lag behind it."""
    resource = make(aws)
    first = resource.create(aws)
    wire = Wire(aws, service)
    wire.refuse(reading, absent, times=3, status=404)
    assert resource.create(aws) == first
    assert wire.sent[reading] >= 4


def test_a_log_group_that_exists_already_may_show_later(aws: Aws) -> None:
    """X-10."""
    group, wire = _group(aws), Wire(aws, "logs")
    first = group.create(aws)
    wire.alter("DescribeLogGroups", lambda parsed: parsed.update(logGroups=[]), times=3)
    assert group.create(aws) == first
    assert wire.sent["DescribeLogGroups"] == 4


def test_what_exists_already_and_never_shows_is_told(aws: Aws) -> None:
    aws = in_virtual_time(aws)
    role = _role(aws)
    role.create(aws)
    wire = Wire(aws, "iam")
    wire.refuse("GetRole", "NoSuchEntity", times=1000, status=404)
    with pytest.raises(ClientError) as raised:
        role.create(aws)
    assert error_code(raised.value) == "EntityAlreadyExists"
    assert 10 < wire.sent["GetRole"] < 60


@pytest.mark.parametrize("make", [_table, _role, _group, _function])
def test_create_takes_nothing_from_a_stranger(aws: Aws, make: Callable[[Aws], Resource]) -> None:
    """Somebody made it between our look and our create."""
    resource = make(aws)
    resource.create(stranger(aws))
    with pytest.raises(NotOursError):
        resource.create(aws)


def test_an_unexpected_refusal_is_passed_on(aws: Aws) -> None:
    Wire(aws, "dynamodb").refuse("DescribeTable", "AccessDeniedException", "no")
    with pytest.raises(ClientError) as raised:
        _table(aws).read(aws)
    assert error_code(raised.value) == "AccessDeniedException"
