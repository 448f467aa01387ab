"""What AWS refuses for good, in a person's words: data for failures.py."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studentdb.errors import NotAllowedError, StudentDBError, UnavailableError

SIGN_IN = "aws configure  (or `aws sso login`), then try again"
_ANOTHER_NAME = "choose another one with --env NAME, or remove what has it if nobody needs that"
_LATER = "wait a few minutes, then run the same command again"


@dataclass(frozen=True)
class Refusal:
    """What AWS says (regular expressions for its code and for its words), and how a person is told.

    `{operation}` in `what` is the operation.
    """

    code: str
    words: str
    kind: type[StudentDBError]
    what: str
    hint: str

    def fits(self, code: str, message: str) -> bool:
        """Whether AWS said this."""
        return bool(re.fullmatch(self.code, code) and re.search(self.words, message, re.IGNORECASE))


# The first that fits counts. Waiting inside a deploy helps against none of them, or has been done.
REFUSALS = (
    Refusal(
        r"ExpiredToken(Exception)?|RequestExpired", "", NotAllowedError, "the AWS credentials have expired", SIGN_IN
    ),
    Refusal(
        r"InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|AuthFailure"
        r"|InvalidAccessKeyId",
        "",
        NotAllowedError,
        "AWS does not accept these credentials",
        # Regions that are off by default (REG-07).
        f"{SIGN_IN}; a new region has to be enabled in the AWS console first",
    ),
    Refusal(
        # A HEAD has no body that could say more; botocore takes the status for the code.
        "400",
        "",
        NotAllowedError,
        "AWS refused {operation} without a reason",
        f"the credentials may have expired: {SIGN_IN}",
    ),
    Refusal(
        # New accounts cannot make distributions (CF-09); only AWS's support can change that.
        r"AccessDenied(Exception)?",
        "must be verified",
        NotAllowedError,
        "AWS has not verified this account for CloudFront yet",
        "ask AWS support to verify the account, then deploy again: it goes on from here",
    ),
    Refusal(
        r"OptInRequired|SubscriptionRequired(Exception)?|NotSignedUp|AccountProblem",
        "",
        NotAllowedError,
        "this AWS account is not ready for {operation}",
        "finish its sign-up in the AWS console (payment, telephone number); AWS may need a day after that",
    ),
    Refusal(
        # Calls in a second, invalidations at one time (CF-27).
        r"Throttl.*|Request(Limit|Throttl).*|Bandwidth.*|TooManyRequests.*|TooManyInvalidationsInProgress|SlowDown"
        r"|PriorRequestNotComplete",
        "",
        UnavailableError,
        "AWS takes no more calls of this account at the moment",
        _LATER,
    ),
    Refusal(
        # Tables at one time (DDB-02): the same code as for a quota.
        r"LimitExceeded(Exception)?",
        "simultaneously|try again|try after",
        UnavailableError,
        "AWS is busy with other work of this account",
        _LATER,
    ),
    Refusal(
        # DDB-07: one change in an hour, and turning it off counts as one.
        r"ValidationException",
        "Time to live has been modified multiple times",
        UnavailableError,
        "AWS changes what expires in a table only once in an hour",
        "wait an hour, then run the same command again: it goes on from here",
    ),
    Refusal(
        # AGW-20: each service that writes logs adds to it.
        r"BadRequestException",
        "Policy document length breaking",
        StudentDBError,
        "the resource policy of CloudWatch Logs in this account is full",
        "aws logs describe-resource-policies  (delete with `aws logs delete-resource-policy` what is not needed)",
    ),
    Refusal(
        # S3-42, IAM-13, LMB-26, LOG-07, COG-28, CF-35; TooManyBuckets, ParameterLimitExceeded, ServiceQuotaExceeded.
        r".*LimitExceeded.*|TooMany.*|.*QuotaExceeded.*|.*StorageExceeded.*|.*LengthExceeded.*",
        "",
        StudentDBError,
        "a quota of this AWS account does not allow {operation}",
        "remove what the account no longer needs, or ask for more in the AWS console, under Service Quotas",
    ),
    Refusal(
        # In new accounts 10 functions may run at once (LMB-18).
        r"InvalidParameterValueException",
        "UnreservedConcurrentExecution",
        StudentDBError,
        "a quota of this AWS account does not allow {operation}",
        "ask for more concurrent executions of Lambda in the AWS console, under Service Quotas",
    ),
    Refusal(
        # CF-06, AGW-25: DNS names are unique among all accounts.
        r"CNAMEAlreadyExists|ConflictException",
        "CNAME|domain name you provided already exists",
        StudentDBError,
        "the domain name is in use elsewhere in AWS",
        "remove it from the distribution or API that has it: aws cloudfront list-conflicting-aliases",
    ),
    Refusal(
        # What is ours would have been found and adopted: IAM-10, CF-13, LOG-01; of S3-04 the bucket speaks.
        r".*Already(Exists|Owned).*|GroupExistsException",
        "",
        StudentDBError,
        "AWS refused {operation}: the name is taken",
        _ANOTHER_NAME,
    ),
    Refusal(
        # DDB-01, COG-03: one code for many causes.
        r"ResourceInUseException|ResourceConflictException|InvalidParameterException",
        "already (exist|associated)",
        StudentDBError,
        "AWS refused {operation}: the name is taken",
        _ANOTHER_NAME,
    ),
)
