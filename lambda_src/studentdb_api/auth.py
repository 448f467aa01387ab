"""Who is calling: what the gateway's JWT authorizer leaves unchecked is checked here."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from studentdb_api.problems import NotAllowed, Unauthenticated


class Caller(NamedTuple):
    """A signed-in person: Cognito's `sub`, the groups of the user pool.

    The token was made at `issued` and is good until `expires` (epoch seconds).
    """

    sub: str
    groups: tuple[str, ...]
    issued: float = 0
    expires: float = 0

    def relations(self, allowed: Mapping[str, str]) -> frozenset[str]:
        """By which relations (any, own class, self) the caller's groups may do it. Raises NotAllowed."""
        found = frozenset(allowed[group] for group in self.groups if group in allowed)
        if not found:
            raise NotAllowed(f"only for {' or '.join(allowed)}")
        return found


def caller(event: Mapping[str, Any]) -> Caller:
    """The caller of an event. Raises Unauthenticated for anything but an access token that is still valid."""
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    # An ID token passes the authorizer as well (JWT-02).
    if claims.get("token_use") != "access":
        raise Unauthenticated("an access token is needed")
    expires = _seconds(claims.get("exp"))
    if expires <= time.time():
        raise Unauthenticated("the access token has expired")
    sub = claims.get("sub")
    if not isinstance(sub, str) or not sub:
        raise Unauthenticated("the access token names nobody")
    return Caller(sub, _groups(claims.get("cognito:groups")), _seconds(claims.get("iat")), expires)


def _seconds(claim: object) -> float:
    """A time of the token; 0 for what is none."""
    # Numbers arrive as text (JWT-05).
    if isinstance(claim, bool) or not isinstance(claim, str | int | float):
        return 0
    try:
        seconds = float(claim)
    except (ValueError, OverflowError):
        return 0
    return seconds if math.isfinite(seconds) else 0


def _groups(claim: object) -> tuple[str, ...]:
    """A list, `[admin staff]` or `admin,staff` (JWT-04)."""
    if isinstance(claim, str):
        return tuple(claim.strip("[]").replace(",", " ").split())
    if isinstance(claim, list):
        return tuple(name for name in claim if isinstance(name, str))
    return ()
