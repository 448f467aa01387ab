"""What is refused, what is sent again, and where names under localhost lead."""

from __future__ import annotations

import contextlib
import secrets
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from studentdb.api.transport import IDEMPOTENCY_KEY, Http, TooLargeError, was_repeated
from studentdb.errors import UnavailableError, UsageError
from tests.api.fakes import Server, answer

URL = "https://api.example.edu/things"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.edu/",
        "http://localhost.example.edu/",
        "http://127.0.0.1.example.edu/",
        "http://10.0.0.1/",
        # This machine, but a proxy of the environment would be sent what goes there.
        "http://127.0.0.2/",
        "http://[::ffff:127.0.0.1]/",
        "ftp://localhost/",
        "//localhost/",
        "https://",
    ],
)
def test_an_address_that_is_not_encrypted_is_refused(url: str) -> None:
    server = Server(answer())
    with pytest.raises(UsageError, match="refused"):
        server.http.send("GET", url)
    assert server.requests == []


@pytest.mark.parametrize(
    "url", ["http://localhost:4566/", "http://127.0.0.1/", "http://[::1]:80/", "http://x.cloudfront.localhost/"]
)
def test_this_machine_needs_no_encryption(url: str) -> None:
    assert Server(answer()).http.send("GET", url).status_code == 200


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int) -> None:
    server = Server(answer(status), answer(status), answer())
    response = server.http.send("GET", URL)
    assert (response.status_code, len(server.requests), was_repeated(response)) == (200, 3, True)


def test_attempts_are_bounded_and_pauses_grow() -> None:
    server = Server(answer(503))
    assert server.http.send("GET", URL).status_code == 503
    assert len(server.requests) == 4
    assert all(0.1 * 2**i <= pause < 0.3 * 2**i + 0.01 for i, pause in enumerate(server.pauses))


def test_the_server_says_how_long_to_wait_within_reason() -> None:
    server = Server(answer(429, retry_after="2"), answer(429, retry_after="3600"), answer())
    server.http.send("GET", URL)
    assert server.pauses == [2.0, 5.0]


@pytest.mark.parametrize("trouble", [answer(503), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")])
def test_a_write_whose_fate_is_unknown_is_not_repeated(trouble: httpx.Response | Exception) -> None:
    server = Server(trouble, answer())
    if isinstance(trouble, Exception):
        with pytest.raises(UnavailableError, match="did not answer") as caught:
            server.http.send("POST", URL)
        assert "took effect" in caught.value.hint
    else:
        assert server.http.send("POST", URL).status_code == 503
    assert len(server.requests) == 1


@pytest.mark.parametrize("trouble", [answer(503), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")])
def test_with_an_idempotency_key_it_is(trouble: httpx.Response | Exception) -> None:
    server = Server(trouble, answer())
    assert server.http.send("POST", URL, headers={IDEMPOTENCY_KEY: "one"}).status_code == 200


@pytest.mark.parametrize("trouble", [answer(429), httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")])
def test_what_never_arrived_is_always_repeated(trouble: httpx.Response | Exception) -> None:
    assert Server(trouble, answer()).http.send("POST", URL).status_code == 200


def test_an_answer_that_is_too_large() -> None:
    """Neither one that says so nor one that does not is read to its end."""
    for response in (answer(200, "x" * 100), httpx.Response(200, content=iter([b"x" * 60] * 2))):
        http = Http(httpx.MockTransport(lambda request, response=response: response))
        with pytest.raises(TooLargeError, match=r"https://api\.example\.edu gave .* larger than 101 bytes"):
            http.send("GET", URL, largest=101)
    assert Server(answer(200, "x" * 100)).http.send("GET", URL, largest=102).json() == "x" * 100


def test_an_answer_that_cannot_be_unpacked() -> None:
    torn = iter([b"no gzip"])
    http = Http(
        httpx.MockTransport(lambda request: httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=torn)),
        sleep=lambda _: None,
    )
    with pytest.raises(UnavailableError, match="did not answer"):
        http.send("POST", URL)


def test_nothing_there() -> None:
    server = Server(httpx.ConnectError("Connection refused"))
    with pytest.raises(UnavailableError) as caught:
        server.http.send("GET", "http://localhost:4566/x?secret=1")
    assert str(caught.value) == "http://localhost:4566 cannot be reached: Connection refused"
    assert "studentdb local up" in caught.value.hint


def test_a_redirect_is_not_followed() -> None:
    server = Server(answer(302, location="https://elsewhere.example.org/"))
    assert server.http.send("GET", URL, headers={"Authorization": "Bearer x"}).status_code == 302
    assert len(server.requests) == 1


def test_names_under_localhost_reach_this_machine_whatever_the_resolver_and_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Through a real socket: a proxy that does not exist would fail it, and so would a resolver."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with served(b"") as (port, hosts), contextlib.closing(Http()) as http:
        name = f"d123.cloudfront.localhost:{port}"
        assert http.send("GET", f"http://{name}/config.json").status_code == 200
    assert hosts == [name]


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that SSL_CERT_FILE names is not."""
    certificate = signed_by_itself(tmp_path)
    with served(b"", certificate) as (port, hosts):
        with contextlib.closing(Http(sleep=lambda _: None)) as http, pytest.raises(UnavailableError) as caught:
            http.send("GET", f"https://localhost:{port}/")
        assert "CERTIFICATE_VERIFY_FAILED" in caught.value.why
        assert hosts == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with contextlib.closing(Http()) as http:
            assert http.send("GET", f"https://localhost:{port}/").status_code == 200


def test_certificates_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are nobody's business where nothing is encrypted."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    with contextlib.closing(Http()) as http:
        with served(b"") as (port, _):
            assert http.send("GET", f"http://localhost:{port}/").status_code == 200
        with served(b"", signed_by_itself(tmp_path)) as (port, _), pytest.raises(UsageError, match="SSL_CERT_FILE"):
            http.send("GET", f"https://localhost:{port}/")


def test_a_large_file_comes_in_large_pieces() -> None:
    content = secrets.token_bytes(8_000_000)
    # More than its default, by which a download takes half as long again.
    with (
        served(content) as (port, _),
        contextlib.closing(Http()) as http,
        http.pieces(f"http://127.0.0.1:{port}/") as pieces,
    ):
        came = list(pieces)
    assert b"".join(came) == content
    assert max(map(len, came)) > 65_536


def signed_by_itself(folder: Path) -> Path:
    """A file with a key and a certificate for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(certificate.public_bytes(pem) + secret)
    return file


@contextlib.contextmanager
def served(content: bytes, certificate: Path | None = None) -> Iterator[tuple[int, list[str]]]:
    """A real server's port, and the hosts that it is asked for; encrypted where it has a certificate."""
    hosts = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hosts.append(self.headers["Host"])
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, hosts
    finally:
        server.shutdown()
        server.server_close()
