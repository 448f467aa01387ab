"""IAM and bucket policies: who may do what, as documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]


def document(*statements: Mapping[str, Any]) -> Document:
    """A policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]}


def allow(actions: Sequence[str], resources: Sequence[str]) -> Mapping[str, Any]:
    """An Allow statement."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def function_logs(log_group_arn: str) -> Mapping[str, Any]:
    """A function writes into its own log group and cannot make one: the deployer did, with a retention (LMB-41)."""
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"])


def reads(table_arns: Sequence[str]) -> Mapping[str, Any]:
    """Reads by key and Queries, on tables and their indexes (DDB-30); never a scan."""
    resources = [arn for table in table_arns for arn in (table, f"{table}/index/*")]
    return allow(["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"], resources)


def writes(table_arns: Sequence[str]) -> Mapping[str, Any]:
    """What transactions need."""
    actions = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"]
    return allow(actions, list(table_arns))


def reads_stream(table_arn: str) -> Mapping[str, Any]:
    """What Lambda does in the function's name with the stream that invokes it; a stream's ARN ends in its date."""
    actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
    return allow(actions, [f"{table_arn}/stream/*"])


def writes_postings(users_arn: str, index_arn: str) -> Sequence[Mapping[str, Any]]:
    """Postings, in batches and in transactions that check that a person is still the same; and who was put aside."""
    aside = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["search#aside"]}}
    return (
        {**allow(["dynamodb:Query"], [index_arn]), "Condition": aside},
        allow(["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem"], [index_arn]),
        allow(["dynamodb:ConditionCheckItem"], [users_arn]),
    )


def registers(index_arn: str) -> Sequence[Mapping[str, Any]]:
    """What comes of a sign-up: in these partitions and no other, since anybody on the internet causes it."""
    accounts, lists = ({"dynamodb:LeadingKeys": keys} for keys in (["login#*"], ["logins", "registration#pending"]))
    return (
        # Never put: that would replace what an account's item says, such as that it is disabled.
        {**allow(["dynamodb:UpdateItem"], [index_arn]), "Condition": {"ForAllValues:StringLike": accounts}},
        {**allow(["dynamodb:PutItem"], [index_arn]), "Condition": {"ForAllValues:StringEquals": lists}},
    )


def queues(outbox_arn: str) -> Mapping[str, Any]:
    """Something more to be mailed; what waits can neither be read nor removed."""
    return allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], [outbox_arn])


def sends_mail(
    identities_arn: str, configuration_set_arn: str, sender: str, *, limited: bool
) -> Sequence[Mapping[str, Any]]:
    """Mail from one address through one configuration set; and to take an address from SES's list of suppressed ones.

    AWS limits the last to nothing smaller than an account.
    """
    from_sender = {"Condition": {"StringEquals": {"ses:FromAddress": sender}}}
    return (
        {**allow(["ses:SendEmail"], [identities_arn, configuration_set_arn]), **from_sender}
        if limited
        else allow(["ses:SendEmail"], ["*"]),
        allow(["ses:DeleteSuppressedDestination"], ["*"]),
    )


def suppresses(index_arn: str, partition: str) -> Mapping[str, Any]:
    """New items of one partition of the index table."""
    only = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [partition]}}
    return {**allow(["dynamodb:PutItem"], [index_arn]), "Condition": only}


def appends(table_arn: str) -> Mapping[str, Any]:
    """New items, and no change or removal of one."""
    return allow(["dynamodb:PutItem"], [table_arn])


def accounts(user_pool_arn: str) -> Mapping[str, Any]:
    """What admins do with accounts, in this pool and no other. Deleted are those that were never approved."""
    actions = (
        *("AdminCreateUser", "AdminGetUser", "AdminSetUserPassword", "AdminUpdateUserAttributes", "ListUsers"),
        *("AdminDeleteUser", "AdminDisableUser", "AdminEnableUser", "AdminSetUserMFAPreference"),
        *("AdminUserGlobalSignOut",),
        *("AdminAddUserToGroup", "AdminRemoveUserFromGroup", "AdminListGroupsForUser", "ListUsersInGroup"),
    )
    return allow([f"cognito-idp:{action}" for action in actions], [user_pool_arn])


def site_bucket(bucket_arn: str, distribution_arn: str, *, tls_only: bool) -> Document:
    """Only this distribution reads the site (CF-14), and nobody without TLS (S3.5).

    ListBucket makes a missing page a 404 instead of a 403 (S3-31).
    """
    cloudfront = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
    }
    return document(
        {"Sid": "CloudFrontReads", **cloudfront, "Action": "s3:GetObject", "Resource": f"{bucket_arn}/*"},
        {"Sid": "CloudFrontLists", **cloudfront, "Action": "s3:ListBucket", "Resource": bucket_arn},
        *([_refuse_plain_http(bucket_arn)] if tls_only else []),
    )


def tls_only(bucket_arn: str) -> Document:
    """Nobody reaches the bucket without TLS (S3.5); everything else is said by the roles."""
    return document(_refuse_plain_http(bucket_arn))


def _refuse_plain_http(bucket_arn: str) -> Mapping[str, Any]:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def hands_out_media(bucket_arn: str) -> Sequence[Mapping[str, Any]]:
    """What the presigned requests that a function hands out may do, and hiding a file behind a delete marker.

    A link names the version that was looked at; one without a version would be refused.
    """
    files, thumbnails = f"{bucket_arn}/media/*", f"{bucket_arn}/thumbs/*"
    return (
        allow(["s3:PutObject"], [files]),
        allow(
            [f"s3:{each}" for each in ("GetObjectVersion", "DeleteObject", "DeleteObjectVersion")], [files, thumbnails]
        ),
        lists_media(bucket_arn),
    )


def uses_keys(bucket_arn: str, region: str, account: str) -> Mapping[str, Any]:
    """Encrypting and decrypting what is in the bucket, with whichever key of the account that was or is done.

    So files stay readable when a school takes another key. The context is the bucket with a bucket key, else the file.
    """
    condition = {
        "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, f"{bucket_arn}/*"]},
    }
    keys = allow(["kms:Decrypt", "kms:GenerateDataKey"], [f"arn:aws:kms:{region}:{account}:key/*"])
    return {**keys, "Condition": condition}


def lists_media(bucket_arn: str) -> Mapping[str, Any]:
    """Which versions of files there are."""
    return allow(["s3:ListBucketVersions"], [bucket_arn])


def inspects_media(bucket_arn: str, table_arn: str, index_arn: str) -> Sequence[Mapping[str, Any]]:
    """Reading a file as it was uploaded, putting a picture without its metadata in its place and a small one beside it,
    removing the versions that nobody asked for; saying so in its record, and counting its owner's bytes anew.
    """
    files, thumbnails = f"{bucket_arn}/media/*", f"{bucket_arn}/thumbs/*"
    counters = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["media#*"]}}
    return (
        allow(["s3:GetObjectVersion"], [files]),
        allow(["s3:PutObject", "s3:DeleteObjectVersion"], [files, thumbnails]),
        lists_media(bucket_arn),
        allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [table_arn]),
        {**allow(["dynamodb:UpdateItem"], [index_arn]), "Condition": counters},
    )


def ends_media(bucket_arn: str, table_arn: str, index_arn: str, looks_arn: str) -> Sequence[Mapping[str, Any]]:
    """Removing what is left of a file, saying so in its record and its owner's quota; having one looked at again."""
    quotas = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["media#*"]}}
    return (
        allow(["s3:DeleteObjectVersion"], [f"{bucket_arn}/media/*", f"{bucket_arn}/thumbs/*"]),
        lists_media(bucket_arn),
        allow(["dynamodb:GetItem"], [table_arn]),
        writes([table_arn]),
        {**allow(["dynamodb:UpdateItem"], [index_arn]), "Condition": quotas},
        allow(["lambda:InvokeFunction"], [looks_arn]),
    )


def content_security_policy(cognito_url: str, bucket_origin: str) -> str:
    """Nothing but the site's own files, and two places to talk to besides: Cognito, and the bucket that takes files."""
    others = " ".join(dict.fromkeys((cognito_url, bucket_origin)))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            f"connect-src 'self' {others}",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
