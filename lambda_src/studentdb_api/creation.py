"""Ids of new records, and requests that may be sent twice."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from typing import Any

from studentdb_api.problems import Invalid
from studentdb_api.request import Request

_REQUESTS = uuid.UUID("5f1f6d8e-3c0b-5d51-9b57-0d3a2a1f7c64")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def identity(request: Request, given: dict[str, Any]) -> tuple[str, str]:
    """The new record's id, and the digest of a repeatable request ("" for one that is not)."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return str(uuid.uuid4()), ""
    if not _KEY.fullmatch(key):
        raise Invalid("Idempotency-Key must be 1 to 255 visible ASCII characters")
    digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
    return str(uuid.uuid5(_REQUESTS, f"{request.caller.sub} {key}")), digest
