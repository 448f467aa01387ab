"""What stands in for other people's machines: a server, a keyring, a way of signing in. Nothing of ours is replaced."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

from studentdb.api.cognito import EnterCode, no_code
from studentdb.api.tokens import Binding, Tokens
from studentdb.api.transport import Http
from studentdb.errors import StudentDBError

BINDING = Binding(
    api_url="https://api.example.edu/prod",
    cognito_url="https://cognito-idp.eu-central-1.amazonaws.com",
    user_pool_id="eu-central-1_Ab3dE6gH9",
    client_id="client1",
)

Answer = httpx.Response | Exception


class Server:
    """Gives the answers in their order, the last one for ever, and keeps the requests."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        self.http = Http(httpx.MockTransport(self._answer), sleep=self.pauses.append)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        # A response can be sent only once; a copy is as good.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def answer(status: int = 200, content: object = None, **headers: str) -> httpx.Response:
    """`content` as JSON; no body without it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content is None:
        return httpx.Response(status, headers=named)
    return httpx.Response(status, json=content, headers=named)


def jwt(**claims: object) -> str:
    """A token that nobody signed."""
    parts = [{"alg": "none"}, claims]
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts), "sig"])


def tokens(access: str = "", *, expires_at: float = 10_000.0) -> Tokens:
    """A session of ada's."""
    access = access or jwt(sub="sub-1", **{"cognito:groups": ["admin"]})
    return Tokens(email="ada@example.edu", access_token=access, refresh_token="refresh-1", expires_at=expires_at)


@dataclass
class MemoryKeyring:
    """A keyring; `broken` makes every call fail, `forgetful` keeps nothing (keyring's null backend)."""

    broken: bool = False
    forgetful: bool = False
    kept: dict[tuple[str, str], str] = field(default_factory=dict)

    def get_password(self, service_name: str, username: str) -> str | None:
        self._fail()
        return self.kept.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        self._fail()
        if not self.forgetful:
            self.kept[service_name, username] = password

    def delete_password(self, service_name: str, username: str) -> None:
        self._fail()
        del self.kept[service_name, username]

    def _fail(self) -> None:
        if self.broken:
            raise RuntimeError("no keyring here")


class Door:
    """An Authenticator: numbered access tokens, or the errors it was given."""

    def __init__(self, errors: Iterable[StudentDBError] = (), *, now: Callable[[], float] = lambda: 0.0) -> None:
        self._errors = list(errors)
        self._now = now
        self._lock = threading.Lock()
        self.refreshed = 0
        self.revoked: list[str] = []

    def sign_in(
        self, email: str, password: str, choose_password: Callable[[], str], enter_code: EnterCode = no_code
    ) -> Tokens:
        self._fail()
        return tokens(expires_at=self._now() + 900)

    def refresh(self, tokens: Tokens) -> Tokens:
        self._fail()
        with self._lock:
            self.refreshed += 1
            access = jwt(sub="sub-1", number=self.refreshed, **{"cognito:groups": ["admin"]})
        return Tokens(email=tokens.email, access_token=access, refresh_token="refresh-1", expires_at=self._now() + 900)

    def revoke(self, tokens: Tokens) -> None:
        self._fail()
        self.revoked.append(tokens.refresh_token)

    def _fail(self) -> None:
        if self._errors:
            raise self._errors.pop(0)
