"""A gate in front of an engine, through which one process goes: what it sent is known without asking it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Self
from urllib.parse import parse_qs, urlsplit

_READS = ("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan", "GET ", "HEAD ")
_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


class Gate:
    """`calls` are what arrived, in order, by operation or by method and path."""

    def __init__(self, engine_url: str) -> None:
        self.calls: list[str] = []
        self._engine = urlsplit(engine_url).netloc
        self._guard = Lock()
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_any(self) -> None:
                gate.pass_on(self)

            def handle(self) -> None:
                with suppress(ConnectionError):  # the process may be killed
                    super().handle()

            def log_message(self, *_: object) -> None:
                pass

        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.do_any)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_port}"

    @classmethod
    @contextmanager
    def before(cls, engine_url: str) -> Iterator[Self]:
        """Open while the block runs."""
        gate = cls(engine_url)
        serving = Thread(target=gate._server.serve_forever, daemon=True)
        serving.start()
        try:
            yield gate
        finally:
            gate._server.shutdown()
            gate._server.server_close()
            serving.join()

    def writes(self, since: int = 0) -> list[str]:
        """The calls that change something, from the `since`-th call on."""
        return [call for call in self.calls[since:] if not call.startswith(_READS)]

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """Note a request, and answer as the engine does."""
        length = int(request.headers.get("Content-Length", 0))
        body = request.rfile.read(length)
        if len(body) < length:
            return  # broken off: no server takes that for a request
        with self._guard:
            self.calls.append(_operation(request, body))
        engine = http.client.HTTPConnection(self._engine, timeout=60)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() != "expect"}
            engine.request(request.command, request.path, body, headers)
            answer = engine.getresponse()
            content = answer.read()
        finally:
            engine.close()
        request.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP or name.lower() == "date":
                request.send_header(name, value)
        size = answer.getheader("Content-Length", "0") if request.command == "HEAD" else str(len(content))
        request.send_header("Content-Length", size)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(content)


def _operation(request: BaseHTTPRequestHandler, body: bytes) -> str:
    target = request.headers.get("X-Amz-Target", "")
    if target:
        return target.rpartition(".")[2]
    # The query protocol's: IAM, STS.
    action = parse_qs(body.decode("latin-1")).get("Action", [""])[0] if request.command == "POST" else ""
    return action or f"{request.command} {request.path}"
