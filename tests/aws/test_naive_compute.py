"""IAM, Lambda and DynamoDB bite who does not expect it, and let go when the time is over."""

from __future__ import annotations

from tests.aws import dynamodb, iam, lambda_
from tests.aws.naive import POLICY, Naive, bites


@bites(iam.RoleNotVisible, iam.RoleWrittenAtOnce, iam.RoleNotAssumable)
def test_a_role_is_unknown_busy_and_not_assumable(naive: Naive) -> None:
    """X-10, IAM-06, X-02, LMB-01, LMB-02, X-03."""
    function = {**naive.function(), "Role": naive.role()}
    policy = {"RoleName": naive.name, "PolicyName": "x", "PolicyDocument": POLICY}
    naive.refused("NoSuchEntity", naive.iam.get_role, RoleName=naive.name)
    naive.refused("NoSuchEntity", naive.iam.put_role_policy, **policy)
    naive.later(1.5)
    naive.refused("ConcurrentModification", naive.iam.put_role_policy, **policy)
    for code in ("InvalidParameterValueException", "InternalFailure", "InvalidParameterValueException"):
        naive.refused(code, naive.lambda_.create_function, **function)
    naive.later(8)
    naive.lambda_.create_function(**function)


@bites(iam.RoleInUse)
def test_a_role_is_in_use_a_moment_longer(naive: Naive) -> None:
    """IAM-03."""
    naive.role()
    naive.later(3)
    naive.iam.put_role_policy(RoleName=naive.name, PolicyName="x", PolicyDocument=POLICY)
    naive.later(3)
    naive.iam.delete_role_policy(RoleName=naive.name, PolicyName="x")
    naive.refused("DeleteConflict", naive.iam.delete_role, RoleName=naive.name)
    naive.later(3)
    naive.iam.delete_role(RoleName=naive.name)


@bites(lambda_.FunctionNotVisible, lambda_.FunctionPending, lambda_.FunctionInUpdate)
def test_a_function_is_pending_then_in_update(naive: Naive) -> None:
    """LMB-05, LMB-06, LMB-08, LMB-13."""
    known = {"FunctionName": naive.name}
    request = naive.function()
    naive.lambda_.create_function(**request)
    naive.refused("ResourceNotFoundException", naive.lambda_.get_function, **known)
    naive.later(1)
    assert naive.lambda_.get_function(**known)["Configuration"]["State"] == "Pending"
    update = {**known, "Description": "new"}
    naive.refused("ResourceConflictException", naive.lambda_.update_function_configuration, **update)
    naive.refused("ResourceConflictException", naive.lambda_.delete_function, **known)
    naive.later(3)
    naive.lambda_.update_function_configuration(**update)
    assert naive.lambda_.get_function(**known)["Configuration"]["LastUpdateStatus"] == "InProgress"
    code = {**known, "ZipFile": request["Code"]["ZipFile"]}
    naive.refused("ResourceConflictException", naive.lambda_.update_function_code, **code)
    naive.later(2)
    naive.lambda_.update_function_code(**code)


@bites(lambda_.PolicyBusy, lambda_.PolicyNotVisible, lambda_.PermissionLost)
def test_permissions_are_late_busy_and_lost(naive: Naive) -> None:
    """LMB-12, LMB-16."""
    known = {"FunctionName": naive.name}
    naive.lambda_.create_function(**naive.function())
    naive.later(1)
    permission = {**known, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    naive.refused("ResourceConflictException", naive.lambda_.add_permission, **permission, StatementId="one")
    naive.later(1)
    naive.lambda_.add_permission(**permission, StatementId="one")
    naive.refused("ResourceNotFoundException", naive.lambda_.get_policy, **known)
    naive.lambda_.add_permission(**permission, StatementId="two")
    naive.later(2)
    assert '"one"' not in naive.lambda_.get_policy(**known)["Policy"]


@bites(lambda_.FunctionNameTaken, lambda_.LateLogLine)
def test_a_functions_name_is_taken_and_its_log_group_comes_back(naive: Naive) -> None:
    """LMB-22, LOG-03."""
    request = naive.function()
    naive.lambda_.create_function(**request)
    naive.later(4)
    naive.lambda_.delete_function(FunctionName=naive.name)
    naive.refused("ResourceConflictException", naive.lambda_.create_function, **request)
    naive.later(10)
    (group,) = naive.logs.describe_log_groups()["logGroups"]
    assert group["logGroupName"] == f"/aws/lambda/{naive.name}"
    assert "retentionInDays" not in group


@bites(dynamodb.TableCreating, dynamodb.BackupsBeingEnabled)
def test_a_table_is_made_then_has_backups_made(naive: Naive) -> None:
    """DDB-01, DDB-03, DDB-04, DDB-05, DDB-18."""
    known = {"TableName": naive.name}
    naive.dynamodb.create_table(**naive.table())
    naive.refused("ResourceNotFoundException", naive.dynamodb.describe_table, **known)
    naive.refused("ResourceInUseException", naive.dynamodb.create_table, **naive.table())
    naive.later(1)
    assert naive.dynamodb.describe_table(**known)["Table"]["TableStatus"] == "CREATING"
    naive.refused("ResourceNotFoundException", naive.dynamodb.put_item, **known, Item={"id": {"S": "1"}})
    naive.refused("ResourceInUseException", naive.dynamodb.delete_table, **known)
    naive.later(6.5)
    recovery = {**known, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
    naive.refused("ContinuousBackupsUnavailableException", naive.dynamodb.update_continuous_backups, **recovery)
    naive.later(3)
    naive.dynamodb.update_continuous_backups(**recovery)
    shown = naive.dynamodb.describe_continuous_backups(**known)["ContinuousBackupsDescription"]
    assert shown["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
    expiry = {**known, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}}
    naive.refused("ValidationException", naive.dynamodb.update_time_to_live, **expiry)
    naive.later(2)
    naive.dynamodb.update_time_to_live(**expiry)


@bites(dynamodb.TooManyTables)
def test_tables_are_made_few_at_a_time(naive: Naive) -> None:
    """DDB-02."""
    for number in range(4):
        naive.dynamodb.create_table(**{**naive.table(), "TableName": f"{naive.name}-{number}"})
    naive.refused("LimitExceededException", naive.dynamodb.create_table, **naive.table())
    naive.later(7)
    naive.dynamodb.create_table(**naive.table())


@bites(dynamodb.TableUpdating, dynamodb.TagsTakeTime, dynamodb.OneIndexAtATime, dynamodb.TableDeleting)
def test_a_table_changes_one_thing_at_a_time(naive: Naive) -> None:
    """DDB-09, DDB-10, DDB-11, DDB-17, DDB-19, DDB-20, X-12."""
    known = {"TableName": naive.name}
    naive.dynamodb.create_table(**naive.table())
    naive.later(20)
    protect = {**known, "DeletionProtectionEnabled": True}
    naive.dynamodb.update_table(**protect)
    assert naive.dynamodb.describe_table(**known)["Table"]["TableStatus"] == "UPDATING"
    naive.refused("ResourceInUseException", naive.dynamodb.update_table, **known, DeletionProtectionEnabled=False)
    naive.later(3)
    naive.refused("ValidationException", naive.dynamodb.update_table, **protect)
    naive.refused("ValidationException", naive.dynamodb.delete_table, **known)

    arn = naive.dynamodb.describe_table(**known)["Table"]["TableArn"]
    naive.dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert naive.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == []
    naive.refused("ResourceInUseException", naive.dynamodb.untag_resource, ResourceArn=arn, TagKeys=["a"])

    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "city", "role")]
    both = [{"Create": naive.index("city")}, {"Create": naive.index("role")}]
    add = {**known, "AttributeDefinitions": attributes}
    naive.refused("LimitExceededException", naive.dynamodb.update_table, **add, GlobalSecondaryIndexUpdates=both)
    naive.dynamodb.update_table(**add, GlobalSecondaryIndexUpdates=both[:1])
    (index,) = naive.dynamodb.describe_table(**known)["Table"]["GlobalSecondaryIndexes"]
    assert index["IndexStatus"] == "CREATING"
    naive.refused("ResourceInUseException", naive.dynamodb.update_table, **add, GlobalSecondaryIndexUpdates=both[1:])
    naive.refused("LimitExceededException", naive.dynamodb.delete_table, **known)
    naive.later(30)

    naive.dynamodb.update_table(**known, DeletionProtectionEnabled=False)
    naive.refused("ResourceInUseException", naive.dynamodb.delete_table, **known)
    naive.later(3)
    naive.dynamodb.delete_table(**known)
    assert naive.dynamodb.describe_table(**known)["Table"]["TableStatus"] == "DELETING"
    naive.refused("ResourceInUseException", naive.dynamodb.create_table, **naive.table())
    naive.later(5)
    naive.refused("ResourceNotFoundException", naive.dynamodb.describe_table, **known)
