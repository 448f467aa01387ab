"""The site through CloudFront's data plane, as a visitor gets it, with the bucket policy that is deployed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from studentdb.provision import policies
from studentdb.provision.aws import Aws
from studentdb.provision.core import Outputs
from studentdb.provision.resources.s3_bucket_policy import BucketPolicy
from studentdb.provision.resources.s3_objects import Objects
from tests.provision.cases.cloudfront import distribution, headers, parents
from tests.provision.cases.s3 import PAGE, SCRIPT
from tests.support import Backend


class Page(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class _Api(BaseHTTPRequestHandler):
    """Says what reached it."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        seen = {
            "method": self.command,
            "path": self.path,
            "host": self.headers.get("Host"),
            "authorization": self.headers.get("Authorization"),
            "body": self.rfile.read(length).decode(),
        }
        body = json.dumps(seen).encode()
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Frame-Options", "ALLOWALL")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site(engine: Backend, api: int) -> Iterator[tuple[Aws, Outputs]]:
    aws = engine.root()
    made = parents(aws)
    outputs = {part.id: part.create(aws) for part in made}
    fronted = distribution(aws, made, api_http_port=api, api_path="/prod").resolve(outputs)
    outputs[fronted.id] = fronted.create(aws)
    document = policies.site_bucket(made[0].out("arn"), fronted.out("arn"), tls_only=aws.endpoints.has_tls)
    BucketPolicy(name=made[0].name, document=document).resolve(outputs).create(aws)
    files = {"index.html": PAGE, "students": PAGE, "app.js": SCRIPT}
    Objects(name="site", bucket=made[0].name, files=files).create(aws)
    yield aws, outputs[fronted.id]
    for part in (fronted, *reversed([part.resolve(outputs) for part in made])):
        live = part.read(aws)
        assert live is not None
        part.delete(aws, live)
        assert part.read(aws) is None


def get(aws: Aws, label: str, path: str, method: str = "GET", body: str | None = None) -> Page:
    place = urlsplit(aws.endpoints.endpoint_url or "")
    connection = HTTPConnection("localhost", place.port or 80, timeout=20)
    sent = {"Host": f"{label}.cloudfront.localhost:{place.port}", "Authorization": "Bearer abc"}
    connection.request(method, path, body=body, headers=sent)
    answer = connection.getresponse()
    page = Page(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    connection.close()
    return page


def test_a_visitor_gets_pages_with_the_security_headers(site: tuple[Aws, Outputs]) -> None:
    aws, outputs = site
    for path, file in (("/", PAGE), ("/index.html", PAGE), ("/students", PAGE), ("/app.js", SCRIPT)):
        page = get(aws, outputs["label"], path)
        assert (page.status, page.body) == (200, file.content), path
        assert page.headers["content-type"] == file.content_type
        assert page.headers["cache-control"] == file.cache_control
        for name, value in headers(aws).properties().items():
            assert page.headers[name.lower()] == value

    # No page in its place. AWS says 404, since CloudFront may list the bucket (S3-31); the engine says 403 always.
    missing = get(aws, outputs["label"], "/missing.html")
    assert missing.status in (403, 404)
    assert missing.body != PAGE.content
    assert get(aws, outputs["label"], "/", "POST").status == 403


def test_the_bucket_itself_is_closed(site: tuple[Aws, Outputs]) -> None:
    aws, _ = site
    place = urlsplit(aws.endpoints.endpoint_url or "")
    connection = HTTPConnection("localhost", place.port or 80, timeout=20)
    connection.request("GET", f"/{parents(aws)[0].name}/index.html")
    assert connection.getresponse().status == 403
    connection.close()


def test_the_api_is_reached_with_token_method_and_body(site: tuple[Aws, Outputs]) -> None:
    aws, outputs = site
    for method in ("GET", "POST", "PATCH", "DELETE"):
        body = '{"a": 1}' if method in ("POST", "PATCH") else None
        page = get(aws, outputs["label"], "/api/students?limit=2", method, body)
        seen = json.loads(page.body)
        assert page.status == 200
        assert (seen["method"], seen["path"], seen["body"]) == (method, "/prod/api/students?limit=2", body or "")
        assert seen["authorization"] == "Bearer abc"
        # API Gateway answers 403 to the viewer's Host (CF-17).
        assert "cloudfront" not in seen["host"]
        for name, value in headers(aws).properties().items():
            assert page.headers[name.lower()] == value

    missing = get(aws, outputs["label"], "/api/missing")
    assert (missing.status, missing.headers["content-type"]) == (404, "application/json")
