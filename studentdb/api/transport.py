"""HTTP as the tool uses it: time limits, no plain http but to this machine, bounded retries."""

from __future__ import annotations

import os
import secrets
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, BinaryIO, cast

import httpcore
import httpx

from studentdb import __version__
from studentdb.errors import StudentDBError, UnavailableError, UsageError

IDEMPOTENCY_KEY = "Idempotency-Key"

# Longer than a function may run (30 s), so that its own answer arrives first.
_TIMEOUT = httpx.Timeout(35.0, connect=5.0)
_ATTEMPTS = 4
# Seconds: doubled each time; a server's Retry-After is followed up to the longest.
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_BUSY = frozenset({502, 503, 504})
# Requests to this machine never go through a proxy, whatever the environment says; None is httpx's word for it.
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DIRECT: Mapping[str, None] = {"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None}
# Bytes: no more than a gateway lets through.
_LARGEST = 10_485_760
_ATTEMPTS_MADE = "studentdb.attempts"
# Bytes that are read at once. By default it is 64 KiB, and a large file takes half as long again.
httpcore.HTTP11Connection.READ_NUM_BYTES = 1024 * 1024


class TooLargeError(UnavailableError):
    """An answer goes on and on: reading it was stopped."""


class _Trust(ssl.SSLContext):
    """httpx's own context, made once something is encrypted.

    Reading the certificates is half of what a command on the embedded engine, to which nothing is encrypted, has to do.
    """

    def __new__(cls) -> _Trust:
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    @cached_property
    def _made(self) -> ssl.SSLContext:
        try:
            return httpx.create_ssl_context()
        except OSError as error:
            named = " or ".join(name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ)
            raise UsageError(
                f"the certificates that {named or 'certifi'} names cannot be read", why=error.strerror or str(error)
            ) from error

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        self._made.set_alpn_protocols(alpn_protocols)

    def wrap_socket(self, *arguments: Any, **named: Any) -> ssl.SSLSocket:
        return self._made.wrap_socket(*arguments, **named)

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        return self._made.wrap_bio(*arguments, **named)


class Http:
    """Sends requests; thread-safe. `transport` and `sleep` are there for tests."""

    def __init__(
        self,
        transport: httpx.BaseTransport | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # Redirects are not followed: a token must not travel to where an answer points.
        self._client = httpx.Client(
            transport=transport,
            verify=_Trust(),
            timeout=_TIMEOUT,
            headers={"User-Agent": f"studentdb/{__version__}"},
            mounts=None if transport else _DIRECT,
            follow_redirects=False,
        )
        self._sleep = sleep

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        largest: int = _LARGEST,
    ) -> httpx.Response:
        """The answer, whatever its status; sent again (4 times at most) where that can do no harm.

        A connection that never came about and a 429 are always safe to repeat; a lost answer and 502-504 only for
        idempotent methods and requests with an Idempotency-Key. Raises UnavailableError without an answer,
        TooLargeError for one of more than `largest` bytes, and UsageError for an address that is refused.
        """
        refuse_insecure(url)
        request = self._client.build_request(
            method, url, headers=dict(headers or {}), params=dict(params) if params else None, content=content
        )
        _address_this_machine(request)
        repeatable = method in _IDEMPOTENT or IDEMPOTENCY_KEY in request.headers
        pause = _FIRST_PAUSE
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            wait = 0.0
            try:
                response = self._exchange(request, largest)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                if last:
                    raise _unreachable(url, error) from error
            except (httpx.TransportError, httpx.DecodingError) as error:
                if last or not repeatable:
                    raise _answer_lost(url, error, repeatable=repeatable) from error
            else:
                busy = response.status_code == 429 or (repeatable and response.status_code in _BUSY)
                if last or not busy:
                    response.extensions[_ATTEMPTS_MADE] = attempt
                    return response
                wait = _retry_after(response)
            self._sleep(max(wait, pause * (0.5 + secrets.randbelow(1000) / 1000)))
            pause = min(pause * 2, _LONGEST_PAUSE)
        raise AssertionError("the last attempt returns or raises")

    def post_form(self, url: str, fields: Mapping[str, str], file: BinaryIO, name: str, kind: str) -> httpx.Response:
        """The answer to a form with a file, which is read piece by piece; sent once. Raises as `send`."""
        refuse_insecure(url)
        # What is no file comes first: S3 ignores every field after the file.
        request = self._client.build_request("POST", url, data=dict(fields), files={"file": (name, file, kind)})
        _address_this_machine(request)
        try:
            return self._exchange(request, _LARGEST)
        except httpx.TransportError as error:
            raise _answer_lost(url, error, repeatable=True) from error

    @contextmanager
    def pieces(self, url: str) -> Iterator[Iterator[bytes]]:
        """What is at `url`, piece by piece. Raises UnavailableError unless it is there."""
        refuse_insecure(url)
        request = self._client.build_request("GET", url, headers={"Accept-Encoding": "identity"})
        _address_this_machine(request)
        try:
            response = self._client.send(request, stream=True)
            try:
                if response.status_code != 200:
                    why = f"it answers with {response.status_code}"
                    raise UnavailableError(f"{_origin(url)} does not give the file", why=why, hint="try again")
                yield response.iter_raw()
            finally:
                response.close()
        except httpx.TransportError as error:
            raise _answer_lost(url, error, repeatable=True) from error

    def _exchange(self, request: httpx.Request, largest: int) -> httpx.Response:
        response = self._client.send(request, stream=True)
        try:
            announced = response.headers.get("Content-Length", "")
            if announced.isdigit() and int(announced) > largest:
                raise _too_large(request.url, largest)
            response.stream = _Bounded(cast("httpx.SyncByteStream", response.stream), request.url, largest)
            response.read()
        finally:
            response.close()
        return response


class _Bounded(httpx.SyncByteStream):
    """The bytes of an answer, up to `largest`: whoever sends without end is not listened to."""

    def __init__(self, stream: httpx.SyncByteStream, url: httpx.URL, largest: int) -> None:
        self._stream = stream
        self._url = url
        self._largest = largest

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        for chunk in self._stream:
            read += len(chunk)
            if read > self._largest:
                raise _too_large(self._url, self._largest)
            yield chunk

    def close(self) -> None:
        self._stream.close()


def was_repeated(response: httpx.Response) -> bool:
    """Whether an earlier attempt of the same request may have taken effect already."""
    return int(response.extensions.get(_ATTEMPTS_MADE, 1)) > 1


def refuse_insecure(url: str) -> None:
    """Raise UsageError unless `url` is https, or http to this machine."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UsageError(f"{url} is not a URL", why=str(error)) from error
    if parsed.scheme == "https" and parsed.host:
        return
    if parsed.scheme == "http" and is_this_machine(parsed.host):
        return
    if parsed.scheme == "http":
        secure = str(parsed.copy_with(scheme="https"))
        raise UsageError(f"{url} is refused", why="http is not encrypted", hint=f"try {secure}")
    raise UsageError(f"{url} is refused", why="it is not an https:// URL")


def is_this_machine(host: str) -> bool:
    """localhost, a name under it, 127.0.0.1 or ::1: exactly what no proxy is asked for."""
    return host in _LOOPBACK or host.endswith(".localhost")


def _address_this_machine(request: httpx.Request) -> None:
    """Names under localhost are this machine (RFC 6761), but glibc may not resolve them; Host keeps the name."""
    if request.url.host.endswith(".localhost"):
        request.url = request.url.copy_with(host="127.0.0.1")


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks for, 0 where it does not; a date is not worth parsing."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_PAUSE) if text.isdigit() else 0.0


def _unreachable(url: str, error: Exception) -> StudentDBError:
    host = httpx.URL(url).host
    hint = "is the engine running? studentdb local up" if is_this_machine(host) else "check the network, then try again"
    return UnavailableError(f"{_origin(url)} cannot be reached", why=str(error) or type(error).__name__, hint=hint)


def _answer_lost(url: str, error: Exception, *, repeatable: bool) -> StudentDBError:
    hint = "try again" if repeatable else "look whether it took effect before you try again"
    return UnavailableError(f"{_origin(url)} did not answer", why=str(error) or type(error).__name__, hint=hint)


def _too_large(url: httpx.URL, largest: int) -> TooLargeError:
    return TooLargeError(f"{_origin(url)} gave no sensible answer", why=f"it is larger than {largest} bytes")


def _origin(url: str | httpx.URL) -> str:
    parsed = httpx.URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"
