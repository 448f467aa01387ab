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
from studentdb.provision.connection import kept_back
from studentdb.provision.core import Resource
from studentdb.provision.refusals import REFUSALS, SIGN_IN

# A HEAD has no body, so botocore takes the status for the code (S3-41).
_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "Forbidden", "403"}
# S3's operations whose right has another name; S3 alone does not always say which right is missing.
S3_RIGHTS = {
    "DeleteObjects": "DeleteObject",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}


def explain(error: Exception, kind: str = "") -> StudentDBError:
    """The error that a person is meant to read; one that is already such comes back as it is.

    `kind` is the kind of the resource that it happened to.
    """
    if isinstance(error, StudentDBError):
        return error
    if (ours := kept_back(error)) is not None:
        return ours
    if isinstance(error, ClientError):
        return _service_error(error, kind)
    if isinstance(error, BotoCoreError):
        return _sdk_error(error)
    if isinstance(error, ResponseParserError):
        return UnavailableError(
            "AWS gave no sensible answer",
            why="what answers may be something else, or stand in between",
            hint="check AWS_ENDPOINT_URL and the proxy, then try again",
        )
    return StudentDBError(f"unexpected {type(error).__name__}", why=str(error))


def _service_error(error: ClientError, kind: str) -> StudentDBError:
    code, message, operation = error_code(error), error_message(error), error.operation_name
    if unknown_call(error):
        return StudentDBError(
            f"the endpoint does not know {operation}",
            # Of a web server's page only the code says something.
            why=f"it answered {code} {'' if message.startswith('<') else message}".rstrip(),
            hint="studentdb needs it; AWS and the embedded engine (--local) have it",
        )
    for refusal in REFUSALS:
        if refusal.fits(code, message):
            what = refusal.what.format(operation=operation)
            return refusal.kind(what, why=f"{code}: {message}", hint=refusal.hint)
    if code in _DENIED:
        return _denied(operation, message, kind)
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return UnavailableError(
            f"AWS failed at {operation}",
            why=f"{code}: {message}",
            hint="run the same command again; https://health.aws.amazon.com tells of larger failures",
        )
    return StudentDBError(f"AWS refused {operation}", why=f"{code}: {message}")


def _denied(operation: str, message: str, kind: str) -> NotAllowedError:
    named = re.search(r"perform:? ([a-z0-9-]+:\w+)", message)
    hint = "use credentials that allow it (the README lists what a deploy needs)"
    if "service control policy" in message:
        hint = "the rules of your AWS organisation forbid it to everybody in this account: ask who runs it"
    return NotAllowedError(f"AWS refused {named[1] if named else _right(operation, kind)}", why=message, hint=hint)


def _right(operation: str, kind: str) -> str:
    """The IAM action of an operation as the resource declares it; the operation where it declares none such."""
    wanted = S3_RIGHTS.get(operation, operation)
    waiting = Resource.__subclasses__()
    while waiting:
        resource = waiting.pop()
        waiting += resource.__subclasses__()
        if getattr(resource, "kind", None) == kind:
            for action in (action for actions in resource.actions.values() for action in actions):
                if action.partition(":")[2] == wanted:
                    return action
    return operation


def _sdk_error(error: BotoCoreError) -> StudentDBError:
    text = str(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return NotAllowedError("no AWS credentials", why=text, hint=f"{SIGN_IN}; or try it without AWS: studentdb demo")
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
