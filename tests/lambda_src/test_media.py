"""Files: announced, uploaded, looked at, shared, deleted; who may, and what does not fit."""

from __future__ import annotations

import base64
import datetime
import hashlib
import importlib
import io
import json
import zipfile
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from studentdb.contract.media import LARGEST_FILE
from studentdb.provision.resources.s3_bucket import NONCURRENT_DAYS
from tests.lambda_src import files
from tests.lambda_src.events import ADMIN
from tests.lambda_src.functions import Functions, Reply
from tests.lambda_src.school import person
from tests.pictures import still

ADA = "11111111-1111-4111-8111-111111111111"
BOB = "22222222-2222-4222-8222-222222222222"
EVE = "33333333-3333-4333-8333-333333333333"  # a lecturer
MAX = "44444444-4444-4444-8444-444444444444"  # another one
MATHS = "aaaaaaaa-0000-4000-8000-000000000001"
GROUPS = {ADMIN: "[admin]", ADA: "[student]", BOB: "[student]", EVE: "[lecturer]", MAX: "[lecturer]"}
TEXT = b"Read chapter one.\n"
PDF = b"%PDF-1.7\n" + bytes(100)


class School:
    """Ada attends maths and Eve teaches it; Bob and Max do neither."""

    def __init__(self, api: Functions) -> None:
        self.api = api
        self.s3 = api.s3
        self.bucket = files.bucket_of(api)
        self.feed = importlib.import_module("studentdb_api.media_feed")
        self.ada, self.bob = api.add(), api.add(givenName="Bob")
        self.eve, self.max = person(api, givenName="Eve")["id"], person(api, givenName="Max")["id"]
        people = ((ADA, self.ada["id"]), (BOB, self.bob["id"]), (EVE, self.eve), (MAX, self.max), (ADMIN, ADMIN))
        for sub, person_id in people:
            api.belongs(sub, person_id)
        api.dynamodb.put_item(TableName=self.table("classes"), Item={"id": {"S": MATHS}})
        for person_id, role in ((self.ada["id"], "student"), (self.eve, "teacher")):
            item = {"classId": MATHS, "personId": person_id, "role": role, "beginDate": "2026-01-01"}
            fields = {name: {"S": text} for name, text in item.items()}
            api.dynamodb.put_item(TableName=self.table("enrollments"), Item=fields)

    def table(self, name: str) -> str:
        return self.api.users.replace("-users", f"-{name}")

    def ask(self, sub: str, method: str, path: str, **more: Any) -> Reply:
        return self.api.ask(method, path, sub=sub, groups=GROUPS[sub], **more)

    def announce(self, sub: str, content: bytes = TEXT, **fields: Any) -> Reply:
        body = {"name": "Homework.txt", "contentType": "text/plain", "size": len(content)}
        body |= {"sha256": hashlib.sha256(content).hexdigest(), **fields}
        return self.ask(sub, "POST", "/api/media", body=body)

    def arrive(self, media_id: str, content: bytes) -> dict[str, Any]:
        """As S3 stores a file; returns the event that it sends."""
        return files.arrived(self.api, media_id, content)

    def upload(self, sub: str, content: bytes = TEXT, **fields: Any) -> dict[str, Any]:
        """Announced, arrived and looked at."""
        reply = self.announce(sub, content, **fields)
        assert reply.status == 201, reply
        media_id = reply.body["media"]["id"]
        self.feed.handler(self.arrive(media_id, content), None)
        return self.get(sub, media_id)

    def get(self, sub: str, media_id: str) -> dict[str, Any]:
        body: dict[str, Any] = self.ask(sub, "GET", f"/api/media/{media_id}").body
        return body

    def versions(self) -> list[str]:
        found = self.s3.list_object_versions(Bucket=self.bucket)
        return [each["VersionId"] for each in found.get("Versions", ())]


@pytest.fixture
def school(api: Functions) -> School:
    return School(api)


def test_the_form_lets_through_one_file_and_nothing_else(school: School) -> None:
    reply = school.announce(ADA)

    assert (reply.status, reply.body["media"]["status"]) == (201, "pending")
    media_id = reply.body["media"]["id"]
    assert reply.body["url"] == f"https://{school.bucket}.s3.eu-central-1.amazonaws.com/"
    policy = json.loads(base64.b64decode(reply.body["fields"]["policy"]))
    conditions = policy["conditions"]
    assert ["content-length-range", len(TEXT), len(TEXT)] in conditions
    assert {"Content-Type": "text/plain"} in conditions
    assert {"key": f"media/{media_id}"} in conditions
    assert {"bucket": school.bucket} in conditions
    assert {"x-amz-algorithm": "AWS4-HMAC-SHA256"} in conditions
    # Every field but these needs a condition (S3-26).
    named = {name for each in conditions if isinstance(each, dict) for name in each}
    assert set(reply.body["fields"]) - {"policy", "x-amz-signature"} <= named


def test_ready_only_after_it_was_looked_at(school: School) -> None:
    pending = school.announce(ADA).body["media"]
    link = f"/api/media/{pending['id']}/links"
    assert school.ask(ADA, "POST", link, body={}).slug == "media-conflict"

    event = school.arrive(pending["id"], TEXT)
    assert school.get(ADA, pending["id"])["status"] == "pending"
    school.feed.handler(event, None)

    assert school.get(ADA, pending["id"])["status"] == "ready"
    assert school.ask(ADA, "POST", link, body={}).status == 200


def _office(folder: str, *more: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("[Content_Types].xml", f"{folder}/document.xml", *more):
            archive.writestr(name, "x")
    return buffer.getvalue()


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FITS = [
    ("text/plain", "Đại hội".encode()),
    ("text/csv", b"a,b\r\n1,2\r\n"),
    ("image/png", still("PNG", "L")),
    ("image/jpeg", still("JPEG", "L")),
    ("image/gif", still("GIF", "L")),
    ("image/webp", still("WEBP", "RGB")),
    ("application/pdf", b"%PDF-1.7\n"),
    ("video/mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(20)),
    ("audio/mpeg", b"ID3\x04" + bytes(20)),
    ("audio/mpeg", b"\xff\xfb\x90" + bytes(20)),
    (DOCX, _office("word")),
]


@pytest.mark.parametrize(("kind", "content"), FITS, ids=lambda each: each if isinstance(each, str) else "")
def test_what_fits(school: School, kind: str, content: bytes) -> None:
    assert school.upload(ADA, content, contentType=kind)["status"] == "ready"


EXECUTABLE = b"MZ\x90\x00" + bytes(60)
DOES_NOT_FIT = [
    ("application/pdf", EXECUTABLE, "does not begin like one"),
    ("image/png", b"<script>alert(1)</script>", "does not begin like one"),
    ("text/plain", EXECUTABLE, "no text in UTF-8"),
    ("text/plain", b"\xff\xfe\x00", "no text in UTF-8"),
    ("text/plain", b"cut off \xc4", "no text in UTF-8"),
    ("audio/mpeg", b"\xff", "does not begin like one"),
    (DOCX, _office("xl"), "holds something else"),
    (DOCX, _office("word", "word/vbaProject.bin"), "it holds macros"),
    (DOCX, EXECUTABLE + _office("word"), "does not begin like one"),
    (DOCX, b"PK\x03\x04 and no more", "cannot be opened"),
]


@pytest.mark.parametrize(("kind", "content", "reason"), DOES_NOT_FIT, ids=lambda each: str(each)[:20])
def test_what_does_not_fit_is_quarantined(school: School, kind: str, content: bytes, reason: str) -> None:
    found = school.upload(ADA, content, contentType=kind)

    assert found["status"] == "quarantined"
    assert reason in found["reason"]
    refused = school.ask(ADA, "POST", f"/api/media/{found['id']}/links", body={})
    assert (refused.status, refused.slug) == (409, "media-conflict")


def test_another_file_than_announced_is_quarantined(school: School) -> None:
    for content, reason in ((TEXT[::-1], "SHA-256"), (TEXT + b"more", "bytes, and")):
        media_id = school.announce(ADA).body["media"]["id"]
        school.feed.handler(school.arrive(media_id, content), None)

        assert reason in school.get(ADA, media_id)["reason"]


def test_events_that_come_twice_or_late_change_nothing(school: School) -> None:
    media_id = school.announce(ADA).body["media"]["id"]
    first, second = school.arrive(media_id, TEXT), school.arrive(media_id, TEXT)
    school.feed.handler(second, None)
    before = school.get(ADA, media_id)
    assert before["status"] == "ready"
    for event in (second, first, first, second):
        school.feed.handler(event, None)

    assert school.get(ADA, media_id) == before
    # The file that was looked at is the only one that is left.
    assert school.versions() == [second["Records"][0]["s3"]["object"]["versionId"]]


def test_a_file_without_a_record_is_removed(school: School) -> None:
    school.feed.handler(school.arrive("99999999-9999-4999-8999-999999999999", TEXT), None)

    assert school.versions() == []


def test_a_link_saves_exactly_the_version_that_was_looked_at(school: School) -> None:
    found = school.upload(ADA, PDF, contentType="application/pdf", name='Ánh "x".pdf'.replace('"', "'"))
    school.arrive(found["id"], EXECUTABLE)  # while the form is still valid
    reply = school.ask(ADA, "POST", f"/api/media/{found['id']}/links", body={"minutes": 3})

    query = parse_qs(urlsplit(reply.body["url"]).query)
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], ["180"])
    assert query["versionId"][0] in school.versions()
    body = school.s3.get_object(Bucket=school.bucket, Key=f"media/{found['id']}", VersionId=query["versionId"][0])
    assert body["Body"].read() == PDF
    assert query["response-content-disposition"] == [
        "attachment; filename=\"_nh__x_.pdf\"; filename*=UTF-8''%C3%81nh%20%27x%27.pdf"
    ]


def test_links_are_counted_by_file_and_person(school: School) -> None:
    found = school.upload(EVE, classId=MATHS)
    for sub in (ADA, ADA, EVE):
        school.ask(sub, "POST", f"/api/media/{found['id']}/links", body={})

    assert school.get(EVE, found["id"])["links"] == 3
    items = school.api.dynamodb.query(
        TableName=school.table("media"),
        KeyConditionExpression="id = :id AND begins_with(#key, :links)",
        ExpressionAttributeNames={"#key": "key"},
        ExpressionAttributeValues={":id": {"S": found["id"]}, ":links": {"S": "links#"}},
    )["Items"]
    assert {(each["key"]["S"], each["links"]["N"]) for each in items} == {(f"links#{ADA}", "2"), (f"links#{EVE}", "1")}
    acts = [act for act in school.api.audit(f"media#{found['id']}") if act["operation"] == "create_media_link"]
    assert [act["actor"] for act in acts] == [ADA, ADA, EVE]


# Whose file -> who may fetch it.
MAY_FETCH = {
    "own": {ADA, ADMIN},
    "of a class": {ADA, EVE, ADMIN},
    "about a student": {ADA, EVE, ADMIN},
}


@pytest.mark.parametrize("whose", MAY_FETCH)
def test_who_may_fetch_what(school: School, whose: str) -> None:
    of = {"own": {}, "of a class": {"classId": MATHS}, "about a student": {"studentId": school.ada["id"]}}[whose]
    found = school.upload(ADA if whose == "own" else ADMIN, **of)

    for sub in GROUPS:
        path = f"/api/media/{found['id']}"
        fetched = school.ask(sub, "POST", f"{path}/links", body={}).status, school.ask(sub, "GET", path).status
        assert fetched == ((200, 200) if sub in MAY_FETCH[whose] else (404, 404)), sub


def test_who_may_change_a_file_of_a_class(school: School) -> None:
    found = school.upload(ADMIN, classId=MATHS)
    for sub, status in ((ADA, 404), (BOB, 404), (MAX, 404), (EVE, 200)):
        body = {"version": found["version"], "caption": "For Monday"}
        assert school.ask(sub, "PATCH", f"/api/media/{found['id']}", body=body).status == status
    for sub, status in ((ADA, 404), (BOB, 404), (MAX, 404), (EVE, 204)):
        assert school.ask(sub, "DELETE", f"/api/media/{found['id']}").status == status


def test_who_may_upload_for_whom(school: School) -> None:
    ada = school.ada["id"]
    asked = [(ADA, 403), (EVE, 201), (MAX, 404), (ADMIN, 201)]
    assert [(sub, school.announce(sub, classId=MATHS).status) for sub, _ in asked] == asked
    asked = [(ADA, 201), (BOB, 404), (EVE, 201), (MAX, 404), (ADMIN, 201)]
    assert [(sub, school.announce(sub, studentId=ada).status) for sub, _ in asked] == asked
    assert school.announce(ADMIN, studentId=ada, classId=MATHS).fields == ["classId", "studentId"]
    assert school.announce(ADMIN, studentId=BOB).fields == ["studentId"]


def test_lists(school: School) -> None:
    own = [school.upload(ADA)["id"] for _ in range(3)]
    of_class = school.upload(EVE, classId=MATHS)["id"]
    school.announce(EVE, classId=MATHS)  # not there yet

    def ids(sub: str, **query: str) -> list[str]:
        reply = school.ask(sub, "GET", "/api/media", query=query)
        return [each["id"] for each in reply.body["media"]] if reply.status == 200 else [str(reply.status)]

    assert ids(ADA) == own[::-1]
    assert ids(ADA, classId=MATHS) == [of_class]
    assert ids(BOB, classId=MATHS) == ids(MAX, classId=MATHS) == ["404"]
    assert (ids(BOB), ids(ADA, every="true"), len(ids(ADMIN, every="true"))) == ([], ["403"], 5)
    first = school.ask(ADA, "GET", "/api/media", query={"limit": "2"}).body
    second = school.ask(ADA, "GET", "/api/media", query={"limit": "2", "cursor": first["nextCursor"]}).body
    assert [each["id"] for each in first["media"] + second["media"]] == own[::-1]
    assert second["nextCursor"] is None


def test_the_quota_counts_what_is_there(school: School) -> None:
    big: dict[str, Any] = {"size": 600 * 1024}  # of 1 MB
    first = school.announce(ADA, **big).body["media"]
    refused = school.announce(ADA, **big)
    assert (refused.status, refused.slug) == (409, "quota-used-up")
    assert "1 MB" in refused.body["detail"]
    assert school.announce(BOB, **big).status == 201
    assert school.announce(ADA, size=LARGEST_FILE).slug == "quota-used-up"

    # What is deleted is kept for a while, and counts as long: else deleting would be a way to keep any number.
    assert school.ask(ADA, "DELETE", f"/api/media/{first['id']}").status == 204
    assert school.announce(ADA, **big).slug == "quota-used-up"
    assert school.ask(ADA, "PUT", f"/api/media/{first['id']}/restore", body={"version": 2}).status == 200
    assert school.announce(ADA, **big).slug == "quota-used-up"
    assert len(school.ask(ADA, "GET", "/api/media").body["media"]) == 1


def test_deleted_and_restored(school: School) -> None:
    found = school.upload(ADA)
    path = f"/api/media/{found['id']}"
    for _ in range(2):  # a repeat changes nothing
        assert school.ask(ADA, "DELETE", path).status == 204
    assert school.ask(ADA, "POST", f"{path}/links", body={}).slug == "media-conflict"
    gone = school.get(ADA, found["id"])
    assert (gone["status"], bool(gone["deletedAt"])) == ("deleted", True)
    with pytest.raises(school.s3.exceptions.ClientError):
        school.s3.get_object(Bucket=school.bucket, Key=f"media/{found['id']}")

    back = school.ask(ADA, "PUT", f"{path}/restore", body={"version": gone["version"]})
    assert (back.status, back.body["status"], back.body["deletedAt"]) == (200, "ready", None)
    assert school.ask(ADA, "POST", f"{path}/links", body={}).status == 200
    assert school.s3.get_object(Bucket=school.bucket, Key=f"media/{found['id']}")["Body"].read() == TEXT
    assert school.ask(ADA, "PUT", f"{path}/restore", body={"version": back.body["version"]}).slug == "media-conflict"


def test_expired_whatever_is_still_there(school: School) -> None:
    found = school.upload(EVE, classId=MATHS, expiresAt="2999-01-01T00:00:00Z")
    assert school.ask(ADA, "GET", f"/api/media/{found['id']}").status == 200
    school.api.dynamodb.update_item(
        TableName=school.table("media"),
        Key={"id": {"S": found["id"]}, "key": {"S": "-"}},
        UpdateExpression="SET expiresAt = :then",
        ExpressionAttributeValues={":then": {"S": "2026-01-01T00:00:00.000Z"}},
    )

    assert school.ask(ADA, "GET", f"/api/media/{found['id']}").status == 404
    assert school.ask(ADA, "GET", "/api/media", query={"classId": MATHS}).body["media"] == []
    assert school.get(EVE, found["id"])["status"] == "expired"
    assert school.ask(EVE, "POST", f"/api/media/{found['id']}/links", body={}).slug == "media-conflict"


WRONG = [
    ("name", "../passwd"),
    ("name", "a/b.txt"),
    ("name", "a\\b.txt"),
    ("name", "a\x00.txt"),
    ("name", "a\u202etxt.exe"),
    ("name", "n" * 1000),
    ("name", ""),
    ("name", ".hidden"),
    ("size", 0),
    ("size", LARGEST_FILE + 1),
    ("contentType", "application/x-msdownload"),
    ("contentType", "text/html"),
    ("contentType", "image/svg+xml"),
    ("sha256", "0" * 63),
    ("expiresAt", "2020-01-01T00:00:00Z"),
    ("expiresAt", "2026-02-30T00:00:00Z"),
]


@pytest.mark.parametrize(("field", "value"), WRONG, ids=lambda each: repr(each)[:25])
def test_bad_input_leaves_neither_record_nor_quota(school: School, field: str, value: Any) -> None:
    reply = school.announce(ADA, **{field: value})

    assert (reply.status, reply.fields) == (400, [field])
    assert school.ask(ADA, "GET", "/api/media").body["media"] == []
    assert not [item for item in school.api.dynamodb.scan(TableName=school.api.index)["Items"] if "used" in item]


def test_a_repeat_gets_a_new_form_for_the_same_record(school: School) -> None:
    key = {"idempotency-key": "k1"}
    body = {"name": "a.txt", "contentType": "text/plain", "size": 1, "sha256": "0" * 64}
    made = [school.ask(ADA, "POST", "/api/media", body=body, headers=key).body["media"]["id"] for _ in range(2)]

    assert made[0] == made[1]
    other = school.ask(ADA, "POST", "/api/media", body={**body, "size": 2}, headers=key)
    assert other.slug == "idempotency-key-reused"


def test_what_fails_is_tried_again(school: School) -> None:
    media_id = school.announce(ADA).body["media"]["id"]
    event = school.arrive(media_id, TEXT)
    school.s3.put_bucket_versioning(Bucket=school.bucket, VersioningConfiguration={"Status": "Suspended"})
    client = school.feed.media_store.client()
    client.meta.events.register("before-call.s3.GetObject", _unavailable, unique_id="down")
    with pytest.raises(school.feed.MediaFeedError):
        school.feed.handler(event, None)
    assert school.get(ADA, media_id)["status"] == "pending"

    client.meta.events.unregister("before-call.s3.GetObject", unique_id="down")
    school.feed.handler(event, None)
    assert school.get(ADA, media_id)["status"] == "ready"


def _unavailable(**_: Any) -> None:
    raise ConnectionError


def hidden(school: School, media_id: str) -> bool:
    found = school.s3.list_object_versions(Bucket=school.bucket, Prefix=f"media/{media_id}")
    return bool(found.get("DeleteMarkers"))


def test_a_delete_whose_answer_was_lost_is_finished_by_the_same_again(school: School) -> None:
    """With the version that the first one had already raised."""
    from studentdb_api import media_store

    found = school.upload(ADA)
    path, query = f"/api/media/{found['id']}", {"version": str(found["version"])}

    def fails(**_: Any) -> None:
        client.meta.events.unregister("before-call.s3.DeleteObject", fails)
        raise TimeoutError

    client = media_store.client()
    client.meta.events.register("before-call.s3.DeleteObject", fails)
    assert school.ask(ADA, "DELETE", path, query=query).status == 500
    assert not hidden(school, found["id"])

    assert school.ask(ADA, "DELETE", path, query=query).status == 204
    assert hidden(school, found["id"])


def test_a_delete_that_a_restore_overtakes_hides_nothing(school: School) -> None:
    from studentdb_api import media_store

    found = school.upload(ADA)
    path, client = f"/api/media/{found['id']}", media_store.client()

    def restored(**_: Any) -> None:
        client.meta.events.unregister("before-call.s3.DeleteObject", restored)
        version = school.get(ADA, found["id"])["version"]
        assert school.ask(ADA, "PUT", f"{path}/restore", body={"version": version}).status == 200

    client.meta.events.register("before-call.s3.DeleteObject", restored)
    assert school.ask(ADA, "DELETE", path).status == 204

    assert school.get(ADA, found["id"])["status"] == "ready"
    assert not hidden(school, found["id"])


def test_no_link_outlives_the_file(school: School) -> None:
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=90)
    found = school.upload(ADA, expiresAt=end.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    made = school.ask(ADA, "POST", f"/api/media/{found['id']}/links", body={"minutes": 60}).body

    assert made["validUntil"] <= found["expiresAt"]
    assert int(parse_qs(urlsplit(made["url"]).query)["X-Amz-Expires"][0]) <= 90


def test_a_file_can_be_restored_as_long_as_the_lifecycle_keeps_it() -> None:
    from studentdb_api.media_life import RESTORE_DAYS

    assert RESTORE_DAYS == NONCURRENT_DAYS
