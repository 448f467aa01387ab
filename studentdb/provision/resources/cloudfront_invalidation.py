"""The caches' knowledge of the site: a tag on the distribution says which version of it they were last cleared for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

from botocore.exceptions import ClientError

from studentdb.provision.aws import EXISTING_BUDGET, Aws, error_code, has_code, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource, giver
from studentdb.provision.resources.cloudfront_distribution import distribution_tags

# The control plane of the aws partition (REG-01).
CLOUDFRONT_REGION = "us-east-1"
SITE_DIGEST = "studentdb:site-digest"

_GONE = ("NoSuchResource", "NoSuchDistribution")


@dataclass(frozen=True, kw_only=True)
class Invalidation(Resource):
    """`digest` is of everything that the site serves. A child of a distribution of ours; no outputs.

    The tag is written after the invalidation was accepted, so a crash in between means a second invalidation and
    never a missing one. Nothing waits for it to reach the edges (CF-28).
    """

    kind: ClassVar[str] = "cloudfront.invalidation"
    identity: ClassVar = ("name", "distribution_arn")
    actions: ClassVar = {
        "read": ("cloudfront:ListTagsForResource",),
        "create": ("cloudfront:CreateInvalidation", "cloudfront:TagResource"),
        "update": ("cloudfront:CreateInvalidation", "cloudfront:TagResource"),
        "delete": ("cloudfront:UntagResource",),
    }

    distribution_id: str
    distribution_arn: str
    digest: str

    @property
    def goes_with(self) -> str:
        """The distribution, whose tag it is."""
        return giver(self.distribution_arn)

    def properties(self) -> dict[str, Any]:
        """The digest for which the caches were cleared."""
        return {"digest": self.digest}

    def read(self, aws: Aws) -> Live | None:
        """None while the tag or the distribution is absent."""
        try:
            found = distribution_tags(aws, self.distribution_arn)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            return None
        return Live({"digest": found[SITE_DIGEST]}) if SITE_DIGEST in found else None

    def create(self, aws: Aws) -> Outputs:
        """No tag does not mean nothing cached: an earlier deploy may have been cut off before it wrote the tag."""
        cloudfront = _client(aws)
        # The reference makes botocore's repetitions one. It is not the digest alone: a site that goes back to an
        # earlier version would find that version's old invalidation and keep the caches as they are.
        batch = {
            "Paths": {"Quantity": 1, "Items": ["/*"]},  # one path, whatever changed (CF-27)
            "CallerReference": f"{self.digest[:64]}-{uuid4().hex}",
        }
        aws.retry(
            lambda: cloudfront.create_invalidation(DistributionId=self.distribution_id, InvalidationBatch=batch),
            when=has_code("TooManyInvalidationsInProgress"),
        )
        tag = {"Items": [{"Key": SITE_DIGEST, "Value": self.digest}]}
        aws.retry(
            lambda: cloudfront.tag_resource(Resource=self.distribution_arn, Tags=tag),
            when=has_code(*_GONE),  # a distribution made a moment ago
            budget=EXISTING_BUDGET,
            # CloudFront takes few changes a second: asked more often it refuses, and botocore waits for longer.
            quickest=0.5,
        )
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        """Clears the caches again."""
        return self.create(aws)

    def delete(self, aws: Aws, live: Live) -> None:
        """Takes the tag off; it may have gone with the distribution."""
        with ignoring(*_GONE):
            _client(aws).untag_resource(Resource=self.distribution_arn, TagKeys={"Items": [SITE_DIGEST]})


def _client(aws: Aws) -> Any:
    return aws.client("cloudfront", region=CLOUDFRONT_REGION)
