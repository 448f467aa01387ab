"""Where files are sent to: the function signs for it, the deployer lets the site's pages talk to it."""

from __future__ import annotations

import dataclasses
import importlib
from types import ModuleType

import boto3
import pytest

from studentdb.provision.endpoints import Endpoints
from tests.provision.cases.s3 import data_bucket
from tests.support import Backend

RECORD = {"id": "1", "contentType": "text/plain", "size": 1}


def store_in(monkeypatch: pytest.MonkeyPatch, **environment: str) -> ModuleType:
    """The module that signs, in another environment than the fixture's."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # boto3 keeps the region of its first client.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return importlib.reload(importlib.import_module("studentdb_api.media_store"))


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1", "cn-north-1"])
def test_forms_name_the_address_that_the_site_may_talk_to(
    moto: Backend, monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    aws = moto.root()
    there = dataclasses.replace(
        aws,
        session=boto3.Session("test", "test", region_name=region),
        deployment=dataclasses.replace(aws.deployment, region=region),
        endpoints=Endpoints(region),
    )
    bucket = data_bucket(there)
    domain = bucket.create(there)["regional_domain_name"]
    form = store_in(monkeypatch, MEDIA_BUCKET=bucket.name, AWS_DEFAULT_REGION=region).upload_form(RECORD)
    assert form["url"] == there.endpoints.bucket_origin(domain) + "/"
