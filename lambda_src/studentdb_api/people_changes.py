"""People: creating, changing and deleting, with unique values held by locks in the same transaction.

Numbers, e-mail addresses, user names and sourcedIds are unique over all people, whatever their roles.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from studentdb_api import (
    audit,
    clock,
    creation,
    custom_fields,
    dynamodb,
    locks,
    media_avatars,
    people,
    postings,
    records,
    transactions,
)
from studentdb_api.dynamodb import Record
from studentdb_api.people import Role, shown, to_store
from studentdb_api.problems import Busy, Duplicate, KeyReused, NotFound, Referred
from studentdb_api.request import Answer, Request
from studentdb_api.transactions import RefusedError


def create_person(role: Role, request: Request) -> Answer:
    """POST /api/students and the like. With an Idempotency-Key a repeat answers what the first one made."""
    given = _normal(role, request.body, {})
    person_id, digest = creation.identity(request, given)
    now = clock.now()
    fixed = {"id": person_id, "role": role.name, "version": 1, "createdAt": now, "updatedAt": now}
    person = to_store({"status": "active"} | given | fixed)
    if digest:
        person["request"] = digest
    wanted = locks.of(person)
    actions = [
        _put(person, "attribute_not_exists(id)"),
        *(locks.taken(lock, person_id) for lock in wanted),
        audit.written(request, role.name, person_id, {}, shown(person)),
        *_beside({}, person),
    ]
    try:
        transactions.commit(actions)
    except RefusedError as refused:
        taken = _taken(refused, 1, wanted)
        if "request" in taken:
            person = _earlier(role, person_id, digest)
        else:
            raise _duplicate(taken) from refused
    return Answer(shown(person), {"location": f"/api/{role.many}/{person_id}"})


def update_person(role: Role, request: Request) -> Answer:
    """PATCH /api/students/{id} and the like: only fields that are sent; `version` is the one that was read."""
    stored = people.find(request.parameters["id"], role)
    before = shown(stored)
    changes = _normal(role, request.body, before["metadata"])
    if changes.pop("version") != before["version"]:
        raise audit.conflict(role.name, before["id"], before, request.body["version"])
    after = before | changes
    if after == before:
        return Answer(before)
    person = _changed(stored, after)
    old, new = locks.of(stored), locks.of(person)
    wanted = {lock: field for lock, field in new.items() if lock not in old}
    replacing = _replacing(stored, person)
    actions = [
        *replacing,
        *(locks.taken(lock, stored["id"]) for lock in wanted),
        audit.written(request, role.name, stored["id"], before, shown(person)),
        *_beside(stored, person),
    ]
    try:
        _commit(actions, [lock for lock in old if lock not in new], stored["id"])
    except RefusedError as refused:
        if 0 in refused.items:
            now = shown(people.find(stored["id"], role))
            raise audit.conflict(role.name, now["id"], now, before["version"]) from refused
        raise _duplicate(_taken(refused, len(replacing), wanted)) from refused
    return Answer(shown(person))


def delete_person(role: Role, request: Request) -> Answer:
    """DELETE /api/students/{id} and the like; `version`, where given, must still be the record's. Raises Referred."""
    for _ in range(transactions.ATTEMPTS):
        stored = people.find(request.parameters["id"], role)
        if request.query.get("version", stored["version"]) != stored["version"]:
            raise audit.conflict(role.name, stored["id"], shown(stored), request.query["version"])
        actions = [
            _delete(stored),
            _unless_needed(stored["id"]),
            audit.written(request, role.name, stored["id"], shown(stored), {}),
            *_beside(stored, {}),
            *(media_avatars.ended(stored["id"]) if role is people.STUDENT else ()),
        ]
        try:
            _commit(actions, locks.of(stored), stored["id"])
        except RefusedError as refused:
            if 1 in refused.items:
                raise Referred(people.needed_by(stored["id"])) from refused
            # Changed since it was read: look again.
            if 0 not in refused.items:
                raise
        else:
            return Answer(None)
    raise Busy


# What the contract calls them -> what answers.
HANDLERS = {
    **{f"create_{role.name}": partial(create_person, role) for role in people.ROLES.values()},
    **{f"update_{role.name}": partial(update_person, role) for role in people.ROLES.values()},
    **{f"delete_{role.name}": partial(delete_person, role) for role in people.ROLES.values()},
}


def _beside(before: Record, after: Record) -> list[dict[str, Any]]:
    """What is written together with a person, in the same transaction: parts whose conditions always hold.

    `before` and `after` are what is stored of the person; {} stands for nobody.
    """
    return postings.written(before, after)


def _commit(actions: list[dict[str, Any]], old: Iterable[str], person_id: str) -> None:
    """Write `actions` and give the locks `old` back. Raises RefusedError and Busy.

    A lock that was lost and that somebody else has taken since is left to them: this person could not be changed or
    deleted any more.
    """
    old = list(old)
    try:
        transactions.commit([*actions, *(locks.released(lock, person_id) for lock in old)])
    except RefusedError as refused:
        first = len(actions)
        if min(refused.items) < first:
            raise
        ours = [lock for position, lock in enumerate(old, first) if position not in refused.items]
        transactions.commit([*actions, *(locks.released(lock, person_id) for lock in ours)])


def _earlier(role: Role, person_id: str, digest: str) -> Record:
    try:
        person = people.find(person_id)
    except NotFound:
        # Deleted since its lock refused us.
        raise Busy from None
    if (person.get("request"), person["role"]) != (digest, role.name):
        raise KeyReused
    return person


def _taken(refused: RefusedError, first: int, wanted: locks.Locks) -> dict[str, str]:
    """Field -> id of its holder, for the locks that were refused; they begin at position `first`."""
    found = {
        field: refused.items[position]["id"]["S"]
        for position, field in enumerate(wanted.values(), start=first)
        if position in refused.items
    }
    if not found:
        raise refused
    return found


def _duplicate(taken: dict[str, str]) -> Duplicate:
    errors = []
    for field, person_id in taken.items():
        error: dict[str, Any] = {"field": field, "message": "belongs to another person"}
        holder = people.holder(person_id)
        errors.append(error | ({"holder": holder} if holder else {}))
    return Duplicate(f"already taken: {', '.join(taken)}", errors)


def _changed(stored: Record, after: Record) -> Record:
    """The person with the next version; attributes that we do not know stay as they are."""
    ours = to_store(after | {"version": after["version"] + 1, "updatedAt": clock.now()})
    cleared = {name for name, value in after.items() if value is None}
    return {name: value for name, value in stored.items() if name not in cleared} | ours


def _replacing(stored: Record, person: Record) -> list[dict[str, Any]]:
    """The parts that put `person` in the place of `stored`; the first one checks the version."""
    if person["email"] == stored["email"]:
        return [_put(person, "#version = :version", stored)]
    # The e-mail is part of the key.
    return [_delete(stored), _put(person, "attribute_not_exists(id)")]


def _put(person: Record, condition: str, stored: Record | None = None) -> dict[str, Any]:
    put = {"TableName": dynamodb.USERS, "Item": dynamodb.item(person), "ConditionExpression": condition}
    return {"Put": put | (_unchanged(stored) if stored else {})}


def _delete(stored: Record) -> dict[str, Any]:
    return {
        "Delete": {
            "TableName": dynamodb.USERS,
            "Key": {"id": {"S": stored["id"]}, "email": {"S": stored["email"]}},
            "ConditionExpression": "#version = :version",
            **_unchanged(stored),
        }
    }


def _unless_needed(person_id: str) -> dict[str, Any]:
    """Removes the counter of those who refer to a person, of whom there must be none."""
    return {
        "Delete": {
            "TableName": dynamodb.INDEX,
            "Key": people.counter(person_id),
            "ConditionExpression": "attribute_not_exists(referrers) OR referrers = :none",
            "ExpressionAttributeValues": {":none": {"N": "0"}},
        }
    }


def _unchanged(stored: Record) -> dict[str, Any]:
    return {
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(stored["version"])}},
    }


def _normal(role: Role, body: dict[str, Any], metadata: dict[str, str]) -> dict[str, Any]:
    """Text composed (NFC) and e-mail in lower case, as the contract's models have them; `metadata` as it becomes."""
    normal: dict[str, Any] = records.normal(body)
    if normal.get("email"):
        normal["email"] = normal["email"].lower()
    if "metadata" in normal:
        normal["metadata"] = custom_fields.merged(role.name, metadata, normal["metadata"])
    return normal
