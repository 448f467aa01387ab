"""What boto3 raises becomes what happened, why, and a hint."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError

from studentdb.errors import NotAllowedError, StudentDBError, UnavailableError, UsageError
from studentdb.provision.failures import S3_RIGHTS, explain
from studentdb.provision.resources.s3_bucket import Bucket
from studentdb.provision.resources.s3_bucket_policy import BucketPolicy
from studentdb.provision.resources.s3_data_bucket import BucketCors, BucketNotification, DataBucket
from studentdb.provision.resources.s3_objects import Objects

URL = "https://dynamodb.eu-central-1.amazonaws.com/"


def answered(code: str, message: str = "no", operation: str = "CreateTable") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
def test_expired_credentials(code: str) -> None:
    error = explain(answered(code))
    assert isinstance(error, NotAllowedError)
    assert error.what == "the AWS credentials have expired"
    assert "aws configure" in error.hint


@pytest.mark.parametrize(
    "code", ["InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId"]
)
def test_unknown_credentials(code: str) -> None:
    error = explain(answered(code))
    assert isinstance(error, NotAllowedError)
    assert error.what == "AWS does not accept these credentials"


@pytest.mark.parametrize(
    ("message", "action"),
    [
        (
            "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: dynamodb:CreateTable on resource: "
            "arn:aws:dynamodb:eu-central-1:123456789012:table/x because no identity-based policy allows it",
            "dynamodb:CreateTable",
        ),
        ("User is not authorized to perform iam:PassRole on resource x", "iam:PassRole"),
        ("Access Denied", "CreateTable"),
    ],
)
@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_a_missing_right_is_named(code: str, message: str, action: str) -> None:
    error = explain(answered(code, message))
    assert isinstance(error, NotAllowedError)
    assert (error.what, error.why) == (f"AWS refused {action}", message)


@pytest.mark.parametrize(
    ("kind", "operation", "right"),
    [
        ("s3.bucket", "CreateBucket", "s3:CreateBucket"),
        ("s3.bucket", "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
        ("s3.objects", "ListObjectsV2", "s3:ListBucket"),
        ("iam.role", "CreateRole", "iam:CreateRole"),
        # Not among the rights of that kind: the operation is all that is known.
        ("iam.role", "CreateBucket", "CreateBucket"),
        ("", "CreateBucket", "CreateBucket"),
    ],
)
def test_a_right_that_aws_does_not_name_is_the_resources(kind: str, operation: str, right: str) -> None:
    """S3 says no more than this; a HEAD, which has no body, not even this."""
    assert explain(answered("AccessDenied", "Access Denied", operation), kind).what == f"AWS refused {right}"


def test_the_rights_of_s3_are_those_of_the_resources() -> None:
    declared = {
        action
        for kind in (Bucket, BucketPolicy, BucketCors, BucketNotification, DataBucket, Objects)
        for every in kind.actions.values()
        for action in every
    }
    operations = boto3.Session().client("s3", region_name="eu-central-1").meta.service_model.operation_names
    for operation, right in S3_RIGHTS.items():
        assert operation in operations
        assert f"s3:{right}" in declared


@pytest.mark.parametrize(("operation", "right"), [("HeadBucket", "s3:ListBucket")])
def test_a_refused_head(operation: str, right: str) -> None:
    error = explain(answered("403", "Forbidden", operation), "s3.bucket")
    assert isinstance(error, NotAllowedError)
    assert error.what == f"AWS refused {right}"
    expired = explain(answered("400", "Bad Request", operation))
    assert isinstance(expired, NotAllowedError)
    assert "may have expired" in expired.hint


def test_what_an_organisation_forbids_is_not_in_the_readers_hands() -> None:
    message = (
        "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: iam:CreateRole on resource: "
        "arn:aws:iam::123456789012:role/x with an explicit deny in a service control policy"
    )
    error = explain(answered("AccessDenied", message))
    assert error.what == "AWS refused iam:CreateRole"
    assert "organisation" in error.hint


QUOTA = "a quota of this AWS account does not allow"
TAKEN = "the name is taken"
LATER = "wait a few minutes"
QUOTAS = "Service Quotas"


@pytest.mark.parametrize(
    ("operation", "code", "message", "what", "hint"),
    [
        # CF-09
        (
            "CreateDistributionWithTags",
            "AccessDenied",
            "Your account must be verified before you can add new CloudFront resources. To verify your account, please "
            "contact AWS Support",
            "AWS has not verified this account for CloudFront yet",
            "AWS support",
        ),
        # New accounts.
        (
            "CreateUserPool",
            "SubscriptionRequiredException",
            "The AWS Access Key Id needs a subscription for the service",
            "this AWS account is not ready for CreateUserPool",
            "finish its sign-up",
        ),
        (
            "CreateApi",
            "OptInRequired",
            "The AWS Access Key Id needs a subscription for the service",
            "is not ready for CreateApi",
            "finish its sign-up",
        ),
        (
            "CreateBucket",
            "NotSignedUp",
            "Your account is not signed up for the S3 service. You must sign up before you can use S3.",
            "is not ready for CreateBucket",
            "finish its sign-up",
        ),
        # S3-42
        (
            "CreateBucket",
            "TooManyBuckets",
            "You have attempted to create more buckets than allowed",
            f"{QUOTA} CreateBucket",
            QUOTAS,
        ),
        # IAM-13
        ("CreateRole", "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000", f"{QUOTA} CreateRole", QUOTAS),
        # DDB-02: the code is that of an account which only has to wait.
        (
            "CreateTable",
            "LimitExceededException",
            "Subscriber limit exceeded: There is a limit of 256 tables per subscriber",
            f"{QUOTA} CreateTable",
            QUOTAS,
        ),
        (
            "CreateTable",
            "LimitExceededException",
            "Subscriber limit exceeded: Only 10 tables can be created, updated, or deleted simultaneously",
            "AWS is busy",
            LATER,
        ),
        # CF-35
        (
            "CreateResponseHeadersPolicy",
            "TooManyResponseHeadersPolicies",
            "Account's Response Headers Policies limit reached.",
            f"{QUOTA} CreateResponseHeadersPolicy",
            QUOTAS,
        ),
        ("CreateUserPool", "LimitExceededException", "", f"{QUOTA} CreateUserPool", QUOTAS),  # COG-28
        ("CreateLogGroup", "LimitExceededException", "Resource limit exceeded.", f"{QUOTA} CreateLogGroup", QUOTAS),
        # LMB-26, LMB-17, SSM
        ("UpdateFunctionCode", "CodeStorageExceededException", "Code storage limit exceeded.", QUOTA, QUOTAS),
        ("AddPermission", "PolicyLengthExceededException", "The final policy size is bigger", QUOTA, QUOTAS),
        ("PutParameter", "ParameterLimitExceeded", "You have exceeded the number of parameters", QUOTA, QUOTAS),
        ("CreateOriginAccessControl", "ServiceQuotaExceededException", "", QUOTA, QUOTAS),
        # LMB-18
        (
            "PutFunctionConcurrency",
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            "below its minimum value of [10].",
            f"{QUOTA} PutFunctionConcurrency",
            "concurrent executions of Lambda",
        ),
        # AGW-20
        (
            "CreateStage",
            "BadRequestException",
            "Cannot enable logging. Policy document length breaking Cloudwatch Logs Constraints, either < 1 or > 5120",
            "the resource policy of CloudWatch Logs in this account is full",
            "aws logs describe-resource-policies",
        ),
        # S3-04, IAM-10, CF-13, LOG-01, DDB-01, COG-03, LMB
        (
            "CreateBucket",
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system.",
            f"AWS refused CreateBucket: {TAKEN}",
            "--env NAME",
        ),
        ("CreateRole", "EntityAlreadyExists", "Role with name x already exists.", TAKEN, "--env NAME"),
        ("CreateOriginAccessControl", "OriginAccessControlAlreadyExists", "", TAKEN, "--env NAME"),
        ("CreateLogGroup", "ResourceAlreadyExistsException", "The specified log group already exists", TAKEN, "--env"),
        ("CreateTable", "ResourceInUseException", "Table already exists: x", TAKEN, "--env NAME"),
        ("CreateFunction", "ResourceConflictException", "Function already exist: x", TAKEN, "--env NAME"),
        (
            "CreateUserPoolDomain",
            "InvalidParameterException",
            "Domain already associated with another user pool.",
            TAKEN,
            "--env NAME",
        ),
        # CF-06, AGW-25
        (
            "CreateDistributionWithTags",
            "CNAMEAlreadyExists",
            "One or more of the CNAMEs you provided are already associated with a different resource.",
            "the domain name is in use elsewhere in AWS",
            "list-conflicting-aliases",
        ),
        (
            "CreateDomainName",
            "ConflictException",
            "The domain name you provided already exists.",
            "the domain name is in use elsewhere in AWS",
            "list-conflicting-aliases",
        ),
        # X-05, CF-27: what was waited for in vain.
        ("DescribeTable", "ThrottlingException", "Rate exceeded", "takes no more calls", LATER),
        ("GetRole", "Throttling", "Rate exceeded", "takes no more calls", LATER),
        ("CreateRoute", "TooManyRequestsException", "Too Many Requests", "takes no more calls", LATER),
        ("PutObject", "SlowDown", "Please reduce your request rate.", "takes no more calls", LATER),
        ("CreateInvalidation", "TooManyInvalidationsInProgress", "", "takes no more calls", LATER),
        # REG-07
        (
            "GetRole",
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            "AWS does not accept these credentials",
            "has to be enabled",
        ),
    ],
)
def test_what_cannot_heal(operation: str, code: str, message: str, what: str, hint: str) -> None:
    error = explain(answered(code, message, operation))
    assert what in error.what
    assert error.why == f"{code}: {message}"
    assert hint in error.hint


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ResourceInUseException", "Attempt to change a resource which is still in use: Table is being deleted"),
        ("InvalidParameterException", "User pool cannot be deleted. It has a domain configured."),
        ("ConflictException", "Unable to complete operation due to concurrent modification."),
        ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
        ("BadRequestException", "Insufficient permissions to enable logging"),
    ],
)
def test_any_other_answer_keeps_its_code_and_message(code: str, message: str) -> None:
    error = explain(answered(code, message))
    assert str(error) == f"AWS refused CreateTable: {code}: {message}"
    assert error.exit_code == 1


@pytest.mark.parametrize("code", ["InternalFailure", "503"])
def test_a_failure_of_aws_itself(code: str) -> None:
    response: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 503}}
    error = explain(ClientError(response, "CreateTable"))
    assert isinstance(error, UnavailableError)
    assert error.what == "AWS failed at CreateTable"
    assert "again" in error.hint


@pytest.mark.parametrize(
    ("raised", "kind", "what"),
    [
        (NoCredentialsError(), NotAllowedError, "no AWS credentials"),
        (PartialCredentialsError(provider="env", cred_var="x"), NotAllowedError, "no AWS credentials"),
        (SSOTokenLoadError(error_msg="gone"), NotAllowedError, "the AWS sign-in has ended"),
        (UnauthorizedSSOTokenError(), NotAllowedError, "the AWS sign-in has ended"),
        (TokenRetrievalError(provider="sso", error_msg="expired"), NotAllowedError, "the AWS sign-in has ended"),
        (ProfileNotFound(profile="school"), UsageError, "there is no such AWS profile"),
        (NoRegionError(), UsageError, "no AWS region is chosen"),
        (EndpointConnectionError(endpoint_url=URL), UnavailableError, "AWS cannot be reached"),
        (ConnectTimeoutError(endpoint_url=URL), UnavailableError, "AWS cannot be reached"),
        (ReadTimeoutError(endpoint_url=URL), UnavailableError, "AWS cannot be reached"),
        (ConnectionClosedError(endpoint_url=URL), UnavailableError, "AWS cannot be reached"),
        (ParamValidationError(report="bad"), StudentDBError, "the AWS library refused the request"),
        (BotoCoreError(), StudentDBError, "the AWS library refused the request"),
    ],
)
def test_what_the_library_raises(raised: BotoCoreError, kind: type[StudentDBError], what: str) -> None:
    error = explain(raised)
    assert type(error) is kind
    assert error.what == what
    assert error.why


def test_an_engine_that_lacks_a_call() -> None:
    error = explain(answered("404", "Not Found", "ListResponseHeadersPolicies"))
    assert (error.what, error.why) == (
        "the endpoint does not know ListResponseHeadersPolicies",
        "it answered 404 Not Found",
    )
    assert "--local" in error.hint


def test_an_answer_that_is_not_aws() -> None:
    error = explain(ResponseParserError("Unable to parse response: b'<html>somebody@example.edu'"))
    assert isinstance(error, UnavailableError)
    assert "somebody" not in str(error)


def test_our_own_errors_stay_as_they_are() -> None:
    error = UsageError("what", why="why", hint="hint")
    assert explain(error) is error


def test_a_bug_is_not_dressed_up() -> None:
    error = explain(KeyError("x"))
    assert (error.exit_code, error.what) == (1, "unexpected KeyError")
