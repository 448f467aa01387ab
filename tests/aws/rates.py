"""How often an account may call: more is refused, and botocore repeats it."""

from __future__ import annotations

from typing import ClassVar

from tests.aws.layer import Behaviour, Call, Refusal


class Rate(Behaviour):
    """A bucket of `burst` calls that fills by `per_second`."""

    per_second: ClassVar[float]
    burst: ClassVar[float]
    code: ClassVar[str] = "TooManyRequestsException"
    message: ClassVar[str] = "Too Many Requests"
    status: ClassVar[int] = 429

    def __init__(self) -> None:
        self._left = self.burst
        self._at = 0.0

    def before(self, call: Call) -> Refusal | None:
        self._left = min(self.burst, self._left + (self.now - self._at) * self.per_second)
        self._at = self.now
        if self._left >= 1:
            self._left -= 1
            return None
        return Refusal(self.code, self.message, self.status, self.now + (1 - self._left) / self.per_second)


class ApiGatewayRate(Rate):
    """10 calls a second in the account; of the burst of 40 somebody else took most."""

    ids = ("AGW-02", "X-05")
    service = "apigatewayv2"
    per_second, burst = 10.0, 12.0


class LambdaRate(Rate):
    """15 calls a second, GetFunction and GetPolicy apart."""

    ids = ("LMB-40", "X-05")
    service = "lambda"
    per_second, burst = 15.0, 15.0
    message = "Rate exceeded"

    def sees(self, call: Call) -> bool:
        return super().sees(call) and not call.operation.startswith("Get")


class CloudFrontRate(Rate):
    """Few changes a second; the refusal comes with a 400."""

    ids = ("X-05",)
    service = "cloudfront"
    per_second, burst = 2.0, 4.0
    code, message, status = "Throttling", "Rate exceeded", 400

    def sees(self, call: Call) -> bool:
        return super().sees(call) and call.writes


class CognitoRate(Rate):
    """15 calls a second."""

    ids = ("COG-29", "X-05")
    service = "cognito-identity-provider"
    per_second, burst = 15.0, 15.0
    status = 400


def behaviours() -> list[Behaviour]:
    """All of them."""
    return [ApiGatewayRate(), LambdaRate(), CloudFrontRate(), CognitoRate()]
