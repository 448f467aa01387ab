"""Deciding on registrations.

Cognito and the tables have no transaction in common, so a decision is a row of steps, and the same one again goes on
from wherever it ended: the registration stays pending until all of it is done.

approve: the person, where there is none; the account's item with the role and whose it is (and the audit); its group;
then the registration is decided, and no token of before is taken any more.
refuse: the account's item says so (and the audit); the account is deleted; then the registration is decided, and the
tables forget the account.

The item's mark and the item's role exclude each other: of two admins who decide at the same time, one is told.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from studentdb_api import (
    locks,
    logins,
    outbox,
    people,
    people_changes,
    pool,
    records,
    registrations,
    transactions,
    user_changes,
    users,
)
from studentdb_api.dynamodb import NO_EMAIL, Record
from studentdb_api.problems import Decided, Duplicate, Invalid, NotFound
from studentdb_api.request import Answer, Request
from studentdb_api.transactions import RefusedError


class _Found(NamedTuple):
    """An account that waits: its item, its registration, its e-mail address."""

    item: Record
    registration: Record
    email: str


def approve_registration(request: Request) -> Answer:
    """POST /api/users/registrations/{id}/approve."""
    sub = request.parameters["id"]
    found = _waiting(sub)
    person = _person(request, found)
    after = {**found.item, "email": found.email, "role": person["role"], "id": person["id"]}
    after["personEmail"] = person.get("email") or NO_EMAIL
    try:
        user_changes.write(
            request, sub, found.item, after, "attribute_exists(waiting) AND attribute_not_exists(refusing)"
        )
    except RefusedError as refused:
        raise Decided("its refusal has begun: refuse it again to finish that") from refused
    pool.put_into(sub, person["role"])
    settle(sub, found.item["waiting"], person["role"], found.email)
    return Answer(users.one(sub))


def refuse_registration(request: Request) -> Answer:
    """POST /api/users/registrations/{id}/refuse."""
    sub = request.parameters["id"]
    item = user_changes.stored(sub)
    registration = registrations.pending(sub, item.get("waiting", ""))
    try:
        if pool.groups(sub):
            raise Decided("it was approved meanwhile; to lock the account out, disable it")
        _begin_refusal(request, sub, item)
        pool.call(pool.client.admin_delete_user, Username=sub)
    except NotFound:
        # Said before, or deleted by other means.
        pass
    after, parts = registrations.decided(registration, "refused", reason=request.body["reason"])
    # What is decided has left the pending ones already.
    transactions.commit([*parts, *user_changes.forgotten(sub, {**item, "waiting": ""})])
    return Answer(registrations.shown(after))


def _begin_refusal(request: Request, sub: str, item: Record) -> None:
    """From here on nobody can approve it. Raises Decided where somebody has begun to."""
    mark = logins.updated(sub, {"refusing": True}, "attribute_exists(waiting) AND attribute_not_exists(#role)")
    try:
        transactions.commit([mark, user_changes.told(request, sub, {"email": item.get("email")}, {})])
    except RefusedError as refused:
        raise Decided(
            "its approval has begun: approve it again to finish that; then disable the account to lock it out"
        ) from refused


def settle(sub: str, since: str, role: str, email: str) -> None:
    """The account has its role: nothing waits any more, and whose it is gets a mail."""
    try:
        registration = registrations.pending(sub, since)
    except NotFound:
        # Another admin was faster, or the item alone was left.
        parts: list[dict[str, Any]] = []
    else:
        _, parts = registrations.decided(registration, "approved", role=role)
    # Whole seconds, as a token has them; the next one has the group in it.
    # Of two who finish it, one finds it pending, and tells.
    mail = outbox.queued("approved", sub, f"email#{email}") if parts else []
    transactions.commit([*parts, *mail, logins.updated(sub, {"waiting": None, "since": int(time.time())})])


def _waiting(sub: str) -> _Found:
    item = user_changes.stored(sub)
    registration = registrations.pending(sub, item.get("waiting", ""))
    return _Found(item, registration, pool.attribute(pool.account(sub), "email").lower())


def _person(request: Request, found: _Found) -> Record:
    """Whose account it is to be: who has the e-mail address, or the number, or somebody new.

    Nothing of somebody who is there is overwritten. Raises Invalid, Duplicate.
    """
    body = records.normal(request.body)
    number = body.get("identifier")
    by_email = _holder(locks.email(found.email))
    by_number = _holder(locks.identifier(number)) if number else None
    person = by_number or by_email
    if person is None:
        return _made(request, found, body)
    if number and by_email and (by_number is None or by_number["id"] != by_email["id"]):
        message = "is another person's; without a number, that person is taken"
        raise Duplicate(f"already taken: {message}", [_email_of(by_email, message)])
    if person.get("email", NO_EMAIL) not in (NO_EMAIL, found.email):
        message = "is of somebody with another e-mail address: if it is the same person, change it there first"
        raise Invalid(errors=[{"field": "identifier", "message": message}])
    if person["role"] not in registrations.ROLES:
        raise Invalid(errors=[{"field": "identifier", "message": "is an admin's: admins are invited"}])
    if body.get("role", person["role"]) != person["role"]:
        raise Invalid(errors=[{"field": "role", "message": f"must be {person['role']}, which the person is"}])
    return person


def _made(request: Request, found: _Found, body: Record) -> Record:
    role = body.get("role") or found.registration.get("role")
    errors = []
    if not role:
        errors.append({"field": "role", "message": "is needed: none was asked for"})
    if not body.get("identifier"):
        errors.append({"field": "identifier", "message": "is needed: nobody has this e-mail address yet"})
    if not found.registration.get("givenName"):
        errors.append({"field": "identifier", "message": "must be of a person who is there: no name was told"})
    if errors or not role:
        raise Invalid(errors=errors)
    names = {name: found.registration.get(name) for name in ("givenName", "familyName")}
    fields = {"identifier": body["identifier"], "email": found.email, **names}
    made = people_changes.create_person(people.ROLES[role], request._replace(body=fields, headers={})).body
    return made or {}


def _holder(lock: str) -> Record | None:
    person_id = locks.holder(lock)
    return users.person(person_id) if person_id else None


def _email_of(person: Record, message: str) -> dict[str, object]:
    holder = people.holder(person["id"])
    return {"field": "email", "message": message} | ({"holder": holder} if holder else {})
