"""What time it is, in OneRoster's words."""

from __future__ import annotations

import datetime


def now() -> str:
    """OneRoster's DateTime: UTC with milliseconds."""
    return text(datetime.datetime.now(datetime.UTC))


def text(moment: datetime.datetime) -> str:
    """The same of another moment, which knows its zone."""
    return moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def today() -> str:
    """OneRoster's Date, in UTC."""
    return now()[:10]
