"""Avatars: squares of a student's picture, who may give and see one, and how the one before ends."""

from __future__ import annotations

import datetime
import hashlib
import io
import itertools
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from studentdb.contract.avatars import LARGEST_AVATAR
from tests.lambda_src.events import ADMIN
from tests.lambda_src.functions import Functions, Reply
from tests.lambda_src.test_media import ADA, BOB, EVE, GROUPS, MAX
from tests.lambda_src.test_media_images import TYPES, failing
from tests.lambda_src.test_media_life import PAST, Life
from tests.lambda_src.test_media_upkeep import Check
from tests.pictures import SECRETS, animation, photo, profile, still

Record = dict[str, Any]


class Faces(Life):
    """A school whose students have pictures."""

    def path(self, student_id: str = "") -> str:
        return f"/api/students/{student_id or self.ada['id']}/avatar"

    def give(self, sub: str, content: bytes = b"", kind: str = "JPEG", **fields: Any) -> Reply:
        """Announced, for Ada."""
        content = content or photo()
        body = {"name": "Ada.jpg", "contentType": TYPES[kind], "size": len(content), **fields}
        body = {"sha256": hashlib.sha256(content).hexdigest(), **body}
        return self.ask(sub, "POST", self.path(), body=body)

    def given(self, sub: str = ADA, content: bytes = b"", kind: str = "JPEG") -> Record:
        """Announced, arrived and looked at."""
        content = content or photo()
        reply = self.give(sub, content, kind)
        assert reply.status == 201, reply
        self.feed.handler(self.arrive(reply.body["media"]["id"], content), None)
        return self.get(sub, reply.body["media"]["id"])

    def avatar(self, sub: str = ADA) -> str | None:
        """The id of Ada's."""
        reply = self.ask(sub, "GET", self.path())
        return str(reply.body["id"]) if reply.status == 200 else None

    def link(self, sub: str, media_id: str, **body: Any) -> Reply:
        return self.ask(sub, "POST", f"/api/media/{media_id}/links", body=body)

    def linked(self, media_id: str, **body: Any) -> bytes:
        """What a link leads to."""
        url = urlsplit(self.link(ADA, media_id, **body).body["url"])
        (version,) = parse_qs(url.query)["versionId"]
        answer = self.s3.get_object(Bucket=self.bucket, Key=url.path[1:], VersionId=version)
        assert answer["ContentType"] == parse_qs(url.query)["response-content-type"][0]
        content: bytes = answer["Body"].read()
        return content

    def stored(self) -> list[str]:
        """Of every version that is there."""
        return sorted(each["Key"] for each in self.s3.list_object_versions(Bucket=self.bucket).get("Versions", ()))

    def keys_of(self, *ids: str) -> list[str]:
        """Of whole avatars."""
        return sorted(f"{key}{each}{end}" for each in ids for key, end in PARTS)


PARTS = [("media/", ""), ("thumbs/", ""), ("thumbs/", "/64"), ("thumbs/", "/256")]


@pytest.fixture
def faces(api: Functions) -> Faces:
    return Faces(api)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_squares_of_the_middle_as_it_is_meant_to_be_seen(faces: Faces, kind: str) -> None:
    found = faces.given(content=photo(kind), kind=kind)

    assert (found["status"], found["avatar"], found["thumbnail"]) == ("ready", True, True)
    assert (found["studentId"], found["contentType"]) == (faces.ada["id"], TYPES[kind])
    for size in (64, 256):
        content = faces.linked(found["id"], square=str(size))
        assert [secret for secret in (*SECRETS, b"EXIF", b"Exif", b"MZ behind") if secret in content] == []
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.size, dict(image.getexif())) == ("WEBP", (size, size), {})
            assert image.info["icc_profile"] == profile()
            # Of what is 200 x 400 pixels, red above and blue below, once it is turned.
            colours = [image.convert("RGB").getpixel((x, y)) for y in (4, size - 5) for x in (4, size - 5)]
        assert [red > blue + 100 for red, _, blue in colours] == [True, True, False, False]  # type: ignore[misc]
        assert [blue > red + 100 for red, _, blue in colours] == [False, False, True, True]  # type: ignore[misc]
    assert faces.stored() == faces.keys_of(found["id"])
    assert faces.used(ADA) == found["size"]


@pytest.mark.parametrize("wide", [True, False])
def test_the_sides_are_cut_off_and_not_squeezed_in(wide: bool) -> None:
    from studentdb_api import media_images

    image = Image.new("RGB", (300, 100) if wide else (100, 300), "blue")
    image.paste("red", (100, 0, 200, 100) if wide else (0, 100, 100, 200))
    source = io.BytesIO()
    image.save(source, "PNG")
    made = media_images.remade(source, "image/png", io.BytesIO(), squares=True)

    for size, content in made.squares.items():
        with Image.open(io.BytesIO(content)) as square:
            corners = [square.convert("RGB").getpixel((x, y)) for x in (4, size - 5) for y in (4, size - 5)]
        assert all(red > blue + 100 for red, _, blue in corners)  # type: ignore[misc]


def test_of_what_moves_the_first_frame(faces: Faces) -> None:
    found = faces.given(content=animation("WEBP"), kind="WEBP")

    with Image.open(io.BytesIO(faces.linked(found["id"], square="64"))) as image:
        assert (image.size, getattr(image, "n_frames", 1)) == ((64, 64), 1)
        red, _, blue = image.convert("RGB").getpixel((32, 32))  # type: ignore[misc]
        assert (red > 200, blue < 100) == (True, True)


# Who asks -> giving Ada one, seeing hers, and taking away one that an admin gave.
MAY = {
    ADMIN: (201, 200, 204),
    ADA: (201, 200, 204),
    BOB: (404, 404, 404),
    EVE: (403, 200, 404),
    MAX: (403, 404, 404),
}


@pytest.mark.parametrize("sub", MAY, ids=GROUPS.get)
def test_who_may(faces: Faces, sub: str) -> None:
    found = faces.given(ADMIN)
    seen = faces.ask(sub, "GET", faces.path())
    assert seen.status == MAY[sub][1]
    if seen.status == 200:
        assert seen.body["id"] == found["id"]
    for body in ({"square": "64"}, {"square": "256"}, {"thumbnail": True}, {}):
        assert faces.link(sub, found["id"], **body).status == MAY[sub][1]
    deleted = faces.ask(sub, "DELETE", f"/api/media/{found['id']}")
    assert (faces.give(sub).status, deleted.status) == (MAY[sub][0], MAY[sub][2])


def test_it_is_no_file_about_the_student(faces: Faces) -> None:
    found, document = faces.given(ADMIN), faces.upload(ADMIN, studentId=faces.ada["id"])

    def ids(sub: str, **query: str) -> list[str]:
        return [each["id"] for each in faces.ask(sub, "GET", "/api/media", query=query).body["media"]]

    for sub in (ADA, EVE, ADMIN):
        assert ids(sub, studentId=faces.ada["id"]) == [document["id"]]
    assert ids(ADMIN) == [document["id"], found["id"]]
    assert faces.avatar() == found["id"]


def test_who_has_none(faces: Faces) -> None:
    reply = faces.ask(ADA, "GET", faces.path())
    assert (reply.status, reply.body["detail"]) == (404, "this student has no avatar")
    # Neither what has not come nor what nobody has looked at.
    announced = faces.give(ADA).body["media"]
    faces.arrive(announced["id"], photo())
    assert faces.avatar() is None
    for student_id in (faces.eve, ADMIN):
        assert faces.ask(ADMIN, "POST", faces.path(student_id), body={}).status == 400
        body = {"name": "a.png", "contentType": "image/png", "size": 1, "sha256": "0" * 64}
        assert "no student" in faces.ask(ADMIN, "POST", faces.path(student_id), body=body).body["detail"]
        assert "no student" in faces.ask(ADMIN, "GET", faces.path(student_id)).body["detail"]


def test_the_one_before_ends_and_its_quota_returns(faces: Faces) -> None:
    first, second = faces.given(ADMIN), faces.given(ADA, still("PNG", "L"), "PNG")

    assert faces.avatar() == second["id"]
    before = faces.get(ADMIN, first["id"])
    assert (before["status"], before["version"]) == ("expired", first["version"] + 1)
    assert faces.link(ADMIN, first["id"]).slug == "media-conflict"
    assert faces.marker(first["id"]) is not None
    for _ in range(2):
        faces.fire(first["id"])
    assert faces.get(ADMIN, first["id"])["removedAt"]
    assert faces.stored() == faces.keys_of(second["id"])
    assert (faces.used(ADMIN), faces.used(ADA)) == (0, second["size"])
    # It does not come back.
    version = faces.get(ADMIN, first["id"])["version"]
    for record, body in ((first, {"version": version}), (second, {"version": second["version"]})):
        path = f"/api/media/{record['id']}"
        assert faces.ask(ADMIN, "PATCH", path, body={**body, "expiresAt": None}).slug == "media-conflict"
    assert faces.avatar() == second["id"]


ORDERS = ["12", "21", "1221", "2112"]


@pytest.mark.parametrize("order", ORDERS)
def test_the_newest_is_the_avatar_in_whatever_order_events_come(faces: Faces, order: str) -> None:
    ids = [faces.give(sub).body["media"]["id"] for sub in (ADMIN, ADA)]
    events = [faces.arrive(each, photo()) for each in ids]
    for number in order:
        faces.feed.handler(events[int(number) - 1], None)

    assert_second(faces, *ids)


def assert_second(faces: Faces, first: str, second: str) -> None:
    """The second is the avatar, and the first ends."""
    assert faces.avatar() == second
    assert [faces.get(ADMIN, each)["status"] for each in (first, second)] == ["expired", "ready"]
    assert (faces.marker(first) or 0) == pytest.approx(time.time(), abs=30)
    faces.fire(first)
    faces.fire(second)  # a day after it was announced
    assert faces.stored() == faces.keys_of(second)
    assert (faces.used(ADMIN), faces.used(ADA)) == (0, faces.get(ADMIN, second)["size"])
    assert faces.avatar() == second


@pytest.mark.parametrize("others", ["nobody's", "an earlier one"])
@pytest.mark.parametrize("order", ["the first one within the second", "the second one within the first"])
def test_two_at_once(faces: Faces, order: str, others: str) -> None:
    from studentdb_api import dynamodb

    earlier = faces.given(ADMIN)["id"] if others == "an earlier one" else ""
    ids = [faces.give(sub).body["media"]["id"] for sub in (ADMIN, ADA)]
    outer, inner = [faces.arrive(each, photo()) for each in ids][:: 1 if order.endswith("first") else -1]
    events = dynamodb.client.meta.events

    def between(**_: Any) -> None:
        events.unregister("before-call.dynamodb.TransactWriteItems", between)
        faces.feed.handler(inner, None)

    events.register("before-call.dynamodb.TransactWriteItems", between)
    faces.feed.handler(outer, None)

    if earlier:
        assert faces.get(ADMIN, earlier)["status"] == "expired"
        faces.fire(earlier)
    assert_second(faces, *ids)


def test_an_event_that_comes_twice_at_once(faces: Faces) -> None:
    first = faces.given(ADMIN)["id"]
    second = faces.give(ADA).body["media"]["id"]
    event = faces.arrive(second, photo())
    events = faces.feed.media_store.client().meta.events
    puts = itertools.count(1)

    def again(**_: Any) -> None:
        if next(puts) == 4:  # the last square
            faces.feed.handler(event, None)

    events.register("after-call.s3.PutObject", again)
    faces.feed.handler(event, None)

    assert next(puts) == 9
    assert_second(faces, first, second)


INTERRUPTED = [
    *(("before-call.s3.PutObject", call) for call in (2, 4)),
    *((f"{when}-call.dynamodb.TransactWriteItems", 1) for when in ("before", "after")),
    ("before-call.s3.ListObjectVersions", 1),
]


@pytest.mark.slow
@pytest.mark.parametrize(("step", "call"), INTERRUPTED)
def test_an_interruption_changes_nothing_in_the_end(faces: Faces, step: str, call: int) -> None:
    first = faces.given(ADMIN)["id"]
    second = faces.give(ADA).body["media"]["id"]
    event = faces.arrive(second, photo())
    end = failing(faces, step, call)
    with pytest.raises(faces.feed.MediaFeedError):
        faces.feed.handler(event, None)
    end()
    faces.feed.handler(event, None)

    assert_second(faces, first, second)


def test_what_is_quarantined_is_nobody_s_avatar(faces: Faces) -> None:
    bad = faces.given(ADA, photo()[:1500])
    assert (bad["status"], "cannot be decoded" in bad["reason"], faces.avatar()) == ("quarantined", True, None)
    good = faces.given(ADA)
    worse = faces.given(ADA, b"MZ\x90\x00" + bytes(60))

    assert (worse["status"], faces.avatar()) == ("quarantined", good["id"])
    assert faces.get(ADA, good["id"]) == good
    assert [key for key in faces.stored() if key.startswith("thumbs/")] == faces.keys_of(good["id"])[1:]


def test_deleted_and_restored(faces: Faces) -> None:
    found = faces.given(ADMIN)
    path = f"/api/media/{found['id']}"
    assert faces.ask(ADA, "DELETE", path).status == 204
    assert faces.avatar() is None
    for key in faces.keys_of(found["id"]):
        with pytest.raises(faces.s3.exceptions.ClientError):
            faces.s3.get_object(Bucket=faces.bucket, Key=key)

    version = faces.get(ADA, found["id"])["version"]
    assert faces.ask(ADA, "PUT", f"{path}/restore", body={"version": version}).status == 200
    assert faces.avatar() == found["id"]
    assert faces.linked(found["id"], square="64")

    # Once another one has taken its place, its time is over, though it was deleted before.
    faces.ask(ADA, "DELETE", path)
    second = faces.given(ADA)
    version = faces.get(ADMIN, found["id"])["version"]
    back = faces.ask(ADMIN, "PUT", f"{path}/restore", body={"version": version})
    assert (back.body["status"], faces.avatar()) == ("expired", second["id"])
    faces.fire(found["id"])
    assert faces.stored() == faces.keys_of(second["id"])


def test_one_that_comes_after_its_student_is_gone_is_found(faces: Faces, check: Check) -> None:
    media_id = faces.give(ADMIN).body["media"]["id"]
    assert faces.ask(ADMIN, "DELETE", f"/api/students/{faces.ada['id']}").status == 204
    faces.feed.handler(faces.arrive(media_id, photo()), None)
    assert faces.get(ADMIN, media_id)["status"] == "ready"

    assert check(repair=True) == {media_id: ("is an avatar of a student who is gone", True)}
    assert (faces.get(ADMIN, media_id)["status"], check()) == ("expired", {})


def test_a_student_who_is_deleted_has_none(faces: Faces) -> None:
    found = faces.given(ADMIN)
    assert faces.ask(ADMIN, "DELETE", f"/api/students/{faces.ada['id']}").status == 204

    assert faces.ask(ADMIN, "GET", faces.path()).status == 404
    assert faces.get(ADMIN, found["id"])["status"] == "expired"
    faces.fire(found["id"])
    assert (faces.stored(), faces.used(ADMIN)) == ([], 0)


def test_links_are_counted_and_told(faces: Faces) -> None:
    found = faces.given(ADA)
    for body in ({"square": "64"}, {"square": "256", "minutes": 3}):
        assert faces.link(EVE, found["id"], **body).status == 200
    reply = faces.link(EVE, found["id"], square="256")
    assert reply.body["url"].partition("?")[0].endswith(f"/thumbs/{found['id']}/256")

    assert faces.get(ADA, found["id"])["links"] == 3
    acts = [act for act in faces.api.audit(f"media#{found['id']}") if act["operation"] == "create_media_link"]
    assert [act["actor"] for act in acts] == [EVE] * 3
    assert faces.link(ADA, found["id"], square="64", thumbnail=True).fields == ["thumbnail", "square"]
    picture = faces.upload(ADA, photo(), contentType="image/jpeg")
    refused = faces.link(ADA, picture["id"], square="64")
    assert (picture["avatar"], refused.slug, "only avatars" in refused.body["detail"]) == (
        False,
        "media-conflict",
        True,
    )


WRONG = [
    ("contentType", "image/gif"),
    ("contentType", "application/pdf"),
    ("size", LARGEST_AVATAR + 1),
    ("size", 0),
    ("name", "a/b.jpg"),
    ("caption", "Ada"),
    ("avatar", True),
]


@pytest.mark.parametrize(("field", "value"), WRONG, ids=str)
def test_bad_input_leaves_nothing(faces: Faces, field: str, value: Any) -> None:
    reply = faces.give(ADA, **{field: value})

    assert (reply.status, reply.fields) == (400, [field])
    assert (faces.ask(ADA, "GET", "/api/media").body["media"], faces.used(ADA)) == ([], 0)


def test_a_repeat_is_no_file_about_the_student(faces: Faces) -> None:
    """What is told apart by the address alone has the same key."""
    headers = {"idempotency-key": "k1"}
    body = {"name": "a.png", "contentType": "image/png", "size": 1, "sha256": "0" * 64}
    first, again = (faces.ask(ADA, "POST", faces.path(), body=body, headers=headers) for _ in range(2))
    assert first.body["media"] == again.body["media"]
    assert first.headers["location"] == f"/api/media/{first.body['media']['id']}"

    other = faces.ask(ADA, "POST", "/api/media", body={**body, "studentId": faces.ada["id"]}, headers=headers)
    assert other.slug == "idempotency-key-reused"


@pytest.fixture
def check(faces: Faces) -> Check:
    return Check(faces)


def test_small_pictures_that_are_out_of_step(faces: Faces, check: Check) -> None:
    from studentdb_api import media_store

    def hours_ago(parsed: dict[str, Any], **_: Any) -> None:
        for each in parsed.get("Versions", ()):
            each["LastModified"] -= datetime.timedelta(hours=2)

    media_store.client().meta.events.register("after-call.s3.ListObjectVersions", hours_ago)
    whole = faces.given(ADA)["id"]
    # Each of a record of its own: the avatar is one of them.
    lost, shown, more, ended = (faces.upload(ADA, photo(), contentType="image/jpeg")["id"] for _ in range(4))
    faces.s3.delete_object(Bucket=faces.bucket, Key=f"thumbs/{lost}", VersionId=version_of(faces, lost))
    faces.ask(ADA, "DELETE", f"/api/media/{shown}")
    faces.s3.delete_object(
        Bucket=faces.bucket, Key=f"thumbs/{shown}", VersionId=version_of(faces, shown, "DeleteMarkers")
    )
    faces.turn_back(ended, expiresAt=PAST)
    faces.fire(ended)
    stray = "99999999-9999-4999-8999-999999999999"
    for media_id in (more, ended, stray):
        faces.s3.put_object(Bucket=faces.bucket, Key=f"thumbs/{media_id}/64", Body=b"x")
    faces.turn_back(more, updatedAt=PAST)

    found = check()
    words = {lost: "a small picture of it is gone", shown: "not hidden", more: "does not name"}
    words |= {ended: "still has versions", stray: "without a record"}
    assert set(found) == set(words)
    for media_id in words:
        assert words[media_id] in found[media_id][0]

    check(repair=True)
    assert check() == {lost: found[lost]}
    assert [key for key in faces.stored() if whole in key] == faces.keys_of(whole)
    parts = [each["part"] for each in faces.ask(ADA, "GET", f"/api/media/{whole}/versions").body["versions"]]
    assert sorted(parts) == ["256", "64", "file", "thumbnail"]


def version_of(faces: Faces, media_id: str, what: str = "Versions") -> str:
    """The newest one of a thumbnail, or its delete marker."""
    found = faces.s3.list_object_versions(Bucket=faces.bucket, Prefix=f"thumbs/{media_id}")
    return str(found[what][0]["VersionId"])
