"""What S3 answers and emulators do not: recorded errors, put into the real client."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import s3_backends

from studentdb.errors import StudentDBError
from studentdb.provision import policies
from studentdb.provision.aws import Aws
from studentdb.provision.core import Live, NotOursError
from studentdb.provision.resources.s3_bucket import Bucket
from studentdb.provision.resources.s3_bucket_policy import BucketPolicy
from studentdb.provision.resources.s3_objects import MANIFEST, File, Objects
from tests.provision.answers import Answer, Wire, live_of, s3_error
from tests.provision.cases.s3 import PAGE, SCRIPT, bucket
from tests.provision.injected import in_virtual_time
from tests.support import Backend, stranger


@pytest.fixture
def aws(moto: Backend) -> Aws:
    """All rights on moto, and a clock that only waits move."""
    return in_virtual_time(moto.root())


@pytest.fixture
def wire(aws: Aws) -> Wire:
    return Wire(aws)


def made_bucket(aws: Aws) -> Bucket:
    made = bucket(aws)
    made.create(aws)
    return made


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
        made = made_bucket(aws)
        wire.answers("GetBucketLifecycleConfiguration", none_yet, none_yet, none_yet)
        made.settle(aws)
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
