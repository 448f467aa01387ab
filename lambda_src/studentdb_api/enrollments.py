"""Enrollments: who is in a class, and in which classes somebody is. How they change: enrollment_changes.py.

One item for a class and a person. Its `status` says whether it holds a place; what the API shows as status says whether
it is over, which time alone can bring about.
"""

from __future__ import annotations

from studentdb_api import directory, dynamodb, logins, membership, records
from studentdb_api.dynamodb import Record
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request

NOT_ENROLLED = "nobody of this id is enrolled in a class of this id"

_FIELDS = ("classId", "personId", "role", "beginDate", "endDate", "version", "createdAt", "updatedAt")
_OF_STAFF = ("identifier", "email", "status", "beginDate", "endDate", "version")


def list_enrollments(request: Request) -> Answer:
    """GET /api/enrollments: a person's, by the classes' titles; one's own where nobody is named."""
    person_id = request.query.get("personId")
    if person_id is None or not request.unlimited:
        mine = logins.person_id(request)
        if person_id not in (None, mine):
            raise NotFound("there is no person with this id")
        person_id = mine
    found = {each["classId"]: each for each in membership.enrollments_of(person_id)}
    some, cursor = records.sliced(membership.classes(found).values(), request, binding=f"{request.binding} {person_id}")
    enrollments = [
        {**shown(found[each["id"]]), **{name: each[name] for name in ("classCode", "title", "academicSessionId")}}
        for each in some
    ]
    return Answer({"enrollments": enrollments, "nextCursor": cursor})


def list_roster(request: Request) -> Answer:
    """GET /api/classes/{id}/enrollments: the people of a class, by name.

    Who attends it sees the names of those who let theirs be seen. All of a class is read for a page of it: only the
    people's own records hold their names, and a class is small.
    """
    class_id = request.parameters["id"]
    role = membership.require_class(request, class_id).role
    staff = role != membership.STUDENT
    wanted = [each for each in enrolled(class_id) if _wanted(request, each, staff=staff)]
    people = directory.found({each["personId"]: each["email"] for each in wanted})
    mine = "" if staff else logins.person_id(request)
    rows: list[Record] = []
    for each in wanted:
        person = people.get(each["personId"])
        if person and (staff or person["id"] == mine or not person.get("directoryOptOut")):
            rows.append({**_row(each, person), "sort_key": person["name_key"]})
    some, cursor = records.sliced(rows, request, binding=f"{request.binding} {role} {class_id}")
    hidden = {"sort_key"} if staff else {"sort_key", *_OF_STAFF}
    roster = [{name: value for name, value in row.items() if name not in hidden} for row in some]
    return Answer({"roster": roster, "nextCursor": cursor})


def get_enrollment(request: Request) -> Answer:
    """GET /api/classes/{id}/enrollments/{personId}: for who teaches the class, and for the person."""
    class_id, person_id = request.parameters["id"], request.parameters["personId"]
    if not request.unlimited and logins.person_id(request) != person_id:
        membership.require_class(request, class_id, membership.TEACHER)
    return Answer(shown(stored(class_id, person_id)))


def stored(class_id: str, person_id: str) -> Record:
    """The enrollment as it is now. Raises NotFound."""
    found = membership.enrollment(class_id, person_id)
    if found is None:
        raise NotFound(NOT_ENROLLED)
    return found


def enrolled(class_id: str) -> list[Record]:
    """All enrollments in a class, those that are over as well."""
    return records.all_queried(
        {
            "TableName": dynamodb.ENROLLMENTS,
            "KeyConditionExpression": "classId = :id",
            "ExpressionAttributeValues": {":id": {"S": class_id}},
        }
    )


def shown(enrollment: Record) -> Record:
    """The enrollment as the API shows it."""
    return {
        **{name: enrollment.get(name) for name in _FIELDS},
        "primary": enrollment.get("primary", False),
        "status": _status(enrollment),
        "history": enrollment.get("history", []),
    }


def _wanted(request: Request, enrollment: Record, *, staff: bool) -> bool:
    if request.query.get("role", enrollment["role"]) != enrollment["role"]:
        return False
    if not staff:
        return membership.holds(enrollment)
    return bool(request.query["ended"]) or not membership.is_over(enrollment)


def _row(enrollment: Record, person: Record) -> Record:
    return {
        "personId": person["id"],
        "givenName": person["givenName"],
        "familyName": person.get("familyName"),
        "role": enrollment["role"],
        "primary": enrollment.get("primary", False),
        "identifier": person["identifier"],
        "email": directory.email(person),
        "status": _status(enrollment),
        "beginDate": enrollment["beginDate"],
        "endDate": enrollment.get("endDate"),
        "version": enrollment["version"],
    }


def _status(enrollment: Record) -> str:
    return "inactive" if membership.is_over(enrollment) else "active"
