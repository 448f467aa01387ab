"""Whom to invite, from a CSV file: e-mail, role and, if known, the person's number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from studentdb import roster
from studentdb.errors import UsageError

_HEADERS = {
    "email": "email",
    "mail": "email",
    "role": "role",
    "number": "identifier",
    "studentnumber": "identifier",
    "identifier": "identifier",
}


def read(file: Path, role: str | None) -> Mapping[int, dict[str, str]]:
    """Line -> the filled fields; `role` is that of rows without one. Raises UsageError."""
    rows = roster.records(file)
    try:
        _, header = next(rows)
    except StopIteration:
        raise UsageError(f"{file} is empty", why="it needs a header line and a line per person") from None
    columns = {at: _HEADERS.get(re.sub(r"[\s_-]", "", title).lower()) for at, title in enumerate(header)}
    if "email" not in columns.values():
        raise UsageError(f"{file} has no column E-mail", why=f"its columns are {', '.join(header)}")
    found: dict[int, dict[str, str]] = {}
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        named = {columns.get(at): cell.strip() for at, cell in enumerate(cells) if cell.strip()}
        fields = {field: cell for field, cell in named.items() if field}
        found[line] = ({"role": role} if role else {}) | fields
    return found
