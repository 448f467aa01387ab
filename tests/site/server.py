"""Serves site/ as it stands, under the headers that it is deployed with, for the checks that need no API."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path(__file__).parent.parent.parent / "site"
ROUTES = ("/", "/students", "/students/new", "/files", "/files/new", "/account")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def content_security_policy(cognito_url: str) -> str:
    """What the site has to live under: nothing from elsewhere, nothing inline, no markup made from text."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {cognito_url}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


@contextmanager
def serve(config: Mapping[str, str]) -> Iterator[str]:
    """The site's address, for as long as the context lasts. `config` is its config.json."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            file = SITE / ("index.html" if path in ROUTES else path[1:])
            if path == "/config.json":
                self.answer(200, "application/json", json.dumps(config).encode())
            elif file.is_file():
                self.answer(200, TYPES[file.suffix], file.read_bytes())
            else:
                self.answer(403, "application/xml", b"<Error/>")

        def answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", content_security_policy(config["cognitoUrl"]))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The tests' output is pytest's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://site.localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
