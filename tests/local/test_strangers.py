"""Who may talk to the embedded engine: programs and pages of this machine, and no web page from elsewhere."""

from __future__ import annotations

import http.client
import secrets
import socket
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support import REGION, Backend

pytestmark = pytest.mark.engine

# It is taken without a look at its signature.
SIGNED = f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/iam/aws4_request, SignedHeaders=host, Signature=0"
IN_ADDRESS = (
    f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test/20260101/{REGION}/iam/aws4_request"
    "&X-Amz-Signature=0&X-Amz-SignedHeaders=host&X-Amz-Date=20260101T000000Z&X-Amz-Expires=604800"
)
# What a browser adds when it follows a link.
FOLLOWED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}


class Caller:
    """Asks the engine to make an IAM user: something that is there afterwards, or is not."""

    def __init__(self, engine: Backend) -> None:
        assert engine.endpoint_url is not None
        self.port = urlsplit(engine.endpoint_url).port
        self.user = f"u{secrets.token_hex(6)}"
        self.iam = boto3.Session("test", "test", region_name=REGION).client("iam", endpoint_url=engine.endpoint_url)

    def send(
        self, headers: dict[str, str], *, method: str = "POST", query: str = "", body: str = ""
    ) -> tuple[int, str]:
        """The answer's status and text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        path = f"/?Action=CreateUser&Version=2010-05-08&UserName={self.user}&{query}"
        connection.request(method, path, body, {"Host": f"localhost:{self.port}", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def done(self) -> bool:
        """Whether the user is there."""
        try:
            self.iam.get_user(UserName=self.user)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "NoSuchEntity", error
            return False
        self.iam.delete_user(UserName=self.user)
        return True


@pytest.fixture
def caller(engine: Backend) -> Caller:
    return Caller(engine)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost"},
        {"Host": "LOCALHOST:1"},
        {"Host": "127.0.0.1:4566"},
        {"Host": "[::1]:4566"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://d1.cloudfront.localhost:4566", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
        {"Origin": "https://127.0.0.1"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_this_machine_is_served(caller: Caller, headers: dict[str, str]) -> None:
    status, text = caller.send({"Authorization": SIGNED, **headers})
    assert (status, caller.done()) == (200, True), text


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Host": "evil.example:4566"}, "Host"),
        ({"Host": "localhost.evil.example"}, "Host"),
        ({"Host": "evil-localhost"}, "Host"),
        ({"Host": "127.0.0.1.evil.example"}, "Host"),
        ({"Host": "evil.example@localhost"}, "Host"),
        ({"Host": "192.168.1.10:4566"}, "Host"),
        ({"Host": "0.0.0.0:4566"}, "Host"),
        ({"Host": ""}, "Host"),
        ({"Origin": "http://evil.example"}, "Origin"),
        ({"Origin": "null"}, "Origin"),
        ({"Origin": "http://localhost.evil.example"}, "Origin"),
        ({"Origin": "http://evil.example/http://localhost"}, "Origin"),
        ({"Origin": "chrome-extension://localhost"}, "Origin"),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, "another site"),
        ({"Sec-Fetch-Site": "cross-site"}, "another site"),
        (FOLLOWED, "another site"),  # a POST
    ],
)
def test_a_page_of_another_site_is_not(caller: Caller, headers: dict[str, str], why: str) -> None:
    status, text = caller.send({"Authorization": SIGNED, "Content-Type": "text/plain", **headers}, body="x" * 300_000)
    assert (status, caller.done()) == (403, False)
    assert text.startswith("This engine serves programs and pages of this machine only: ")
    assert why in text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("headers", [{}, FOLLOWED])
@pytest.mark.parametrize("query", [IN_ADDRESS, "AWSAccessKeyId=test", "AWSAccess%4beyId=test"])
def test_nor_are_credentials_in_an_address(caller: Caller, method: str, headers: dict[str, str], query: str) -> None:
    """A link can carry them, and an <img> in a browser that sends no Sec-Fetch-Site."""
    assert caller.send(headers, method=method, query=query)[0] == 403
    assert not caller.done()


def test_a_link_does_nothing(caller: Caller) -> None:
    """A user name in it becomes an Authorization, and the package takes that for an administrator's."""
    assert caller.send({"Authorization": "Basic dGVzdDp0ZXN0", **FOLLOWED}, method="GET")[0] == 403
    assert "MissingAuthenticationToken" in caller.send(FOLLOWED, method="GET")[1]
    assert not caller.done()


def test_a_preflight_is_refused_and_allows_nothing(caller: Caller) -> None:
    connection = http.client.HTTPConnection("localhost", caller.port, timeout=30)
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    connection.request("OPTIONS", "/", headers=asked)
    answer = connection.getresponse()
    assert answer.status == 403
    assert not [name for name, _ in answer.getheaders() if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("host", "origin", "why"),
    [
        ("localhost", "http://evil.example", b"Origin"),
        ("evil.example", "http://evil.example", b"Host"),
        ("localhost", "http://localhost", b""),
    ],
)
def test_a_websocket_as_well(caller: Caller, host: str, origin: str, why: bytes) -> None:
    opening = (
        f"GET /nothing HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", caller.port), timeout=30) as connection:
        connection.sendall(opening.encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
            if b"\r\n\r\n" in answer and (not why or b"only: " in answer):
                break
    # The package has no WebSocket there; it says so in its own way.
    assert answer.startswith(b"HTTP/1.1 403")
    assert (b"this machine only" in answer) == bool(why)
    assert why in answer


FILE = f"/student-management-media-{'0' * 12}/media/{secrets.token_hex(4)}-0000-4000-8000-{'0' * 12}"
OF_A_ROLE = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": f"ASIA{'A' * 16}/20260101/{REGION}/s3/aws4_request",
    "X-Amz-Date": "20260101T000000Z",
    "X-Amz-Expires": "600",
    "X-Amz-Security-Token": "0",
    "X-Amz-Signature": "0",
    "X-Amz-SignedHeaders": "host",
}
# method, path, what of the address differs (None: is missing), headers
OTHER_THAN_A_LINK: dict[str, tuple[str, str, dict[str, str | None], dict[str, str]]] = {
    "another method": ("PUT", FILE, {}, {}),
    "a bucket": ("GET", FILE.partition("/media/")[0], {}, {}),
    "another bucket": ("GET", "/reports/media/1", {}, {}),
    "below a file": ("GET", f"{FILE}/32", {}, {}),
    "another service": (
        "GET",
        FILE,
        {"X-Amz-Credential": f"ASIA{'A' * 16}/20260101/{REGION}/iam/aws4_request"},
        {},
    ),
    "the fixed key": ("GET", FILE, {"X-Amz-Credential": f"test/20260101/{REGION}/s3/aws4_request"}, {}),
    "something missing": ("GET", FILE, {"X-Amz-Signature": None}, {}),
    "something more": ("GET", FILE, {"x-amz-target": "IAM.CreateUser"}, {}),
    "another signature beside it": ("GET", FILE, {}, {"Authorization": SIGNED}),
}


@pytest.mark.parametrize(("method", "path", "differs", "headers"), OTHER_THAN_A_LINK.values(), ids=OTHER_THAN_A_LINK)
def test_only_a_link_to_a_file_holds_credentials(
    caller: Caller, method: str, path: str, differs: dict[str, str | None], headers: dict[str, str]
) -> None:
    def asked(method: str, path: str, query: dict[str, str], headers: dict[str, str]) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", caller.port, timeout=30)
        connection.request(method, f"{path}?{urlencode(query)}", headers=headers)
        answer = connection.getresponse()
        # Past the gate it is refused all the same: nobody has this key.
        assert answer.status in (400, 403)
        return answer.read().decode()

    assert "credentials in the address" not in asked("GET", FILE, OF_A_ROLE, {})
    query = {name: value for name, value in {**OF_A_ROLE, **differs}.items() if value is not None}
    assert "credentials in the address" in asked(method, path, query, headers)
