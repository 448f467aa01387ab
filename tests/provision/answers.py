"""Answers in AWS's own words, given to the real clients of S3 and CloudFront in its stead."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, NamedTuple

from botocore.awsrequest import AWSResponse

from studentdb.provision.aws import Aws
from studentdb.provision.core import Live


class Answer(NamedTuple):
    """An HTTP answer in AWS's words."""

    status: int
    body: str


class _Stream(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


class Wire:
    """Counts the calls of every operation and answers some of them in AWS's stead."""

    def __init__(self, aws: Aws) -> None:
        self.calls: list[str] = []
        self._queued: dict[str, list[Answer | None]] = {}
        for service, region in (("s3", None), ("cloudfront", "us-east-1")):
            client = aws.client(service, region=region)
            client.meta.events.register(f"before-send.{service}", self._send)

    def answers(self, operation: str, *answers: Answer | None) -> None:
        """The next calls of `operation` get these; None lets one through."""
        self._queued.setdefault(operation, []).extend(answers)

    def count(self, operation: str) -> int:
        return self.calls.count(operation)

    def used_up(self) -> bool:
        return not any(self._queued.values())

    def _send(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        self.calls.append(operation)
        queue = self._queued.get(operation)
        answer = queue.pop(0) if queue else None
        if answer is None:
            return None
        # Every handler of this event is called, moto's after this one; it must not carry out the call.
        request.url = "http://answered.invalid/"
        headers = {"content-type": "application/xml"}
        return AWSResponse(request.url, answer.status, headers, _Stream(answer.body.encode()))


def s3_error(status: int, code: str, message: str = "") -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>")


def cloudfront_error(status: int, code: str, message: str = "") -> Answer:
    body = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(
        status,
        f'<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">{body}'
        "<RequestId>1</RequestId></ErrorResponse>",
    )


def live_of(resource: Any, aws: Aws) -> Live:
    live = resource.read(aws)
    assert isinstance(live, Live)
    return live
