"""Cognito's public operations over plain HTTPS, and the errors that each of them can have."""

from __future__ import annotations

import json
from typing import Any

import httpx

from studentdb.api.transport import Http
from studentdb.errors import NotSignedInError, UnavailableError


class CognitoError(Exception):
    """An error as the service has it; never leaves this package."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class WrongCodeError(NotSignedInError):
    """The code of a second factor is not the one that the app shows; another one may be tried."""


class CognitoService:
    """The sign-in service at `url`."""

    def __init__(self, http: Http, url: str) -> None:
        self._http = http
        self._url = url

    def call(self, operation: str, **parameters: object) -> dict[str, Any]:
        """The answer. Raises CognitoError, UnavailableError."""
        url = self._url
        response = self._http.send(
            "POST",
            f"{url}/",
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            },
            content=json.dumps(parameters).encode(),
        )
        answer = _json_object(response)
        if response.status_code == 200 and answer is not None:
            return answer
        if response.status_code >= 500 or response.status_code == 429:
            raise UnavailableError(
                "the sign-in service is not available", why=f"HTTP {response.status_code} from {url}", hint="try again"
            )
        if answer is None or "__type" not in answer:
            raise not_cognito(url)
        code = str(answer["__type"]).rpartition("#")[2]
        raise CognitoError(code, str(answer.get("message") or answer.get("Message") or code))


def _json_object(response: httpx.Response) -> dict[str, Any] | None:
    if not response.content:  # RevokeToken answers with nothing
        return {}
    try:
        found = response.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def raise_common(error: CognitoError) -> None:
    """What can go wrong in every call."""
    if error.code in {"TooManyRequestsException", "LimitExceededException", "InternalErrorException"}:
        raise UnavailableError("the sign-in service is busy", why=error.message, hint="try again in a minute") from None
    if error.code == "ResourceNotFoundException":
        raise NotSignedInError(
            "the deployment that this machine knows is gone or was made anew",
            why=error.message,
            hint="studentdb login EMAIL --site URL",
        ) from None


def not_cognito(url: str) -> UnavailableError:
    """Something answered, and it was not Cognito."""
    return UnavailableError("the sign-in service gave no sensible answer", why=f"{url} may be something else")


def refused_code(error: CognitoError, *, hint: str) -> WrongCodeError | None:
    """What is wrong with the code of a second factor, or None where it is something else."""
    if error.code == "ExpiredCodeException":
        return WrongCodeError("this code was used already", why="wait until the app shows the next one", hint=hint)
    # A wrong code has a name of its own when a factor is set up.
    if error.code in {"CodeMismatchException", "EnableSoftwareTokenMFAException"}:
        return WrongCodeError("the code is wrong", why="it changes every 30 seconds; is your clock right?", hint=hint)
    # Anything but six digits: the code is the only thing that a person typed.
    if error.code == "InvalidParameterException" and "code" in error.message.lower():
        return WrongCodeError("the code is wrong", why="it is six digits", hint=hint)
    return None
