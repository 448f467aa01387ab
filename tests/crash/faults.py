"""What becomes of a call: five ways in which it, or the process that makes it, comes to grief.

* killed before: the process dies, and AWS never hears of the call;
* killed after: AWS has done it, and the process dies before it knows;
* answer lost: AWS has done it, and the answer does not come in time;
* 5xx: something breaks in AWS, and nothing was done;
* throttled: too many calls, and nothing was done.
"""

from __future__ import annotations

import io
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from tests.crash.calls import Call, Doing

# What AWS says to too many calls and when something breaks on its side: status, code.
_REFUSALS: dict[str, tuple[tuple[int, str], tuple[int, str]]] = {
    "apigatewayv2": ((429, "TooManyRequestsException"), (500, "InternalFailure")),
    "cloudfront": ((400, "Throttling"), (500, "InternalFailure")),
    "cloudwatch-logs": ((400, "ThrottlingException"), (503, "ServiceUnavailableException")),
    "cognito-identity-provider": ((400, "TooManyRequestsException"), (500, "InternalErrorException")),
    "dynamodb": ((400, "ThrottlingException"), (500, "InternalServerError")),
    "eventbridge": ((400, "ThrottlingException"), (500, "InternalException")),
    "iam": ((400, "Throttling"), (500, "ServiceFailure")),
    "lambda": ((429, "TooManyRequestsException"), (500, "ServiceException")),
    "s3": ((503, "SlowDown"), (500, "InternalError")),
    "sesv2": ((429, "TooManyRequestsException"), (500, "InternalFailure")),
    "ssm": ((400, "ThrottlingException"), (500, "InternalServerError")),
}
_XML = ("cloudfront", "iam", "s3")


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


MODES = ("killed before", "killed after", "answer lost", "5xx", "throttled")
DEADLY = MODES[:2]


class Trap:
    """Meddles with the first attempt of the calls that `chosen` picks.

    `seen` are all calls, `sprung` those that met their fault; `last_words` hears of one that kills. Where AWS refuses
    a call that has to be done first, the fault waits for the next that is picked.
    """

    def __init__(
        self,
        mode: str = "",
        chosen: Callable[[Call, Doing], bool] = lambda call, doing: False,
        last_words: Callable[[Doing], object] = lambda doing: None,
    ) -> None:
        self.seen: dict[Call, Doing] = {}
        self.sprung: dict[Call, Doing] = {}
        self._mode = mode
        self._chosen = chosen
        self._last_words = last_words
        # One fault at a time: of two threads only one may say what killed the process.
        self._guard = threading.Lock()

    def __call__(self, call: Call, doing: Doing, request: AWSPreparedRequest) -> AWSResponse | None:
        with self._guard:
            repeated = call in self.seen
            self.seen[call] = doing
            if repeated or not self._chosen(call, doing):
                return None
            return self._spring(call, doing, request)

    def _spring(self, call: Call, doing: Doing, request: AWSPreparedRequest) -> AWSResponse | None:
        if self._mode in ("killed after", "answer lost"):
            answer = _deliver(request)
            if answer.status_code >= 300:
                return answer
        self.sprung[call] = doing
        if self._mode in DEADLY:
            self._last_words(doing)
            os.kill(os.getpid(), signal.SIGKILL)
        if self._mode == "answer lost":
            raise ReadTimeoutError(endpoint_url=request.url)
        return _refused(call, request, throttled=self._mode == "throttled")


def _deliver(request: AWSPreparedRequest) -> AWSResponse:
    answer: AWSResponse = URLLib3Session().send(request)
    assert answer.content is not None
    return answer


def _refused(call: Call, request: AWSPreparedRequest, *, throttled: bool) -> AWSResponse:
    service = call.operation.partition(".")[0]
    status, code = _REFUSALS[service][0 if throttled else 1]
    if service in _XML:
        headers = {"content-type": "text/xml"}
        body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{code}</Message></Error></ErrorResponse>"
    else:
        headers = {"content-type": "application/json", "x-amzn-errortype": code}
        body = json.dumps({"__type": code, "message": code})
    return AWSResponse(request.url, status, headers, _Raw(body.encode()))
