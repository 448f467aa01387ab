"""What no waiting mends: rights that lack, quotas, names that are taken, credentials that end."""

from __future__ import annotations

from typing import Any

from tests.aws.layer import Behaviour, Call, Refusal

# How each service says that credentials have ended; the others say it with `Exception` behind.
_EXPIRED = {"s3": 400, "iam": 403, "cloudfront": 403}


class Refused(Behaviour):
    """Every call of one operation gets the same answer."""

    def __init__(self, operation: str, code: str, message: str, status: int = 400) -> None:
        self._operation = operation
        self._refusal = Refusal(code, message, status)

    def sees(self, call: Call) -> bool:
        return call.operation == self._operation

    def before(self, call: Call) -> Refusal:
        return self._refusal


class Expired(Behaviour):
    """The credentials end after so many calls that changed something."""

    ids = ("X-15",)

    def __init__(self, writes: int) -> None:
        self.left = writes

    def sees(self, call: Call) -> bool:
        return True

    def before(self, call: Call) -> Refusal | None:
        if self.left > 0:
            return None
        words = "The security token included in the request is expired"
        if call.service in _EXPIRED:
            return Refusal("ExpiredToken", words, _EXPIRED[call.service])
        return Refusal("ExpiredTokenException", words, 400)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        self.left -= call.writes
