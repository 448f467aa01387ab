"""Accounts: reading them. What Cognito says of an account is joined with its item in the index table and the person.

Cognito's ListUsers tells nobody's group, so the list goes role by role (ListUsersInGroup). A page costs one call to
Cognito, one BatchGetItem for the accounts' items and one for the persons, however long it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from studentdb_api import audit, clock, cursors, dynamodb, logins, people, pool
from studentdb_api.dynamodb import NO_EMAIL, Record
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request

User = dict[str, Any]

_STATES = {"FORCE_CHANGE_PASSWORD": "invited"}
_OF_PERSON = ("id", "identifier", "givenName", "familyName")


def list_users(request: Request) -> Answer:
    """GET /api/users: a page of one role or of all; or the one account with the e-mail that was asked for."""
    if "email" in request.query:
        return Answer({"users": _with_email(request), "nextCursor": None})
    binding = f"{request.binding} {request.query.get('role', '')}"
    roles = [request.query["role"]] if "role" in request.query else list(pool.ROLES)
    cursor = request.query.get("cursor")
    role, _, token = (cursors.unseal(cursor, binding) if cursor else roles[0]).partition(" ")
    found: list[dict[str, Any]] = []
    position: str | None = f"{role} {token}"
    # Roles in which there is nobody make no empty pages.
    while not found and position is not None:
        role, _, token = position.partition(" ")
        answer = pool.call(
            pool.client.list_users_in_group,
            GroupName=role,
            Limit=min(request.query["limit"], pool.LARGEST_PAGE),
            **({"NextToken": token} if token else {}),
        )
        found = answer["Users"]
        position = _next(roles, role, answer.get("NextToken", ""))
    shown = joined([(user, role) for user in found])
    return Answer({"users": shown, "nextCursor": cursors.seal(position, binding) if position is not None else None})


def get_user(request: Request) -> Answer:
    """GET /api/users/{id}. The look is told to the audit."""
    found = one(request.parameters["id"])
    audit.read(request, "user", found["id"])
    return Answer(found)


def one(username: str) -> User:
    """The account with this id or e-mail, as the API shows it. Raises NotFound."""
    user = pool.account(username)
    roles = pool.groups(user["Username"])
    (shown,) = joined([(user, roles[0] if roles else None)])
    return shown | {"mfa": bool(user.get("UserMFASettingList"))}


def joined(users: Iterable[tuple[dict[str, Any], str | None]]) -> list[User]:
    """Accounts with their roles, as the API shows them."""
    users = list(users)
    items = items_of(user["Username"] for user, _ in users)
    persons = persons_of(items.values())
    return [_shown(user, role, items.get(user["Username"], {}), persons) for user, role in users]


def items_of(subs: Iterable[str]) -> dict[str, Record]:
    """What the index table holds of accounts, by `sub`; at most 100."""
    keys = [logins.key(sub) for sub in subs]
    found = _batch(dynamodb.INDEX, keys)
    return {str(item["pk"]).partition("#")[2]: item for item in found}


def persons_of(items: Iterable[Record]) -> dict[str, Record]:
    """The persons whose accounts these are, by id; those who are gone are left out.

    The e-mail in an account's item may be an older one than the person's key has: then a Query finds the person.
    """
    hints = {item["id"]: item.get("personEmail", NO_EMAIL) for item in items if item.get("id")}
    keys = [{"id": {"S": person_id}, "email": {"S": email}} for person_id, email in hints.items()]
    found = {person["id"]: person for person in _batch(dynamodb.USERS, keys)}
    for person_id in hints.keys() - found.keys():
        if moved := person(person_id):
            found[person_id] = moved
    return found


def person(person_id: str) -> Record | None:
    """The person with this id, as stored."""
    try:
        return people.find(person_id)
    except NotFound:
        return None


def _with_email(request: Request) -> list[User]:
    try:
        found = one(request.query["email"].lower())
    except NotFound:
        return []
    audit.read(request, "user", found["id"])
    return [found]


def _next(roles: list[str], role: str, token: str) -> str | None:
    """Where the list goes on: in the same role, in the next one, or not at all."""
    if token:
        return f"{role} {token}"
    following = roles[roles.index(role) + 1 :]
    return f"{following[0]} " if following else None


def _shown(user: dict[str, Any], role: str | None, item: Record, persons: Mapping[str, Record]) -> User:
    whose = persons.get(item.get("id", ""))
    state = "waits for approval" if "waiting" in item else str(user["UserStatus"])
    return {
        "id": user["Username"],
        "email": pool.attribute(user, "email") or None,
        "role": role,
        "status": "disabled" if "disabled" in item or not user["Enabled"] else "active",
        "state": _STATES.get(state, state.lower().replace("_", " ")),
        "mfa": None,
        "person": {name: whose.get(name) for name in _OF_PERSON} if whose else None,
        "createdAt": clock.text(user["UserCreateDate"]),
        "updatedAt": clock.text(user["UserLastModifiedDate"]),
    }


def _batch(table: str, keys: list[dynamodb.Item]) -> list[Record]:
    found: list[Record] = []
    while keys:
        answer = dynamodb.client.batch_get_item(RequestItems={table: {"Keys": keys}})
        found += [dynamodb.record(item) for item in answer["Responses"].get(table, ())]
        keys = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
    return found
