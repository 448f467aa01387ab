"""What a distribution refers to: how it signs for the bucket, and the headers that it adds to answers.

Neither takes tags. Names are unique in the account and ours carry its hash and the deployment's (CF-13), so what has
exactly our name is ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision.aws import EXISTING_BUDGET, Aws, error_code, has_code, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource

# The control plane of the aws partition (REG-01).
CLOUDFRONT_REGION = "us-east-1"
# A deleted distribution keeps what it referred to in use for a while (CF-10, CF-11).
IN_USE_BUDGET = 300.0
# Somebody else, or we a moment ago, wrote in between (CF-02).
_STALE = has_code("PreconditionFailed", "InvalidIfMatchVersion")
_STALE_OR_IN_USE = has_code(
    "PreconditionFailed", "InvalidIfMatchVersion", "OriginAccessControlInUse", "ResponseHeadersPolicyInUse"
)

HSTS_SECONDS = 2 * 365 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class OriginAccessControl(Resource):
    """CloudFront signs every request to the bucket. Output: `id`."""

    kind: ClassVar[str] = "cloudfront.origin_access_control"
    actions: ClassVar = {
        "read": ("cloudfront:ListOriginAccessControls",),
        "create": ("cloudfront:CreateOriginAccessControl",),
        "update": ("cloudfront:GetOriginAccessControl", "cloudfront:UpdateOriginAccessControl"),
        "delete": ("cloudfront:GetOriginAccessControl", "cloudfront:DeleteOriginAccessControl"),
    }

    def properties(self) -> dict[str, Any]:
        """Named as in the API."""
        return {
            "OriginAccessControlOriginType": "s3",
            "SigningBehavior": "always",
            "SigningProtocol": "sigv4",
        }

    def read(self, aws: Aws) -> Live | None:
        """Found by name."""
        for item in _listed(aws, "list_origin_access_controls", "OriginAccessControlList"):
            if item["Name"] == self.name:
                return Live({key: item.get(key) for key in self.properties()}, {"id": item["Id"]})
        return None

    def create(self, aws: Aws) -> Outputs:
        """Adopts one of this name that appeared in the meantime."""
        try:
            made = _client(aws).create_origin_access_control(OriginAccessControlConfig=self._config())
        except ClientError as error:
            exists = error_code(error) == "OriginAccessControlAlreadyExists"
            live = aws.look(lambda: self.read(aws), budget=EXISTING_BUDGET) if exists else None
            if live is None:
                raise
            return self.update(aws, live, self.diff(live)) if self.diff(live) else live.outputs
        return {"id": made["OriginAccessControl"]["Id"]}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        """Replaces the configuration."""
        cloudfront, found = _client(aws), live.outputs["id"]

        def write() -> None:
            etag = cloudfront.get_origin_access_control(Id=found)["ETag"]
            cloudfront.update_origin_access_control(Id=found, IfMatch=etag, OriginAccessControlConfig=self._config())

        aws.retry(write, when=_STALE)
        return live.outputs

    def delete(self, aws: Aws, live: Live) -> None:
        """Waits for the distribution to let go of it."""
        cloudfront, found = _client(aws), live.outputs["id"]

        def remove() -> None:
            etag = cloudfront.get_origin_access_control(Id=found)["ETag"]
            cloudfront.delete_origin_access_control(Id=found, IfMatch=etag)

        with ignoring("NoSuchOriginAccessControl"):
            aws.retry(remove, when=_STALE_OR_IN_USE, budget=IN_USE_BUDGET)

    def _config(self) -> dict[str, Any]:
        return {"Name": self.name, "Description": "", **self.properties()}


@dataclass(frozen=True, kw_only=True)
class ResponseHeadersPolicy(Resource):
    """Security headers on every answer, overriding the origin's. Output: `id`."""

    kind: ClassVar[str] = "cloudfront.response_headers_policy"
    actions: ClassVar = {
        "read": ("cloudfront:ListResponseHeadersPolicies",),
        "create": ("cloudfront:CreateResponseHeadersPolicy",),
        "update": ("cloudfront:GetResponseHeadersPolicy", "cloudfront:UpdateResponseHeadersPolicy"),
        "delete": ("cloudfront:GetResponseHeadersPolicy", "cloudfront:DeleteResponseHeadersPolicy"),
    }

    content_security_policy: str
    permissions_policy: str = (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
    )
    referrer_policy: str = "no-referrer"

    def properties(self) -> dict[str, Any]:
        """The headers as a browser sees them."""
        return {
            "Content-Security-Policy": self.content_security_policy,
            "Strict-Transport-Security": f"max-age={HSTS_SECONDS}; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": self.referrer_policy,
            **self._custom(),
        }

    def read(self, aws: Aws) -> Live | None:
        """Found by name among the account's own ones."""
        for item in _listed(aws, "list_response_headers_policies", "ResponseHeadersPolicyList", Type="custom"):
            policy = item["ResponseHeadersPolicy"]
            if policy["ResponseHeadersPolicyConfig"]["Name"] == self.name:
                return Live(_headers(policy["ResponseHeadersPolicyConfig"]), {"id": policy["Id"]})
        return None

    def diff(self, live: Live) -> tuple[Change, ...]:
        """Headers that somebody added count too."""
        added = sorted(set(live.properties) - set(self.properties()))
        return (*super().diff(live), *(Change(name, live.properties[name], None) for name in added))

    def create(self, aws: Aws) -> Outputs:
        """Adopts one of this name that appeared in the meantime."""
        try:
            made = _client(aws).create_response_headers_policy(ResponseHeadersPolicyConfig=self._config())
        except ClientError as error:
            exists = error_code(error) == "ResponseHeadersPolicyAlreadyExists"
            live = aws.look(lambda: self.read(aws), budget=EXISTING_BUDGET) if exists else None
            if live is None:
                raise
            return self.update(aws, live, self.diff(live)) if self.diff(live) else live.outputs
        return {"id": made["ResponseHeadersPolicy"]["Id"]}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        """Replaces the configuration."""
        cloudfront, found = _client(aws), live.outputs["id"]

        def write() -> None:
            etag = cloudfront.get_response_headers_policy(Id=found)["ETag"]
            cloudfront.update_response_headers_policy(
                Id=found, IfMatch=etag, ResponseHeadersPolicyConfig=self._config()
            )

        aws.retry(write, when=_STALE)
        return live.outputs

    def delete(self, aws: Aws, live: Live) -> None:
        """Waits for the distribution to let go of it."""
        cloudfront, found = _client(aws), live.outputs["id"]

        def remove() -> None:
            etag = cloudfront.get_response_headers_policy(Id=found)["ETag"]
            cloudfront.delete_response_headers_policy(Id=found, IfMatch=etag)

        with ignoring("NoSuchResponseHeadersPolicy"):
            aws.retry(remove, when=_STALE_OR_IN_USE, budget=IN_USE_BUDGET)

    def _custom(self) -> dict[str, str]:
        """What CloudFront has no field of its own for."""
        return {
            "Permissions-Policy": self.permissions_policy,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    def _config(self) -> dict[str, Any]:
        custom = [{"Header": name, "Value": value, "Override": True} for name, value in self._custom().items()]
        return {
            "Name": self.name,
            "Comment": "",
            "SecurityHeadersConfig": {
                "ContentSecurityPolicy": {
                    "Override": True,
                    "ContentSecurityPolicy": self.content_security_policy,
                },
                "StrictTransportSecurity": {
                    "Override": True,
                    "AccessControlMaxAgeSec": HSTS_SECONDS,
                    "IncludeSubdomains": True,
                },
                "ContentTypeOptions": {"Override": True},
                "FrameOptions": {"Override": True, "FrameOption": "DENY"},
                "ReferrerPolicy": {"Override": True, "ReferrerPolicy": self.referrer_policy},
            },
            "CustomHeadersConfig": {"Quantity": len(custom), "Items": custom},
        }


def _headers(config: dict[str, Any]) -> dict[str, str]:
    """A policy's configuration as the headers that a browser sees."""
    security = config.get("SecurityHeadersConfig", {})
    found: dict[str, tuple[str, bool]] = {}
    if part := security.get("ContentSecurityPolicy"):
        found["Content-Security-Policy"] = (part["ContentSecurityPolicy"], part["Override"])
    if part := security.get("StrictTransportSecurity"):
        value = f"max-age={part['AccessControlMaxAgeSec']}"
        value += "; includeSubDomains" if part.get("IncludeSubdomains") else ""
        value += "; preload" if part.get("Preload") else ""
        found["Strict-Transport-Security"] = (value, part["Override"])
    if part := security.get("ContentTypeOptions"):
        found["X-Content-Type-Options"] = ("nosniff", part["Override"])
    if part := security.get("FrameOptions"):
        found["X-Frame-Options"] = (part["FrameOption"], part["Override"])
    if part := security.get("ReferrerPolicy"):
        found["Referrer-Policy"] = (part["ReferrerPolicy"], part["Override"])
    for item in config.get("CustomHeadersConfig", {}).get("Items", ()):
        found[item["Header"]] = (item["Value"], item["Override"])
    return {
        name: value if overrides else f"{value} (unless the origin sends it)"
        for name, (value, overrides) in found.items()
    }


def _client(aws: Aws) -> Any:
    return aws.client("cloudfront", region=CLOUDFRONT_REGION)


def _listed(aws: Aws, operation: str, result: str, **arguments: str) -> Iterator[dict[str, Any]]:
    """All pages of a list for which botocore has no paginator."""
    marker: dict[str, str] = {}
    while True:
        page = getattr(_client(aws), operation)(**arguments, **marker)[result]
        yield from page.get("Items", ())
        if not page.get("NextMarker"):
            return
        marker = {"Marker": page["NextMarker"]}
