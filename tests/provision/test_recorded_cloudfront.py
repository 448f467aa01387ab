"""What CloudFront answers and emulators do not: recorded errors, put into the real client."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from botocore.exceptions import ClientError

from studentdb.errors import NotAllowedError
from studentdb.provision.aws import Aws
from studentdb.provision.core import NotOursError
from studentdb.provision.resources.cloudfront_access import ResponseHeadersPolicy
from studentdb.provision.resources.cloudfront_distribution import Distribution
from studentdb.provision.resources.cloudfront_invalidation import Invalidation
from tests.provision.answers import Answer, Wire, cloudfront_error, live_of
from tests.provision.cases.cloudfront import access
from tests.provision.injected import in_virtual_time
from tests.support import Backend, stranger


@pytest.fixture
def aws(moto: Backend) -> Aws:
    """All rights on moto, and a clock that only waits move."""
    return in_virtual_time(moto.root())


@pytest.fixture
def wire(aws: Aws) -> Wire:
    return Wire(aws)


def distribution(**differing: Any) -> Distribution:
    first = Distribution(
        name="site",
        comment="studentdb of this test",
        bucket_domain_name="b.s3.eu-central-1.amazonaws.com",
        origin_access_control_id="EOAC",
        response_headers_policy_id="policy",
        api_domain="a.execute-api.eu-central-1.amazonaws.com",
        api_path="/prod",
        api_http_port=80,
        api_protocol="https-only",
        viewer_protocol_policy="redirect-to-https",
    )
    return dataclasses.replace(first, **differing)


class TestAccess:
    def test_in_use_for_a_while_after_the_distribution_is_gone(self, aws: Aws, wire: Wire) -> None:
        control = access(aws)
        control.create(aws)
        in_use = cloudfront_error(409, "OriginAccessControlInUse")  # CF-10
        wire.answers("DeleteOriginAccessControl", in_use, in_use)
        control.delete(aws, live_of(control, aws))
        assert wire.count("DeleteOriginAccessControl") == 3
        assert control.read(aws) is None

    def test_made_by_an_attempt_whose_answer_was_lost(self, aws: Aws, wire: Wire) -> None:
        outputs = access(aws).create(aws)
        wire.answers("CreateOriginAccessControl", cloudfront_error(409, "OriginAccessControlAlreadyExists"))
        assert access(aws).create(aws) == outputs

    def test_the_list_may_lag_behind_what_exists_already(self, aws: Aws, wire: Wire) -> None:
        outputs = access(aws).create(aws)
        wire.answers("CreateOriginAccessControl", cloudfront_error(409, "OriginAccessControlAlreadyExists"))
        wire.answers("ListOriginAccessControls", _controls("other"), _controls("other"))
        assert access(aws).create(aws) == outputs
        assert wire.used_up()

    def test_a_headers_policy_that_shows_late(self, engine: Backend) -> None:
        aws = engine.root()  # moto has none
        wire = Wire(aws)
        policy = ResponseHeadersPolicy(
            name=f"{aws.deployment.prefix}-site", content_security_policy="default-src 'none'"
        )
        outputs = policy.create(aws)
        wire.answers("ListResponseHeadersPolicies", _NO_POLICIES, _NO_POLICIES)
        assert policy.create(aws) == outputs
        assert wire.used_up()

    def test_found_on_a_later_page(self, aws: Aws, wire: Wire) -> None:
        # moto ignores the marker.
        wire.answers("ListOriginAccessControls", _controls("other", following="E1"), _controls(access(aws).name))
        assert live_of(access(aws), aws).outputs == {"id": "E1"}


def _controls(name: str, following: str = "") -> Answer:
    item = (
        f"<OriginAccessControlSummary><Id>E1</Id><Name>{name}</Name><SigningBehavior>always</SigningBehavior>"
        "<SigningProtocol>sigv4</SigningProtocol></OriginAccessControlSummary>"
    )
    following = following and f"<NextMarker>{following}</NextMarker>"
    head = f"<Marker></Marker><MaxItems>1</MaxItems><Quantity>1</Quantity>{following}"
    return Answer(200, f"<OriginAccessControlList>{head}<Items>{item}</Items></OriginAccessControlList>")


_NO_POLICIES = Answer(
    200, "<ResponseHeadersPolicyList><MaxItems>1</MaxItems><Quantity>0</Quantity></ResponseHeadersPolicyList>"
)


class TestDistribution:
    def test_somebody_wrote_in_between(self, aws: Aws, wire: Wire) -> None:
        distribution().create(aws)
        other = distribution(api_path="/other")
        live = live_of(other, aws)
        before = wire.count("GetDistributionConfig"), wire.count("UpdateDistribution")
        wire.answers("UpdateDistribution", cloudfront_error(412, "PreconditionFailed"))  # CF-02
        other.update(aws, live, other.diff(live))
        # The configuration is read anew, not only sent anew.
        assert wire.count("GetDistributionConfig") == before[0] + 2
        assert wire.count("UpdateDistribution") == before[1] + 2
        assert live_of(other, aws).properties["Origins[api].OriginPath"] == "/other"

    def test_it_stays_undeletable_for_a_while(self, aws: Aws, wire: Wire) -> None:
        distribution().create(aws)
        live = live_of(distribution(), aws)
        wire.answers("DeleteDistribution", cloudfront_error(409, "DistributionNotDisabled"))  # CF-33
        distribution().delete(aws, live)
        assert wire.count("DeleteDistribution") == 2
        assert distribution().read(aws) is None

    def test_an_old_read_says_deployed_before_it_is_disabled(self, aws: Aws, wire: Wire) -> None:
        distribution().create(aws)
        live = live_of(distribution(), aws)
        found = live.outputs["id"]
        kept: list[bytes] = []
        events = aws.client("cloudfront", region="us-east-1").meta.events
        events.register(
            "response-received.cloudfront.GetDistribution",
            lambda response_dict, **_: kept.append(response_dict["body"]),
        )
        for _ in range(2):
            aws.client("cloudfront", region="us-east-1").get_distribution(Id=found)
        old = kept[-1].decode()
        assert "<Status>Deployed</Status>" in old
        wire.answers("GetDistribution", Answer(200, old), Answer(200, old))  # CF-01
        reads = wire.count("GetDistribution")
        distribution().delete(aws, live)
        assert wire.count("GetDistribution") == reads + 3

    def test_made_by_an_attempt_whose_answer_was_lost(self, aws: Aws, wire: Wire) -> None:
        outputs = distribution().create(aws)
        wire.answers("ListDistributions", Answer(200, _NO_DISTRIBUTIONS), Answer(200, _NO_DISTRIBUTIONS))
        # moto refuses a caller reference that it knows, as AWS does (CF-05).
        assert distribution().create(aws) == outputs
        assert wire.used_up()

    def test_a_reference_that_a_deleted_one_used_up(self, aws: Aws, wire: Wire) -> None:
        references: list[str] = []
        aws.client("cloudfront", region="us-east-1").meta.events.register(
            "before-call.cloudfront.CreateDistributionWithTags",
            lambda params, **_: references.append(_between(params["body"], "CallerReference")),
        )
        taken = cloudfront_error(409, "DistributionAlreadyExists")
        wire.answers("CreateDistributionWithTags", *[taken] * 40)
        distribution().create(aws)
        assert len(set(references)) == 2
        assert references[-1] != references[0]

    def test_an_account_that_aws_has_not_verified(self, aws: Aws, wire: Wire) -> None:
        message = "Your account must be verified before you can add new CloudFront resources."  # CF-09
        wire.answers("CreateDistributionWithTags", cloudfront_error(403, "AccessDenied", message))
        with pytest.raises(NotAllowedError, match="must be verified"):
            distribution().create(aws)
        assert wire.count("CreateDistributionWithTags") == 1

    def test_one_with_that_comment_and_other_tags(self, aws: Aws) -> None:
        distribution().create(stranger(aws))
        with pytest.raises(NotOursError):
            distribution().read(aws)
        # Comments are not unique: ours is found beside it.
        distribution(origin_access_control_id="other").create(aws)
        assert distribution().read(aws) is not None

    def test_create_does_not_wait_for_the_edges(self, aws: Aws, wire: Wire) -> None:
        distribution().create(aws)
        assert wire.count("GetDistribution") == 0

    def test_a_bucket_that_was_made_a_moment_ago(self, aws: Aws, wire: Wire) -> None:
        message = "The specified origin server does not exist or is not valid."
        wire.answers("CreateDistributionWithTags", cloudfront_error(400, "InvalidOrigin", message))
        distribution().create(aws)
        assert wire.count("CreateDistributionWithTags") == 2

    def test_error_pages_and_headers_set_by_hand(self, engine: Backend) -> None:
        aws = engine.root()  # moto forgets access controls
        wanted = distribution(comment=aws.deployment.id)
        made = wanted.create(aws)
        cloudfront = aws.client("cloudfront", region="us-east-1")
        pages = [{"ErrorCode": code, "ErrorCachingMinTTL": 10} for code in (404, 403)]
        headers = [{"HeaderName": name, "HeaderValue": "1"} for name in ("x-b", "x-a")]

        def by_hand(parsed: dict[str, Any], **_: Any) -> None:
            config = parsed.get("Distribution", parsed)["DistributionConfig"]
            config["CustomErrorResponses"] = {"Quantity": 2, "Items": pages}
            config["Origins"]["Items"][0]["CustomHeaders"] = {"Quantity": 2, "Items": headers}

        sent: list[dict[str, Any]] = []
        for operation in ("GetDistribution", "GetDistributionConfig"):
            cloudfront.meta.events.register(f"after-call.cloudfront.{operation}", by_hand)
        cloudfront.meta.events.register(
            "provide-client-params.cloudfront.UpdateDistribution",
            lambda params, **_: sent.append(params["DistributionConfig"]),
        )
        live = live_of(wanted, aws)
        changes = wanted.diff(live)
        assert [change.property for change in changes] == ["CustomErrorResponses.Quantity"]
        assert wanted.update(aws, live, changes) == made
        # A quantity that disagrees with the items is refused (CF-29); what we do not declare stays.
        assert sent[0]["CustomErrorResponses"] == {"Quantity": 0}
        assert sent[0]["Origins"]["Items"][0]["CustomHeaders"] == {"Quantity": 2, "Items": headers}


_NO_DISTRIBUTIONS = (
    '<DistributionList xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Marker></Marker><MaxItems>100</MaxItems>'
    "<IsTruncated>false</IsTruncated><Quantity>0</Quantity></DistributionList>"
)


def _between(body: bytes, tag: str) -> str:
    return body.decode().partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]


class TestInvalidation:
    def test_a_site_that_goes_back_is_invalidated_again(self, aws: Aws) -> None:
        made = distribution().create(aws)

        def invalidated(digest: str) -> Invalidation:
            return Invalidation(name="site", distribution_id=made["id"], distribution_arn=made["arn"], digest=digest)

        invalidated("a").create(aws)
        for digest in ("b", "a", "b"):
            live = live_of(invalidated(digest), aws)
            invalidated(digest).update(aws, live, invalidated(digest).diff(live))
        found = aws.client("cloudfront", region="us-east-1").list_invalidations(DistributionId=made["id"])
        assert found["InvalidationList"]["Quantity"] == 4

    def test_a_crash_before_the_tag_invalidates_once_more(self, aws: Aws, wire: Wire) -> None:
        made = distribution().create(aws)
        one = Invalidation(name="site", distribution_id=made["id"], distribution_arn=made["arn"], digest="a")
        wire.answers("TagResource", cloudfront_error(403, "AccessDenied"))
        with pytest.raises(ClientError):
            one.create(aws)
        assert one.read(aws) is None
        one.create(aws)
        assert wire.count("CreateInvalidation") == 2

    def test_too_many_in_progress(self, aws: Aws, wire: Wire) -> None:
        made = distribution().create(aws)
        one = Invalidation(name="site", distribution_id=made["id"], distribution_arn=made["arn"], digest="a")
        wire.answers("CreateInvalidation", cloudfront_error(400, "TooManyInvalidationsInProgress"))  # CF-27
        one.create(aws)
        assert wire.count("CreateInvalidation") == 2
