"""Students: creating, changing and deleting, with unique values held by locks in the same transaction."""

from __future__ import annotations

from typing import Any

from studentdb_api import audit, clock, creation, dynamodb, locks, records, students, transactions
from studentdb_api.dynamodb import Item
from studentdb_api.problems import Busy, Duplicate, KeyReused, NotFound, VersionConflict
from studentdb_api.request import Answer, Request
from studentdb_api.students import Student, from_item, to_item
from studentdb_api.transactions import RefusedError


def create_student(request: Request) -> Answer:
    """POST /api/students. With an Idempotency-Key a repeat answers what the first one made."""
    given = _normal(request.body)
    student_id, digest = creation.identity(request, given)
    now = clock.now()
    item = to_item(
        {"grades": [], "status": "active"}
        | given
        | {"id": student_id, "role": "student", "version": 1, "createdAt": now, "updatedAt": now}
    )
    if digest:
        item["request"] = {"S": digest}
    wanted = locks.of(item)
    told = audit.written(request, "student", student_id, {}, from_item(item))
    actions = [_put(item, "attribute_not_exists(id)"), *(locks.taken(lock, student_id) for lock in wanted), told]
    try:
        transactions.commit(actions)
    except RefusedError as refused:
        taken = _taken(refused, 1, wanted)
        if "request" in taken:
            item = _earlier(student_id, digest)
        else:
            raise _duplicate(taken) from refused
    return Answer(from_item(item), {"location": f"/api/students/{student_id}"})


def update_student(request: Request) -> Answer:
    """PATCH /api/students/{id}: only fields that are sent; `version` is the one that was read."""
    stored = students.find(request.parameters["id"])
    changes = _normal(request.body)
    if changes.pop("version") != students.version(stored):
        raise VersionConflict(students.version(stored))
    before = from_item(stored)
    after = before | changes
    if after == before:
        return Answer(before)
    item = _changed(stored, after)
    old, new = locks.of(stored), locks.of(item)
    wanted = {lock: field for lock, field in new.items() if lock not in old}
    replacing = _replacing(stored, item)
    told = audit.written(request, "student", before["id"], before, from_item(item))
    actions = [*replacing, *(locks.taken(lock, before["id"]) for lock in wanted), told]
    try:
        _commit(actions, [lock for lock in old if lock not in new], before["id"])
    except RefusedError as refused:
        if 0 in refused.items:
            raise VersionConflict(students.version(students.find(before["id"]))) from refused
        raise _duplicate(_taken(refused, len(replacing), wanted)) from refused
    return Answer(from_item(item))


def delete_student(request: Request) -> Answer:
    """DELETE /api/students/{id}; `version`, where given, must still be the record's."""
    for _ in range(transactions.ATTEMPTS):
        stored = students.find(request.parameters["id"])
        current = students.version(stored)
        if request.query.get("version", current) != current:
            raise VersionConflict(current)
        try:
            told = audit.written(request, "student", stored["id"]["S"], from_item(stored), {})
            _commit([_delete(stored), told], list(locks.of(stored)), stored["id"]["S"])
        except RefusedError as refused:
            # Changed since it was read: look again.
            if 0 not in refused.items:
                raise
        else:
            return Answer(None)
    raise Busy


def _commit(actions: list[dict[str, Any]], old: list[str], student_id: str) -> None:
    """Write `actions` and give the locks `old` back. Raises RefusedError and Busy.

    A lock that was lost and that somebody else has taken since is left to him: this student could not be changed or
    deleted any more.
    """
    try:
        transactions.commit([*actions, *(locks.released(lock, student_id) for lock in old)])
    except RefusedError as refused:
        first = len(actions)
        if min(refused.items) < first:
            raise
        ours = [lock for position, lock in enumerate(old, first) if position not in refused.items]
        transactions.commit([*actions, *(locks.released(lock, student_id) for lock in ours)])


def _earlier(student_id: str, digest: str) -> Item:
    try:
        item = students.find(student_id)
    except NotFound:
        # Deleted since its lock refused us.
        raise Busy from None
    if item.get("request") != {"S": digest}:
        raise KeyReused
    return item


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
    for field, student_id in taken.items():
        error: dict[str, Any] = {"field": field, "message": "belongs to another student"}
        holder = students.holder(student_id)
        errors.append(error | ({"holder": holder} if holder else {}))
    return Duplicate(f"already taken: {', '.join(taken)}", errors)


def _changed(stored: Item, after: Student) -> Item:
    """The item with its next version; attributes that we do not know stay as they are."""
    ours = to_item(after | {"version": after["version"] + 1, "updatedAt": clock.now()})
    cleared = {name for name, value in after.items() if value is None}
    return {name: value for name, value in stored.items() if name not in cleared} | ours


def _replacing(stored: Item, item: Item) -> list[dict[str, Any]]:
    """The parts that put `item` in the place of `stored`; the first one checks the version."""
    if item["email"] == stored["email"]:
        return [_put(item, "#version = :version", stored)]
    # The e-mail is part of the key.
    return [_delete(stored), _put(item, "attribute_not_exists(id)")]


def _put(item: Item, condition: str, stored: Item | None = None) -> dict[str, Any]:
    put = {"TableName": dynamodb.USERS, "Item": item, "ConditionExpression": condition}
    return {"Put": put | (_unchanged(stored) if stored else {})}


def _delete(stored: Item) -> dict[str, Any]:
    return {
        "Delete": {
            "TableName": dynamodb.USERS,
            "Key": {"id": stored["id"], "email": stored["email"]},
            "ConditionExpression": "#version = :version",
            **_unchanged(stored),
        }
    }


def _unchanged(stored: Item) -> dict[str, Any]:
    return {
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": stored["version"]},
    }


def _normal(body: dict[str, Any]) -> dict[str, Any]:
    """Text composed (NFC) and e-mail in lower case, as the contract's models have them."""
    normal: dict[str, Any] = records.normal(body)
    if normal.get("email"):
        normal["email"] = normal["email"].lower()
    return normal
