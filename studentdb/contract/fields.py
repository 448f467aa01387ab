"""What a single field of the contract may hold: types with their rules, in the words of OneRoster 1.2 (1EdTech).

Each rule is one that a few JSON-schema keywords can say too: see models.py.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

# Nothing that cannot be seen: two values that look equal would be different ones, a name could be blank, or swap places
# with its neighbour in a terminal. Spelled out, since regular expressions disagree on the names of these classes.
_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
# Unicode's category Cf and what else it says to ignore, but for the joiners and variations below. Beyond U+FFFF no
# escape means the same in every regular expression, so the characters themselves stand there.
_FORMAT = (
    r"\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    r"\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
# Letters (and a Braille cell) that print nothing.
_BLANK = r"\u115f\u1160\u2800\u3164\uffa0"
# They decide how Persian and Indic letters join, and mean nothing at the ends of a name.
_JOINERS = r"\u200c\u200d"
# They choose the form of the character before: of the one ideograph that a family writes, for example.
_VARIATIONS = r"\u180b-\u180d\u180f\ufe00-\ufe0f" + "\U000e0100-\U000e01ef"
_SPACE = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"

_UNSEEN = _CONTROL + _FORMAT + _BLANK
_NAME = rf"^[^{_UNSEEN}{_JOINERS}{_VARIATIONS}{_SPACE}](?:[^{_UNSEEN}]*[^{_UNSEEN}{_JOINERS}{_SPACE}])?$"
_NOT_IN_CODE = _UNSEEN + _JOINERS + _VARIATIONS
_CODE = rf"^[^{_NOT_IN_CODE}{_SPACE}](?:[^{_NOT_IN_CODE}]*[^{_NOT_IN_CODE}{_SPACE}])?$"

# Of several lines: a line end and a tab are no harm there.
_UNSEEN_IN_LINES = _UNSEEN.replace(r"\u0000-\u001f", r"\u0000-\u0008\u000b-\u001f")
_LINES = rf"^[^{_UNSEEN}{_JOINERS}{_VARIATIONS}{_SPACE}](?:[^{_UNSEEN_IN_LINES}]*[^{_UNSEEN}{_JOINERS}{_SPACE}])?$"

_LOCAL_PART = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_HOST_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL_PATTERN = rf"^{_LOCAL_PART}@{_HOST_LABEL}(?:\.{_HOST_LABEL})+$"

LARGEST_VERSION = 2**53 - 1  # what JavaScript can count to exactly
DEFAULT_PAGE = 25
LARGEST_PAGE = 100
MOST_CUSTOM_FIELDS = 20


def _composed(text: str) -> str:
    """NFC: `é` typed as two characters and as one are the same name."""
    return unicodedata.normalize("NFC", text)


def _calendar_date(text: str) -> str:
    date.fromisoformat(text)
    return text


def _text(most: int, pattern: str) -> Any:
    return Field(
        min_length=1,
        max_length=most,
        pattern=pattern,
        description="text without control characters, invisible characters, or a space at either end",
    )


def _address(longest: int) -> Any:
    return Field(
        min_length=3, max_length=longest, pattern=EMAIL_PATTERN, description="an e-mail address such as ada@example.edu"
    )


Name = Annotated[str, _text(100, _NAME), AfterValidator(_composed)]
Identifier = Annotated[str, _text(64, _CODE), AfterValidator(_composed)]
Username = Annotated[str, _text(100, _CODE), AfterValidator(_composed)]
Title = Annotated[str, _text(200, _NAME), AfterValidator(_composed)]
Code = Annotated[str, _text(64, _CODE), AfterValidator(_composed)]
Text = Annotated[str, _text(2000, _LINES), AfterValidator(_composed)]
Reason = Annotated[str, _text(500, _NAME), AfterValidator(_composed)]
Grade = Annotated[str, _text(10, _CODE), AfterValidator(_composed)]
Grades = Annotated[list[Grade], Field(max_length=20)]
Phone = Annotated[
    str,
    Field(
        min_length=2,
        max_length=32,
        pattern=r"^\+?[0-9(][0-9 ()./-]*[0-9]$",
        description="a telephone number such as +49 30 901820: digits, with spaces and ( ) . / - between them",
    ),
]
# What a school's own field holds, whatever its kind: numbers and dates are text too.
CustomValue = Annotated[str, _text(200, _NAME), AfterValidator(_composed)]
# E-mail addresses are compared, stored and shown in lower case.
Email = Annotated[str, _address(254), AfterValidator(str.lower)]
# Cognito's names of users have up to 128 characters.
AccountEmail = Annotated[str, _address(128), AfterValidator(str.lower)]
SourcedId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[0-9A-Za-z./@_-]+$",
        description="a OneRoster sourcedId: letters, digits and . / @ _ -",
    ),
]
Date = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        description="a date such as 2010-05-31",
        json_schema_extra={"format": "date"},
    ),
    AfterValidator(_calendar_date),
]
Status = Literal["active", "inactive"]
Version = Annotated[int, Field(ge=1, le=LARGEST_VERSION)]
Id = Annotated[
    str,
    Field(
        max_length=36,
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        description="an id as the API gave it",
    ),
]
Cursor = Annotated[
    str,
    Field(min_length=1, max_length=4096, pattern=r"^[A-Za-z0-9_-]+$", description="a cursor as the API gave it"),
]

# The default of a field that may be left out but not be null: nothing is sent for it (`exclude_unset`).
LEFT_OUT: Any = None
