"""Engines that stand in for AWS and lack calls: how they are told, and that nothing of it is believed of AWS."""

from __future__ import annotations

import dataclasses

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from studentdb.provision.endpoints import Endpoints
from studentdb.provision.failures import explain
from studentdb.provision.resources.apigateway_route import Route
from tests.support import REGION, Backend

ELSEWHERE = "http://127.0.0.1:5000"


@pytest.mark.parametrize(
    ("endpoint_url", "embedded", "stands_in", "has_tls"),
    [
        (None, False, False, True),
        ("http://localhost:4566", True, False, False),
        (ELSEWHERE, False, True, False),
        ("https://aws.school.example:4566", False, True, True),
        ("https://vpce-1.dynamodb.eu-central-1.vpce.amazonaws.com", False, False, True),
        ("https://s3.dualstack.eu-central-1.api.aws", False, False, True),
    ],
)
def test_who_stands_in_for_aws(endpoint_url: str | None, embedded: bool, stands_in: bool, has_tls: bool) -> None:
    endpoints = Endpoints(REGION, endpoint_url, embedded=embedded)
    assert (endpoints.stands_in, endpoints.has_tls) == (stands_in, has_tls)


def refused(code: str, status: int, operation: str = "ListResponseHeadersPolicies") -> ClientError:
    answer = {"Error": {"Code": code, "Message": "<!doctype html>"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)


LACKING = [
    refused("404", 404),  # a web server's page: no such path
    refused("405", 405),
    refused("500", 500),
    refused("InternalFailure", 501),
    refused("UnknownOperationException", 404),
    refused("UnsupportedOperation", 400),
    refused("InvalidAction", 400),
    refused("NotImplemented", 501),
]


@pytest.mark.parametrize("error", LACKING, ids=str)
def test_an_engine_that_does_not_know_a_call(error: ClientError, moto: Backend) -> None:
    aws = moto.root()
    assert not aws.lacks(error)  # AWS itself
    engine = dataclasses.replace(aws, endpoints=Endpoints(REGION, ELSEWHERE))
    assert engine.lacks(error) == "ListResponseHeadersPolicies"
    ours = dataclasses.replace(aws, endpoints=Endpoints(REGION, ELSEWHERE, embedded=True))
    assert not ours.lacks(error)
    assert explain(error).what == "the endpoint does not know ListResponseHeadersPolicies"
    assert "<" not in explain(error).why


@pytest.mark.parametrize(
    "error",
    [
        refused("InternalFailure", 500),
        refused("AccessDenied", 403),
        refused("403", 403),
        refused("503", 503),
        refused("ResourceNotFoundException", 404),
        # No body, hence no code: the bucket is not there, or is somebody else's.
        refused("404", 404, "HeadBucket"),
        refused("400", 400, "HeadBucket"),
        ConnectionClosedError(endpoint_url=ELSEWHERE),
        KeyError("a mistake of ours"),
    ],
    ids=str,
)
def test_other_errors_stay_errors(error: Exception, moto: Backend) -> None:
    assert not dataclasses.replace(moto.root(), endpoints=Endpoints(REGION, ELSEWHERE)).lacks(error)


def test_an_answer_in_another_services_form(moto: Backend) -> None:
    aws = moto.root()
    error = ResponseParserError("Unable to parse response")
    assert not aws.lacks(error)
    assert dataclasses.replace(aws, endpoints=Endpoints(REGION, ELSEWHERE)).lacks(error)


def test_a_route_whose_authorizer_is_left_out_is_not_public() -> None:
    protected = Route(name="GET /api/{proxy+}", api_id="a", integration_id="i", authorizer_id="")
    assert protected.request()["AuthorizationType"] == "JWT"
    public = Route(name="GET /api/health", api_id="a", integration_id="i")
    assert public.request()["AuthorizationType"] == "NONE"
