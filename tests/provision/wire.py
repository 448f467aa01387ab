"""AWS's recorded answers, given by a real client in place of its backend, or in front of it."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from studentdb.provision.aws import Aws

# Service -> the first part of botocore's event names, where it differs from the client's name.
_EVENT_NAMES = {"logs": "cloudwatch-logs"}


class Raw(io.BytesIO):
    """A body as urllib3 has it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(4096):
            yield chunk


class Wire:
    """What a client sends is counted in `sent` by operation; answers can be put in front or altered."""

    def __init__(self, aws: Aws, service: str) -> None:
        self.sent: Counter[str] = Counter()
        self._service = service
        self._client = aws.client(service)
        self._events = _EVENT_NAMES.get(service, service)
        self._client.meta.events.register_first(f"before-send.{self._events}.*", self._count)

    def refuse(self, operation: str, code: str, message: str = "", *, times: int = 1, status: int = 400) -> None:
        """Answer the next `times` calls of `operation` with this error."""
        remaining = iter(range(times))

        def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
            if next(remaining, None) is None:
                return None
            headers = {"x-amzn-ErrorType": code, "x-amzn-RequestId": "0"}
            return AWSResponse(request.url, status, headers, Raw(self._error(code, message)))

        self._client.meta.events.register(f"before-send.{self._events}.{operation}", answer)

    def alter(self, operation: str, change: Callable[[dict[str, Any]], None], *, times: int = 1) -> None:
        """Change the backend's next `times` answers to `operation`."""
        remaining = iter(range(times))

        def after(parsed: dict[str, Any], **_: Any) -> None:
            if next(remaining, None) is not None:
                change(parsed)

        self._client.meta.events.register(f"after-call.{self._events}.{operation}", after)

    def _count(self, event_name: str, **_: Any) -> None:
        self.sent[event_name.rpartition(".")[2]] += 1

    def _error(self, code: str, message: str) -> bytes:
        if self._service == "iam":
            error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            return f"<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>".encode()
        return json.dumps({"__type": code, "message": message}).encode()
