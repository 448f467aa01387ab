"""Roles whose accounts need a second factor: loaded only where a school requires one of a caller's roles.

An access token does not say how its owner signed in, so the pool is asked, with the caller's own token. That a second
factor is on is remembered for as long as the token is good; that it is not is asked again, since it can be set up with
the same token.
"""

from __future__ import annotations

import time

from studentdb_api import logins
from studentdb_api.auth import Caller
from studentdb_api.problems import MfaRequired

# Tokens live 15 minutes; a container that sees more than this many forgets those that have ended, or all.
_MOST = 2_000
# token -> when it ends, in epoch seconds. In this function's memory only.
_known: dict[str, float] = {}


def require(caller: Caller, token: str) -> None:
    """Raises MfaRequired where the account has no second factor, Unauthenticated for a token that was revoked."""
    if _known.get(token, 0) > time.time():
        return
    if "SOFTWARE_TOKEN_MFA" not in logins.user(token).get("UserMFASettingList", ()):
        raise MfaRequired("set it up: studentdb mfa enrol")
    if len(_known) >= _MOST:
        _forget()
    _known[token] = caller.expires


def _forget() -> None:
    now = time.time()
    for token in [token for token, ends in _known.items() if ends <= now] or list(_known):
        del _known[token]
