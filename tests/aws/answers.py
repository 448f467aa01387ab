"""AWS's answers on the wire, in the shape of each service's protocol."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSPreparedRequest, AWSResponse


class _Raw(io.BytesIO):
    """A body as urllib3 has it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def error(request: AWSPreparedRequest, service: str, code: str, message: str, status: int) -> AWSResponse:
    """AWS says no."""
    if request.method == "HEAD":
        return _answer(request, status, b"", "application/xml")
    if service == "s3":
        body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        return _answer(request, status, body.encode(), "application/xml")
    if service in ("iam", "cloudfront", "sts"):
        inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        body = f"<ErrorResponse>{inner}<RequestId>0</RequestId></ErrorResponse>"
        return _answer(request, status, body.encode(), "text/xml")
    # A header for REST services, `__type` for the others.
    body = json.dumps({"__type": code, "message": message})
    return _answer(request, status, body.encode(), "application/json", **{"x-amzn-errortype": code})


def json_answer(request: AWSPreparedRequest, body: Mapping[str, Any]) -> AWSResponse:
    """AWS says this, in the services that speak JSON."""
    return _answer(request, 200, json.dumps(body).encode(), "application/json")


def empty_answer(request: AWSPreparedRequest) -> AWSResponse:
    """AWS says yes without a word."""
    return _answer(request, 200, b"", "application/xml")


def _answer(request: AWSPreparedRequest, status: int, body: bytes, kind: str, **headers: str) -> AWSResponse:
    # Every handler of the event is called, moto's after ours; it must not carry out the call.
    request.url = "http://answered.invalid/"
    return AWSResponse(request.url, status, {"content-type": kind, "x-amzn-requestid": "0", **headers}, _Raw(body))
