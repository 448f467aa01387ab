"""An authenticator app: the codes of RFC 6238, as Cognito wants them (SHA-1, 30 seconds, six digits)."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from typing import Any

_STEP_S = 30


def code(secret: str, *, at: float | None = None) -> str:
    """The code of a secret (base32) at a time in epoch seconds, or now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    counter = int(time.time() if at is None else at) // _STEP_S
    digest = hmac.digest(key, struct.pack(">Q", counter), "sha1")
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def wrong(secret: str) -> str:
    """A code that is not good now, nor in the steps around it."""
    near = {code(secret, at=time.time() + step * _STEP_S) for step in range(-3, 4)}
    return next(text for number in range(10) if (text := f"{number:06}") not in near)


def enrol(cognito: Any, access_token: str) -> str:
    """Turn the second factor on, without the product; the secret."""
    secret = str(cognito.associate_software_token(AccessToken=access_token)["SecretCode"])
    cognito.verify_software_token(AccessToken=access_token, UserCode=code(secret))
    cognito.set_user_mfa_preference(
        AccessToken=access_token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    return secret
