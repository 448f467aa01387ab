"""S3, CloudWatch Logs and SSM bite who does not expect it, and let go when the time is over."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.aws import logs, s3, ssm
from tests.aws.naive import Naive, bites


@bites(s3.BucketNotVisible, s3.BucketNotWritable, s3.SettingsAtOnce, s3.LifecycleLate)
def test_a_bucket_is_late_and_takes_one_setting_at_a_time(naive: Naive) -> None:
    """S3-06, S3-07, S3-21."""
    bucket = naive.bucket()
    versions = {**bucket, "VersioningConfiguration": {"Status": "Enabled"}}
    naive.refused("NoSuchBucket", naive.s3.get_bucket_tagging, **bucket)
    naive.later(1)
    naive.refused("NoSuchBucket", naive.s3.put_bucket_versioning, **versions)
    naive.later(1)
    naive.s3.put_bucket_versioning(**versions)
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    lifecycle = {**bucket, "LifecycleConfiguration": {"Rules": [rule]}}
    naive.refused("OperationAborted", naive.s3.put_bucket_lifecycle_configuration, **lifecycle)
    naive.later(1)
    naive.s3.put_bucket_lifecycle_configuration(**lifecycle)
    naive.refused("NoSuchLifecycleConfiguration", naive.s3.get_bucket_lifecycle_configuration, **bucket)
    naive.later(2)
    naive.s3.get_bucket_lifecycle_configuration(**bucket)


@bites(s3.HalfDeleted, s3.LateObject, s3.BucketStillThere, s3.BucketNameTaken)
def test_a_bucket_is_never_as_empty_as_it_was_left(naive: Naive) -> None:
    """S3-05, S3-13, S3-15, S3-16, S3-17, S3-19."""
    bucket = naive.bucket()
    naive.later(2)
    naive.s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b"):
        naive.s3.put_object(**bucket, Key=key)

    def empty() -> list[str]:
        found = naive.s3.list_object_versions(**bucket)
        items = [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
        objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in items]
        return [
            error["Code"] for error in naive.s3.delete_objects(**bucket, Delete={"Objects": objects}).get("Errors", ())
        ]

    assert empty() == ["InternalError"]
    assert empty() == []
    naive.refused("BucketNotEmpty", naive.s3.delete_bucket, **bucket)
    assert empty() == []
    naive.s3.delete_bucket(**bucket)
    naive.s3.head_bucket(**bucket)
    naive.later(2)
    naive.refused("404", naive.s3.head_bucket, **bucket)
    with pytest.raises(ClientError, match="OperationAborted"):
        naive.bucket()
    naive.later(20)
    naive.bucket()


@bites(logs.GroupBusy, logs.GroupUnlisted)
def test_a_log_group_is_busy_and_unlisted(naive: Naive) -> None:
    """LOG-02, X-10."""
    group = {"logGroupName": naive.name}
    naive.logs.create_log_group(**group)
    naive.refused("OperationAbortedException", naive.logs.put_retention_policy, **group, retentionInDays=30)
    assert naive.logs.describe_log_groups()["logGroups"] == []
    naive.later(2)
    assert len(naive.logs.describe_log_groups()["logGroups"]) == 1
    naive.logs.delete_log_group(**group)
    naive.refused("OperationAbortedException", naive.logs.create_log_group, **group)


@bites(ssm.ParameterBusy, ssm.ParameterUnlisted, ssm.ParameterNameTaken)
def test_a_parameter_is_busy_unlisted_and_keeps_its_name(naive: Naive) -> None:
    """X-10, X-12."""
    parameter = {"Name": "/a/b", "Value": "x", "Type": "String"}
    naive.ssm.put_parameter(**parameter)
    assert naive.ssm.get_parameters_by_path(Path="/a")["Parameters"] == []
    naive.refused("TooManyUpdates", naive.ssm.put_parameter, **parameter, Overwrite=True)
    naive.later(1)
    assert len(naive.ssm.get_parameters_by_path(Path="/a")["Parameters"]) == 1
    naive.ssm.delete_parameters(Names=["/a/b"])
    naive.refused("ParameterAlreadyExists", naive.ssm.put_parameter, **parameter)
    naive.later(30)
    naive.ssm.put_parameter(**parameter)
