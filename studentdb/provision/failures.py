"""What boto3 raises, in the product's words: what happened, why, and what to do."""

from __future__ import annotations

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError

from studentdb.errors import NotAllowedError, StudentDBError, UnavailableError, UsageError
from studentdb.provision.aws import error_code, error_message, unknown_call

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_BAD_KEYS = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "AuthFailure",
    "InvalidAccessKeyId",
}
_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "Forbidden"}
_SIGN_IN = "aws configure  (or `aws sso login`), then try again"


def explain(error: Exception) -> StudentDBError:
    """The error that a person is meant to read; one that is already such comes back as it is."""
    if isinstance(error, StudentDBError):
        return error
    if isinstance(error, ClientError):
        return _service_error(error)
    if isinstance(error, BotoCoreError):
        return _sdk_error(error)
    if isinstance(error, ResponseParserError):
        return UnavailableError(
            "AWS gave no sensible answer",
            why="what answers may be something else, or stand in between",
            hint="check AWS_ENDPOINT_URL and the proxy, then try again",
        )
    return StudentDBError(f"unexpected {type(error).__name__}", why=str(error))


def _service_error(error: ClientError) -> StudentDBError:
    code, message, operation = error_code(error), error_message(error), error.operation_name
    if code in _EXPIRED:
        return NotAllowedError("the AWS credentials have expired", why=message, hint=_SIGN_IN)
    if code in _BAD_KEYS:
        return NotAllowedError("AWS does not accept these credentials", why=f"{code}: {message}", hint=_SIGN_IN)
    if code in _DENIED and "must be verified" in message:
        # New accounts cannot make distributions (CF-09); only AWS's support can change that.
        return NotAllowedError(
            "AWS has not verified this account for CloudFront yet",
            why=message,
            hint="ask AWS support to verify the account, then deploy again: it goes on from here",
        )
    if code in _DENIED:
        action = re.search(r"perform:? ([a-z0-9-]+:\w+)", message)
        return NotAllowedError(
            f"AWS refused {action.group(1) if action else operation}",
            why=message,
            hint="use credentials that allow it (the README lists what a deploy needs)",
        )
    if unknown_call(error):
        return StudentDBError(
            f"the endpoint does not know {operation}",
            # Of a web server's page only the code says something.
            why=f"it answered {code} {'' if message.startswith('<') else message}".rstrip(),
            hint="studentdb needs it; AWS and the embedded engine (--local) have it",
        )
    return StudentDBError(f"AWS refused {operation}", why=f"{code}: {message}")


def _sdk_error(error: BotoCoreError) -> StudentDBError:
    text = str(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return NotAllowedError(
            "no AWS credentials", why=text, hint=f"{_SIGN_IN}; or try it without AWS: studentdb demo"
        )
    if isinstance(error, SSOTokenLoadError | UnauthorizedSSOTokenError | TokenRetrievalError):
        return NotAllowedError("the AWS sign-in has ended", why=text, hint="aws sso login")
    if isinstance(error, ProfileNotFound):
        return UsageError("there is no such AWS profile", why=text, hint="aws configure list-profiles")
    if isinstance(error, NoRegionError):
        return UsageError("no AWS region is chosen", why=text, hint="add --region, e.g. --region eu-central-1")
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError | ConnectionClosedError):
        return UnavailableError(
            "AWS cannot be reached", why=text, hint="check the network, the region and AWS_ENDPOINT_URL, then try again"
        )
    return StudentDBError("the AWS library refused the request", why=text)
