"""What AWS answers and emulators do not: recorded errors of S3 and CloudFront, put into the real clients."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from moto.s3.models import s3_backends

from studentdb.errors import NotAllowedError, StudentDBError
from studentdb.provision import policies
from studentdb.provision.aws import Aws
from studentdb.provision.core import Live, NotOursError
from studentdb.provision.resources.cloudfront_access import ResponseHeadersPolicy
from studentdb.provision.resources.cloudfront_distribution import Distribution
from studentdb.provision.resources.cloudfront_invalidation import Invalidation
from studentdb.provision.resources.s3_bucket import Bucket, BucketPolicy
from studentdb.provision.resources.s3_objects import MANIFEST, File, Objects
from tests.provision.cases.cloudfront import access
from tests.provision.cases.s3 import PAGE, SCRIPT, bucket
from tests.provision.injected import in_virtual_time
from tests.support import Backend, stranger


class Answer(NamedTuple):
    """An HTTP answer in AWS's words."""

    status: int
    body: str


class _Stream(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


class Wire:
    """Counts the calls of every operation and answers some of them in AWS's stead."""

    def __init__(self, aws: Aws) -> None:
        self.calls: list[str] = []
        self._queued: dict[str, list[Answer | None]] = {}
        for service, region in (("s3", None), ("cloudfront", "us-east-1")):
            client = aws.client(service, region=region)
            client.meta.events.register(f"before-send.{service}", self._send)

    def answers(self, operation: str, *answers: Answer | None) -> None:
        """The next calls of `operation` get these; None lets one through."""
        self._queued.setdefault(operation, []).extend(answers)

    def count(self, operation: str) -> int:
        return self.calls.count(operation)

    def used_up(self) -> bool:
        return not any(self._queued.values())

    def _send(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        self.calls.append(operation)
        queue = self._queued.get(operation)
        answer = queue.pop(0) if queue else None
        if answer is None:
            return None
        # Every handler of this event is called, moto's after this one; it must not carry out the call.
        request.url = "http://answered.invalid/"
        headers = {"content-type": "application/xml"}
        return AWSResponse(request.url, answer.status, headers, _Stream(answer.body.encode()))


def s3_error(status: int, code: str, message: str = "") -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>")


def cloudfront_error(status: int, code: str, message: str = "") -> Answer:
    body = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(
        status,
        f'<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">{body}'
        "<RequestId>1</RequestId></ErrorResponse>",
    )


@pytest.fixture
def aws(moto: Backend, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """All rights on moto, and a clock that only waits move."""
    return in_virtual_time(moto.root(), monkeypatch)


@pytest.fixture
def wire(aws: Aws) -> Wire:
    return Wire(aws)


def made_bucket(aws: Aws) -> Bucket:
    made = bucket(aws)
    made.create(aws)
    return made


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


def live_of(resource: Any, aws: Aws) -> Live:
    live = resource.read(aws)
    assert isinstance(live, Live)
    return live


ABORTED = s3_error(409, "OperationAborted", "A conflicting conditional operation is currently in progress")
NO_BUCKET = s3_error(404, "NoSuchBucket", "The specified bucket does not exist")
DENIED = s3_error(403, "AccessDenied", "Access Denied")


class TestBucket:
    def test_a_setting_that_collides_is_written_again(self, aws: Aws, wire: Wire) -> None:
        wire.answers("PutBucketVersioning", ABORTED)  # S3-07
        made = made_bucket(aws)
        assert wire.count("PutBucketVersioning") == 2
        assert made.diff(live_of(made, aws)) == ()

    def test_a_new_bucket_that_is_not_visible_yet(self, aws: Aws, wire: Wire) -> None:
        wire.answers("GetBucketTagging", NO_BUCKET, NO_BUCKET)  # S3-06
        wire.answers("PutBucketLifecycleConfiguration", NO_BUCKET)
        made = made_bucket(aws)
        assert wire.used_up()
        assert made.diff(live_of(made, aws)) == ()

    def test_lifecycle_rules_that_show_late_are_waited_for(self, aws: Aws, wire: Wire) -> None:
        none_yet = s3_error(404, "NoSuchLifecycleConfiguration")  # S3-21
        wire.answers("GetBucketLifecycleConfiguration", none_yet, none_yet, none_yet)
        made_bucket(aws)
        assert wire.used_up()

    def test_a_name_that_was_deleted_a_moment_ago(self, aws: Aws, wire: Wire) -> None:
        wire.answers("CreateBucket", *[ABORTED] * 20)  # S3-05
        made_bucket(aws)
        assert wire.count("CreateBucket") == 21

    def test_what_aws_set_by_itself_is_not_written(self, aws: Aws, wire: Wire) -> None:
        made = made_bucket(aws)
        before = len(wire.calls)
        made.create(aws)
        assert not [call for call in wire.calls[before:] if call.startswith("Put")]

    def test_a_crash_between_two_settings_is_repaired(self, aws: Aws, wire: Wire) -> None:
        wire.answers("PutBucketVersioning", DENIED)
        with pytest.raises(ClientError):
            made_bucket(aws)
        half = live_of(bucket(aws), aws)
        changes = bucket(aws).diff(half)
        assert "versioning" in {change.property for change in changes}
        bucket(aws).update(aws, half, changes)
        assert bucket(aws).diff(live_of(bucket(aws), aws)) == ()

    def test_the_tag_comes_with_the_create_call(self, aws: Aws) -> None:
        bodies: list[bytes] = []
        events = aws.client("s3").meta.events
        events.register("before-call.s3.CreateBucket", lambda params, **_: bodies.append(params["body"]))
        made_bucket(aws)
        assert b"<Key>studentdb:deployment</Key>" in bodies[0]
        assert b"<LocationConstraint>eu-central-1</LocationConstraint>" in bodies[0]

    def test_another_accounts_name(self, aws: Aws, wire: Wire) -> None:
        wire.answers("CreateBucket", s3_error(409, "BucketAlreadyExists"))
        with pytest.raises(NotOursError):
            made_bucket(aws)

    def test_another_accounts_bucket(self, aws: Aws, wire: Wire) -> None:
        wire.answers("GetBucketTagging", DENIED)
        with pytest.raises(NotOursError):
            bucket(aws).read(aws)

    def test_a_missing_right_is_not_taken_for_another_account(self, aws: Aws, wire: Wire) -> None:
        made = made_bucket(aws)
        wire.answers("GetBucketTagging", DENIED)
        with pytest.raises(ClientError, match="AccessDenied"):
            made.read(aws)

    def test_an_unmarked_empty_bucket_is_ours(self, aws: Aws) -> None:
        place = {"LocationConstraint": aws.region}
        aws.client("s3").create_bucket(Bucket=bucket(aws).name, CreateBucketConfiguration=place)
        found = live_of(bucket(aws), aws)
        assert found.properties["tagged"] is False
        bucket(aws).update(aws, found, bucket(aws).diff(found))
        assert bucket(aws).diff(live_of(bucket(aws), aws)) == ()

    def test_an_unmarked_bucket_with_something_in_it_is_not(self, aws: Aws) -> None:
        place = {"LocationConstraint": aws.region}
        aws.client("s3").create_bucket(Bucket=bucket(aws).name, CreateBucketConfiguration=place)
        aws.client("s3").put_object(Bucket=bucket(aws).name, Key="theirs", Body=b"")
        with pytest.raises(NotOursError):
            bucket(aws).read(aws)
        with pytest.raises(NotOursError):
            bucket(aws).create(aws)

    def test_create_does_not_take_over_a_strangers(self, aws: Aws) -> None:
        bucket(aws).create(stranger(aws))
        with pytest.raises(NotOursError):
            bucket(aws).create(aws)

    def test_objects_that_could_not_be_deleted_are_tried_again(self, aws: Aws, wire: Wire) -> None:
        made = made_bucket(aws)
        aws.client("s3").put_object(Bucket=made.name, Key="a", Body=b"")
        wire.answers("DeleteObjects", _refused("InternalError"))  # S3-17
        made.delete(aws, live_of(made, aws))
        assert wire.count("DeleteObjects") == 2
        assert made.read(aws) is None

    def test_objects_that_may_not_be_deleted_are_an_error(self, aws: Aws, wire: Wire) -> None:
        made = made_bucket(aws)
        aws.client("s3").put_object(Bucket=made.name, Key="a", Body=b"")
        wire.answers("DeleteObjects", _refused("AccessDenied"))
        with pytest.raises(StudentDBError, match="AccessDenied"):
            made.delete(aws, live_of(made, aws))
        assert wire.count("DeleteBucket") == 0

    def test_a_late_write_while_it_is_deleted(self, aws: Aws, wire: Wire) -> None:
        made = made_bucket(aws)
        wire.answers("DeleteBucket", s3_error(409, "BucketNotEmpty"))  # S3-13
        wire.answers("HeadBucket", Answer(200, ""))  # S3-19
        made.delete(aws, live_of(made, aws))
        assert wire.count("DeleteBucket") == 2
        assert made.read(aws) is None

    def test_more_than_one_page_of_versions(self, aws: Aws, wire: Wire) -> None:
        made = made_bucket(aws)
        for number in range(1001):
            s3_backends[aws.account]["global"].put_object(made.name, f"{number:04}", b"")
        made.delete(aws, live_of(made, aws))
        assert wire.count("DeleteObjects") == 2
        assert made.read(aws) is None

    @pytest.mark.parametrize(("region", "suffix"), [("us-east-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn")])
    def test_its_domain_is_the_regional_one(self, moto: Backend, region: str, suffix: str) -> None:
        root = moto.root()
        there = Aws(
            session=root.session,
            deployment=dataclasses.replace(root.deployment, region=region),
            endpoints=dataclasses.replace(root.endpoints, region=region),
        )
        made = bucket(there)
        assert made.create(there)["regional_domain_name"] == f"{made.name}.s3.{region}.{suffix}"


def _refused(code: str) -> Answer:
    return Answer(200, f"<DeleteResult><Error><Key>a</Key><Code>{code}</Code></Error></DeleteResult>")


class TestBucketPolicy:
    def test_a_new_principal_is_waited_for(self, aws: Aws, wire: Wire) -> None:
        made = made_bucket(aws)
        arn = aws.arn("s3", made.name, region=False, account=False)
        policy = BucketPolicy(
            name=made.name,
            document=policies.site_bucket(arn, "arn:aws:cloudfront::1:distribution/E", tls_only=True),
        )
        unknown = s3_error(400, "MalformedPolicy", "Invalid principal in policy")  # S3-08
        wire.answers("PutBucketPolicy", unknown, ABORTED)
        policy.create(aws)
        assert wire.count("PutBucketPolicy") == 3
        assert policy.diff(live_of(policy, aws)) == ()

    def test_a_wrong_policy_is_not_retried(self, aws: Aws, wire: Wire) -> None:
        policy = BucketPolicy(name=made_bucket(aws).name, document={"Version": "2012-10-17", "Statement": []})
        wire.answers("PutBucketPolicy", s3_error(400, "MalformedPolicy", "Missing required field Statement"))
        with pytest.raises(ClientError):
            policy.create(aws)
        assert wire.count("PutBucketPolicy") == 1

    def test_lists_mean_the_same_in_any_order(self, aws: Aws) -> None:
        statement = {"Effect": "Deny", "Principal": "*", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": ["a"]}
        other = {**statement, "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "a"}
        one = BucketPolicy(name="b", document={"Version": "2012-10-17", "Statement": [statement]})
        assert (
            one.diff(Live(BucketPolicy(name="b", document={"Version": "2012-10-17", "Statement": other}).properties()))
            == ()
        )


class TestObjects:
    def files(self, aws: Aws, files: Mapping[str, File] | None = None) -> Objects:
        default = {"index.html": PAGE, "app.js": SCRIPT}
        return Objects(name="site", bucket=bucket(aws).name, files=default if files is None else files)

    def test_a_survey_without_a_change_costs_two_calls(self, aws: Aws, wire: Wire) -> None:
        made_bucket(aws)
        objects = self.files(aws)
        objects.create(aws)
        before = len(wire.calls)
        assert objects.diff(live_of(objects, aws)) == ()
        assert wire.calls[before:] == ["ListObjectsV2", "GetObject"]

    def test_pages_come_after_what_they_load_and_the_manifest_last(self, aws: Aws) -> None:
        made_bucket(aws)
        order: list[str] = []
        aws.client("s3").meta.events.register(
            "before-call.s3.PutObject", lambda params, **_: order.append(params["url_path"].rpartition("/")[2])
        )
        self.files(
            aws, {"index.html": PAGE, "config.json": File("{}", "application/json", "no-cache"), "app.js": SCRIPT}
        ).create(aws)
        assert order[0] == "app.js"
        assert sorted(order[1:3]) == ["config.json", "index.html"]
        assert order[3] == MANIFEST

    def test_an_upload_that_was_cut_off_goes_on(self, aws: Aws, wire: Wire) -> None:
        made_bucket(aws)
        self.files(aws).create(aws)
        later = {"index.html": PAGE, "app.js": dataclasses.replace(SCRIPT, cache_control="no-store"), "new.js": SCRIPT}
        objects = self.files(aws, later)
        wire.answers("PutObject", None, None, DENIED)
        before = live_of(objects, aws)
        with pytest.raises(ClientError):
            objects.update(aws, before, objects.diff(before))
        _make_older(aws, objects.bucket, MANIFEST)
        half = live_of(objects, aws)
        # Both uploads are seen, headers included, although the manifest knows nothing of them.
        assert {change.property for change in objects.diff(half)} == {MANIFEST}
        objects.update(aws, half, objects.diff(half))
        assert objects.diff(live_of(objects, aws)) == ()

    def test_headers_changed_by_hand_are_seen(self, aws: Aws) -> None:
        made_bucket(aws)
        objects = self.files(aws)
        objects.create(aws)
        aws.client("s3").copy_object(
            Bucket=objects.bucket,
            Key="app.js",
            CopySource={"Bucket": objects.bucket, "Key": "app.js"},
            MetadataDirective="REPLACE",
            ContentType="text/plain",
        )
        _make_older(aws, objects.bucket, MANIFEST)
        (change,) = objects.diff(live_of(objects, aws))
        assert change.property == "app.js"
        assert isinstance(change.before, dict)
        assert change.before["content_type"] == "text/plain"

    @pytest.mark.parametrize("damaged", [b"", b"[]", b'{"app.js": 1}', b"\xff"])
    def test_a_damaged_manifest_is_written_anew(self, aws: Aws, damaged: bytes) -> None:
        made_bucket(aws)
        objects = self.files(aws)
        objects.create(aws)
        aws.client("s3").put_object(Bucket=objects.bucket, Key=MANIFEST, Body=damaged)
        live = live_of(objects, aws)
        assert {change.property for change in objects.diff(live)} == {MANIFEST}

    def test_a_file_that_may_not_be_removed_is_an_error(self, aws: Aws, wire: Wire) -> None:
        made_bucket(aws)
        self.files(aws).create(aws)
        fewer = self.files(aws, {"index.html": PAGE})
        wire.answers("DeleteObjects", _refused("AccessDenied"))
        live = live_of(fewer, aws)
        with pytest.raises(StudentDBError, match="AccessDenied"):
            fewer.update(aws, live, fewer.diff(live))

    def test_the_digest_is_what_is_served(self, aws: Aws) -> None:
        made_bucket(aws)
        first = self.files(aws).create(aws)
        assert live_of(self.files(aws), aws).outputs == first
        other = self.files(aws, {"index.html": PAGE, "app.js": dataclasses.replace(SCRIPT, cache_control="no-store")})
        live = live_of(other, aws)
        assert other.update(aws, live, other.diff(live)) != first


def _make_older(aws: Aws, name: str, key: str) -> None:
    """As if the others had been written seconds later."""
    stored = s3_backends[aws.account]["global"].buckets[name].keys[key]
    stored.last_modified -= timedelta(minutes=1)


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
        wire.answers("CreateDistributionWithTags", *[taken] * 25)
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
