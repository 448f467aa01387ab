"""Pictures: what is stored of them, what is refused, and every interruption of it."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from tests.lambda_src.functions import Functions
from tests.lambda_src.test_media import ADA, School
from tests.pictures import SECRETS, animation, photo, profile, still

TYPES = {"GIF": "image/gif", "JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
Event = dict[str, Any]


@pytest.fixture
def school(api: Functions) -> School:
    return School(api)


def upload(school: School, content: bytes, kind: str = "JPEG") -> dict[str, Any]:
    return school.upload(ADA, content, contentType=TYPES[kind])


def announced(school: School, content: bytes, kind: str = "JPEG") -> str:
    media_id: str = school.announce(ADA, content, contentType=TYPES[kind]).body["media"]["id"]
    return media_id


def linked(school: School, media_id: str, **body: Any) -> bytes:
    """What a link leads to."""
    made = school.ask(ADA, "POST", f"/api/media/{media_id}/links", body=body)
    assert made.status == 200, made
    url = urlsplit(made.body["url"])
    (version,) = parse_qs(url.query)["versionId"]
    content: bytes = school.s3.get_object(Bucket=school.bucket, Key=url.path[1:], VersionId=version)["Body"].read()
    return content


def stored(school: School, prefix: str) -> list[str]:
    """The versions below a prefix."""
    found = school.s3.list_object_versions(Bucket=school.bucket, Prefix=prefix)
    return [each["VersionId"] for each in found.get("Versions", ())]


def events_of(school: School, media_id: str) -> list[Event]:
    """Of every version that is there."""
    found = [{"key": f"media/{media_id}", "versionId": version} for version in stored(school, f"media/{media_id}")]
    return [{"Records": [{"s3": {"object": each}}]} for each in found]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_stored_without_what_it_says_of_its_making(school: School, kind: str) -> None:
    content = photo(kind)
    found = upload(school, content, kind)

    assert (found["status"], found["thumbnail"]) == ("ready", True)
    content_stored = linked(school, found["id"])
    digest = hashlib.sha256(content_stored).hexdigest()
    assert (found["size"], found["sha256"]) == (len(content_stored), digest)
    for secret in (*SECRETS, b"Exif\x00", b"MZ behind"):
        assert secret not in content_stored, secret
    with Image.open(io.BytesIO(content_stored)) as image:
        assert (image.format, image.size) == (kind, (200, 400))
        assert dict(image.getexif()) == {}
        assert not image.info.keys() & {"exif", "xmp", "comment", "Comment", "XML:com.adobe.xmp"}
        assert image.info["icc_profile"] == profile()
        red, _, blue = image.convert("RGB").getpixel((100, 50))  # type: ignore[misc]
        assert (red > 200, blue < 100) == (True, True)
    with Image.open(io.BytesIO(linked(school, found["id"], thumbnail=True))) as small:
        assert (small.format, small.size, dict(small.getexif())) == ("WEBP", (128, 256), {})
    # What was uploaded is gone.
    assert len(stored(school, "")) == 2


def test_pictures_for_the_test_hold_what_is_looked_for() -> None:
    content = photo()
    for secret in (*SECRETS, b"Exif\x00", b"MZ behind"):
        assert secret in content
    with Image.open(io.BytesIO(content)) as image:
        assert image.getexif().get_ifd(0x8825)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_what_moves_goes_on_moving(school: School, kind: str) -> None:
    found = upload(school, animation(kind), kind)

    content = linked(school, found["id"])
    assert SECRETS[1] not in content
    with Image.open(io.BytesIO(content)) as image:
        assert (image.n_frames, image.info["loop"]) == (3, 0)  # type: ignore[attr-defined]
    with Image.open(io.BytesIO(linked(school, found["id"], thumbnail=True))) as small:
        assert small.size == (40, 20)


MODES = [
    *(("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
    *(("JPEG", mode) for mode in ("L", "RGB", "CMYK")),
    *(("GIF", mode) for mode in ("L", "P", "RGBA")),
    *(("WEBP", mode) for mode in ("RGB", "RGBA")),
]


@pytest.mark.parametrize(("kind", "mode"), MODES)
def test_every_way_to_store_a_picture(kind: str, mode: str) -> None:
    from studentdb_api import media_images

    target = io.BytesIO()
    small = media_images.remade(io.BytesIO(still(kind, mode)), TYPES[kind], target, squares=True)

    with Image.open(target) as image, Image.open(io.BytesIO(small.thumbnail)) as thumbnail:
        assert (image.format, image.size, thumbnail.size) == (kind, (300, 10), (256, 9))
    for size, content in small.squares.items():
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.size) == ("WEBP", (size, size))
    assert set(small.squares) == {64, 256}


def _bomb() -> bytes:
    """64 million pixels in few bytes."""
    target = io.BytesIO()
    Image.new("1", (8000, 8000)).save(target, "PNG")
    return target.getvalue()


def _many_frames() -> bytes:
    target = io.BytesIO()
    frames = [Image.new("L", (1, 1), number % 2) for number in range(1001)]
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:])
    return target.getvalue()


REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "cut off": ("JPEG", lambda: photo()[:1500], "cannot be decoded"),
    "a head and nothing": ("PNG", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "cannot be decoded"),
    "the last frame is cut off": ("GIF", lambda: animation("GIF")[:-20], "cannot be decoded"),
    "too many pixels": ("PNG", _bomb, "more than 50 million pixels"),
    "too many frames": ("GIF", _many_frames, "1000 frames"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_decode_is_quarantined(school: School, case: str) -> None:
    kind, make, reason = REFUSED[case]
    content = make()
    found = upload(school, content, kind)

    assert (found["status"], reason in found["reason"]) == ("quarantined", True), found["reason"]
    assert (found["size"], found["thumbnail"], len(stored(school, ""))) == (len(content), False, 1)


STEPS = [
    f"{when}-call.{call}"
    for call in ("s3.GetObject", "s3.PutObject", "dynamodb.TransactWriteItems", "s3.ListObjectVersions")
    for when in ("before", "after")
]
INTERRUPTED = [*((step, 1) for step in STEPS), ("before-call.s3.PutObject", 2), ("after-call.s3.PutObject", 2)]
INTERRUPTED += [(f"{when}-call.s3.DeleteObject", 1) for when in ("before", "after")]


def failing(school: School, step: str, time: int) -> Callable[[], None]:
    """Every call of the feed from the `time`-th on of this step fails, until the returned function is called."""
    from studentdb_api import dynamodb

    calls = itertools.count(1)
    service = step.split(".")[1]
    client = dynamodb.client if service == "dynamodb" else school.feed.media_store.client()

    def fails(**_: Any) -> None:
        if next(calls) >= time:
            raise ConnectionError

    client.meta.events.register(step, fails)
    return lambda: client.meta.events.unregister(step, fails)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["its own event first", "its own event last"])
@pytest.mark.parametrize(("step", "time"), INTERRUPTED)
def test_an_interruption_changes_nothing_in_the_end(school: School, step: str, time: int, order: str) -> None:
    content = photo()
    media_id = announced(school, content)
    event = school.arrive(media_id, content)
    end = failing(school, step, time)
    with pytest.raises(school.feed.MediaFeedError):
        school.feed.handler(event, None)
    end()

    others = [each for each in events_of(school, media_id) if _version(each) != _version(event)]
    for each in (*others, event) if order == "its own event first" else (event, *others):
        school.feed.handler(each, None)
    assert_whole(school, media_id)
    # And all of them once more.
    for each in (event, *others, *events_of(school, media_id)):
        school.feed.handler(each, None)
    assert_whole(school, media_id)


def _version(event: Event) -> str:
    return str(event["Records"][0]["s3"]["object"]["versionId"])


def assert_whole(school: School, media_id: str) -> None:
    """Ready, nothing in the bucket but what the record names, and the quota counts just that."""
    found = school.get(ADA, media_id)
    assert found["status"] == "ready"
    content = linked(school, media_id)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (found["size"], found["sha256"])
    assert SECRETS[0] not in content
    assert linked(school, media_id, thumbnail=True)
    assert (len(stored(school, "media/")), len(stored(school, "thumbs/"))) == (1, 1)
    assert used(school) == found["size"]


def used(school: School) -> int:
    """Bytes of Ada's quota."""
    key = {"pk": {"S": f"media#{ADA}"}, "sk": {"S": "-"}}
    item = school.api.dynamodb.get_item(TableName=school.table("index"), Key=key)["Item"]
    return int(item["used"]["N"])


@pytest.mark.parametrize("moment", ["before-call.s3.PutObject", "after-call.s3.PutObject"])
def test_an_event_that_comes_twice_at_once(school: School, moment: str) -> None:
    content = photo()
    media_id = announced(school, content)
    event = school.arrive(media_id, content)
    events = school.feed.media_store.client().meta.events

    def second(**_: Any) -> None:
        events.unregister(moment, second)
        school.feed.handler(event, None)

    events.register(moment, second)
    school.feed.handler(event, None)

    assert_whole(school, media_id)


def test_the_event_of_what_is_made_while_it_is_being_made(school: School) -> None:
    content = photo()
    media_id = announced(school, content)
    event = school.arrive(media_id, content)
    events, seen = school.feed.media_store.client().meta.events, []

    def between(**_: Any) -> None:
        events.unregister("after-call.s3.PutObject", between)
        for each in events_of(school, media_id):
            if _version(each) != _version(event):
                school.feed.handler(each, None)
                seen.append(school.get(ADA, media_id)["status"])

    events.register("after-call.s3.PutObject", between)
    school.feed.handler(event, None)

    assert seen == ["pending"]
    assert_whole(school, media_id)


def test_what_was_deleted_meanwhile_leaves_nothing(school: School) -> None:
    content = photo()
    media_id = announced(school, content)
    event = school.arrive(media_id, content)
    events = school.feed.media_store.client().meta.events

    def deleted(**_: Any) -> None:
        events.unregister("before-call.s3.PutObject", deleted)
        assert school.ask(ADA, "DELETE", f"/api/media/{media_id}").status == 204

    events.register("before-call.s3.PutObject", deleted)
    school.feed.handler(event, None)

    assert stored(school, "") == []


def test_a_form_that_is_used_twice(school: School) -> None:
    content = photo()
    media_id = announced(school, content)
    first, second = school.arrive(media_id, content), school.arrive(media_id, content)
    school.feed.handler(second, None)
    made = school.get(ADA, media_id)
    school.feed.handler(first, None)

    assert school.get(ADA, media_id) == made
    assert_whole(school, media_id)


def test_deleted_and_restored_with_its_thumbnail(school: School) -> None:
    found = upload(school, photo())
    path, keys = f"/api/media/{found['id']}", (f"media/{found['id']}", f"thumbs/{found['id']}")

    assert school.ask(ADA, "DELETE", path).status == 204
    for key in keys:
        with pytest.raises(school.s3.exceptions.NoSuchKey):
            school.s3.get_object(Bucket=school.bucket, Key=key)
    assert school.ask(ADA, "POST", f"{path}/links", body={"thumbnail": True}).status == 409

    version = school.get(ADA, found["id"])["version"]
    assert school.ask(ADA, "PUT", f"{path}/restore", body={"version": version}).status == 200
    for key in keys:
        assert school.s3.get_object(Bucket=school.bucket, Key=key)["ContentLength"]
    assert_whole(school, found["id"])


def test_a_repeat_after_it_was_made_gets_a_form_for_what_was_announced(school: School) -> None:
    content, headers = photo(), {"idempotency-key": "3f0c8a52-0000-4000-8000-000000000001"}
    body = {"name": "a.jpg", "contentType": "image/jpeg", "size": len(content)}
    body |= {"sha256": hashlib.sha256(content).hexdigest()}
    first = school.ask(ADA, "POST", "/api/media", body=body, headers=headers).body
    school.feed.handler(school.arrive(first["media"]["id"], content), None)

    again = school.ask(ADA, "POST", "/api/media", body=body, headers=headers).body
    assert again["media"]["status"] == "ready"
    assert again["fields"].keys() == first["fields"].keys()
    assert _sizes(again) == _sizes(first) == [len(content), len(content)]


def _sizes(made: dict[str, Any]) -> list[int]:
    conditions = json.loads(base64.b64decode(made["fields"]["policy"]))["conditions"]
    return next(each[1:] for each in conditions if isinstance(each, list) and each[0] == "content-length-range")


def test_only_pictures_have_a_thumbnail(school: School) -> None:
    found = school.upload(ADA)
    refused = school.ask(ADA, "POST", f"/api/media/{found['id']}/links", body={"thumbnail": True})

    assert (found["thumbnail"], refused.slug) == (False, "media-conflict")
    assert "only pictures" in refused.body["detail"]
