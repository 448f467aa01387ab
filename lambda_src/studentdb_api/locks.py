"""Unique values: one lock item per value, written in the transaction that writes the person."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

from studentdb_api import dynamodb
from studentdb_api.dynamodb import NO_EMAIL, Item, Record

Locks = dict[str, str]

# A partition key has 2,048 bytes at most; one character can stand for 18 (U+FDFA), and 64 of it are more.
_LONGEST = 1024


def of(person: Record) -> Locks:
    """The locks that a stored person holds: partition key of the lock -> field."""
    found: Locks = {}
    if "request" in person:
        found[f"request#{person['id']}"] = "request"
    for field, folded in (("identifier", same), ("username", same), ("email", str.lower), ("sourcedId", str)):
        text = person.get(field, "")
        if text and not (field == "email" and text == NO_EMAIL):
            found[f"{field}#{folded(text)}"] = field
    return found


def identifier(number: str) -> str:
    """The partition key of a person's number's lock."""
    return f"identifier#{same(number)}"


def email(address: str) -> str:
    """The partition key of an e-mail address's lock."""
    return f"email#{address.lower()}"


def taken(lock: str, person_id: str) -> dict[str, Any]:
    """The transaction's part that takes a lock; a refusal brings the item that is there."""
    return {
        "Put": {
            "TableName": dynamodb.INDEX,
            "Item": {**_key(lock), "id": {"S": person_id}},
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def released(lock: str, person_id: str) -> dict[str, Any]:
    """The part that gives a lock back; one that is missing (lost, or never restored) must not keep the person."""
    return {
        "Delete": {
            "TableName": dynamodb.INDEX,
            "Key": _key(lock),
            "ConditionExpression": "attribute_not_exists(pk) OR id = :id",
            "ExpressionAttributeValues": {":id": {"S": person_id}},
        }
    }


def holder(lock: str) -> str | None:
    """The id of who holds a lock, or None."""
    answer = dynamodb.client.get_item(TableName=dynamodb.INDEX, Key=_key(lock), ConsistentRead=True)
    item = answer.get("Item")
    return item["id"]["S"] if item else None


def _key(lock: str) -> Item:
    return {"pk": {"S": lock}, "sk": {"S": "-"}}


def same(text: str) -> str:
    """What a person takes for the same value: no difference by case, width, spaces, or how an accent was typed."""
    folded = unicodedata.normalize("NFD", text)
    # Twice, as Unicode has it (D146): what a compatible form stands for may have a case of its own.
    for _ in range(2):
        folded = unicodedata.normalize("NFKC", folded.casefold())
    folded = " ".join(folded.split())
    encoded = folded.encode()
    return folded if len(encoded) <= _LONGEST else hashlib.sha256(encoded).hexdigest()
