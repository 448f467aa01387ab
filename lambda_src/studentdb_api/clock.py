"""What time it is, in OneRoster's words."""

from __future__ import annotations

import datetime


def now() -> str:
    """OneRoster's DateTime: UTC with milliseconds."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def today() -> str:
    """OneRoster's Date, in UTC."""
    return now()[:10]
