"""Where a list goes on: a position that only we can make, and that fits one list and one role only.

A position holds a name, and a cursor stands in addresses and logs, so it is hidden as well as signed: the signature is
also the seed of the key stream (a synthetic initialisation vector), which makes equal pages equal addresses.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from studentdb_api import dynamodb
from studentdb_api.problems import Invalid

_SIGNATURE = 32
_key = b""


def seal(position: str, query: str) -> str:
    """A cursor for `position` in the list `query` (operation and role)."""
    plain = position.encode()
    signature = _signature(plain, query)
    return base64.urlsafe_b64encode(signature + _hidden(plain, signature)).rstrip(b"=").decode()


def unseal(cursor: str, query: str) -> str:
    """The position. Raises Invalid for a cursor that we did not make for this list and role."""
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        sealed = b""
    signature = sealed[:_SIGNATURE]
    plain = _hidden(sealed[_SIGNATURE:], signature)
    if not hmac.compare_digest(signature, _signature(plain, query)):
        raise Invalid(errors=[{"field": "cursor", "message": "is not a cursor of this list"}])
    return plain.decode()


def _signature(plain: bytes, query: str) -> bytes:
    return hmac.digest(_secret(), b"sign\0" + query.encode() + b"\0" + plain, "sha256")


def _hidden(text: bytes, signature: bytes) -> bytes:
    stream = hashlib.shake_256(hmac.digest(_secret(), b"hide\0" + signature, "sha256")).digest(len(text))
    return bytes(a ^ b for a, b in zip(text, stream, strict=True))


def _secret() -> bytes:
    """The deployment's signing key, read when the first list has a second page."""
    global _key  # noqa: PLW0603 - a warm function keeps it
    if not _key:
        answer = dynamodb.client.get_item(
            TableName=dynamodb.INDEX, Key={"pk": {"S": "secret#cursor"}, "sk": {"S": "-"}}
        )
        _key = answer["Item"]["key"]["B"]
    return _key
