"""One JSON line per request: ids and numbers, never a field's value."""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any


def request(*, request_id: str, route: str, status: int, ms: float, sub: str, error: BaseException | None) -> None:
    """Write the line. Of an error it holds type, AWS error code and places: its text may quote a record."""
    line: dict[str, Any] = {"requestId": request_id, "route": route, "status": status, "ms": round(ms, 1), "sub": sub}
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
