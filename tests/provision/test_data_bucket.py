"""The bucket of people's files: what the lifecycle of every kind does not show."""

from __future__ import annotations

import dataclasses
import json

from studentdb.provision.core import is_there
from tests.provision.cases.s3 import data_bucket
from tests.support import Backend


def test_nobody_reaches_it_without_tls(moto: Backend) -> None:
    aws = moto.root()
    bucket = dataclasses.replace(data_bucket(aws), tls_only=True)
    bucket.create(aws)

    (statement,) = json.loads(aws.client("s3").get_bucket_policy(Bucket=bucket.name)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Resource"] == [f"arn:aws:s3:::{bucket.name}", f"arn:aws:s3:::{bucket.name}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    live = bucket.read(aws)
    assert is_there(live)
    assert not bucket.diff(live)
    (change,) = dataclasses.replace(bucket, tls_only=False).diff(live)
    assert change.property == "policy"


def test_it_is_encrypted_with_the_managed_key_and_a_bucket_key(moto: Backend) -> None:
    aws = moto.root()
    bucket = data_bucket(aws)
    bucket.create(aws)

    (rule,) = aws.client("s3").get_bucket_encryption(Bucket=bucket.name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms"}
    assert rule["BucketKeyEnabled"] is True
    own_key = "arn:aws:kms:eu-central-1:123456789012:key/1"
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": own_key}
    rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
    aws.client("s3").put_bucket_encryption(Bucket=bucket.name, ServerSideEncryptionConfiguration={"Rules": rules})
    live = bucket.read(aws)
    assert is_there(live)
    assert [change.property for change in bucket.diff(live)] == ["encryption"]
    assert not dataclasses.replace(bucket, kms_key=own_key).diff(live)
