"""Where `login --site` lets itself be led, and where not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from studentdb.api.site import fetch_config, site_root
from studentdb.errors import UnavailableError, UsageError
from tests.api.fakes import Server, answer

AWS = {
    "deployment": "student-management@eu-central-1",
    "region": "eu-central-1",
    "siteUrl": "https://d123.cloudfront.net",
    "apiUrl": "https://a1.execute-api.eu-central-1.amazonaws.com/prod",
    "userPoolId": "eu-central-1_Ab3dE6gH9",
    "clientId": "5abc",
    "cognitoUrl": "https://cognito-idp.eu-central-1.amazonaws.com",
}
LOCAL = {
    **AWS,
    "deployment": "student-management-stage@us-east-1",
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


@pytest.mark.parametrize(("site", "config"), [("https://d123.cloudfront.net", AWS), (LOCAL["siteUrl"], LOCAL)])
def test_config(site: str, config: dict[str, str]) -> None:
    server = Server(answer(200, {**config, "somethingNewer": 1}))
    assert fetch_config(server.http, site) == config
    assert server.requests[0].url.path == "/config.json"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"apiUrl": None}, "apiUrl"),
        ({"region": 7}, "region"),
        ({"deployment": "student-management@x\x1b[2J"}, "deployment"),
        ({"deployment": "elsewhere"}, "deployment"),
        ({"clientId": ""}, "clientId"),
        ({"apiUrl": "javascript:alert(1)"}, "apiUrl"),
        ({"apiUrl": "http://api.example.edu"}, "not encrypted"),
        ({"cognitoUrl": "https://cognito-idp.eu-central-1.amazonaws.com.evil.example"}, "not Cognito"),
        ({"cognitoUrl": "https://evil.example/cognito-idp.eu-central-1.amazonaws.com"}, "not Cognito"),
        ({"cognitoUrl": "https://cognito-idp.us-east-1.amazonaws.com"}, "not Cognito"),
        ({"cognitoUrl": "http://localhost:4566"}, "not Cognito"),
    ],
)
def test_a_config_that_leads_astray_is_refused(changed: dict[str, Any], named: str) -> None:
    server = Server(answer(200, {**AWS, **changed}))
    with pytest.raises(UsageError, match=named):
        fetch_config(server.http, "https://d123.cloudfront.net")


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
