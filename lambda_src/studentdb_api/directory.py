"""Many people at a time, as others refer to them: by id and, since the key holds the e-mail too, a hint of the e-mail.

A hint is right until the e-mail is changed; then one Query by the id finds the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from studentdb_api import dynamodb, people
from studentdb_api.dynamodb import NO_EMAIL, Record
from studentdb_api.problems import NotFound

_MOST_KEYS = 100  # of a BatchGetItem


def found(hints: Mapping[str, str]) -> dict[str, Record]:
    """People by id, of id -> hint; who is gone is left out."""
    records: dict[str, Record] = {}
    for some in _chunks(hints.items()):
        keys = [{"id": {"S": person_id}, "email": {"S": email}} for person_id, email in some]
        while keys:
            answer = dynamodb.client.batch_get_item(RequestItems={dynamodb.USERS: {"Keys": keys}})
            items = map(dynamodb.record, answer["Responses"].get(dynamodb.USERS, ()))
            records |= {each["id"]: each for each in items}
            keys = answer.get("UnprocessedKeys", {}).get(dynamodb.USERS, {}).get("Keys", [])
    for person_id in hints.keys() - records.keys():
        try:
            records[person_id] = people.find(person_id)
        except NotFound:
            continue
    return records


def name(person: Mapping[str, str]) -> str:
    """For people: `Ada Lovelace`."""
    return " ".join(person[part] for part in ("givenName", "familyName") if part in person)


def email(person: Mapping[str, str]) -> str | None:
    """The e-mail address, or None."""
    return None if person["email"] == NO_EMAIL else person["email"]


def _chunks(pairs: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    whole = list(pairs)
    for start in range(0, len(whole), _MOST_KEYS):
        yield whole[start : start + _MOST_KEYS]
