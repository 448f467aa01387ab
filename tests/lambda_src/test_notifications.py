"""Notifications: who gets them, in which order, what is read, and what is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lambda_src.events import ADMIN, public_event
from tests.lambda_src.functions import Functions, Reply
from tests.lambda_src.school import person

ADA = "11111111-1111-4111-8111-111111111111"
BOB = "22222222-2222-4222-8222-222222222222"
EVE = "33333333-3333-4333-8333-333333333333"  # a lecturer
MATHS = "aaaaaaaa-0000-4000-8000-000000000001"
ART = "aaaaaaaa-0000-4000-8000-000000000002"
GROUPS = {ADMIN: "[admin]", ADA: "[student]", BOB: "[student]", EVE: "[lecturer]"}
MINE = "/api/me/notifications"
PATH = "/api/notifications"


@pytest.fixture
def school(api_anywhere: Functions) -> School:
    return School(api_anywhere)


class School:
    """Ada attends maths, Bob art; Eve teaches maths."""

    def __init__(self, api: Functions) -> None:
        self.api = api
        self.ada, self.bob = api.add(), api.add(givenName="Bob")
        self.eve = person(api, givenName="Eve")["id"]
        for sub, person_id in ((ADA, self.ada["id"]), (BOB, self.bob["id"]), (EVE, self.eve), (ADMIN, ADMIN)):
            api.belongs(sub, person_id)
        for class_id in (MATHS, ART):
            api.dynamodb.put_item(TableName=self.table("classes"), Item={"id": {"S": class_id}})
        self.enroll(MATHS, self.ada["id"])
        self.enroll(ART, self.bob["id"])
        self.enroll(MATHS, self.eve, role="teacher")

    def table(self, name: str) -> str:
        return self.api.users.replace("-users", f"-{name}")

    def enroll(self, class_id: str, person_id: str, **fields: str) -> None:
        item = {
            "classId": class_id,
            "personId": person_id,
            "role": "student",
            "beginDate": "2026-01-01",
        } | fields
        self.api.dynamodb.put_item(
            TableName=self.table("enrollments"), Item={name: {"S": text} for name, text in item.items()}
        )

    def ask(self, sub: str, method: str, path: str, **more: Any) -> Reply:
        return self.api.ask(method, path, sub=sub, groups=GROUPS[sub], **more)

    def send(self, audience: str, *, by: str = ADMIN, **fields: Any) -> Reply:
        title = fields.pop("title", audience)
        return self.ask(by, "POST", PATH, body={"audience": audience, "title": title, "body": "Text", **fields})

    def store(self, audience: str, sent_at: str, number: int, **fields: str) -> None:
        """One as it is stored, sent at a time of the test's choosing."""
        record = {"audience": audience, "sent_at": sent_at, "sort_key": f"{sent_at}#{number:016}", "sender": ADMIN}
        record |= {"title": f"{audience} {number}", "body": "Text", **fields}
        item = {name: {"S": text} for name, text in record.items()} | {"id": {"N": str(number)}}
        self.api.dynamodb.put_item(TableName=self.table("notifications"), Item=item)

    def pages(self, sub: str, limit: int, **query: str) -> Iterator[list[dict[str, Any]]]:
        cursor: str | None = None
        while True:
            asked = {**query, "limit": str(limit)} | ({"cursor": cursor} if cursor else {})
            reply = self.ask(sub, "GET", MINE, query=asked)
            assert reply.status == 200, reply
            yield reply.body["receivedNotifications"]
            cursor = reply.body["nextCursor"]
            if cursor is None:
                return

    def titles(self, sub: str, limit: int = 25, **query: str) -> list[str]:
        return [each["title"] for page in self.pages(sub, limit, **query) for each in page]

    def unread(self, sub: str) -> tuple[int, bool]:
        body = self.ask(sub, "GET", "/api/me/unread-notifications").body
        return body["unread"], body["more"]


def test_everybody_gets_what_is_for_them(school: School) -> None:
    audiences = [
        *("public", "everyone", "role#student", "role#lecturer", "role#admin", f"class#{MATHS}", f"class#{ART}"),
        *(f"person#{school.ada['id']}", f"person#{school.bob['id']}"),
    ]
    for audience in audiences:
        assert school.send(audience).status == 201

    common = {"public", "everyone"}
    assert set(school.titles(ADA)) == common | {"role#student", f"class#{MATHS}", f"person#{school.ada['id']}"}
    assert set(school.titles(BOB)) == common | {"role#student", f"class#{ART}", f"person#{school.bob['id']}"}
    assert set(school.titles(EVE)) == common | {"role#lecturer", f"class#{MATHS}"}
    assert set(school.titles(ADMIN)) == common | {"role#admin"}


def test_one_item_whoever_it_is_for(api: Functions) -> None:
    school = School(api)
    before = len(api.dynamodb.scan(TableName=api.index)["Items"])
    for audience in ("everyone", "role#student", f"class#{MATHS}"):
        school.send(audience)

    assert len(api.dynamodb.scan(TableName=school.table("notifications"))["Items"]) == 3
    # One lock for each id.
    assert len(api.dynamodb.scan(TableName=api.index)["Items"]) == before + 3


def test_what_comes_back(school: School) -> None:
    reply = school.send("everyone", by=ADMIN, title="Đại hội", body="One.\nTwo.", expiresAt="2999-01-01T00:00:00Z")
    assert reply.headers["location"] == f"{PATH}/{reply.body['id']}"
    assert 0 < int(reply.body["id"]) < 2**53
    sent_at = reply.body["sentAt"]

    assert reply.body == {
        "id": reply.body["id"],
        "audience": "everyone",
        "title": "Đại hội",
        "body": "One.\nTwo.",
        "senderId": ADMIN,
        "senderName": None,
        "sentAt": sent_at,
        "expiresAt": "2999-01-01T00:00:00.000Z",
    }
    assert school.ask(ADA, "GET", f"{PATH}/{reply.body['id']}").body == reply.body
    assert list(school.pages(ADA, 25)) == [[reply.body | {"read": False}]]
    from_eve = school.send(f"class#{MATHS}", by=EVE).body
    assert (from_eve["senderId"], from_eve["senderName"]) == (school.eve, "Eve Noether")
    (stored,) = [
        item
        for item in school.api.dynamodb.scan(TableName=school.table("notifications"))["Items"]
        if "expiresAt" in item
    ]
    assert stored["expires"] == {"N": "32472144000"}


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_merged_newest_first_also_where_times_are_equal(school: School, limit: int) -> None:
    audiences = ["public", "everyone", "role#student", f"class#{MATHS}", f"person#{school.ada['id']}"]
    numbers = iter(range(1, 100))
    stored = []
    for time in ("2026-11-01T10:00:00.000Z", "2026-11-01T10:00:00.001Z", "2026-11-01T10:00:00.002Z"):
        for audience in audiences:
            for number in (next(numbers), next(numbers)):
                school.store(audience, time, number)
                stored.append((time, number, f"{audience} {number}"))
    school.store(f"class#{ART}", "2026-11-01T10:00:00.001Z", 99)

    assert school.titles(ADA, limit) == [title for _, _, title in sorted(stored, reverse=True)]


def test_many_of_one_audience(api: Functions) -> None:
    """More than one Query brings."""
    school = School(api)
    for number in range(1, 71):
        school.store("everyone", f"2026-11-01T10:00:00.{number:03}Z", number)

    assert school.titles(ADA, 100) == [f"everyone {number}" for number in range(70, 0, -1)]
    assert [len(page) for page in school.pages(ADA, 30)] == [30, 30, 10]


def test_what_is_new_does_not_shift_later_pages(api: Functions) -> None:
    school = School(api)
    for number in (1, 2, 3):
        school.store("everyone", "2026-11-01T10:00:00.000Z", number)
    pages = school.pages(ADA, 2)
    first = next(pages)
    school.store("role#student", "2026-11-02T10:00:00.000Z", 4)

    assert [each["title"] for each in [*first, *next(pages)]] == ["everyone 3", "everyone 2", "everyone 1"]


def test_classes_of_today_only(api: Functions) -> None:
    school = School(api)
    school.send(f"class#{ART}")
    for period in (
        {"beginDate": "2999-01-01"},
        {"endDate": "2026-02-01"},
        # The end is the first day that is not part of it.
        {"endDate": school.ada["createdAt"][:10]},
    ):
        school.enroll(ART, school.ada["id"], **period)
        assert school.titles(ADA) == []
    school.enroll(ART, school.ada["id"], beginDate=school.ada["createdAt"][:10])
    assert school.titles(ADA) == [f"class#{ART}"]


# ---- who may send ----


def test_students_send_nothing(school: School) -> None:
    for audience in ("everyone", f"class#{MATHS}", f"person#{school.ada['id']}"):
        assert school.send(audience, by=ADA).status == 403


def test_lecturers_write_to_their_classes_and_the_students_in_them(school: School) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    assert school.send(f"class#{MATHS}", by=EVE).status == 201
    assert school.send(f"person#{school.ada['id']}", by=EVE).status == 201
    for audience in ("public", "everyone", "role#student", "role#lecturer", "role#admin"):
        assert (school.send(audience, by=EVE).status, school.send(audience, by=EVE).slug) == (403, "not-allowed")
    foreign = school.send(f"class#{ART}", by=EVE)
    missing = school.send(f"class#{nobody}", by=EVE)
    assert foreign.status == missing.status == 404
    assert foreign.body["detail"] == missing.body["detail"]
    for other in (school.bob["id"], school.eve, nobody):
        assert school.send(f"person#{other}", by=EVE).status == 404

    school.enroll(ART, school.eve, role="student")
    assert school.send(f"class#{ART}", by=EVE).status == 404, "a class that she attends is none that she teaches"


def test_an_audience_has_to_exist(school: School) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    for audience in (f"class#{nobody}", f"person#{nobody}"):
        reply = school.send(audience)
        assert (reply.status, reply.fields) == (400, ["audience"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("audience", each) for each in ("all", "role#parent", "class#MATH-1", "person#", "", 7, "everyone\n")],
        *[("title", each) for each in ("", " x", "a\nb", "x" * 201)],
        *[("body", each) for each in ("", "\x07", "x" * 2001, None)],
        *[
            ("expiresAt", each)
            for each in ("tomorrow", "2999-01-01", "2999-02-30T00:00:00Z", "2020-01-01T00:00:00Z", 7)
        ],
        *[("expiresAt", "2999-01-01T25:00:00Z"), ("sender", EVE), ("senderName", "The head"), ("id", "7")],
        ("sentAt", "2999-01-01T00:00:00Z"),
    ],
)
def test_wrong_fields(api: Functions, field: str, value: object) -> None:
    api.belongs(ADMIN, ADMIN)
    reply = api.ask("POST", PATH, body={"audience": "everyone", "title": "T", "body": "B"} | {field: value})

    assert (reply.status, reply.fields) == (400, [field])


# ---- who may see ----


def test_nobody_sees_what_is_for_somebody_else(school: School) -> None:
    sent = {
        audience: school.send(audience).body["id"]
        for audience in (f"person#{school.ada['id']}", f"class#{MATHS}", "role#student", "role#admin", "everyone")
    }
    ask = {who: [school.ask(who, "GET", f"{PATH}/{each}").status for each in sent.values()] for who in GROUPS}

    assert ask == {
        ADMIN: [200, 200, 200, 200, 200],
        ADA: [200, 200, 200, 404, 200],
        BOB: [404, 404, 200, 404, 200],
        EVE: [404, 200, 404, 404, 200],
    }


def test_a_sender_sees_what_was_sent(school: School) -> None:
    sent = school.send(f"person#{school.ada['id']}", by=EVE).body

    assert school.ask(EVE, "GET", f"{PATH}/{sent['id']}").body == sent
    assert school.titles(EVE) == []


def test_admins_list_what_was_sent_to_an_audience(school: School) -> None:
    audience = f"person#{school.ada['id']}"
    first, second = school.send(audience).body, school.send(audience).body
    school.send("everyone")

    page = school.ask(ADMIN, "GET", PATH, query={"audience": audience, "limit": "1"}).body
    rest = school.ask(ADMIN, "GET", PATH, query={"audience": audience, "cursor": page["nextCursor"]}).body
    found = page["notifications"] + rest["notifications"]
    assert sorted(each["id"] for each in found) == sorted([first["id"], second["id"]])
    other = school.ask(ADMIN, "GET", PATH, query={"audience": "everyone", "cursor": page["nextCursor"]})
    assert other.fields == ["cursor"]
    assert school.ask(ADMIN, "GET", PATH).fields == ["audience"]
    # What is written to one person is a look at that person's affairs.
    assert len(school.api.audit(f"notifications#{audience}")) == 2
    assert school.api.audit("notifications#everyone") == []


def test_a_cursor_is_its_reader_s(api: Functions) -> None:
    school = School(api)
    for _ in range(2):
        school.send("everyone")
    cursor = school.ask(ADA, "GET", MINE, query={"limit": "1"}).body["nextCursor"]

    assert school.ask(BOB, "GET", MINE, query={"cursor": cursor}).fields == ["cursor"]


def test_visitors_see_title_text_and_time_of_public_ones(school: School) -> None:
    sent = school.send("public", title="Open day").body
    for audience in ("everyone", "role#student", f"class#{MATHS}", f"person#{school.ada['id']}"):
        school.send(audience)
    school.store("public", "2020-01-01T00:00:00.000Z", 7, expiresAt="2020-02-01T00:00:00.000Z")

    reply = school.api.send(public_event("/api/public/notifications"))

    assert reply.body == {
        "publicNotifications": [{"title": "Open day", "body": "Text", "sentAt": sent["sentAt"]}],
        "nextCursor": None,
    }
    assert reply.headers["cache-control"] == "public, max-age=60"


# ---- read and unread ----


def test_read_one_after_the_other(school: School) -> None:
    ids = {audience: school.send(audience).body["id"] for audience in ("everyone", "role#student", f"class#{MATHS}")}
    assert school.unread(ADA) == (3, False)

    assert school.ask(ADA, "POST", "/api/me/read-notifications", body={"id": ids["everyone"]}).status == 204
    assert school.ask(ADA, "POST", "/api/me/read-notifications", body={"id": ids["everyone"]}).status == 204

    assert school.unread(ADA) == (2, False)
    assert set(school.titles(ADA, unread="true")) == {"role#student", f"class#{MATHS}"}
    assert {each["title"]: each["read"] for page in school.pages(ADA, 2) for each in page} == {
        "everyone": True,
        "role#student": False,
        f"class#{MATHS}": False,
    }
    assert school.unread(BOB) == (2, False), "what Ada has read is unread for Bob"


def test_all_read_up_to_a_time(api: Functions) -> None:
    school = School(api)
    for number in range(1, 6):
        school.store("everyone", f"2026-11-0{number}T10:00:00.000Z", number)

    def read(up_to: str) -> int:
        return school.ask(ADA, "POST", "/api/me/read-notifications", body={"upTo": up_to}).status

    assert read("2026-11-03T10:00:00Z") == 204
    assert school.titles(ADA, unread="true") == ["everyone 5", "everyone 4"]
    assert school.unread(ADA) == (2, False)
    assert read("2026-11-01T10:00:00Z") == 204
    assert school.unread(ADA) == (2, False), "what was read stays read"
    school.ask(ADA, "POST", "/api/me/read-notifications", body={"id": "5"})
    assert school.titles(ADA, unread="true") == ["everyone 4"]
    assert [each["read"] for page in school.pages(ADA, 2) for each in page] == [True, False, True, True, True]
    assert read("2999-01-01T00:00:00Z") == 204
    assert school.unread(ADA) == (0, False)
    school.send("role#student")
    assert school.unread(ADA) == (1, False), "what comes later is unread"


def test_unread_ones_below_many_that_are_read(api: Functions) -> None:
    school = School(api)
    for number in range(1, 111):
        school.store("everyone", f"2026-11-01T10:00:00.{number:03}Z", number)
        if number > 5:
            mark = {"pk": {"S": f"read#{ADA}"}, "sk": {"S": f"2026-11-01T10:00:00.{number:03}Z#{number:016}"}}
            api.dynamodb.put_item(TableName=api.index, Item=mark)

    pages = list(school.pages(ADA, 2, unread="true"))

    assert pages[0] == []
    assert [each["title"] for page in pages for each in page] == [f"everyone {number}" for number in (5, 4, 3, 2, 1)]
    assert school.unread(ADA) == (0, True)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["id", "upTo"]),
        ({"id": "7", "upTo": "2026-11-01T10:00:00Z"}, ["id", "upTo"]),
        ({"id": 7}, ["id"]),
        ({"id": "0"}, ["id"]),
        ({"upTo": "2026-02-30T00:00:00Z"}, ["upTo"]),
        ({"upTo": "now"}, ["upTo"]),
    ],
    ids=str,
)
def test_wrong_reading(api: Functions, body: dict[str, object], fields: list[str]) -> None:
    reply = api.ask("POST", "/api/me/read-notifications", body=body)

    assert (reply.status, reply.fields) == (400, fields)


def test_what_is_for_others_cannot_be_marked(school: School) -> None:
    hers = school.send(f"person#{school.ada['id']}").body["id"]

    for who in (BOB, EVE, ADMIN):
        assert school.ask(who, "POST", "/api/me/read-notifications", body={"id": hers}).status == 404
    assert school.ask(ADA, "POST", "/api/me/read-notifications", body={"id": "123"}).status == 404
