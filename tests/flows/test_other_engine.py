"""An engine that is neither AWS nor ours: moto's own server, a process that somebody else started."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from studentdb.bundle import find
from studentdb.provision.aws import Aws, Deployment
from studentdb.provision.deployer import Deployer, Source
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.engine import WalkError
from studentdb.provision.events import silent
from studentdb.provision.stack_settings import StackSettings
from tests.command_line import CommandLine
from tests.inventory import inventory
from tests.pictures import PILLOW
from tests.provision.wire import Raw
from tests.support import MOTO_ACCOUNT, REGION, Backend, free_port

# Neither call is there in moto, and the inventory makes them.
UNREADABLE = ("cloudfront", "apigatewayv2")
HEADERS, AUTHORIZER = "cloudfront.response_headers_policy", "apigatewayv2.authorizer"
# What somebody added to the API by hand, authorizers included.
UNDECLARED = "apigatewayv2.undeclared"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a moto server of its own process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while True:
        assert process.poll() is None, "moto's server ended: is flask installed?"
        try:
            httpx.get(url)
        except httpx.TransportError:
            assert time.monotonic() < until, "moto's server does not answer"
            time.sleep(0.1)
        else:
            return


def _at(url: str, env: str) -> Aws:
    return Aws(
        session=boto3.Session("test", "test", region_name=REGION),
        deployment=Deployment(env=env, region=REGION, account=MOTO_ACCOUNT),
        endpoints=Endpoints(REGION, url),
    )


def _contents(aws: Aws) -> list[Any]:
    return [
        inventory(aws, but=UNREADABLE),
        aws.client("apigatewayv2").get_apis()["Items"],
        aws.client("cloudfront").list_distributions()["DistributionList"].get("Items", []),
        aws.client("cloudfront").list_origin_access_controls()["OriginAccessControlList"].get("Items", []),
    ]


@pytest.mark.slow
def test_a_life_on_motos_server(server: str, tmp_path: Path) -> None:
    """plan, deploy, again, status, teardown with data: what moto lacks is named each time, and stops nothing."""
    aws = _at(server, "moto")
    before = _contents(aws)
    studentdb = CommandLine.at(server, tmp_path)

    first = studentdb.run("deploy", "--yes", "--json", "--env", "moto")
    assert first.code == 0, first.err
    assert _kinds(first.data) == {HEADERS, AUTHORIZER}
    assert f"x left out {HEADERS} " in first.err
    assert "this engine does not know ListResponseHeadersPolicies; what takes from it gets nothing" in first.err
    assert "this engine does not know GetAuthorizers; what takes from it gets nothing" in first.err
    assert "2 left out in" in first.err
    _assert_made(aws, first.data)

    made = _contents(aws)
    again = studentdb.run("deploy", "--json", "--env", "moto")
    assert again.code == 0, again.err
    assert "Nothing to do" in again.err
    status = studentdb.run("status", "--json", "--env", "moto")
    assert (status.code, status.data["state"], status.data["changes"]) == (0, "deployed", [])
    # A distribution is there, of which moto does not keep everything.
    assert _kinds(status.data) == _kinds(again.data) == {HEADERS, AUTHORIZER, UNDECLARED, "cloudfront.distribution"}
    assert "of it only Origins[site].OriginAccessControlId" in status.err
    assert _contents(aws) == made

    gone = studentdb.run("teardown", "--delete-data", "--yes", "--env", "moto")
    assert gone.code == 0, gone.err
    assert f"x left out {HEADERS} " in gone.err
    assert _contents(aws) == before


def _kinds(data: dict[str, Any]) -> set[str]:
    return {each["kind"] for each in data["left_out"]}


def _assert_made(aws: Aws, addresses: dict[str, str]) -> None:
    """The rest of the stack, and the parts that refer to what was left out."""
    (distribution,) = aws.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    assert addresses["site_url"] == f"https://{distribution['DomainName']}"
    assert not distribution["DefaultCacheBehavior"].get("ResponseHeadersPolicyId")
    (api,) = aws.client("apigatewayv2").get_apis()["Items"]
    routes = aws.client("apigatewayv2").get_routes(ApiId=api["ApiId"])["Items"]
    types = {route["RouteKey"]: route["AuthorizationType"] for route in routes}
    assert {key for key, type_ in types.items() if type_ == "NONE"} == set(find().public_routes)
    bucket = f"{aws.deployment.prefix}-site-{aws.deployment.digest}"
    config = json.load(aws.client("s3").get_object(Bucket=bucket, Key="config.json")["Body"])
    assert config["userPoolId"] == addresses["user_pool_id"]


def _deployer(aws: Aws) -> Deployer:
    bundle = find()
    source = Source(
        functions=bundle.lambda_src,
        site=bundle.site,
        public_routes=bundle.public_routes,
        account_routes=bundle.account_routes,
        pillow=PILLOW,
    )
    return Deployer(aws, StackSettings(), source, silent)


def _without(aws: Aws, *services: str) -> Aws:
    """As an engine answers whose edition does not hold these services."""

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        body = {"__type": "InternalFailure", "message": "The API for this service has not been emulated"}
        headers = {"x-amzn-errortype": "InternalFailure", "content-type": "application/json"}
        return AWSResponse(request.url, 501, headers, Raw(json.dumps(body).encode()))

    for service in services:
        aws.session.events.register(f"before-send.{service}", answer)
    return aws


@pytest.mark.slow
def test_whole_services_that_an_engine_lacks(server: str) -> None:
    """With a service its children are left out; tables, functions, roles and the bucket stand all the same."""
    services = ("cognito-identity-provider", "apigatewayv2", "cloudfront")
    aws = _without(_at(server, "small"), *services)
    outcome = _deployer(aws).deploy(lambda plan: True)
    assert outcome is not None
    assert {step.resource.kind.partition(".")[0] for step in outcome.plan.steps} == {
        "dynamodb",
        "iam",
        "lambda",
        "logs",
        "s3",
    }
    why = {event.resource: event.detail for event in outcome.left_out}
    prefix = aws.deployment.prefix
    assert "ListUserPools" in why[f"cognito-idp.user_pool/{prefix}-users"]
    assert why["cognito-idp.group/admin"] == f"it needs cognito-idp.user_pool/{prefix}-users"
    assert why["apigatewayv2.stage/prod"] == f"it needs apigatewayv2.api/{prefix}-api"
    # It would permit the call of an API whose ARN is not known.
    assert why["lambda.permission/api-read"] == f"it needs apigatewayv2.api/{prefix}-api"
    addresses = outcome.addresses
    assert (addresses.site_url, addresses.api_url, addresses.user_pool_id, addresses.client_id) == ("", "", "", "")

    assert not _deployer(aws).plan()
    status = _deployer(aws).status()
    assert (status.state, status.addresses) == ("deployed", addresses)
    assert _deployer(aws).user_pool_id() is None
    removed = _deployer(aws).teardown(delete_data=True)
    assert not set(removed.removed) & set(why)
    assert _deployer(aws).status().state == "absent"


@pytest.mark.slow
def test_two_side_by_side(server: str) -> None:
    """One's name is the beginning of the other's: what one does leaves the other as it is."""
    standing, living = _at(server, "a"), _at(server, "a-b")
    _deployer(standing).deploy(lambda plan: True)
    before = inventory(standing, but=UNREADABLE)
    _deployer(living).deploy(lambda plan: True)
    after = inventory(standing, but=UNREADABLE)
    assert {name: after[name] for name in before} == before
    assert len(after) > len(before)
    _deployer(living).teardown(delete_data=True)
    assert inventory(standing, but=UNREADABLE) == before
    # The rest of it: its API and its distribution are found, and nothing is to be done.
    assert _deployer(standing).status().state == "deployed"
    _deployer(standing).teardown(delete_data=True)


def test_aws_itself_is_not_forgiven(moto: Backend) -> None:
    """The same answer where no other engine was chosen: an error, and nothing written."""
    aws = moto.root()
    assert aws.endpoints.endpoint_url is None
    before = _contents(aws)
    with pytest.raises(WalkError) as failed:
        _deployer(aws).deploy(lambda plan: True)
    assert list(map(str, failed.value.failures.values())) == [
        "the endpoint does not know ListResponseHeadersPolicies: it answered 404 Not Found"
    ]
    assert _contents(aws) == before
