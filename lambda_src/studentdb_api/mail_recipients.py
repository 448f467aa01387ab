"""Whom a mail goes to: its audience, page by page, and who of a page gets it.

A position is where a page's person stands in the audience; the next page begins after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from studentdb_api import directory, dynamodb, membership, people, suppressions
from studentdb_api.dynamodb import Record
from studentdb_api.problems import NotFound

# As many mails as are sent twice, when the function dies between a page and the word of it.
PAGE = 25
# The roles of people. An account without a person, as `studentdb admin create` makes, gets no mail of this kind.
# What only admins can do is told to accounts instead: `admins`.
_ROLES = ("admin", "lecturer", "student")


class Recipient(NamedTuple):
    """Somebody of the audience; `address` is "" for who gets no mail."""

    position: str
    address: str


class Page(NamedTuple):
    """Some of the audience in its order; `last` says that there is nobody after them."""

    recipients: list[Recipient]
    last: bool


def page(item: Record) -> Page:
    """The next page of an item of the outbox."""
    kind, _, key = item["audience"].partition("#")
    after = item.get("cursor", "")
    if "people" in item:
        some = sorted(item["people"])[:PAGE]
        hints = dict.fromkeys(some, dynamodb.NO_EMAIL)
        return _of_people(directory.found(hints), some, last=len(item["people"]) <= PAGE)
    if kind == "email":
        return Page([Recipient(key, "" if suppressions.among([key]) else key)], last=True)
    if kind == "person":
        return _of_people(_one(key), [key], last=True)
    if kind == "admins":
        return _of_admins(after)
    if kind == "class":
        return _of_class(key, after)
    return _of_roles(_ROLES if kind == "everyone" else (key,), after)


def _of_admins(after: str) -> Page:
    """Accounts in the pool's group of admins, by their ids: as many calls as there are sixties of them."""
    from studentdb_api import pool  # noqa: PLC0415 - only where people sign up does this function know the pool

    found: dict[str, str] = {}
    token: dict[str, str] = {}
    while True:
        answer = pool.call(pool.client.list_users_in_group, GroupName="admin", Limit=pool.LARGEST_PAGE, **token)
        for user in answer["Users"]:
            if user["Enabled"] and pool.attribute(user, "email_verified") == "true":
                found[user["Username"]] = pool.attribute(user, "email")
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    some = sorted(sub for sub in found if sub > after)
    suppressed = suppressions.among(found[sub] for sub in some[:PAGE])
    recipients = [Recipient(sub, "" if found[sub].lower() in suppressed else found[sub]) for sub in some[:PAGE]]
    return Page(recipients, last=len(some) <= PAGE)


def _of_class(class_id: str, after: str) -> Page:
    asked: dict[str, Any] = {
        "TableName": dynamodb.ENROLLMENTS,
        "KeyConditionExpression": "classId = :class" + (" AND personId > :after" if after else ""),
        "ExpressionAttributeValues": {":class": {"S": class_id}} | ({":after": {"S": after}} if after else {}),
        "Limit": PAGE,
    }
    answer = dynamodb.client.query(**asked)
    found = [dynamodb.record(each) for each in answer["Items"]]
    hints = {each["personId"]: each["email"] for each in found if membership.holds(each)}
    ids = [each["personId"] for each in found]
    return _of_people(directory.found(hints), ids, last="LastEvaluatedKey" not in answer)


def _of_roles(roles: Iterable[str], after: str) -> Page:
    """People of one role after the other. A position is a role and a name's key."""
    roles = list(roles)
    role, _, name_key = after.partition(" ")
    at = roles.index(role) if role else 0
    asked: dict[str, Any] = {
        "TableName": dynamodb.USERS,
        "IndexName": dynamodb.ROLE_NAME_INDEX,
        "KeyConditionExpression": "#role = :role" + (" AND name_key > :after" if name_key else ""),
        "ExpressionAttributeNames": {"#role": "role"},
        "ExpressionAttributeValues": {":role": {"S": roles[at]}} | ({":after": {"S": name_key}} if name_key else {}),
        "Limit": PAGE,
    }
    answer = dynamodb.client.query(**asked)
    found = {each["id"]: each for each in map(dynamodb.record, answer["Items"])}
    positions = {person_id: f"{roles[at]} {each['name_key']}" for person_id, each in found.items()}
    ended = "LastEvaluatedKey" not in answer
    last = ended and at + 1 == len(roles)
    some = [each._replace(position=positions[each.position]) for each in _of_people(found, found, last=last).recipients]
    if ended and not last:
        # To the next role, whether or not somebody was left in this one.
        some.append(Recipient(f"{roles[at + 1]} ", ""))
    return Page(some, last)


def _of_people(found: dict[str, Record], ids: Iterable[str], *, last: bool) -> Page:
    addresses = {person_id: _address(person) for person_id, person in found.items()}
    disabled = _disabled([person_id for person_id, address in addresses.items() if address])
    suppressed = suppressions.among(address for address in addresses.values() if address)
    return Page(
        [
            Recipient(
                each,
                "" if each in disabled or addresses.get(each, "").lower() in suppressed else addresses.get(each, ""),
            )
            for each in ids
        ],
        last,
    )


def _address(person: Record) -> str:
    return "" if person.get("status") == "inactive" else directory.email(person) or ""


def _disabled(person_ids: list[str]) -> set[str]:
    """Those whose account is disabled."""
    found = suppressions.batch([{"pk": {"S": f"login-of#{each}"}, "sk": {"S": "-"}} for each in person_ids])
    accounts = {str(each["id"]): str(each["pk"]).partition("#")[2] for each in found}
    logins = suppressions.batch([{"pk": {"S": f"login#{sub}"}, "sk": {"S": "-"}} for sub in accounts])
    return {accounts[str(each["pk"]).partition("#")[2]] for each in logins if "disabled" in each}


def _one(person_id: str) -> dict[str, Record]:
    try:
        return {person_id: people.find(person_id)}
    except NotFound:
        return {}
