"""People: the record, and reading it.

A person is an item of the users table; `role` says what they are at the school. Attributes carry OneRoster's names,
plus our `name_key`, `version` and `request` (the digest of the request that made it). Every write of the item raises
`version`. The e-mail address is part of the key and may change: what refers to a person holds the id.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from studentdb_api import audit, cursors, dynamodb, locks, logins, membership, records, search
from studentdb_api.dynamodb import NO_EMAIL, Record
from studentdb_api.names import name_key
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request

_FIELDS = (
    *("id", "identifier", "givenName", "familyName", "middleName"),
    *("preferredGivenName", "preferredFamilyName", "preferredMiddleName"),
    *("email", "username", "phone", "birthDate", "sourcedId", "status", "directoryOptOut", "metadata"),
    *("role", "version", "createdAt", "updatedAt"),
)
# What is not null where nothing is stored.
_EMPTY: dict[str, Any] = {"grades": [], "directoryOptOut": False, "metadata": {}}


class Role(NamedTuple):
    """What people can be: `name` in their records and in the audit, `many` in paths and answers; fields of its own."""

    name: str
    many: str
    more: tuple[str, ...] = ()


STUDENT = Role("student", "students", ("grades",))
LECTURER = Role("lecturer", "lecturers")
ADMIN = Role("admin", "admins")
ROLES = {role.name: role for role in (STUDENT, LECTURER, ADMIN)}


def get_person(role: Role, request: Request) -> Answer:
    """GET /api/students/{id} and the like. The look is told to the audit."""
    person_id = request.parameters["id"]
    # Whether somebody else's record exists is nobody's business.
    if not request.unlimited and not concerns(request, person_id):
        raise NotFound(f"there is no {role.name} with this id")
    found = shown(find(person_id, role))
    audit.read(request, role.name, person_id)
    return Answer(found)


def concerns(request: Request, person_id: str) -> bool:
    """Whether it is the caller, or somebody in a class that the caller teaches."""
    mine = logins.person_id(request)
    return mine == person_id or ("own class" in request.relations and membership.teaches(mine, person_id))


def list_people(role: Role, request: Request) -> Answer:
    """GET /api/students and the like: one page, by name or of a search; or the one person who has this number.

    The last is a look at a full record, and told to the audit.
    """
    if "identifier" in request.query:
        found = _with_identifier(role, request.query["identifier"])
        for person in found:
            audit.read(request, role.name, person["id"])
        return Answer({role.many: found, "nextCursor": None})
    if "search" in request.query:
        return _searched(role, request)
    limit = request.query["limit"]
    binding = request.binding
    cursor = request.query.get("cursor")
    after = cursors.unseal(cursor, binding) if cursor else ""
    # One more than asked for says whether there is another page.
    people = _by_name(role, after, limit + 1)
    more = len(people) > limit
    people = people[:limit]
    return Answer(
        {
            role.many: [shown(person) for person in people],
            "nextCursor": cursors.seal(people[-1]["name_key"], binding) if more else None,
        }
    )


def _searched(role: Role, request: Request) -> Answer:
    text, match = request.query["search"], request.query["match"]
    binding = f"{request.binding} {match} {text}"
    cursor = request.query.get("cursor")
    after = cursors.unseal(cursor, binding) if cursor else ""
    page = search.page(role.name, text, match, request.query["limit"], after, find)
    more = cursors.seal(page.after, binding) if page.after else None
    return Answer({role.many: [shown(person) for person in page.people], "nextCursor": more})


# What the contract calls them -> what answers.
HANDLERS = {
    **{f"list_{role.many}": partial(list_people, role) for role in ROLES.values()},
    **{f"get_{role.name}": partial(get_person, role) for role in ROLES.values()},
}


def find(person_id: str, role: Role | None = None) -> Record:
    """What is stored of a person, as of now. Raises NotFound, also for one of another role than `role`."""
    for _ in range(2):
        # A Query, since the key holds the e-mail as well. It is not isolated from a transaction that changes the
        # e-mail (delete and put): it may see both items, or, for a moment, neither.
        answer = dynamodb.client.query(
            TableName=dynamodb.USERS,
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": person_id}},
            ConsistentRead=True,
        )
        people = [dynamodb.record(item) for item in answer["Items"]]
        people = [person for person in people if person.get("role") in ([role.name] if role else ROLES)]
        if people:
            return max(people, key=lambda person: int(person["version"]))
    raise NotFound(f"there is no {role.name if role else 'person'} with this id")


def holder(person_id: str) -> dict[str, str | None] | None:
    """Who has a unique value, as a Duplicate names them; None when they have just gone."""
    try:
        person = find(person_id)
    except NotFound:
        return None
    return {name: person.get(name) for name in ("id", "identifier", "givenName", "familyName")}


def shown(person: Mapping[str, Any]) -> Record:
    """A stored person as the API shows them: every field of the role, null where there is nothing."""
    fields = (*_FIELDS, *ROLES[person["role"]].more)
    return {name: _EMPTY.get(name) for name in fields} | {
        name: person[name] for name in fields if name in person and not (name == "email" and person[name] == NO_EMAIL)
    }


def to_store(person: Mapping[str, Any]) -> Record:
    """The inverse of `shown`, with the keys of table and index."""
    kept = {name: each for name, each in person.items() if each is not None}
    # Somebody with one name only is found under that one.
    family_name = kept.get("familyName", kept["givenName"])
    return {"email": NO_EMAIL} | kept | {"name_key": name_key(family_name, kept["givenName"], kept["id"])}


# ---- who needs a person ----


def counter(person_id: str) -> dict[str, Any]:
    """The key of the item that counts what refers to a person. Its attribute is `referrers`, and 0 where it is not."""
    return {"pk": {"S": f"referrers#{person_id}"}, "sk": {"S": "-"}}


def counted(person_id: str, by: int) -> dict[str, Any]:
    """The transaction's part that counts a referrer. That the person exists is for another part to check."""
    return {
        "Update": {
            "TableName": dynamodb.INDEX,
            "Key": counter(person_id),
            "UpdateExpression": "ADD referrers :by",
            "ExpressionAttributeValues": {":by": {"N": str(by)}},
        }
    }


def needed_by(person_id: str) -> list[dict[str, str]]:
    """The classes in which a person is enrolled or has scores, up to as many as a person can do something about."""
    class_ids: dict[str, None] = {}
    for table, index, attribute in (
        (dynamodb.ENROLLMENTS, "person-index", "personId"),
        (dynamodb.SCORES, "student-index", "studentId"),
    ):
        asked = {
            "TableName": table,
            "IndexName": index,
            "KeyConditionExpression": f"{attribute} = :id",
            "ExpressionAttributeValues": {":id": {"S": person_id}},
        }
        class_ids |= {each["classId"]: None for each in records.queried(asked, records.MOST_REFERRERS)}
    of = records.KINDS.get("class")
    classes = records.batch(of, class_ids) if of and class_ids else {}
    return [{"kind": "class", "id": each, "title": classes.get(each, {}).get("title", each)} for each in class_ids]


def _with_identifier(role: Role, identifier: str) -> list[Record]:
    person_id = locks.holder(locks.identifier(identifier))
    if person_id is None:
        return []
    try:
        return [shown(find(person_id, role))]
    except NotFound:  # of another role, or removed since the lock was read
        return []


def _by_name(role: Role, after: str, count: int) -> list[Record]:
    """The first `count` people of a role whose `name_key` is greater than `after`."""
    asked: dict[str, Any] = {
        "TableName": dynamodb.USERS,
        "IndexName": dynamodb.ROLE_NAME_INDEX,
        "KeyConditionExpression": "#role = :role AND name_key > :after" if after else "#role = :role",
        "ExpressionAttributeNames": {"#role": "role"},
        "ExpressionAttributeValues": {":role": {"S": role.name}} | ({":after": {"S": after}} if after else {}),
    }
    return records.queried(asked, count)
