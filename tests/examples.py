"""Arguments that work, for every operation of the contract: one line each, beside the records that they need.

Whoever adds an operation adds its line to EXAMPLES; tests of the whole contract fail until it is there. A line makes
the arguments for a record that is the caller's own (`mine`: the person's own record, or of a class that it teaches or
attends), or for one that is not. Records are made by an admin, through the API itself, so that nothing here knows how
they are stored.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx

from studentdb.contract.operations import operation


@dataclass(frozen=True)
class Arguments:
    """What an operation is called with."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


# Calls an operation as an admin; gives the content of its answer, which is a success.
Ask = Callable[[str, Arguments], Any]
Record = dict[str, Any]


class School:
    """The records that examples are about. `role` and `email` are those of the account that asks, as `caller`.

    `signed_up` makes somebody who has signed up, which no operation does, and gives the account's id.
    """

    def __init__(
        self,
        ask: Ask,
        role: str = "admin",
        email: str = "",
        caller: Ask | None = None,
        *,
        signed_up: Callable[[], str],
        upload: Callable[[Record, bytes], object] | None = None,
    ) -> None:
        self.signed_up = signed_up
        self._upload = upload or arrive
        self._ask = ask
        self._caller = caller or ask
        self.role = role
        self._email = email
        self._own_media: set[str] = set()
        # Made when first needed, and kept.
        self.person = cache(self._person)
        self.class_of = cache(self._class_of)
        self.enrollment = cache(self._enrollment)
        self.avatar = cache(self._avatar)

    def new(self, name: str, **fields: Any) -> Record:
        """A record that only the caller knows: `name` is the operation that makes it."""
        arguments = EXAMPLES[name].arguments(self, False)
        made: Record = self._ask(name, Arguments(arguments.path, arguments.query, {**(arguments.body or {}), **fields}))
        return made

    def notification(self, mine: bool) -> Record:
        """One that the caller may read, or one to somebody else."""
        to = f"role#{self.role}" if mine else f"person#{self.new('create_student')['id']}"
        return self.new("create_notification", audience=to)

    def sent(self, mine: bool) -> Record:
        """A notification that the caller has sent, to its own class; or another one."""
        if not mine:
            return self.notification(False)
        body = {**NOTICE, "audience": f"class#{self.class_of(True)['id']}"}
        made: Record = self._caller("create_notification", Arguments(body=body))
        return made

    def enroll(self, in_class: Record, person: Record, role: str = "student") -> Record:
        """A person's enrollment in a class, as of today."""
        arguments = Arguments({"id": in_class["id"]}, body={"personId": person["id"], "role": role})
        made: Record = self._ask("create_enrollment", arguments)
        return made

    def _person(self, role: str, mine: bool) -> Record:
        """A person; one's own is the caller's own record, or that of a student of its own class."""
        of_caller = mine and role == self.role
        made = self.new(f"create_{role}", **({"email": self._email} if of_caller else {}))
        if mine and not of_caller:
            self.enroll(self.class_of(True), made)
        return made

    def _class_of(self, mine: bool) -> Record:
        """A class; one's own is the one that the caller teaches or attends."""
        made = self.new("create_class")
        if mine:
            self.enroll(made, self.person(self.role, True), "teacher" if self.role == "lecturer" else "student")
        return made

    def media(self, mine: bool) -> Record:
        """A file that the caller has announced, or that an admin has."""
        ask = self._caller if mine else self._ask
        made: Record = ask("create_media", Arguments(body=FILE))["media"]
        if mine:
            self._own_media.add(made["id"])
        return made

    def arrived_media(self, mine: bool) -> Record:
        """A file of the caller's, or of an admin, that has arrived and was looked at."""
        ask = self._caller if mine else self._ask
        made: Record = ask("create_media", Arguments(body=FILE))
        if mine:
            self._own_media.add(made["media"]["id"])
        self._upload(made, CONTENT)
        return self._ready(made["media"]["id"])

    def own_media(self) -> set[str]:
        """The files that the caller has announced so far."""
        return set(self._own_media)

    def ready_media(self, mine: bool) -> Record:
        """A file of a class that has arrived; one's own is of the caller's own class."""
        made = self._ask("create_media", Arguments(body={**FILE, "classId": self.class_of(mine)["id"]}))
        self._upload(made, CONTENT)
        return self._ready(made["media"]["id"])

    def _ready(self, media_id: str) -> Record:
        for _ in range(100):
            found: Record = self._ask("get_media", Arguments({"id": media_id}))
            if found["status"] == "ready":
                return found
            time.sleep(0.1)
        raise AssertionError("the file did not become ready")

    def _avatar(self, mine: bool) -> Record:
        """A student who has one; one's own is oneself, or attends the caller's class."""
        student = self.person("student", mine)
        made = self._ask("create_student_avatar", Arguments({"id": student["id"]}, body=AVATAR))
        self._upload(made, PIXEL)
        self._ready(made["media"]["id"])
        return student

    def deleted_media(self, mine: bool) -> Record:
        """One that was deleted since."""
        found = self.media(mine)
        (self._caller if mine else self._ask)("delete_media", Arguments({"id": found["id"]}))
        return {**found, "version": found["version"] + 1}

    def line_item(self, mine: bool) -> Record:
        """What is graded in a class."""
        body = {**LINE_ITEM, "title": unique()}
        made: Record = self._ask("create_line_item", Arguments({"classId": self.class_of(mine)["id"]}, body=body))
        return made

    def result(self, mine: bool) -> tuple[dict[str, str], int]:
        """Path and version of a student's result: the caller's own, or that of a student of its class."""
        item, student_id = self.line_item(mine), self.enrollment(mine)["personId"]
        path = {"classId": item["classId"], "id": item["id"], "studentId": student_id}
        return path, self._ask("set_result", Arguments(path, body={"scoreStatus": "submitted"}))["version"]

    def _enrollment(self, mine: bool) -> Record:
        """A student in a class: the caller, or one of its own class."""
        in_class = self.class_of(mine)
        if mine and self.role == "student":
            path = {"id": in_class["id"], "personId": self.person("student", True)["id"]}
            found: Record = self._ask("get_enrollment", Arguments(path))
            return found
        return self.enroll(in_class, self.new("create_student"))


@dataclass(frozen=True)
class Example:
    """`arguments` of the school and whether the record is to be the caller's own.

    `theirs`: of a list that is not for everybody's eyes, what the caller must get (ids, or what `key` says); `also`:
    what may be there as well.
    """

    arguments: Callable[[School, bool], Arguments]
    theirs: Callable[[School], set[str]] | None = None
    key: str = "id"
    also: Callable[[School], set[str]] = lambda _: set()


def _always(arguments: Arguments) -> Example:
    return Example(lambda _school, _mine: arguments)


def _creates(body: Callable[[School], Mapping[str, Any]]) -> Example:
    return Example(lambda school, _: Arguments(body=body(school)))


def _reads(record: Callable[[School, bool], Record]) -> Example:
    return Example(lambda school, mine: Arguments(path={"id": record(school, mine)["id"]}))


def _changes(record: Callable[[School, bool], Record], **fields: Any) -> Example:
    def arguments(school: School, mine: bool) -> Arguments:
        found = record(school, mine)
        return Arguments(path={"id": found["id"]}, body={"version": found["version"], **fields})

    return Example(arguments)


def _new(name: str) -> Callable[[School, bool], Record]:
    return lambda school, _: school.new(name)


def _of_account(**fields: Any) -> Example:
    return Example(lambda school, _: Arguments({"id": school.new("invite_user")["id"]}, body=fields))


def _of_registration(body: Callable[[], Mapping[str, Any]]) -> Example:
    return Example(lambda school, _: Arguments({"id": school.signed_up()}, body=body()))


def _of_enrollment(enrollment: Callable[[School, bool], Record], **fields: Any) -> Example:
    def arguments(school: School, mine: bool) -> Arguments:
        found = enrollment(school, mine)
        body = {"version": found["version"], **fields} if fields else None
        return Arguments({"id": found["classId"], "personId": found["personId"]}, body=body)

    return Example(arguments)


def _enrolled(school: School, mine: bool) -> Record:
    return school.enroll(school.class_of(mine), school.new("create_student"))


def _in_class(school: School, mine: bool) -> Arguments:
    return Arguments({"classId": school.class_of(mine)["id"]})


def _of_line_item(**fields: Any) -> Example:
    def arguments(school: School, mine: bool) -> Arguments:
        item = school.line_item(mine)
        body = {"version": item["version"], **fields} if fields else None
        return Arguments({"classId": item["classId"], "id": item["id"]}, body=body)

    return Example(arguments)


def _of_result(**fields: Any) -> Example:
    def arguments(school: School, mine: bool) -> Arguments:
        path, version = school.result(mine)
        return Arguments(path, body={"version": version, **fields} if fields else None)

    return Example(arguments)


def _column(school: School, mine: bool) -> Arguments:
    item, student_id = school.line_item(mine), school.enrollment(mine)["personId"]
    body = {"results": [{"studentId": student_id, "scoreStatus": "fully graded", "score": "87.5"}]}
    return Arguments({"classId": item["classId"], "id": item["id"]}, body=body)


def _announced(school: School, mine: bool) -> Arguments:
    if school.role == "student":
        return Arguments(body={**FILE, "caption": unique(), "studentId": school.person("student", mine)["id"]})
    return Arguments(body={**FILE, "caption": unique(), "classId": school.class_of(mine)["id"]})


def _own_class(school: School) -> set[str]:
    # An admin teaches and attends nothing.
    return set() if school.role == "admin" else {school.class_of(True)["id"]}


def _people(one: str, many: str) -> dict[str, Example]:
    new = _new(f"create_{one}")
    return {
        f"list_{many}": _always(Arguments(query={"limit": "3"})),
        f"get_{one}": _reads(lambda school, mine: school.person(one, mine)),
        f"create_{one}": _creates(lambda _: {**PERSON, "identifier": unique()}),
        f"update_{one}": _changes(new, givenName="An"),
        f"delete_{one}": _reads(new),
    }


def _class(school: School) -> Mapping[str, Any]:
    return {
        "classCode": unique(),
        "title": "Mathematics 9",
        "subjectId": school.new("create_subject")["id"],
        "academicSessionId": school.new("create_academic_session")["id"],
        "periods": [{"weekday": "mon", "starts": "09:30", "ends": "10:15", "location": "A1"}],
    }


def arrive(upload: Record, content: bytes) -> int:
    """Send a file as the form says; returns the status."""
    file = {"file": ("file", content, upload["media"]["contentType"])}
    return httpx.post(upload["url"], data=upload["fields"], files=file).status_code


def unique() -> str:
    """What nothing else is called."""
    return secrets.token_hex(6)


CONTENT = b"Read chapter one.\n"
FILE = {
    "name": "Homework.txt",
    "contentType": "text/plain",
    "size": len(CONTENT),
    "sha256": hashlib.sha256(CONTENT).hexdigest(),
}
# A picture of one pixel.
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
AVATAR = {
    "name": "Face.png",
    "contentType": "image/png",
    "size": len(PIXEL),
    "sha256": hashlib.sha256(PIXEL).hexdigest(),
}
TERM = {"type": "term", "startDate": "2026-09-01", "endDate": "2027-01-01", "schoolYear": "2027"}
LINE_ITEM = {"title": "Exam", "dueDate": "2026-12-01"}
NOTICE = {"title": "The library is closed", "body": "On Friday"}
PERSON = {"givenName": "Ngọc Ánh", "familyName": "Trần"}

EXAMPLES: dict[str, Example] = {
    "health": _always(Arguments()),
    "openapi": _always(Arguments()),
    "me": _always(Arguments()),
    **_people("student", "students"),
    **_people("lecturer", "lecturers"),
    **_people("admin", "admins"),
    "list_custom_fields": _always(Arguments()),
    "list_academic_sessions": _always(Arguments(query={"limit": "3"})),
    "get_academic_session": _reads(_new("create_academic_session")),
    "create_academic_session": _creates(lambda _: {**TERM, "title": unique()}),
    "update_academic_session": _changes(_new("create_academic_session"), title="Autumn"),
    "lock_academic_session": _changes(_new("create_academic_session"), locked=True, reason="Reports are out"),
    "delete_academic_session": _reads(_new("create_academic_session")),
    "list_classes": Example(lambda _school, _mine: Arguments(query={"limit": "3"}), theirs=_own_class),
    "get_class": _reads(lambda school, mine: school.class_of(mine)),
    "create_class": _creates(_class),
    "update_class": _changes(_new("create_class"), title="Algebra 9"),
    "delete_class": _reads(_new("create_class")),
    "list_enrollments": Example(lambda _school, _mine: Arguments(), theirs=_own_class, key="classId"),
    "list_roster": _reads(lambda school, mine: school.class_of(mine)),
    "get_enrollment": _of_enrollment(lambda school, mine: school.enrollment(mine)),
    "create_enrollment": Example(
        lambda school, mine: Arguments(
            {"id": school.class_of(mine)["id"]},
            body={"personId": school.new("create_student")["id"], "role": "student"},
        )
    ),
    "update_enrollment": _of_enrollment(_enrolled, primary=False),
    "delete_enrollment": _of_enrollment(_enrolled),
    "list_line_items": Example(_in_class),
    "get_line_item": _of_line_item(),
    "create_line_item": Example(
        lambda school, mine: Arguments(_in_class(school, mine).path, body={**LINE_ITEM, "title": unique()})
    ),
    "update_line_item": _of_line_item(title="Final exam"),
    "delete_line_item": _of_line_item(),
    "get_result": _of_result(),
    "list_result_history": _of_result(),
    "set_result": _of_result(scoreStatus="fully graded", score="87.5"),
    "set_results": Example(_column),
    "delete_result": _of_result(),
    "get_score_sheet": Example(_in_class),
    "get_class_statistics": Example(_in_class),
    "get_transcript": _reads(lambda school, mine: school.person("student", mine)),
    "list_invitations": _always(Arguments(query={"limit": "3"})),
    "queue_invitations": _creates(lambda _: {"invitations": [{"email": f"{unique()}@example.edu", "role": "student"}]}),
    "send_invitations": _always(Arguments(body={"limit": 1})),
    "withdraw_invitations": _creates(lambda _: {"emails": [f"{unique()}@example.edu"]}),
    "list_registrations": _always(Arguments(query={"limit": "3"})),
    "approve_registration": _of_registration(lambda: {"identifier": unique(), "role": "student"}),
    "refuse_registration": _of_registration(lambda: {"reason": "Nobody here knows them"}),
    "check_users": _always(Arguments(body={"repair": False})),
    "list_users": _always(Arguments(query={"limit": "3"})),
    "get_user": _reads(_new("invite_user")),
    "invite_user": _creates(lambda _: {"email": f"{unique()}@example.edu", "role": "student", "mail": False}),
    "disable_user": _of_account(reason="Left the school"),
    "enable_user": _of_account(reason="Came back"),
    "reset_user_password": _of_account(),
    "reset_user_mfa": _of_account(reason="Lost the telephone"),
    "set_user_role": _of_account(role="lecturer"),
    "list_received_notifications": Example(
        lambda _school, _mine: Arguments(query={"limit": "100"}),
        theirs=lambda school: {school.notification(True)["audience"]},
        key="audience",
        also=lambda school: {"everyone", *(f"class#{each}" for each in _own_class(school))},
    ),
    "count_unread_notifications": _always(Arguments()),
    "read_notifications": Example(lambda school, mine: Arguments(body={"id": school.notification(mine)["id"]})),
    "list_public_notifications": _always(Arguments(query={"limit": "3"})),
    "list_notifications": _always(Arguments(query={"audience": "everyone", "limit": "3"})),
    "get_notification": _reads(lambda school, mine: school.notification(mine)),
    "create_notification": Example(
        lambda school, mine: Arguments(
            body={**NOTICE, "title": unique(), "audience": f"class#{school.class_of(mine)['id']}"}
        )
    ),
    "delete_notification": _reads(lambda school, mine: school.sent(mine)),
    "list_media": Example(
        lambda _school, _mine: Arguments(query={"limit": "100"}),
        theirs=lambda school: {school.media(True)["id"]},
        # Every test of a role leaves some of its files.
        key="id",
        also=lambda school: school.own_media(),
    ),
    "get_media": _reads(lambda school, mine: school.ready_media(mine)),
    "create_media": Example(_announced),
    "update_media": _changes(lambda school, mine: school.media(mine), caption="For Monday"),
    "delete_media": _reads(lambda school, mine: school.media(mine)),
    "restore_media": _changes(lambda school, mine: school.deleted_media(mine)),
    "create_media_link": Example(
        lambda school, mine: Arguments({"id": school.ready_media(mine)["id"]}, body={"minutes": 1})
    ),
    "retry_media": _changes(lambda school, mine: school.arrived_media(mine)),
    "list_media_versions": _reads(lambda school, mine: school.arrived_media(mine)),
    "list_media_links": _reads(lambda school, mine: school.media(mine)),
    "get_media_usage": Example(
        lambda _school, _mine: Arguments(),
        # Whose files are counted: tests/lambda_src/test_media_upkeep.py.
        theirs=lambda school: {school.media(True)["status"]},
        key="status",
        also=lambda _: {"ready", "deleted"},
    ),
    "get_student_avatar": _reads(lambda school, mine: school.avatar(mine)),
    "create_student_avatar": Example(
        lambda school, mine: Arguments(
            {"id": school.person("student", mine)["id"]}, body={**AVATAR, "name": f"{unique()}.png"}
        )
    ),
    "check_media": _always(Arguments(body={"repair": False})),
    "list_audit": _always(Arguments(query={"day": "2026-09-01"})),
    "get_mail": _always(Arguments()),
    "list_suppressions": _always(Arguments(query={"limit": "3"})),
    "lift_suppressions": _creates(lambda _: {"emails": [f"{unique()}@example.edu"]}),
    "send_test_mail": _creates(lambda _: {"email": f"{unique()}@example.edu"}),
    "finish_import": _creates(lambda _: {"of": "students", "added": 3, "refused": 1}),
    "list_subjects": _always(Arguments(query={"limit": "3"})),
    "get_subject": _reads(_new("create_subject")),
    "create_subject": _creates(lambda _: {"code": unique(), "title": "Mathematics"}),
    "update_subject": _changes(_new("create_subject"), title="Algebra"),
    "delete_subject": _reads(_new("create_subject")),
}


def example(name: str) -> Example:
    """The example of an operation. Fails where nobody has written one."""
    assert name in EXAMPLES, f"{name} has no example: add its line to EXAMPLES in tests/examples.py"
    return EXAMPLES[name]


def address(name: str, arguments: Arguments) -> str:
    """The path of a request."""
    return operation(name).path.format_map(dict(arguments.path))
