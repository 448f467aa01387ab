"""What the embedded engine holds is there again after a stop, and after a crash."""

from __future__ import annotations

import io
import json
import os
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from studentdb.local.engine import LocalEngine, Running
from tests.support import free_port

pytestmark = pytest.mark.engine

HANDLER = 'def handler(event, context): return {"statusCode": 200, "body": "hello from the function"}'
PASSWORD = "Correct-horse-7-battery"


@dataclass
class Cloud:
    """Clients of an engine."""

    running: Running

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.running.url,
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    def get(self, path: str, host: str = "") -> str:
        return httpx.get(f"{self.running.url}{path}", headers={"Host": host} if host else {}).raise_for_status().text


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[LocalEngine]:
    engine = LocalEngine(tmp_path / "home", port=free_port())
    yield engine
    engine.down()


def stop(engine: LocalEngine, running: Running) -> None:
    engine.down()


def crash(engine: LocalEngine, running: Running) -> None:
    _await_saved(engine, running)
    os.kill(running.pid, signal.SIGKILL)


@pytest.mark.parametrize("end", [stop, pytest.param(crash, marks=pytest.mark.slow)])
def test_everything_survives(engine: LocalEngine, end: Callable[[LocalEngine, Running], None]) -> None:
    before = Cloud(engine.up())
    made = _make(before)
    _check(before, made)
    end(engine, before.running)

    after = Cloud(engine.up())
    assert after.running.pid != before.running.pid
    _check(after, made)


def test_reset_deletes_everything(engine: LocalEngine) -> None:
    cloud = Cloud(engine.up())
    cloud.client("s3").create_bucket(Bucket="gone", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    _table(cloud)
    engine.reset()
    assert engine.status() is None
    cloud = Cloud(engine.up())
    assert cloud.client("dynamodb").list_tables()["TableNames"] == []
    assert cloud.client("s3").list_buckets()["Buckets"] == []


def test_nothing_is_kept_when_not_wanted(tmp_path: Path) -> None:
    engine = LocalEngine(tmp_path / "home", persist=False)
    try:
        _table(Cloud(engine.up()))
        engine.down()
        assert Cloud(engine.up()).client("dynamodb").list_tables()["TableNames"] == []
    finally:
        engine.down()


def _await_saved(engine: LocalEngine, running: Running) -> None:
    """All files of a save are of one moment, and the next one begins after the last of them: two marks in a row.

    How long that takes depends on how long saving does; a busy machine takes its time.
    """
    parameters = Cloud(running).client("ssm")
    saved = engine.home / "state" / "ssm.json"
    for mark in ("/saved/first", "/saved/second"):
        parameters.put_parameter(Name=mark, Value="-", Type="String")
        end = time.monotonic() + 60
        while not saved.exists() or mark not in saved.read_text(encoding="utf-8"):
            assert time.monotonic() < end, "nothing is saved"
            time.sleep(0.05)


def _table(cloud: Cloud) -> None:
    dynamodb = cloud.client("dynamodb")
    dynamodb.create_table(
        TableName="people",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "owner", "Value": "us"}],
    )
    dynamodb.put_item(TableName="people", Item={"id": {"S": "1"}, "name": {"S": "Nguyễn"}, "raw": {"B": b"\x00\xff"}})
    dynamodb.update_continuous_backups(
        TableName="people", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )


def _make(cloud: Cloud) -> dict[str, str]:
    _table(cloud)
    made = _pool(cloud) | _api(cloud) | _site(cloud)
    cloud.client("ssm").put_parameter(Name="/people/lock/1", Value="held", Type="String")
    cloud.client("logs").create_log_group(logGroupName="/people", tags={"owner": "us"})
    cloud.client("logs").put_retention_policy(logGroupName="/people", retentionInDays=30)
    return made


def _pool(cloud: Cloud) -> dict[str, str]:
    cognito = cloud.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="people", UserPoolTags={"owner": "us"})["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.create_group(UserPoolId=pool, GroupName="admin")
    cognito.admin_create_user(UserPoolId=pool, Username="ada@example.edu", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username="ada@example.edu", Password=PASSWORD, Permanent=True)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username="ada@example.edu", GroupName="admin")
    session = _sign_in(cloud, client)
    return {"pool": pool, "client": client, "refresh": session["RefreshToken"], "access": session["AccessToken"]}


def _sign_in(cloud: Cloud, client: str) -> dict[str, str]:
    answer = cloud.client("cognito-idp").initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada@example.edu", "PASSWORD": PASSWORD},
    )
    return dict(answer["AuthenticationResult"])


def _api(cloud: Cloud) -> dict[str, str]:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}
    trust["Statement"][0]["Principal"] = {"Service": "lambda.amazonaws.com"}  # type: ignore[index]
    role = cloud.client("iam").create_role(RoleName="people", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as package:
        package.writestr("greet.py", HANDLER)
    function = cloud.client("lambda").create_function(
        FunctionName="people",
        Runtime="python3.13",
        Role=role,
        Handler="greet.handler",
        Code={"ZipFile": code.getvalue()},
        Tags={"owner": "us"},
    )["FunctionArn"]
    gateway = cloud.client("apigatewayv2")
    api = gateway.create_api(Name="people", ProtocolType="HTTP", Tags={"owner": "us"})["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="GET /hello", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api, StageName="prod", AutoDeploy=True)
    return {"api": api}


def _site(cloud: Cloud) -> dict[str, str]:
    s3 = cloud.client("s3")
    s3.create_bucket(
        Bucket="people-site",
        CreateBucketConfiguration={
            "LocationConstraint": "eu-central-1",
            "Tags": [{"Key": "owner", "Value": "us"}],
        },
    )
    s3.put_public_access_block(
        Bucket="people-site",
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    s3.put_object(
        Bucket="people-site",
        Key="index.html",
        Body="<p>Xin chào".encode(),
        ContentType="text/html; charset=utf-8",
        CacheControl="no-cache",
    )
    cloudfront = cloud.client("cloudfront")
    access = cloudfront.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": "people",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]
    config = {
        "CallerReference": "people-1",
        "Comment": "people",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "site",
                    "DomainName": "people-site.s3.eu-central-1.amazonaws.com",
                    "OriginAccessControlId": access,
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "site",
            "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        },
    }
    made = cloudfront.create_distribution_with_tags(
        DistributionConfigWithTags={
            "DistributionConfig": config,
            "Tags": {"Items": [{"Key": "owner", "Value": "us"}]},
        }
    )["Distribution"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::people-site/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": made["ARN"]}},
    }
    s3.put_bucket_policy(Bucket="people-site", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return {"distribution": made["Id"], "distribution_arn": made["ARN"], "domain": made["DomainName"]}


def _check(cloud: Cloud, made: dict[str, str]) -> None:
    dynamodb = cloud.client("dynamodb")
    item = dynamodb.get_item(TableName="people", Key={"id": {"S": "1"}})["Item"]
    assert (item["name"], item["raw"]) == ({"S": "Nguyễn"}, {"B": b"\x00\xff"})
    table = dynamodb.describe_table(TableName="people")["Table"]["TableArn"]
    assert dynamodb.list_tags_of_resource(ResourceArn=table)["Tags"] == [{"Key": "owner", "Value": "us"}]
    backups = dynamodb.describe_continuous_backups(TableName="people")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"

    cognito = cloud.client("cognito-idp")
    _sign_in(cloud, made["client"])
    assert cognito.get_user(AccessToken=made["access"])["Username"]
    refreshed = cognito.initiate_auth(
        ClientId=made["client"],
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": made["refresh"]},
    )
    assert refreshed["AuthenticationResult"]["AccessToken"]
    groups = cognito.admin_list_groups_for_user(UserPoolId=made["pool"], Username="ada@example.edu")["Groups"]
    assert [group["GroupName"] for group in groups] == ["admin"]

    assert cloud.get(f"/_aws/execute-api/{made['api']}/prod/hello") == "hello from the function"
    assert cloud.client("apigatewayv2").get_api(ApiId=made["api"])["Tags"] == {"owner": "us"}

    s3 = cloud.client("s3")
    body = s3.get_object(Bucket="people-site", Key="index.html")
    assert (body["ContentType"], body["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")
    assert s3.get_bucket_tagging(Bucket="people-site")["TagSet"] == [{"Key": "owner", "Value": "us"}]
    assert cloud.get("/", host=f"{made['domain'].split('.')[0]}.cloudfront.localhost") == "<p>Xin chào"
    tags = cloud.client("cloudfront").list_tags_for_resource(Resource=made["distribution_arn"])["Tags"]
    assert tags["Items"] == [{"Key": "owner", "Value": "us"}]

    assert cloud.client("ssm").get_parameter(Name="/people/lock/1")["Parameter"]["Value"] == "held"
    group = cloud.client("logs").describe_log_groups(logGroupNamePrefix="/people")["logGroups"][0]
    assert group["retentionInDays"] == 30
