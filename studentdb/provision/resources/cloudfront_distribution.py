"""The CloudFront distribution: the site from the bucket, `/api/*` from the API, one origin for the browser.

ListDistributions shows neither tags nor caller references, so it is found by its comment and confirmed by its tags.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.errors import NotAllowedError
from studentdb.provision import tags
from studentdb.provision.aws import Aws, error_code, error_message, has_code, ignoring
from studentdb.provision.core import Change, Live, NotOursError, Outputs, Resource

# The control plane of the aws partition (REG-01).
CLOUDFRONT_REGION = "us-east-1"
# AWS's managed policies have the same ids everywhere (CF-17, CF-18, CF-19).
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"

# Until every edge has it: 3 minutes as a rule, 10 to 20 at times (CF-04).
DEPLOYED_BUDGET = 1200.0
GENERATIONS = 5
_READ_METHODS = ("GET", "HEAD", "OPTIONS")
_ALL_METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")

_STALE = has_code("PreconditionFailed", "InvalidIfMatchVersion")
# A list may not show yet what was made; the parts of it, and the bucket, may be just as new.
_NOT_YET = has_code(
    "DistributionAlreadyExists", "InvalidOrigin", "InvalidOriginAccessControl", "NoSuchResponseHeadersPolicy"
)
_NOT_DELETABLE_YET = has_code("PreconditionFailed", "InvalidIfMatchVersion", "DistributionNotDisabled")


@dataclass(frozen=True, kw_only=True)
class Distribution(Resource):
    """`comment` is its identity (at most 128 characters, CF-35); create does not wait for the edges.

    Outputs: `id`, `arn`, `domain_name`, `label` (the first label of the domain name).
    """

    kind: ClassVar[str] = "cloudfront.distribution"
    identity: ClassVar = ("name", "comment")
    actions: ClassVar = {
        "read": (
            "cloudfront:ListDistributions",
            "cloudfront:ListTagsForResource",
            "cloudfront:GetDistribution",
        ),
        "create": ("cloudfront:CreateDistribution", "cloudfront:TagResource"),
        "update": ("cloudfront:GetDistributionConfig", "cloudfront:UpdateDistribution"),
        "delete": (
            "cloudfront:GetDistribution",
            "cloudfront:GetDistributionConfig",
            "cloudfront:UpdateDistribution",
            "cloudfront:DeleteDistribution",
        ),
    }

    comment: str
    bucket_domain_name: str
    origin_access_control_id: str
    response_headers_policy_id: str
    api_domain: str
    api_path: str
    api_http_port: int
    api_protocol: str
    viewer_protocol_policy: str

    def properties(self) -> dict[str, Any]:
        """The configuration's leaves by path (`Origins[site].DomainName`); what AWS adds to it is left alone."""
        return dict(_leaves(self._settings()))

    def read(self, aws: Aws) -> Live | None:
        """`settled` is False until every edge has it. Raises NotOursError for one of this comment without our tag."""
        found = self._find(aws)
        # Other engines keep no origin access control; AWS always answers with the field.
        return None if found is None else dataclasses.replace(self._live(found), partial=aws.endpoints.stands_in)

    def find(self, aws: Aws) -> Live | None:
        """Raises as `read`."""
        listed = self._listed(aws)
        return None if listed is None else Live({}, _outputs(listed), settled=listed["Status"] == "Deployed")

    def create(self, aws: Aws) -> Outputs:
        """Raises NotAllowedError where AWS has not verified the account for CloudFront yet."""
        made: dict[str, Any] | None = None
        for generation in range(1, GENERATIONS + 1):
            try:
                made = aws.retry(lambda n=generation: self._make(aws, n), when=_NOT_YET, budget=30)  # type: ignore[misc]
                break
            except ClientError as error:
                if "must be verified" in error_message(error):  # CF-09
                    raise NotAllowedError(
                        "CloudFront refuses to make a distribution",
                        why=error_message(error),
                        hint="ask AWS Support to verify the account for CloudFront, then run the same command again",
                    ) from error
                # The reference belongs to one that was deleted meanwhile (CF-05).
                if error_code(error) != "DistributionAlreadyExists" or generation == GENERATIONS:
                    raise
        assert made is not None  # noqa: S101 the last generation raises
        live = self._live(made)
        changes = self.diff(live)
        return self.update(aws, live, changes) if changes else live.outputs

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        """Writes the complete configuration with ours merged into it; a partial one is refused (CF-03)."""
        cloudfront, found = _client(aws), live.outputs["id"]

        def write() -> None:
            now = cloudfront.get_distribution_config(Id=found)
            cloudfront.update_distribution(
                Id=found,
                IfMatch=now["ETag"],
                DistributionConfig=_merged(now["DistributionConfig"], self._settings()),
            )

        aws.retry(write, when=_STALE)
        return live.outputs

    def delete(self, aws: Aws, live: Live) -> None:
        """Disables it, waits until every edge knows (minutes), deletes it."""
        cloudfront, found = _client(aws), live.outputs["id"]

        def disable() -> None:
            now = cloudfront.get_distribution_config(Id=found)
            if now["DistributionConfig"]["Enabled"]:
                config = {**now["DistributionConfig"], "Enabled": False}
                cloudfront.update_distribution(Id=found, IfMatch=now["ETag"], DistributionConfig=config)

        def disabled() -> str | None:
            """Its ETag, once every edge knows."""
            answer = cloudfront.get_distribution(Id=found)
            now = answer["Distribution"]
            # A read right after the update can show the old `Deployed` (CF-01).
            if now["DistributionConfig"]["Enabled"] or now["Status"] != "Deployed":
                return None
            return str(answer["ETag"])

        def remove() -> None:
            what = f"disabling distribution {found}"
            etag = aws.wait(disabled, what=what, budget=DEPLOYED_BUDGET, slowest=10.0)
            cloudfront.delete_distribution(Id=found, IfMatch=etag)

        with ignoring("NoSuchDistribution"):
            aws.retry(disable, when=_STALE)
            aws.retry(remove, when=_NOT_DELETABLE_YET, budget=300)

    def _find(self, aws: Aws) -> dict[str, Any] | None:
        listed = self._listed(aws)
        with ignoring("NoSuchDistribution"):  # deleted since the list was made
            return None if listed is None else dict(_client(aws).get_distribution(Id=listed["Id"])["Distribution"])
        return None

    def _listed(self, aws: Aws) -> dict[str, Any] | None:
        """Ours, as it is in the list."""
        foreign = ""
        for page in _client(aws).get_paginator("list_distributions").paginate():
            for item in page["DistributionList"].get("Items", ()):
                if item["Comment"] != self.comment:
                    continue
                with ignoring("NoSuchResource", "NoSuchDistribution"):  # deleted since the list was made
                    if aws.owns(distribution_tags(aws, item["ARN"])):
                        return dict(item)
                    foreign = item["Id"]
        if foreign:
            why = f"{foreign} has this comment but lacks the tag {tags.DEPLOYMENT}={aws.deployment.id}"
            raise NotOursError("distribution", self.comment, why)
        return None

    def _live(self, found: dict[str, Any]) -> Live:
        leaves = dict(_leaves(found["DistributionConfig"]))
        return Live(
            {path: leaves[path] for path in self.properties() if path in leaves},
            _outputs(found),
            settled=found["Status"] == "Deployed",
        )

    def _make(self, aws: Aws, generation: int) -> dict[str, Any]:
        """One attempt; adopts what an attempt with the same reference made before its answer was lost (X-06)."""
        config = {"CallerReference": self._reference(aws, generation), **self._settings()}
        try:
            answer = _client(aws).create_distribution_with_tags(
                DistributionConfigWithTags={
                    "DistributionConfig": config,
                    "Tags": {"Items": tags.as_list(aws.tags)},
                }
            )
        except ClientError as error:
            found = self._find(aws) if error_code(error) == "DistributionAlreadyExists" else None
            if found is None:
                raise
            return found
        made: dict[str, Any] = answer["Distribution"]
        return made

    def _reference(self, aws: Aws, generation: int) -> str:
        """The same for every attempt of one deployment; the access control, made anew after each teardown, tells one
        life of it from the next."""
        text = f"{aws.deployment.digest}/{self.name}/{self.origin_access_control_id}/{generation}"
        return hashlib.sha256(text.encode()).hexdigest()[:40]

    def _settings(self) -> dict[str, Any]:
        """What we want, in the shape of DistributionConfig."""
        return {
            "Comment": self.comment,
            "Enabled": True,
            "DefaultRootObject": "index.html",
            "PriceClass": "PriceClass_100",
            "HttpVersion": "http2and3",
            "IsIPV6Enabled": True,
            "Origins": _items([self._site_origin(), self._api_origin()]),
            "DefaultCacheBehavior": {
                **self._behaviour("site", _READ_METHODS),
                "CachePolicyId": CACHING_OPTIMIZED,
            },
            "CacheBehaviors": _items(
                [
                    {
                        "PathPattern": "/api/*",
                        **self._behaviour("api", _ALL_METHODS),
                        "CachePolicyId": CACHING_DISABLED,
                        "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST_HEADER,
                    }
                ]
            ),
            # They would turn the API's errors into pages (CF-21).
            "CustomErrorResponses": {"Quantity": 0},
        }

    def _site_origin(self) -> dict[str, Any]:
        return {
            "Id": "site",
            "DomainName": self.bucket_domain_name,
            "OriginPath": "",
            "OriginAccessControlId": self.origin_access_control_id,
            # Empty, not absent: this is what makes it an S3 origin (CF-15).
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }

    def _api_origin(self) -> dict[str, Any]:
        return {
            "Id": "api",
            "DomainName": self.api_domain,
            "OriginPath": self.api_path,
            "CustomOriginConfig": {
                "HTTPPort": self.api_http_port,
                "HTTPSPort": 443,
                "OriginProtocolPolicy": self.api_protocol,
                "OriginSslProtocols": _items(["TLSv1.2"]),
                "OriginReadTimeout": 30,
                "OriginKeepaliveTimeout": 5,
            },
        }

    def _behaviour(self, origin: str, methods: tuple[str, ...]) -> dict[str, Any]:
        return {
            "TargetOriginId": origin,
            "ViewerProtocolPolicy": self.viewer_protocol_policy,
            "AllowedMethods": {**_items(list(methods)), "CachedMethods": _items(["GET", "HEAD"])},
            "Compress": True,
            "ResponseHeadersPolicyId": self.response_headers_policy_id,
        }


def distribution_tags(aws: Aws, arn: str) -> dict[str, str]:
    """Asked for once in a survey, which looks for the mark of ownership and for the site's digest in them."""
    call = _client(aws).list_tags_for_resource
    answer = aws.shared(("cloudfront tags", arn), lambda: call(Resource=arn))
    # A tag that somebody added may have no value.
    return {tag["Key"]: tag.get("Value", "") for tag in answer["Tags"].get("Items", ())}


def _outputs(found: dict[str, Any]) -> Outputs:
    domain = found["DomainName"]
    return {"id": found["Id"], "arn": found["ARN"], "domain_name": domain, "label": domain.partition(".")[0]}


def _client(aws: Aws) -> Any:
    return aws.client("cloudfront", region=CLOUDFRONT_REGION)


def _items(items: list[Any]) -> dict[str, Any]:
    """Quantity has to agree with the items (CF-29)."""
    return {"Quantity": len(items), "Items": items}


def _key(item: Any) -> str | None:
    """What tells an item of a list from the others; None for plain values."""
    return item.get("Id") or item.get("PathPattern") if isinstance(item, dict) else None


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """A configuration's single values with their paths; lists without keys are sorted, for AWS reorders them."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}" if path and name != "Items" else path or name)
    elif isinstance(value, list) and any(_key(item) for item in value):
        for item in value:
            yield from _leaves(item, f"{path}[{_key(item)}]")
    else:
        yield path, sorted(value, key=_in_words) if isinstance(value, list) else value


def _in_words(item: Any) -> str:
    """For sorting: objects, such as somebody's error pages, have no order of their own."""
    return json.dumps(item, sort_keys=True, default=str)


def _merged(live: Any, wanted: Any) -> Any:
    """`live` with every wanted value in it; of lists only the wanted items stay."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        # A wanted quantity of 0 comes without items: the live ones have to go too (CF-29).
        kept = {name: item for name, item in live.items() if name != "Items" or "Quantity" not in wanted}
        return {**kept, **{name: _merged(live.get(name), item) for name, item in wanted.items()}}
    if isinstance(wanted, list) and isinstance(live, list):
        by_key = {_key(item): item for item in live if _key(item)}
        return [_merged(by_key.get(_key(item)), item) for item in wanted]
    return wanted
