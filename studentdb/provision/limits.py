"""What AWS documents about parameters and botocore's models leave out, or state too narrowly: data for requests.py.

Only what AWS raises for nobody stands here. Quotas that it raises on request are AWS's to refuse; tests hold the stack
far below them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """At most `most` characters, bytes or items (of a number: its value), and as a whole what `pattern` describes.

    `source` is the behaviour's id, or where AWS says it.
    """

    source: str
    most: int | None = None
    pattern: str | None = None


# Lambda's models hold the higher numbers of functions on instances of one's own.
_TIMEOUT = Limit("LMB-39", 900)
_MEMORY = Limit("LMB-39", 10_240)
# "Smaller than 52428800 bytes"; a larger one may show as a connection that breaks.
_ZIP = Limit("LMB-23", 50 * 1024 * 1024 - 1)

# (service, structure, member) as botocore's models call them.
LIMITS: Mapping[tuple[str, str, str], Limit] = {
    ("cloudfront", "DistributionConfig", "Comment"): Limit("CF-35", 128),
    ("cloudfront", "OriginAccessControlConfig", "Name"): Limit("reference of CloudFront's API", 64),
    ("dynamodb", "CreateTableInput", "TableName"): Limit("DDB-21", 255, r"[a-zA-Z0-9_.-]+"),
    ("iam", "PutRolePolicyRequest", "PolicyDocument"): Limit("IAM-13", 10_240),
    ("lambda", "CreateFunctionRequest", "FunctionName"): Limit("LMB-38", 64, r"[a-zA-Z0-9-_]+"),
    ("lambda", "CreateFunctionRequest", "MemorySize"): _MEMORY,
    ("lambda", "CreateFunctionRequest", "Timeout"): _TIMEOUT,
    ("lambda", "FunctionCode", "ZipFile"): _ZIP,
    ("lambda", "UpdateFunctionCodeRequest", "ZipFile"): _ZIP,
    ("lambda", "UpdateFunctionConfigurationRequest", "MemorySize"): _MEMORY,
    ("lambda", "UpdateFunctionConfigurationRequest", "Timeout"): _TIMEOUT,
    ("s3", "CreateBucketRequest", "Bucket"): Limit("S3-32", 63, r"[a-z0-9][a-z0-9.-]+[a-z0-9]"),
    ("s3", "PutBucketPolicyRequest", "Policy"): Limit("S3-34", 20 * 1024),
    ("s3", "PutObjectRequest", "Key"): Limit("user guide of S3, naming objects", 1024),
    ("ssm", "PutParameterRequest", "Name"): Limit(
        "reference of SSM's API", 1011, r"/?[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+){0,14}"
    ),
    ("ssm", "PutParameterRequest", "Value"): Limit("reference of SSM's API, tier Standard", 4096),
}

# (service, shape) whose pattern AWS itself no longer keeps to.
OUTDATED_PATTERNS = frozenset(
    {
        # No blank, says the model; Cognito's guide counts blanks within a password among the special characters.
        ("cognito-idp", "PasswordType"),
    }
)
