"""The school's own fields of people, as studentdb.toml declares them; a person has them in `metadata`."""

from __future__ import annotations

import datetime
import json
import os
import re
from collections.abc import Mapping
from typing import Any

from studentdb_api.problems import FieldError, Invalid
from studentdb_api.request import Answer, Request

# name -> {"label", "kind", "roles"}, and "choices" of a choice. The deployer has checked them.
DECLARED: dict[str, dict[str, Any]] = json.loads(os.environ.get("CUSTOM_FIELDS", "{}"))

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def list_custom_fields(_: Request) -> Answer:
    """GET /api/custom-fields: what a form needs to know."""
    return Answer({"customFields": [{"name": name, "choices": [], **each} for name, each in DECLARED.items()]})


def merged(role: str, before: Mapping[str, str], given: Mapping[str, str | None]) -> dict[str, str]:
    """What a person has after a write: the fields that are not named stay, null clears one. Raises Invalid."""
    errors: list[FieldError] = [
        {"field": f"metadata.{name[:100]}", "message": wrong}
        for name, text in given.items()
        # One that is declared no more can still be cleared.
        if text is not None and (wrong := _wrong(role, name, text))
    ]
    if errors:
        raise Invalid(errors=errors)
    return {name: text for name, text in {**before, **given}.items() if text is not None}


def _wrong(role: str, name: str, text: str) -> str:
    declared = DECLARED.get(name)
    if declared is None or role not in declared["roles"]:
        of_role = [each for each, field in DECLARED.items() if role in field["roles"]]
        return f"is not a field of this school's {role}s; " + (
            f"these are {', '.join(of_role)}" if of_role else "there are none"
        )
    if declared["kind"] == "choice" and text not in declared["choices"]:
        return f"must be {' or '.join(declared['choices'])}"
    if declared["kind"] == "number" and not _NUMBER.fullmatch(text):
        return "must be a number such as 7 or -7.25"
    if declared["kind"] == "date" and not _is_date(text):
        return "must be a date such as 2010-05-31"
    return ""


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return bool(_DATE.fullmatch(text))
