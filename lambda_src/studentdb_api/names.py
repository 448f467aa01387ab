"""Names as people compare them, in an alphabet that DynamoDB compares byte by byte: for lists, and for the search.

Sort keys and postings are stored: a change here needs a migration (docs/decisions/0020).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

# Letters of their own that Unicode does not decompose, as people write them without: of Europe, of Azerbaijan (Əliyev
# is Aliyev abroad), of West Africa (Ɓ, Ɗ, Ɛ, Ŋ, Ɔ …), of the Sami and of America. casefold turns ß into ss.
_LETTERS = str.maketrans(
    {
        **{"đ": "d", "ð": "d", "ø": "o", "ł": "l", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"},
        **{"ŋ": "n", "ĸ": "q", "ə": "a", "ǝ": "e", "ɛ": "e", "ɔ": "o", "ƒ": "f", "ɓ": "b", "ɖ": "d", "ɗ": "d"},
        **{"ƙ": "k", "ƴ": "y", "ƈ": "c", "ɠ": "g", "ɣ": "g", "ɩ": "i", "ɨ": "i", "ɲ": "n", "ƥ": "p", "ƭ": "t"},
        **{"ʉ": "u", "ʊ": "u", "ʋ": "v", "ǥ": "g", "ʒ": "z", "ƀ": "b", "ȷ": "j", "ƶ": "z"},
    }
)
# A sort key has 1,024 bytes at most: two names of 100 characters of 4 bytes, two separators, an id of 36.
_LONGEST = 100
# Before every character that a name may hold, so that `An` comes before `An Na`.
_BETWEEN = "\x1f"
# A posting's key holds a word beside a sort key: 40 characters of 4 bytes.
_LONGEST_WORD = 40
# Within a word they are left out: O'Brien, N’Diaye, Kaʻanāʻanā, Gal·la.
_WITHIN = frozenset(
    "'`\u00b4\u00b7\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf\u055a\u05f3\u2018\u2019\u201b\u2032\ua78c\uff07"
)


class _Characters(dict[int, str]):
    """What becomes of each character, for `str.translate`: looked up once, then nothing is faster."""

    def __init__(self, becomes: Callable[[str], str]) -> None:
        super().__init__()
        self._becomes = becomes

    def __missing__(self, code: int) -> str:
        found = self[code] = self._becomes(chr(code))
        return found


def _bare(letter: str) -> str:
    return "" if unicodedata.category(letter) == "Mn" else letter


def _in_word(letter: str) -> str:
    """What of a character belongs to a word; a blank is where one ends."""
    kind = unicodedata.category(letter)
    # Joiners say how letters are drawn.
    if letter in _WITHIN or kind == "Cf":
        return ""
    # Vowels of Indic scripts are marks.
    return letter if letter.isalnum() or kind[0] == "M" else " "


_BARE = _Characters(_bare)
_IN_WORDS = _Characters(_in_word)


def fold(text: str) -> str:
    """Without case and marks: `Đặng`, `ĐẶNG` and `Dang` are one."""
    return _plain(text)[:_LONGEST]


def words(text: str) -> list[str]:
    """The distinct folded words, in their order: `Anne-Sophie O’Brien` has anne, sophie, obrien."""
    found = _plain(text).translate(_IN_WORDS).split()
    return list(dict.fromkeys(word[:_LONGEST_WORD] for word in found))


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    # What a compatible form stands for may have a case of its own.
    return " ".join(letters.translate(_BARE).casefold().translate(_LETTERS).split())


def name_key(family_name: str, given_name: str, person_id: str) -> str:
    """The sort key of a person: family name, given name, then the id, which makes it unique."""
    return _BETWEEN.join((fold(family_name), fold(given_name), person_id))
