"""One JSON line per request or batch: ids and numbers, never a field's value."""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any


def request(*, request_id: str, route: str, status: int, ms: float, sub: str, error: BaseException | None) -> None:
    """Write the line of a request."""
    _line({"requestId": request_id, "route": route, "status": status, "ms": round(ms, 1), "sub": sub}, error)


def batch(*, error: BaseException | None = None, **numbers: int) -> None:
    """Write the line of a piece of work that nobody waits for."""
    _line(numbers, error)


def _line(line: dict[str, Any], error: BaseException | None) -> None:
    """Of an error it holds type, AWS error code and places: its text may quote a record."""
    if error is not None:
        line["error"] = {
            "type": type(error).__name__,
            "code": getattr(error, "response", {}).get("Error", {}).get("Code", ""),
            "at": [
                f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(error.__traceback__)
            ],
        }
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()
