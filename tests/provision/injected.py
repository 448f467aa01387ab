"""Answers that real AWS gives and no emulator does, put in between a real client and its backend."""

from __future__ import annotations

import dataclasses
import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from studentdb.provision.aws import Aws

# What happens to one request: an answer, an exception, or None to let it through.
Fault = Callable[[AWSPreparedRequest], AWSResponse | None]


class Ticking(threading.Event):
    """Waits take no time but the clock's."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        return self.is_set()


def in_virtual_time(aws: Aws) -> Aws:
    """`aws` with a clock, its `cancelled`, that only waits move."""
    ticking = Ticking()
    return dataclasses.replace(aws, cancelled=ticking, now=lambda: ticking.now)


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def reply(body: Mapping[str, Any]) -> Fault:
    """AWS answers 200 with this; the backend is not asked."""

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        return AWSResponse(request.url, 200, {"content-type": "application/json"}, _Raw(json.dumps(body).encode()))

    return answer


def refusal(code: str, message: str, *, status: int = 400) -> Fault:
    """AWS says no, in both shapes: a header for REST services, `__type` for JSON ones; nothing was done."""

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        body = json.dumps({"__type": code, "message": message}).encode()
        headers = {"x-amzn-errortype": code, "content-type": "application/json"}
        return AWSResponse(request.url, status, headers, _Raw(body))

    return answer


def lost_request(request: AWSPreparedRequest) -> None:
    """The connection breaks before AWS has the request."""
    raise ConnectionClosedError(endpoint_url=request.url)


def lost_answer(request: AWSPreparedRequest) -> None:
    """AWS does the work and the connection breaks before the answer is here."""
    _deliver(request)
    raise ConnectionClosedError(endpoint_url=request.url)


def late_500(request: AWSPreparedRequest) -> AWSResponse | None:
    """AWS does the work and answers 500 all the same."""
    _deliver(request)
    return refusal("InternalFailure", "", status=500)(request)


def _deliver(request: AWSPreparedRequest) -> None:
    answer = URLLib3Session().send(request)
    assert answer.status_code < 300, answer.text


@dataclass
class Faults:
    """Registered on a client's event `before-send.<service>.<operation>`: one fault per request, then none.

    Only for the embedded engine: moto is itself a handler of that event and would do the work in any case.
    """

    client: Any
    operation: str
    faults: list[Fault] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        service = self.client.meta.service_model.service_id.hyphenize()
        self.client.meta.events.register(f"before-send.{service}.{self.operation}", self._before_send)

    @property
    def calls(self) -> int:
        """How many requests were sent so far."""
        return len(self.bodies)

    def _before_send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        self.bodies.append(json.loads(request.body or b"{}"))
        return self.faults.pop(0)(request) if self.faults else None
