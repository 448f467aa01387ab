"""Finding people: by number or e-mail address, by the beginnings of words of their names, by any parts of them.

A person is found if every word of the text begins a word (or a part) that the person has. The longest word of the text
is looked for; what else is asked decides the posting itself, so a page costs what it returns: one Query and one
BatchGetItem, and where several words are asked, what was looked through, of which there is a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from studentdb_api import dynamodb, locks, names, postings
from studentdb_api.dynamodb import Record
from studentdb_api.postings import PART, WORD, Found
from studentdb_api.problems import NotFound

Match = Literal["prefix", "contains"]

# Postings that one page looks through at most; it may hold fewer people than asked for, and a cursor, for that.
_MOST_READ = 500
_AT_ONCE = 100


class Page(NamedTuple):
    """People in the order of the words that they were found by; `after` is where to go on, "" at the end."""

    people: list[Record]
    after: str


def page(role: str, text: str, match: Match, limit: int, after: str, find: Callable[[str], Record]) -> Page:
    """One page of the people of `role` whom `text` finds. `find` reads a person by id, and raises NotFound."""
    # Who has exactly this number or address comes first, and so not again on a later page.
    exact = _exactly(role, text, find) if not after else []
    # What stands behind the @ is the same for everybody.
    wanted = names.words(text.partition("@")[0] if match == "contains" else text)
    if not wanted:
        return Page(exact, "")
    kind = PART if match == "contains" else WORD
    found, more = _matching(role, kind, wanted, limit - len(exact), after)
    known = postings.all_words if kind == PART else postings.words
    is_exactly = _whose(text)
    people = [
        person
        for person in _people(found, find, consistent=kind == WORD)
        # The postings of parts lag behind.
        if person["role"] == role and _fits(known(person), wanted, kind) and not is_exactly(person)
    ]
    return Page(exact + people, more)


def _exactly(role: str, text: str, find: Callable[[str], Record]) -> list[Record]:
    lock = locks.email(text) if "@" in text else locks.identifier(text)
    holder = locks.holder(lock)
    try:
        person = find(holder) if holder else {}
    except NotFound:
        return []
    return [person] if person.get("role") == role else []


def _whose(text: str) -> Callable[[Record], bool]:
    """Whether a person has exactly this number or address."""
    if "@" in text:
        address = text.lower()
        return lambda person: bool(person["email"] == address)
    number = locks.same(text)
    return lambda person: locks.same(person["identifier"]) == number


def _matching(role: str, kind: str, wanted: Sequence[str], limit: int, after: str) -> tuple[list[Found], str]:
    """Postings of up to `limit` people, and the sort key after which to go on; "" where there are no more."""
    driver = max(wanted, key=len)
    found: list[Found] = []
    # Nothing stands under the bare word, and everything that begins with it comes after it.
    after = after or driver
    read = _read(role, kind, driver, after, limit + 1 if len(wanted) == 1 else _AT_ONCE)
    for seen, posting in enumerate(read):
        if seen == _MOST_READ:
            return found, after
        if posting.word == _first(posting, kind, driver) and _fits(posting.words, wanted, kind):
            if len(found) == limit:
                return found, after
            found.append(posting)
        after = posting.sort_key
    return found, ""


def _read(role: str, kind: str, driver: str, after: str, at_once: int) -> Iterator[Found]:
    partition = postings.partition(kind, role, driver)
    start: dict[str, Any] | None = postings.key((partition, after))
    while start:
        answer = dynamodb.client.query(
            TableName=dynamodb.INDEX,
            KeyConditionExpression="pk = :partition AND begins_with(sk, :word)",
            ExpressionAttributeValues={":partition": {"S": partition}, ":word": {"S": driver}},
            ExclusiveStartKey=start,
            Limit=at_once,
            # Words are found at once; parts come later anyway.
            ConsistentRead=kind == WORD,
        )
        yield from map(postings.found, answer["Items"])
        start = answer.get("LastEvaluatedKey")


def _first(posting: Found, kind: str, driver: str) -> str:
    """Several words or parts of one person may begin alike: the one that comes first in the list stands for all."""
    under = posting.words if kind == WORD else (word[at:] for word in posting.words for at in range(len(word)))
    return min((word for word in under if word.startswith(driver)), default="")


def _fits(known: Iterable[str], wanted: Sequence[str], kind: str) -> bool:
    known = tuple(known)
    if kind == PART:
        return all(any(each in word for word in known) for each in wanted)
    return all(any(word.startswith(each) for word in known) for each in wanted)


def _people(found: Sequence[Found], find: Callable[[str], Record], *, consistent: bool) -> Iterator[Record]:
    """In this order. A posting has the whole key of its person, unless the e-mail address has just changed."""
    keys = [{"id": {"S": each.id}, "email": {"S": each.email}} for each in found]
    stored: dict[str, Record] = {}
    while keys:
        asked = {dynamodb.USERS: {"Keys": keys, "ConsistentRead": consistent}}
        answer = dynamodb.client.batch_get_item(RequestItems=asked)
        stored |= {each["id"]["S"]: dynamodb.record(each) for each in answer["Responses"].get(dynamodb.USERS, ())}
        keys = answer.get("UnprocessedKeys", {}).get(dynamodb.USERS, {}).get("Keys", [])
    for each in found:
        try:
            yield stored.get(each.id) or find(each.id)
        except NotFound:
            continue  # deleted since
