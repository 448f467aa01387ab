"""Accounts: writing them.

Cognito and the tables have no transaction in common, so every change is a row of steps, and the same request again goes
on from wherever one ended. What takes rights away comes first, what gives them last; the audit is told before.

invite: the account, its item (with the audit), its group, the mail or the one-time password. An account that can be
used is a complete one.
disable: the item's mark, from which on no token of the account is taken; then Cognito, and the end of its sessions.
enable: Cognito; then the item's mark goes.
set-role: the item; out of the other groups, into the new one; then the item's `since`, from which on no token with the
old role is taken.
reset-password: the audit; the one-time password; the end of its sessions.
reset-mfa: the audit; the second factor is off; the end of its sessions.
"""

from __future__ import annotations

import time
from typing import Any

from studentdb_api import audit, dynamodb, locks, logins, pool, records, registrations, transactions, users
from studentdb_api.dynamodb import NO_EMAIL, Record
from studentdb_api.problems import Duplicate, Invalid, OwnAccount, Waiting
from studentdb_api.request import Answer, Request
from studentdb_api.transactions import RefusedError

# Of an account's item, what the audit tells.
_TOLD = ("email", "role", "id", "disabled")


def invite_user(request: Request) -> Answer:
    """POST /api/users."""
    body = records.normal(request.body)
    guest = (body["email"].lower(), body["role"], body.get("identifier"))
    sub, password = invited(request, *guest, mail=body.get("mail", True))
    return Answer(users.one(sub) | {"oneTimePassword": password})


def invited(
    request: Request, email: str, role: str, identifier: str | None, *, mail: bool = True
) -> tuple[str, str | None]:
    """A whole invitation: the account's id, and where no mail is to be sent the one-time password.

    Raises Duplicate, Invalid, MailRefused, MailLimit, Waiting.
    """
    whose = _whose(email, identifier)
    account = pool.make(email)
    sub = str(account["Username"])
    held = pool.groups(sub)
    if held and held != [role]:
        message = f"has an account already, as {' and '.join(held)}"
        raise Duplicate(f"already taken: {message}", [{"field": "email", "message": message}])
    before = stored(sub)
    if before.get("waiting"):
        raise Waiting
    after = {**before, "email": email, "role": role, **(whose or {})}
    write(request, sub, before, after)
    pool.put_into(sub, role)
    if account["UserStatus"] != "FORCE_CHANGE_PASSWORD":
        return sub, None
    if mail:
        pool.mail_invitation(email)
        return sub, None
    return sub, pool.set_one_time_password(sub)


def disable_user(request: Request) -> Answer:
    """POST /api/users/{id}/disable."""
    sub = _another(request)
    before = stored(sub)
    if "disabled" not in before:
        write(request, sub, before, {**before, "disabled": True})
    pool.call(pool.client.admin_disable_user, Username=sub)
    pool.call(pool.client.admin_user_global_sign_out, Username=sub)
    return Answer(users.one(sub))


def enable_user(request: Request) -> Answer:
    """POST /api/users/{id}/enable."""
    sub = _existing(request)
    pool.call(pool.client.admin_enable_user, Username=sub)
    before = stored(sub)
    if "disabled" in before:
        write(request, sub, before, {**before, "disabled": None})
    return Answer(users.one(sub))


def set_user_role(request: Request) -> Answer:
    """POST /api/users/{id}/role."""
    sub, role = _another(request), request.body["role"]
    before = stored(sub)
    if before.get("waiting"):
        raise Waiting
    before |= {"role": " and ".join(pool.groups(sub)) or None}
    write(request, sub, before, {**before, "role": role})
    pool.put_into(sub, role)
    # Whole seconds, as a token has them.
    transactions.commit([logins.updated(sub, {"since": int(time.time())})])
    return Answer(users.one(sub))


def reset_user_password(request: Request) -> Answer:
    """POST /api/users/{id}/reset-password: a one-time password, which works where no mail does."""
    sub = _existing(request)
    tell(request, sub, {}, {"password": "one-time"})
    password = pool.set_one_time_password(sub)
    pool.call(pool.client.admin_user_global_sign_out, Username=sub)
    return Answer(users.one(sub) | {"oneTimePassword": password})


def reset_user_mfa(request: Request) -> Answer:
    """POST /api/users/{id}/reset-mfa: for somebody whose authenticator app is lost."""
    account = pool.account(request.parameters["id"])
    sub = str(account["Username"])
    tell(request, sub, {}, {"mfa": "off"})
    # Who never had one has nothing that could be set.
    if account.get("UserMFASettingList"):
        off = {"Enabled": False, "PreferredMfa": False}
        pool.call(pool.client.admin_set_user_mfa_preference, Username=sub, SoftwareTokenMfaSettings=off)
    pool.call(pool.client.admin_user_global_sign_out, Username=sub)
    return Answer(users.one(sub))


def stored(sub: str) -> Record:
    """The account's item, {} where there is none."""
    return users.items_of([sub]).get(sub, {})


def write(request: Request, sub: str, before: Record, after: Record, condition: str = "") -> None:
    """The account's item, with whose account it is held against a second one, and the audit.

    Raises Duplicate, and RefusedError where `condition` on the item does not hold.
    """
    old, new = before.get("id"), after.get("id")
    item = logins.updated(sub, {name: after.get(name) for name in (*_TOLD, "personEmail")}, condition)
    parts = [item, logins.listed(sub)]
    if new != old:
        parts += [locks.taken(_lock(new), sub)] if new else []
        parts += [locks.released(_lock(old), sub)] if old else []
    try:
        transactions.commit([*parts, _items_told(request, sub, before, after)])
    except RefusedError as refused:
        if 0 in refused.items:
            raise
        message = "is a person who has another account already"
        raise Duplicate(f"already taken: {message}", [{"field": "identifier", "message": message}]) from refused


def forget(request: Request, sub: str) -> None:
    """The tables know the account no more."""
    before = stored(sub)
    transactions.commit([*forgotten(sub, before), _items_told(request, sub, before, {})])


def forgotten(sub: str, item: Record) -> list[dict[str, Any]]:
    """The parts of a transaction after which the tables know the account no more. `item` is the account's item."""
    keys = [logins.key(sub), {"pk": {"S": logins.LIST}, "sk": {"S": sub}}]
    parts: list[dict[str, Any]] = [{"Delete": {"TableName": dynamodb.INDEX, "Key": key}} for key in keys]
    if item.get("id"):
        parts.append(locks.released(_lock(item["id"]), sub))
    if item.get("waiting"):
        parts.append(registrations.forgotten(sub, item["waiting"]))
    return parts


def tell(request: Request, sub: str, before: Record, after: Record) -> None:
    """Tell the audit of what is about to be done to an account."""
    transactions.commit([told(request, sub, before, after)])


def told(request: Request, sub: str, before: Record, after: Record) -> dict[str, Any]:
    """The part of a transaction that tells the audit of it."""
    return audit.written(request, "user", sub, before, after, reason=request.body.get("reason", ""))


def _items_told(request: Request, sub: str, before: Record, after: Record) -> dict[str, Any]:
    shown = [{name: record[name] for name in _TOLD if record.get(name) not in (None, "")} for record in (before, after)]
    return told(request, sub, shown[0], shown[1])


def holder_of(email: str) -> Record | None:
    """The person with this e-mail, as an account's item names one; None for nobody."""
    return _named(locks.holder(locks.email(email)))


def _whose(email: str, identifier: str | None) -> Record | None:
    """The person whose account it is to be. Raises Invalid for a number that nobody has."""
    if not identifier:
        return holder_of(email)
    found = _named(locks.holder(locks.identifier(identifier)))
    if found is None:
        raise Invalid(errors=[{"field": "identifier", "message": "is nobody's number"}])
    return found


def _named(person_id: str | None) -> Record | None:
    found = users.person(person_id) if person_id else None
    return {"id": found["id"], "personEmail": found.get("email", NO_EMAIL)} if found else None


def _existing(request: Request) -> str:
    """The id of the account of the path. Raises NotFound."""
    return str(pool.account(request.parameters["id"])["Username"])


def _another(request: Request) -> str:
    if request.parameters["id"] == request.caller.sub:
        raise OwnAccount("another admin has to do this")
    return _existing(request)


def _lock(person_id: str | None) -> str:
    return f"login-of#{person_id}"
