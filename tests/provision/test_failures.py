"""What boto3 raises becomes what happened, why, and a hint."""

from __future__ import annotations

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
from studentdb.provision.failures import explain

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


def test_an_account_that_may_not_have_distributions_yet() -> None:
    message = "Your account must be verified before you can add new CloudFront resources."
    error = explain(answered("AccessDenied", message, "CreateDistributionWithTags"))
    assert "not verified this account" in error.what
    assert "AWS support" in error.hint


def test_any_other_answer_keeps_its_code_and_message() -> None:
    error = explain(answered("LimitExceededException", "too many tables"))
    assert str(error) == "AWS refused CreateTable: LimitExceededException: too many tables"
    assert error.exit_code == 1


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
