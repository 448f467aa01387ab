"""A person's session with one deployment: signed in once, refreshed when needed, signed out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from studentdb.api.cognito import Authenticator, EnterCode, no_code
from studentdb.api.tokens import Binding, Tokens, TokenStore
from studentdb.errors import NotSignedInError, StudentDBError

# Seconds before its end from which an access token is renewed: a request may take that long.
_MARGIN = 60.0


@dataclass(frozen=True)
class Person:
    """Who is signed in, by the token's claims."""

    email: str
    sub: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class SignedOut:
    """What a sign-out did. `person` None: nobody was signed in. `not_revoked`: why the service does not know yet."""

    person: str | None
    not_revoked: str = ""


class Session:
    """Thread-safe. `binding` says to what it belongs; tokens of any other are never used."""

    def __init__(
        self,
        binding: Binding,
        authenticator: Authenticator,
        store: TokenStore,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._binding = binding
        self._authenticator = authenticator
        self._store = store
        self._now = now
        self._tokens: Tokens | None = None
        self._lock = threading.Lock()

    @property
    def api_url(self) -> str:
        """The only place to which the access token may be sent."""
        return self._binding.api_url

    def sign_in(
        self, email: str, password: str, choose_password: Callable[[], str], enter_code: EnterCode = no_code
    ) -> Person:
        """Sign in and keep the session.

        `choose_password` is asked where the service wants a new one, `enter_code` for the code of a second factor.
        Raises NotSignedInError (wrong e-mail, password or code), UsageError (new password refused), UnavailableError.
        """
        with self._lock:
            self._tokens = self._authenticator.sign_in(email.strip(), password, choose_password, enter_code)
            self._store.save(self._binding, self._tokens)
            return _person(self._tokens)

    def access_token(self, *, rejected: str = "") -> str:
        """A token that is good for a while; renewed when it is about to end, or when it is the `rejected` one.

        Of several threads whose token was rejected only the first renews it. Raises NotSignedInError where there is
        no session or it has ended, UnavailableError.
        """
        return self._fresh(rejected).access_token

    def whoami(self) -> Person:
        """Who is signed in, with the groups of a token that is still good. Raises as `access_token`."""
        return _person(self._fresh())

    def sign_out(self) -> SignedOut:
        """Forget the session on this machine, then end it at the service; offline only the first happens."""
        with self._lock:
            tokens = self._tokens or self._store.load(self._binding)
            self._tokens = None
            # First, so that nothing that follows, not even Ctrl-C, leaves it here.
            self._store.delete(self._binding)
        if tokens is None:
            return SignedOut(None)
        try:
            self._authenticator.revoke(tokens)
        except StudentDBError as error:
            return SignedOut(tokens.email, not_revoked=str(error))
        return SignedOut(tokens.email)

    def _fresh(self, rejected: str = "") -> Tokens:
        with self._lock:
            tokens = self._tokens or self._store.load(self._binding)
            if tokens is None:
                raise NotSignedInError("not signed in", hint="studentdb login EMAIL")
            self._tokens = tokens
            if tokens.access_token != rejected and tokens.expires_at - self._now() > _MARGIN:
                return tokens
            try:
                self._tokens = self._authenticator.refresh(tokens)
            except NotSignedInError:
                self._tokens = None
                self._store.delete(self._binding)
                raise
            self._store.save(self._binding, self._tokens)
            return self._tokens


def _person(tokens: Tokens) -> Person:
    return Person(tokens.email, tokens.sub, tokens.groups)
