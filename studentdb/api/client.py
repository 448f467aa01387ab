"""Requests to the deployed API, driven by the contract's table of operations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx

from studentdb.api.problems import error_of, parsed
from studentdb.api.session import Session
from studentdb.api.transport import Http
from studentdb.contract.models import RequestModel
from studentdb.contract.operations import operation
from studentdb.errors import NotSignedInError

if TYPE_CHECKING:
    from studentdb.contract.me import Me
    from studentdb.contract.service import Health


class ApiClient:
    """The API of one deployment on behalf of whoever is signed in; thread-safe."""

    def __init__(self, http: Http, session: Session) -> None:
        self._http = http
        self._session = session

    def call(
        self,
        name: str,
        *,
        path: Mapping[str, str] | None = None,
        query: RequestModel | None = None,
        body: RequestModel | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The successful answer of the operation `name` of the contract.

        A token that the API refuses is renewed once. Raises NotSignedInError, NotAllowedError, InvalidInputError,
        NotFoundError, DuplicateError, VersionConflictError, UnavailableError.
        """
        asked = operation(name)
        url = self._session.api_url + asked.path.format_map({key: quote(v, safe="") for key, v in (path or {}).items()})
        params = {key: _in_url(value) for key, value in query.wire().items()} if query else None
        content = json.dumps(body.wire()).encode() if body else None
        sent = {"Accept": "application/json, application/problem+json", **(headers or {})}
        if content is not None:
            sent["Content-Type"] = "application/json"
        token = ""
        for _ in range(1 if asked.public else 2):
            if not asked.public:
                token = self._session.access_token(rejected=token)
                sent["Authorization"] = f"Bearer {token}"
            response = self._http.send(asked.method, url, headers=sent, params=params, content=content)
            if response.status_code != 401:
                break
        if response.status_code == 401:
            email = self._session.whoami().email
            raise NotSignedInError("the API does not accept your session", hint=f"studentdb login {email}")
        if not response.is_success:
            raise error_of(response)
        return response

    def me(self) -> Me:
        """Who the API takes the caller for, and their own record. Raises as `call`."""
        from studentdb.contract.me import Me

        return parsed(Me, self.call("me"))

    def health(self) -> Health:
        """That the API answers; needs no sign-in. Raises UnavailableError."""
        from studentdb.contract.service import Health

        return parsed(Health, self.call("health"))


def _in_url(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
