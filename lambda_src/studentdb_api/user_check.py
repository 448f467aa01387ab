"""Finds accounts, groups, items of the index table and persons that are out of step, part by part; mends them if asked.

First come the pool's accounts, a page of Cognito's at a time, then the tables' own list of accounts. What Cognito says
of a group counts, since it stands in the tokens; a lock-out counts wherever it stands; the e-mail of the person counts.
"""

from __future__ import annotations

import datetime
from typing import Any

from studentdb_api import (
    cursors,
    dynamodb,
    pool,
    records,
    registration_changes,
    registrations,
    user_changes,
    users,
)
from studentdb_api.dynamodb import NO_EMAIL, Record
from studentdb_api.problems import Duplicate, NotFound
from studentdb_api.request import Answer, Request

# Of one part: each account costs a call or two.
PART = 20
# As long as a one-time password is good.
_PATIENCE = datetime.timedelta(days=7)

Found = list[tuple[str, bool]]


def check_users(request: Request) -> Answer:
    """POST /api/users/check."""
    repair = bool(request.body.get("repair", False))
    binding = request.operation
    cursor = request.body.get("cursor")
    phase, _, token = (cursors.unseal(cursor, binding) if cursor else "accounts ").partition(" ")
    if phase == "accounts":
        checked, findings, position = _accounts(request, token, repair)
    else:
        checked, findings, position = _items(request, token, repair)
    return Answer(
        {"checked": checked, "findings": findings, "nextCursor": cursors.seal(position, binding) if position else None}
    )


def _accounts(request: Request, token: str, repair: bool) -> tuple[int, list[Record], str]:
    more = {"PaginationToken": token} if token else {}
    answer = pool.call(pool.client.list_users, Limit=PART, **more)
    items = users.items_of(user["Username"] for user in answer["Users"])
    findings: list[Record] = []
    for user in answer["Users"]:
        sub, email = user["Username"], pool.attribute(user, "email")
        for finding, repaired in _account(request, user, items.get(sub, {}), repair):
            findings.append({"id": sub, "email": email or None, "finding": finding, "repaired": repaired})
    following = answer.get("PaginationToken", "")
    return len(answer["Users"]), findings, f"accounts {following}" if following else "items "


def _account(request: Request, user: dict[str, Any], item: Record, repair: bool) -> Found:
    """What is wrong with one account of the pool, and whether it is not any more."""
    sub, email = user["Username"], pool.attribute(user, "email")
    found: Found = []
    wanted = dict(item)
    held, role = pool.groups(sub), item.get("role")
    if not held and role not in pool.ROLES and user["UserStatus"] in ("CONFIRMED", pool.UNCONFIRMED):
        return _signed_up(request, user, item, repair)
    if len(held) != 1:
        # Only the tables can tell which one was meant.
        known = role in pool.ROLES and (not held or role in held)
        if repair and known:
            user_changes.tell(request, sub, {"role": " and ".join(held) or None}, {"role": role})
            pool.put_into(sub, str(role))
        found.append((f"is in the groups {' and '.join(held)}" if held else "has no role", repair and known))
    elif not item:
        found.append(("is not known to the tables", repair))
        wanted |= {"email": email, "role": held[0], **(user_changes.holder_of(email) or {})}
    elif role != held[0]:
        found.append((f"is in the group {held[0]}, and the tables say {role or 'nothing'}", repair))
        wanted["role"] = held[0]
    if user["Enabled"] and "disabled" in item:
        found.append(("is disabled in the tables only", repair))
        if repair:
            pool.call(pool.client.admin_disable_user, Username=sub)
    elif not user["Enabled"] and "disabled" not in item:
        found.append(("is disabled in the pool only", repair))
        wanted["disabled"] = True
    found += _person(user, wanted, repair)
    if repair and wanted != item:
        try:
            user_changes.write(request, sub, item, wanted)
        except Duplicate:
            return [(f"{text}; its person has another account", False) for text, _ in found]
    if item.get("waiting"):
        found.append(("has a role, and its registration still waits", repair))
        if repair:
            registration_changes.settle(sub, item["waiting"], str(wanted.get("role")), str(wanted["email"]))
    return found


def _signed_up(request: Request, user: dict[str, Any], item: Record, repair: bool) -> Found:
    """An account that nobody has given a role yet."""
    sub = user["Username"]
    if item.get("waiting"):
        return []
    if user["UserStatus"] != pool.UNCONFIRMED:
        # The trigger was lost, and with it what role was asked for.
        attributes = {each["Name"]: str(each.get("Value", "")) for each in user["Attributes"]}
        if repair:
            registrations.register(request, sub, {**registrations.of_attributes(attributes), "role": None})
        return [("has signed up, and no registration tells of it", repair)]
    # After a while the address is free again, for its owner as well.
    if datetime.datetime.now(datetime.UTC) - user["UserCreateDate"] < _PATIENCE:
        return []
    if repair:
        user_changes.tell(request, sub, {"email": pool.attribute(user, "email")}, {})
        pool.call(pool.client.admin_delete_user, Username=sub)
    return [("has not confirmed its e-mail address for a week", repair)]


def _person(user: dict[str, Any], wanted: Record, repair: bool) -> Found:
    """The person whose account it is: gone, or with another e-mail."""
    if not wanted.get("id"):
        return []
    person = users.person(wanted["id"])
    if person is None:
        wanted |= {"id": None, "personEmail": None}
        return [("belongs to a person who is gone", repair)]
    wanted["personEmail"] = person.get("email", NO_EMAIL)
    email = person.get("email", NO_EMAIL)
    if email in (NO_EMAIL, pool.attribute(user, "email").lower()):
        return []
    if repair and _another_has(email, user["Username"]):
        return [("has another e-mail than its person, which another account has", False)]
    if repair:
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        pool.call(pool.client.admin_update_user_attributes, Username=user["Username"], UserAttributes=attributes)
        wanted["email"] = email
    return [("has another e-mail than its person", repair)]


def _another_has(email: str, sub: str) -> bool:
    try:
        return bool(pool.account(email)["Username"] != sub)
    except NotFound:
        return False


def _items(request: Request, after: str, repair: bool) -> tuple[int, list[Record], str]:
    """Accounts that the tables know and the pool does not."""
    asked: dict[str, Any] = {
        "TableName": dynamodb.INDEX,
        "KeyConditionExpression": "pk = :logins" + (" AND sk > :after" if after else ""),
        "ExpressionAttributeValues": {":logins": {"S": "logins"}} | ({":after": {"S": after}} if after else {}),
    }
    listed = [item["sk"] for item in records.queried(asked, PART + 1)]
    findings: list[Record] = []
    for sub in listed[:PART]:
        try:
            pool.account(sub)
        except NotFound:
            email = user_changes.stored(sub).get("email")
            if repair:
                user_changes.forget(request, sub)
            findings.append({"id": sub, "email": email, "finding": "is not in the pool", "repaired": repair})
    return min(len(listed), PART), findings, f"items {listed[PART - 1]}" if len(listed) > PART else ""
