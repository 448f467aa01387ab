"""Several deployments in one account: whatever one of them does leaves the others as they are, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.deployments import Installation
from tests.inventory import inventory
from tests.support import REGION, Backend, fresh_env

OTHER_REGION = "us-east-1"
# Environment and region of one that stands, and of one that lives beside it. Names are nearly the same: one is the
# beginning of the other, and IAM's, CloudFront's and S3's are not regional.
NEIGHBOURS = {
    "the-longer-name": (("", REGION), ("-b", REGION)),
    "the-shorter-name": (("-b", REGION), ("", REGION)),
    "another-region": (("", REGION), ("", OTHER_REGION)),
}


@pytest.fixture(params=NEIGHBOURS)
def neighbours(request: pytest.FixtureRequest, engine: Backend) -> Iterator[tuple[Installation, Installation]]:
    """One that is deployed, and one that is not."""
    env = fresh_env()
    standing, living = (Installation.on(engine, env + ending, region) for ending, region in NEIGHBOURS[request.param])
    standing.deploy()
    yield standing, living
    standing.teardown(delete_data=True)


def everything(*of: Installation) -> dict[str, Any]:
    """All that stands in the account, in the regions of these."""
    return {
        f"{region} {name}": found
        for region, aws in {each.aws.region: each.aws for each in of}.items()
        for name, found in inventory(aws).items()
    }


@pytest.mark.slow
@pytest.mark.usefixtures("deployed")  # prod, whose prefix is the beginning of everybody's
def test_a_life_beside_others(neighbours: tuple[Installation, Installation], tmp_path: Path) -> None:
    standing, living = neighbours
    before = everything(standing, living)
    changed = living.with_settings(log_retention_days=30, password_minimum_length=14).with_site(_site(tmp_path))
    for step in (living.deploy, changed.deploy, lambda: changed.teardown(delete_data=False)):
        step()
        after = everything(standing, living)
        assert {name: after.get(name) for name in before} == before
        assert len(after) > len(before)
    changed.teardown(delete_data=True)
    assert everything(standing, living) == before


def _site(folder: Path) -> Path:
    (folder / "index.html").write_text("<!doctype html><title>Another</title>")
    return folder


@pytest.mark.slow
def test_every_call_to_a_bucket_names_its_owner(engine: Backend, tmp_path: Path) -> None:
    """A bucket of our name that another account took in the meantime gets nothing from us, and gives us nothing."""
    school = Installation.on(engine, fresh_env())
    school.deploy()
    bucket = next(resource.name for resource in school.deployer.stack.resources if resource.kind == "s3.bucket")
    root = engine.root(school.aws.deployment.env).client("s3")
    root.delete_bucket_lifecycle(Bucket=bucket)
    root.delete_bucket_encryption(Bucket=bucket)
    root.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    root.put_bucket_policy(Bucket=bucket, Policy=_nothing_at_all(school, bucket))
    school.with_site(_site(tmp_path)).deploy()
    school.teardown(delete_data=True)

    sent = [(name, parameters) for name, parameters in school.calls.sent if "Bucket" in parameters]
    without = {name for name, parameters in sent if parameters.get("ExpectedBucketOwner") != engine.account}
    # The one call that has no such parameter makes the bucket.
    assert without == {"CreateBucket"}
    assert {
        "GetBucketTagging",
        "GetBucketPolicy",
        "PutBucketPolicy",
        "PutBucketLifecycleConfiguration",
        "PutBucketVersioning",
        "ListObjectsV2",
        "ListObjectVersions",
        "GetObject",
        "PutObject",
        "DeleteObjects",
        "DeleteBucket",
    } <= {name for name, _ in sent}


def _nothing_at_all(school: Installation, bucket: str) -> str:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": school.aws.arn("s3", f"{bucket}/nothing", region=False, account=False),
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
