"""What stands in front of the site and the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from studentdb.provision.aws import Aws
from studentdb.provision.core import Live, Resource
from studentdb.provision.resources.cloudfront_invalidation import SITE_DIGEST
from tests.provision.hand_edits import Edit


def _access(**change: str) -> Edit:
    def edit(aws: Aws, _: Any, live: Live) -> None:
        client, found = aws.client("cloudfront", region="us-east-1"), live.outputs["id"]
        now = client.get_origin_access_control(Id=found)
        config = {**now["OriginAccessControl"]["OriginAccessControlConfig"], **change}
        client.update_origin_access_control(Id=found, IfMatch=now["ETag"], OriginAccessControlConfig=config)

    return edit


def _headers(change: Callable[[dict[str, Any]], object]) -> Edit:
    def edit(aws: Aws, _: Any, live: Live) -> None:
        client, found = aws.client("cloudfront", region="us-east-1"), live.outputs["id"]
        now = client.get_response_headers_policy(Id=found)
        config = now["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
        change(config)
        client.update_response_headers_policy(Id=found, IfMatch=now["ETag"], ResponseHeadersPolicyConfig=config)

    return edit


def _security(name: str, **change: Any) -> Edit:
    return _headers(lambda config: config["SecurityHeadersConfig"][name].update(change))


def _custom(name: str) -> Edit:
    def change(config: dict[str, Any]) -> None:
        found = next(item for item in config["CustomHeadersConfig"]["Items"] if item["Header"] == name)
        found["Value"] = "by hand"

    return _headers(change)


def _added_header(config: dict[str, Any]) -> None:
    items = [*config["CustomHeadersConfig"]["Items"], {"Header": "X-Hand", "Value": "1", "Override": True}]
    config["CustomHeadersConfig"] = {"Quantity": len(items), "Items": items}


def _site_digest(aws: Aws, invalidation: Any, _: Live) -> None:
    marks = {"Items": [{"Key": SITE_DIGEST, "Value": "by-hand"}]}
    client = aws.client("cloudfront", region="us-east-1")
    client.tag_resource(Resource=invalidation.distribution_arn, Tags=marks)


def leaf_edits(distribution: Resource) -> dict[str, Edit]:
    """One edit for every single value of its configuration; AWS counts a list's items itself (CF-29)."""
    paths = [path for path in distribution.properties() if not path.endswith(".Quantity")]
    # The comment is how it is found; the key of an item tells it from the others.
    return {path: _leaf(path) for path in paths if path != "Comment" and not path.endswith(("].Id", "].PathPattern"))}


def _leaf(path: str) -> Edit:
    def edit(aws: Aws, _: Any, live: Live) -> None:
        client, found = aws.client("cloudfront", region="us-east-1"), live.outputs["id"]
        now = client.get_distribution_config(Id=found)
        config = now["DistributionConfig"]
        *way, name = re.findall(r"\[[^\]]+\]|[^.\[\]]+", path)
        holder = config
        for part in way:
            if part.startswith("["):
                items = holder["Items"]
                holder = next(item for item in items if part[1:-1] in (item.get("Id"), item.get("PathPattern")))
            else:
                holder = holder[part]
        if isinstance(holder[name], dict):
            items = holder[name]["Items"][:-1]
            holder[name] |= {"Quantity": len(items), "Items": items}
        else:
            holder[name] = _other(holder[name])
        client.update_distribution(Id=found, IfMatch=now["ETag"], DistributionConfig=config)

    return edit


def _other(value: bool | int | str) -> bool | int | str:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value}x"


EDITS: dict[str, dict[str, Edit]] = {
    "cloudfront.origin_access_control": {
        "SigningBehavior": _access(SigningBehavior="never"),
        "OriginAccessControlOriginType": _access(OriginAccessControlOriginType="lambda"),
    },
    "cloudfront.response_headers_policy": {
        "Content-Security-Policy": _security("ContentSecurityPolicy", ContentSecurityPolicy="default-src *"),
        "Strict-Transport-Security": _security("StrictTransportSecurity", AccessControlMaxAgeSec=1),
        "X-Content-Type-Options": _security("ContentTypeOptions", Override=False),
        "X-Frame-Options": _security("FrameOptions", FrameOption="SAMEORIGIN"),
        "Referrer-Policy": _security("ReferrerPolicy", ReferrerPolicy="unsafe-url"),
        "Permissions-Policy": _custom("Permissions-Policy"),
        "Cross-Origin-Opener-Policy": _custom("Cross-Origin-Opener-Policy"),
        "Cross-Origin-Resource-Policy": _custom("Cross-Origin-Resource-Policy"),
        "X-Hand": _headers(_added_header),
    },
    "cloudfront.invalidation": {"digest": _site_digest},
}
