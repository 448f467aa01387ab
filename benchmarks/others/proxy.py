"""Stands in front of the engine and counts what is asked of it, in whatever language the asking program is written."""

from __future__ import annotations

import http.client
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.counted import READS

# What only asks, besides the names that begin as READS say.
_ASKING = (*READS, "AssumeRole", "Lookup", "Validate")
_CREDENTIAL = re.compile(r"Credential=[^/,]+/[^/,]+/[^/,]+/([^/,]+)/")
_RPC = re.compile(r"/service/[^/]+/operation/([^/?]+)")
_OVERWRITE = re.compile(r"/restapis/[^/?]+\?(.*&)?mode=overwrite")
# They belong to one connection, not to the message.
_HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "expect"})


@dataclass(frozen=True)
class Call:
    """One HTTP request to AWS. `operation` is the method where the protocol is REST."""

    service: str
    operation: str
    writes: bool


def call(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
    """What a request is, by the protocol that its service speaks. `headers` has names in lower case."""
    signed = _CREDENTIAL.search(headers.get("authorization", ""))
    service = signed.group(1) if signed else "unsigned"
    named = _named(path, headers, body)
    if named is not None:
        return Call(service, named, not named.startswith(_ASKING))
    return Call(service, method, method not in ("GET", "HEAD", "OPTIONS"))


def _named(path: str, headers: Mapping[str, str], body: bytes) -> str | None:
    """The operation, where the request says it."""
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if rpc := _RPC.match(path):
        return rpc.group(1)
    form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    query = parse_qs(body.decode("utf-8", "replace") if form else urlsplit(path).query)
    # S3 has no parameter of this name, and the query protocol has it always.
    return query["Action"][0] if "Action" in query else None


class Counting:
    """What was asked since it was last taken; and what to do once so much has been written."""

    def __init__(self) -> None:
        self._calls: Counter[Call] = Counter()
        self._lock = threading.Lock()
        self._limit = 0
        self._act: Callable[[], object] | None = None

    def taken(self) -> Counter[Call]:
        """All calls since the last time."""
        with self._lock:
            calls, self._calls = self._calls, Counter()
        return calls

    def after(self, writes: int, act: Callable[[], object]) -> None:
        """Do `act` once, when so many more writing calls are done and before the last one's answer is passed on."""
        with self._lock:
            self._limit, self._act = writes, act

    def done(self, found: Call) -> None:
        """The engine has answered."""
        with self._lock:
            self._calls[found] += 1
            if not found.writes or self._act is None:
                return
            self._limit -= 1
            act = self._act if self._limit == 0 else None
        if act is not None:
            act()


@contextmanager
def proxy(engine_port: int, counting: Counting) -> Iterator[int]:
    """Listen on a free port of this machine, which it gives."""

    class Handler(_Handler):
        port = engine_port
        counts = counting

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Closing must not wait for what a killed program left open.
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A program that was killed reads no answers.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection of a program, with one of its own to the engine."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    port: int
    counts: Counting

    def setup(self) -> None:
        super().setup()
        self._engine = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def finish(self) -> None:
        self._engine.close()
        super().finish()

    def handle_expect_100(self) -> bool:
        # At once: a program waits a second for it before it sends the body all the same.
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def _pass_on(self) -> None:
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        sent = {name: value for name, value in headers.items() if name not in _HOPS}
        if "transfer-encoding" in headers:
            sent["content-length"] = str(len(body))
        answer = self._asked(self.path, body, sent)
        content = answer.read()
        if not self.path.startswith("/_ministack/"):
            self.counts.done(call(self.command, self.path, headers, body))
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _HOPS and (name.lower() != "content-length" or self.command == "HEAD"):
                self.send_header(name, value)
        if self.command != "HEAD" and answer.status not in (204, 304):
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def _asked(self, path: str, body: bytes, headers: dict[str, str]) -> http.client.HTTPResponse:
        if self.command == "PUT" and _OVERWRITE.match(path):
            # The engine lacks PutRestApi. What is measured puts the definition that stands there already.
            self._engine.request("GET", path.partition("?")[0], headers={**headers, "content-length": "0"})
        else:
            self._engine.request(self.command, path, body, headers)
        return self._engine.getresponse()

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the counts are the log."""

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = do_OPTIONS = _pass_on  # noqa: N815
