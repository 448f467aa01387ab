"""The order of names: what a person expects of a list, in an alphabet that DynamoDB compares byte by byte."""

from __future__ import annotations

import unicodedata

# Letters of their own that Unicode does not decompose; casefold turns ß into ss.
_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n"}
)
# A sort key has 1,024 bytes at most: two names of 100 characters of 4 bytes, two separators, an id of 36.
_LONGEST = 100
# Before every character that a name may hold, so that `An` comes before `An Na`.
_BETWEEN = "\x1f"


def fold(text: str) -> str:
    """Without case and marks: `Đặng`, `ĐẶNG` and `Dang` are one."""
    letters = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    plain = "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")
    return " ".join(plain.casefold().split())[:_LONGEST]


def name_key(family_name: str, given_name: str, person_id: str) -> str:
    """The sort key of a person: family name, given name, then the id, which makes it unique."""
    return _BETWEEN.join((fold(family_name), fold(given_name), person_id))
