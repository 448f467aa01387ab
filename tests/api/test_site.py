"""Where `login --site` lets itself be led, and where not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from studentdb.api.site import fetch_config, site_root
from studentdb.api.transport import Http
from studentdb.errors import UnavailableError, UsageError
from tests.api.fakes import Server, answer

AWS = {
    "deployment": "student-management/eu-central-1",
    "region": "eu-central-1",
    "siteUrl": "https://d123.cloudfront.net",
    "apiUrl": "https://a1.execute-api.eu-central-1.amazonaws.com/prod",
    "userPoolId": "eu-central-1_Ab3dE6gH9",
    "clientId": "5abc",
    "cognitoUrl": "https://cognito-idp.eu-central-1.amazonaws.com",
}
LOCAL = {
    **AWS,
    "deployment": "student-management-stage/us-east-1",
    "siteUrl": "http://d123.cloudfront.localhost:4566",
    "apiUrl": "http://localhost:4566/_aws/execute-api/a1/prod",
    "cognitoUrl": "http://localhost:4566",
}


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        ("d123.cloudfront.net", "https://d123.cloudfront.net"),
        ("https://school.example.edu/students?x=1#y", "https://school.example.edu"),
        (" https://school.example.edu:8443/ ", "https://school.example.edu:8443"),
        ("http://d1.cloudfront.localhost:4566/students", "http://d1.cloudfront.localhost:4566"),
    ],
)
def test_any_address_of_the_site_will_do(typed: str, root: str) -> None:
    assert site_root(typed) == root


@pytest.mark.parametrize("typed", ["http://school.example.edu", "ftp://x", "", "https://", "https://a b", "file:///x"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        site_root(typed)


@pytest.mark.parametrize(
    ("site", "config"),
    [
        ("https://d123.cloudfront.net", AWS),
        ("https://d123.cloudfront.net/students", {**AWS, "siteUrl": "https://d123.cloudfront.net/"}),
        ("https://d123.cloudfront.net", {**AWS, "apiUrl": "https://d123.cloudfront.net/api"}),
        (LOCAL["siteUrl"], LOCAL),
        (
            "http://d1.cloudfront.localhost",
            {
                **LOCAL,
                "siteUrl": "http://d1.cloudfront.localhost:80",
                "apiUrl": "http://127.0.0.1/_aws/execute-api/a1/prod",
                "cognitoUrl": "http://127.0.0.1:80",
            },
        ),
    ],
)
def test_config(site: str, config: dict[str, str]) -> None:
    server = Server(answer(200, {**config, "somethingNewer": 1}))
    assert fetch_config(server.http, site) == config
    assert server.requests[0].url.path == "/config.json"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"apiUrl": None}, "apiUrl"),
        ({"region": 7}, "region"),
        ({"deployment": "student-management/x\x1b[2J"}, "deployment"),
        ({"deployment": "elsewhere"}, "deployment"),
        ({"clientId": ""}, "clientId"),
        ({"apiUrl": "javascript:alert(1)"}, "apiUrl"),
        ({"apiUrl": "http://api.example.edu"}, "not encrypted"),
        ({"cognitoUrl": "https://cognito-idp.eu-central-1.amazonaws.com.evil.example"}, "not Cognito"),
        ({"cognitoUrl": "https://evil.example/cognito-idp.eu-central-1.amazonaws.com"}, "not Cognito"),
        ({"cognitoUrl": "https://cognito-idp.us-east-1.amazonaws.com"}, "not Cognito"),
        ({"cognitoUrl": "https://cognito-idp.eu-central-1.amazonaws.com:8443"}, "not Cognito"),
        ({"cognitoUrl": "http://localhost:4566"}, "not Cognito"),
        ({"siteUrl": "https://d456.cloudfront.net"}, "it says that it is https://d456.cloudfront.net"),
        ({"siteUrl": "https://d123.cloudfront.net:8443"}, "it says that it is"),
        ({"siteUrl": "https://d123.cloudfront.net/x"}, "it says that it is"),
        ({"siteUrl": "http://localhost:4566"}, "it says that it is"),
        ({"apiUrl": "https://evil.example.org/prod"}, "neither API Gateway's nor its own"),
        ({"apiUrl": "https://a1.execute-api.us-east-1.amazonaws.com/prod"}, "neither"),
        ({"apiUrl": "https://a1.execute-api.eu-central-1.amazonaws.com.evil.org/prod"}, "neither"),
        ({"apiUrl": "https://a1-execute-api.eu-central-1.amazonaws.com/prod"}, "neither"),
        ({"apiUrl": "https://a1.execute-api.eu-central-1.amazonaws.com/prod/deeper"}, "neither"),
        ({"apiUrl": "https://a1.execute-api.eu-central-1.amazonaws.com:8443/prod"}, "neither"),
        ({"apiUrl": "https://d123.cloudfront.net.evil.org/api"}, "neither"),
        ({"apiUrl": "http://localhost:4566/_aws/execute-api/a1/prod"}, "neither"),
    ],
)
def test_a_config_that_leads_astray_is_refused(changed: dict[str, Any], named: str) -> None:
    server = Server(answer(200, {**AWS, **changed}))
    with pytest.raises(UsageError, match=named):
        fetch_config(server.http, "https://d123.cloudfront.net")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"siteUrl": "http://d456.cloudfront.localhost:4566"}, "it says that it is"),
        ({"siteUrl": "http://d123.cloudfront.localhost:4567"}, "it says that it is"),
        ({"cognitoUrl": "http://localhost:4567"}, "sign-in service http://localhost:4567 is not the engine"),
        ({"cognitoUrl": AWS["cognitoUrl"]}, "is not the engine"),
        (
            {"apiUrl": "http://localhost:4567/_aws/execute-api/a1/prod"},
            "API http://localhost:4567/.* is not the engine",
        ),
        ({"apiUrl": "http://127.0.0.1:4566/_aws/execute-api/a1/prod"}, "API .* is not the engine"),
        ({"apiUrl": AWS["apiUrl"]}, "API .* is not the engine"),
        (
            {"cognitoUrl": "http://localhost:9", "apiUrl": "http://localhost:9/_aws/execute-api/a1/prod"},
            "is not the engine",
        ),
    ],
)
def test_a_config_on_this_machine_that_leads_astray_is_refused(changed: dict[str, Any], named: str) -> None:
    server = Server(answer(200, {**LOCAL, **changed}))
    with pytest.raises(UsageError, match=named):
        fetch_config(server.http, LOCAL["siteUrl"])


def test_the_site_that_is_meant_is_named() -> None:
    """An address of the school's own in front of the site: it is said where to sign in."""
    with pytest.raises(UsageError) as caught:
        fetch_config(Server(answer(200, AWS)).http, "students.example.edu")
    assert caught.value.hint.endswith("studentdb login EMAIL --site https://d123.cloudfront.net")


def test_a_site_that_sends_without_end_is_not_listened_to() -> None:
    sent = 0

    def without_end() -> Iterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 1_000
            yield b"x" * 1_000

    http = Http(httpx.MockTransport(lambda request: httpx.Response(200, content=without_end())))
    with pytest.raises(UsageError, match=r"config\.json is larger than 16384 bytes"):
        fetch_config(http, "school.example.edu")
    assert sent == 17_000


@pytest.mark.parametrize(
    "response",
    [
        answer(403),
        answer(404),
        answer(301, location="https://elsewhere.example.org/"),
        httpx.Response(200, html="<p>hello</p>"),
        answer(200, ["not", "an", "object"]),
        answer(200, {"filler": "x" * 20_000}),
    ],
)
def test_other_sites(response: httpx.Response) -> None:
    with pytest.raises(UsageError, match="is not a studentdb site"):
        fetch_config(Server(response).http, "school.example.edu")


def test_a_site_that_is_down() -> None:
    for trouble in (answer(503), httpx.ConnectError("no route")):
        with pytest.raises(UnavailableError):
            fetch_config(Server(trouble).http, "school.example.edu")
