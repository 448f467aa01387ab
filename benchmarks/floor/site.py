"""Bucket, distribution and files."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import secrets
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.clock import ROOT
from benchmarks.floor.aws import MANIFEST, OURS, REGION, TAG_LIST, Aws, until

PAGES = ("students", "students/new", "files", "files/new", "account")
File = tuple[bytes, str, str]


def make_bucket(aws: Aws, s3: Any) -> str:
    """CloudFront's origin."""
    _make_bucket(s3, aws.bucket)
    return f"{aws.bucket}.s3.{REGION}.amazonaws.com"


def make_media(aws: Aws, s3: Any, function: Future[str], site: Future[dict[str, str]]) -> None:
    """The bucket of files, one setting after the other; the function may be invoked by it first."""
    _make_bucket(s3, aws.media)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=aws.media, ServerSideEncryptionConfiguration={"Rules": [rule]})
    functions = aws.client("lambda")
    functions.add_permission(
        FunctionName=function.result(),
        StatementId="bucket-media",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{aws.media}",
    )
    until(lambda: "bucket-media" in functions.get_policy(FunctionName=function.result())["Policy"])
    told = {
        "Id": "media",
        "LambdaFunctionArn": function.result(),
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "media/"}]}},
    }
    s3.put_bucket_notification_configuration(
        Bucket=aws.media, NotificationConfiguration={"LambdaFunctionConfigurations": [told]}
    )
    cors = {
        "AllowedHeaders": ["content-type"],
        "AllowedMethods": ["GET", "POST"],
        "AllowedOrigins": [site.result()["url"]],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3000,
    }
    s3.put_bucket_cors(Bucket=aws.media, CORSConfiguration={"CORSRules": [cors]})


def _make_bucket(s3: Any, name: str) -> None:
    """What AWS sets by itself (encryption, no public access, owner enforced) is not set again."""
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION, "Tags": TAG_LIST})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    always = {"Status": "Enabled", "Filter": {"Prefix": ""}}
    rules = [
        {"ID": "abort-incomplete-uploads", **always, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        {"ID": "expire-noncurrent-versions", **always, "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})


def make_access(aws: Aws, cloudfront: Any) -> str:
    config = {
        "Name": aws.bucket,
        "Description": "",
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }
    made = cloudfront.create_origin_access_control(OriginAccessControlConfig=config)
    return str(made["OriginAccessControl"]["Id"])


def make_headers(aws: Aws, cloudfront: Any) -> str:
    bucket_origin = f"http://127.0.0.1:{urlsplit(aws.url).port}"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {aws.url} {bucket_origin}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    custom = {
        "Permissions-Policy": (
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    config = {
        "Name": aws.bucket,
        "Comment": "",
        "SecurityHeadersConfig": {
            "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": policy},
            "StrictTransportSecurity": {
                "Override": True,
                "AccessControlMaxAgeSec": 2 * 365 * 24 * 3600,
                "IncludeSubdomains": True,
            },
            "ContentTypeOptions": {"Override": True},
            "FrameOptions": {"Override": True, "FrameOption": "DENY"},
            "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "no-referrer"},
        },
        "CustomHeadersConfig": items([{"Header": k, "Value": v, "Override": True} for k, v in custom.items()]),
    }
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=config)
    return str(made["ResponseHeadersPolicy"]["Id"])


def make_distribution(
    aws: Aws, cloudfront: Any, bucket: Future[str], access: Future[str], headers: Future[str], api: Future[str]
) -> dict[str, str]:
    port = int(aws.url.rpartition(":")[2])
    config = {
        "CallerReference": secrets.token_hex(8),
        "Comment": f"studentdb {OURS}",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "PriceClass": "PriceClass_100",
        "HttpVersion": "http2and3",
        "IsIPV6Enabled": True,
        "Origins": items(
            [
                {
                    "Id": "site",
                    "DomainName": bucket.result(),
                    "OriginPath": "",
                    "OriginAccessControlId": access.result(),
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                },
                {
                    "Id": "api",
                    "DomainName": "localhost",
                    "OriginPath": f"/_aws/execute-api/{api.result()}/prod",
                    "CustomOriginConfig": {
                        "HTTPPort": port,
                        "HTTPSPort": 443,
                        "OriginProtocolPolicy": "http-only",
                        "OriginSslProtocols": items(["TLSv1.2"]),
                        "OriginReadTimeout": 30,
                        "OriginKeepaliveTimeout": 5,
                    },
                },
            ]
        ),
        "DefaultCacheBehavior": {
            **behaviour("site", headers.result(), ["GET", "HEAD", "OPTIONS"]),
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
        "CacheBehaviors": items(
            [
                {
                    "PathPattern": "/api/*",
                    **behaviour("api", headers.result(), ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]),
                    "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                    "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
                }
            ]
        ),
        "CustomErrorResponses": {"Quantity": 0},
    }
    made = cloudfront.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config, "Tags": {"Items": TAG_LIST}}
    )["Distribution"]
    label = made["DomainName"].partition(".")[0]
    return {"id": made["Id"], "arn": made["ARN"], "url": f"http://{label}.cloudfront.localhost:{port}"}


def behaviour(origin: str, headers: str, methods: list[str]) -> dict[str, Any]:
    return {
        "TargetOriginId": origin,
        "ViewerProtocolPolicy": "allow-all",
        "AllowedMethods": {**items(methods), "CachedMethods": items(["GET", "HEAD"])},
        "Compress": True,
        "ResponseHeadersPolicyId": headers,
    }


def items(values: list[Any]) -> dict[str, Any]:
    return {"Quantity": len(values), "Items": values}


def put_bucket_policy(aws: Aws, s3: Any, site: Future[dict[str, str]]) -> None:
    arn = f"arn:aws:s3:::{aws.bucket}"
    cloudfront = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Condition": {"StringEquals": {"AWS:SourceArn": site.result()["arn"]}},
    }
    statements = [
        {"Sid": "CloudFrontReads", **cloudfront, "Action": "s3:GetObject", "Resource": f"{arn}/*"},
        {"Sid": "CloudFrontLists", **cloudfront, "Action": "s3:ListBucket", "Resource": arn},
    ]
    s3.put_bucket_policy(Bucket=aws.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))


def site_files(aws: Aws, site: dict[str, str], api: str, pool: str, client: str) -> dict[str, File]:
    edge = "public, max-age=0, s-maxage=86400, must-revalidate"
    root = ROOT / "site"
    files = {
        path.relative_to(root).as_posix(): (path.read_bytes(), content_type(path), edge)
        for path in root.rglob("*")
        if path.is_file()
    }
    page = (*files["index.html"][:2], "no-cache")
    files |= {"index.html": page, **dict.fromkeys(PAGES, page)}
    config = {
        "deployment": OURS,
        "region": REGION,
        "siteUrl": site["url"],
        "apiUrl": f"{aws.url}/_aws/execute-api/{api}/prod",
        "userPoolId": pool,
        "clientId": client,
        "cognitoUrl": aws.url,
    }
    text = json.dumps(config, indent=2, sort_keys=True) + "\n"
    files["config.json"] = (text.encode(), "application/json", "no-cache")
    manifest = {key: {"content_type": kind, "cache_control": cache} for key, (_, kind, cache) in files.items()}
    body = json.dumps(manifest, sort_keys=True, indent=1).encode()
    return {**files, MANIFEST: (body, "application/json", "no-cache")}


def content_type(path: Path) -> str:
    known = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
    kind = known.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def stages(files: dict[str, File]) -> Iterator[list[str]]:
    """What pages load, the pages, what says that all are there."""
    pages = [key for key, file in files.items() if key == "config.json" or file[1].startswith("text/html")]
    yield [key for key in files if key not in pages and key != MANIFEST]
    yield pages
    yield [MANIFEST]


def put_file(aws: Aws, s3: Any, key: str, body: bytes, kind: str, cache: str) -> str:
    put = s3.put_object(Bucket=aws.bucket, Key=key, Body=body, ContentType=kind, CacheControl=cache)
    return str(put.get("VersionId") or "null")


def shown(body: bytes, kind: str, cache: str) -> dict[str, str]:
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return {"etag": etag, "content_type": kind, "cache_control": cache}


def invalidate(cloudfront: Any, site: dict[str, str], digest: str) -> None:
    batch = {"Paths": items(["/*"]), "CallerReference": secrets.token_hex(8)}
    cloudfront.create_invalidation(DistributionId=site["id"], InvalidationBatch=batch)
    marks = {"Items": [{"Key": "studentdb:site-digest", "Value": digest}]}
    cloudfront.tag_resource(Resource=site["arn"], Tags=marks)
