"""What of a person the search finds: items of the index table that lead from a word, or from a part of one, to people.

A posting's partition is its kind, the person's role and the first letter; its sort key the word and the person's place
in lists, so the beginning of a word is one Query in a sensible order, and no two people's writes meet in an item. Its
`words` are all that it knows of its person: what a search needs to decide without the person's record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from studentdb_api import dynamodb, names
from studentdb_api.dynamodb import Item, Record

# Of every word of a name, written in the person's own transaction.
WORD = "word"
# Of every ending of a word of names, number and e-mail address; search_feed.py writes them, a moment later.
PART = "part"

_NAMES = (
    *("familyName", "givenName", "middleName"),
    *("preferredFamilyName", "preferredGivenName", "preferredMiddleName"),
)
# More words of names are not found: a transaction has 100 parts at most (DDB-25).
_MOST_WORDS = 20
# Before every character that a word can hold.
_AFTER_WORD = "\x1f"

# (partition, sort key) -> the posting as a record.
Postings = dict[tuple[str, str], Record]


class Found(NamedTuple):
    """A posting that was read: whose it is, under which word, and what it knows of the person."""

    id: str
    email: str
    word: str
    words: tuple[str, ...]
    sort_key: str


def words(person: Mapping[str, Any]) -> list[str]:
    """The folded words of a person's names."""
    return _distinct(person, _NAMES)[:_MOST_WORDS]


def all_words(person: Mapping[str, Any]) -> list[str]:
    """Those of the number as well, and of the e-mail address what stands before the @: the rest tells nobody apart."""
    address = person["email"].partition("@")[0]
    return list(dict.fromkeys([*words(person), *_distinct(person, ("identifier",)), *names.words(address)]))


def of_words(person: Mapping[str, Any]) -> Postings:
    """The postings of the words of a person's names; none for nobody ({})."""
    known = words(person) if person else []
    return _postings(WORD, person, known, known)


def of_parts(person: Mapping[str, Any]) -> Postings:
    """The postings of all parts; none for nobody ({})."""
    known = all_words(person) if person else []
    return _postings(PART, person, dict.fromkeys(word[at:] for word in known for at in range(len(word))), known)


def written(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts of the transaction that makes the person `before` into `after`; {} is nobody."""
    old, new = of_words(before), of_words(after)
    put = [
        {"Put": {"TableName": dynamodb.INDEX, "Item": dynamodb.item(each)}}
        for at, each in new.items()
        if old.get(at) != each
    ]
    gone = [{"Delete": {"TableName": dynamodb.INDEX, "Key": key(at)}} for at in old if at not in new]
    return put + gone


def key(at: tuple[str, str]) -> Item:
    """The key of a posting's item."""
    return {"pk": {"S": at[0]}, "sk": {"S": at[1]}}


def found(stored: Item) -> Found:
    """A posting as a search reads it."""
    posting = dynamodb.record(stored)
    word = posting["sk"].partition(_AFTER_WORD)[0]
    return Found(posting["id"], posting["email"], word, tuple(posting["words"].split(" ")), posting["sk"])


def partition(kind: str, role: str, word: str) -> str:
    """Where the postings of all words stand that begin with the same letter."""
    return f"{kind}#{role}#{word[0]}"


def _postings(kind: str, person: Mapping[str, Any], under: Iterable[str], known: Iterable[str]) -> Postings:
    made: Postings = {}
    for word in under:
        at = partition(kind, person["role"], word), f"{word}{_AFTER_WORD}{person['name_key']}"
        made[at] = {"pk": at[0], "sk": at[1], "id": person["id"], "email": person["email"], "words": " ".join(known)}
    return made


def _distinct(person: Mapping[str, Any], fields: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for field in fields for word in names.words(person.get(field) or "")))
