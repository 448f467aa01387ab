"""Files that nobody could look at, what S3 has of one, how much there is, and what is out of step."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.lambda_src.events import ADMIN
from tests.lambda_src.functions import Functions
from tests.lambda_src.test_media import ADA, BOB, EVE, MATHS, MAX, TEXT
from tests.lambda_src.test_media_life import PAST, Life


@pytest.fixture
def life(api: Functions) -> Life:
    return Life(api)


def failed(life: Life, sub: str = ADA) -> dict[str, Any]:
    """A file that has arrived, and whose event Lambda has given up."""
    media_id = life.announce(sub).body["media"]["id"]
    given_up(life, life.arrive(media_id, TEXT))
    return life.get(sub, media_id)


def given_up(life: Life, event: dict[str, Any]) -> None:
    """As Lambda tells an on-failure destination of an event that failed three times."""
    life.expiry.handler(
        {
            "version": "1.0",
            "timestamp": "2026-11-26T09:30:00.000Z",
            "requestContext": {
                "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
                "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:x-media:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": event,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": {"errorMessage": "a new file could not be looked at"},
        },
        None,
    )


def retry(life: Life, sub: str, record: dict[str, Any]) -> Any:
    return life.ask(sub, "PUT", f"/api/media/{record['id']}/retry", body={"version": record["version"]})


def test_a_file_that_failed_is_looked_at_again(life: Life) -> None:
    found = failed(life)
    assert (found["status"], "failed" in found["reason"]) == ("failed", True)
    refused = life.ask(ADA, "POST", f"/api/media/{found['id']}/links", body={})
    assert refused.slug == "media-conflict"

    reply = retry(life, ADA, found)
    assert (reply.status, reply.body["status"], reply.body["reason"]) == (200, "pending", None)
    (event,) = life.asked
    life.feed.handler(event, None)
    after = life.get(ADA, found["id"])
    assert (after["status"], after["reason"]) == ("ready", None)
    # What Lambda tells late changes nothing, and neither does another try.
    given_up(life, event)
    assert retry(life, ADA, after).body == after
    assert life.get(ADA, found["id"]) == after
    assert len(life.asked) == 1


def test_a_late_event_of_a_file_that_failed_makes_it_ready(life: Life) -> None:
    media_id = life.announce(ADA).body["media"]["id"]
    event = life.arrive(media_id, TEXT)
    given_up(life, event)
    life.feed.handler(event, None)

    after = life.get(ADA, media_id)
    assert (after["status"], after["reason"], life.left(media_id)) == ("ready", None, 1)


def test_what_cannot_be_looked_at_again(life: Life) -> None:
    announced = life.announce(ADA).body["media"]
    assert "not arrived" in retry(life, ADA, announced).body["detail"]
    deleted = life.upload(ADA)
    life.ask(ADA, "DELETE", f"/api/media/{deleted['id']}")
    assert "is deleted" in retry(life, ADA, life.get(ADA, deleted["id"])).body["detail"]
    over = failed(life)
    life.turn_back(over["id"], expiresAt=PAST)
    assert "is expired" in retry(life, ADA, over).body["detail"]
    stale = failed(life)
    assert retry(life, ADA, {**stale, "version": 1}).slug == "version-conflict"
    for sub in (BOB, EVE):
        assert retry(life, sub, stale).status == 404
    assert retry(life, ADMIN, stale).status == 200
    assert len(life.asked) == 1


def test_versions(life: Life) -> None:
    found = life.upload(EVE, classId=MATHS)
    life.arrive(found["id"], b"another")
    life.ask(EVE, "DELETE", f"/api/media/{found['id']}")
    path = f"/api/media/{found['id']}/versions"
    versions = life.ask(EVE, "GET", path).body["versions"]

    assert [(each["size"], each["deleteMarker"], each["isFile"]) for each in versions] == [
        (None, True, False),
        (7, False, False),
        (len(TEXT), False, True),
    ]
    assert [life.ask(sub, "GET", path).status for sub in (ADA, BOB, MAX, ADMIN)] == [404, 404, 404, 200]


def test_usage(life: Life) -> None:
    for _ in range(2):
        life.upload(ADA)
    gone = life.upload(ADA)
    life.ask(ADA, "DELETE", f"/api/media/{gone['id']}")
    over = life.upload(ADA)
    life.turn_back(over["id"], expiresAt=PAST)
    life.upload(BOB)

    usage = life.ask(ADA, "GET", "/api/media/usage").body
    size = len(TEXT)
    assert {each["status"]: (each["files"], each["bytes"]) for each in usage["statuses"]} == {
        "ready": (2, 2 * size),
        "deleted": (1, size),
        "expired": (1, size),
    }
    # What nobody gets any more counts until it is removed.
    assert (usage["used"], usage["quota"], usage["nextCursor"]) == (4 * size, 1024 * 1024, None)
    life.fire(over["id"])
    assert life.ask(ADA, "GET", "/api/media/usage").body["used"] == 3 * size


def test_usage_goes_on_where_a_part_ends(life: Life) -> None:
    from studentdb_api import dynamodb

    def two_at_once(params: dict[str, Any], **_: Any) -> None:
        """As a Query that reads its 1 MB before the end."""
        if params.get("IndexName") == "owner-index":
            params["Limit"] = 2

    for _ in range(3):
        life.upload(ADA)
    dynamodb.client.meta.events.register("provide-client-params.dynamodb.Query", two_at_once)
    first = life.ask(ADA, "GET", "/api/media/usage").body
    second = life.ask(ADA, "GET", "/api/media/usage", query={"cursor": first["nextCursor"]}).body

    assert [first["statuses"][0]["files"], second["statuses"][0]["files"], second["nextCursor"]] == [2, 1, None]
    assert life.ask(BOB, "GET", "/api/media/usage", query={"cursor": first["nextCursor"]}).fields == ["cursor"]


def test_who_was_given_links(life: Life) -> None:
    found = life.upload(EVE, classId=MATHS)
    path = f"/api/media/{found['id']}/links"
    for sub in (ADA, ADA, EVE):
        life.ask(sub, "POST", path, body={})
    first = life.ask(EVE, "GET", path, query={"limit": "1"}).body
    second = life.ask(EVE, "GET", path, query={"limit": "1", "cursor": first["nextCursor"]}).body

    assert first["links"] + second["links"] == [
        {"account": ADA, "personId": life.ada["id"], "links": 2},
        {"account": EVE, "personId": life.eve, "links": 1},
    ]
    assert second["nextCursor"] is None
    assert [life.ask(sub, "GET", path).status for sub in (ADA, BOB, ADMIN)] == [404, 404, 200]


class Check:
    """The whole check, part by part."""

    def __init__(self, life: Life) -> None:
        self.life = life

    def __call__(self, *, repair: bool = False) -> dict[str, tuple[str, bool]]:
        """By id: what was found first, and whether it is mended."""
        found: dict[str, tuple[str, bool]] = {}
        body: dict[str, Any] = {"repair": repair}
        while True:
            part = self.life.ask(ADMIN, "POST", "/api/media/check", body=body).body
            found |= {each["id"]: (each["finding"], each["repaired"]) for each in part["findings"]}
            if part["nextCursor"] is None:
                return found
            body["cursor"] = part["nextCursor"]


@pytest.fixture
def check(life: Life) -> Check:
    return Check(life)


def test_nothing_is_out_of_step(life: Life, check: Check) -> None:
    for _ in range(3):
        life.upload(ADA)
    life.upload(EVE, classId=MATHS, expiresAt="2999-01-01T00:00:00Z")
    life.announce(BOB)
    life.ask(ADA, "DELETE", f"/api/media/{life.upload(ADA)['id']}")
    over = life.upload(ADA)
    life.turn_back(over["id"], expiresAt=PAST)
    life.fire(over["id"])

    assert check() == {}
    assert life.ask(ADA, "POST", "/api/media/check", body={}).status == 403


def test_what_is_out_of_step_is_found_and_mended(life: Life, check: Check) -> None:
    from studentdb_api import media_store

    shown = life.upload(ADA)["id"]
    life.ask(ADA, "DELETE", f"/api/media/{shown}")
    media_store.uncover({"id": shown})
    covered = life.upload(ADA)["id"]
    media_store.hide({"id": covered})
    unmarked = life.upload(ADA, expiresAt="2999-01-01T00:00:00Z")["id"]
    life.api.dynamodb.delete_item(TableName=life.table("media"), Key={"id": {"S": unmarked}, "key": {"S": "expiry"}})
    ended = life.upload(ADA)["id"]
    life.turn_back(ended, expiresAt=PAST)
    life.fire(ended)
    life.arrive(ended, TEXT)
    lost = life.upload(ADA)["id"]
    media_store.remove_all(lost)

    found = check()
    words = {shown: "not hidden", covered: "is ready, and hidden", unmarked: "no marker"}
    words |= {ended: "still has versions", lost: "the file itself is gone"}
    assert set(found) == set(words)
    assert all(not repaired for _, repaired in found.values())
    for media_id in words:
        assert words[media_id] in found[media_id][0]

    check(repair=True)
    # Nobody can bring back a file that is gone.
    assert check() == {lost: found[lost]}
    assert life.marker(unmarked) is not None
    assert life.get(ADA, covered)["status"] == "ready"


def test_an_upload_that_nobody_looked_at_is_found(life: Life, check: Check) -> None:
    media_id = life.announce(ADA).body["media"]["id"]
    life.arrive(media_id, TEXT)
    assert check() == {}
    earlier = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=2)
    life.turn_back(media_id, createdAt=earlier.isoformat(timespec="milliseconds").replace("+00:00", "Z"))

    assert "was not looked at" in check()[media_id][0]
    assert check(repair=True)[media_id][1]
    life.feed.handler(life.asked[0], None)
    assert check() == {}


def test_a_file_without_a_record_is_found(life: Life, check: Check) -> None:
    from studentdb_api import media_store

    def hours_ago(parsed: dict[str, Any], **_: Any) -> None:
        for each in parsed.get("Versions", ()):
            each["LastModified"] -= datetime.timedelta(hours=2)

    stray = "99999999-9999-4999-8999-999999999999"
    life.arrive(stray, TEXT)
    # More than one part of records, and of files.
    kept = [life.upload(ADA)["id"] for _ in range(21)]
    # It may have just arrived.
    assert check() == {}

    media_store.client().meta.events.register("after-call.s3.ListObjectVersions", hours_ago)
    assert check() == {stray: ("is in S3 without a record", False)}
    assert check(repair=True) == {stray: ("is in S3 without a record", True)}
    assert check() == {}
    assert (life.left(stray), {life.left(each) for each in kept}) == (0, {1})
