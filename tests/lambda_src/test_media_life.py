"""What ends files by itself: markers that DynamoDB removes, and what the function behind them does.

Neither moto nor the engine tells of what TTL removes: the record that AWS sends stands in.
"""

from __future__ import annotations

import datetime
import importlib
import json
from typing import Any

import pytest

from tests.lambda_src.functions import Functions
from tests.lambda_src.test_media import ADA, EVE, MATHS, TEXT, School

PAST = "2026-01-01T00:00:00.000Z"
DAY = 24 * 3600


class Life(School):
    """A school whose files' markers go."""

    def __init__(self, api: Functions) -> None:
        super().__init__(api)
        self.expiry = importlib.import_module("studentdb_api.media_expiry")
        self.asked: list[dict[str, Any]] = []
        look = importlib.import_module("studentdb_api.media_look")
        # Where Lambda is asked: nothing stands in for it here, so nothing leaves.
        look.client().meta.events.register("before-call.lambda.Invoke", self._invoked)

    def _invoked(self, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        self.asked.append(json.loads(params["body"]))

        class Accepted:
            status_code = 202

        return Accepted(), {"StatusCode": 202}

    def marker(self, media_id: str) -> int | None:
        """The second from which on DynamoDB may remove the file's marker."""
        key = {"id": {"S": media_id}, "key": {"S": "expiry"}}
        item = self.api.dynamodb.get_item(TableName=self.table("media"), Key=key, ConsistentRead=True).get("Item")
        return int(item["expires"]["N"]) if item else None

    def fire(self, media_id: str, **differing: Any) -> None:
        """As TTL does: the marker goes, and the stream tells of it."""
        key = {"id": {"S": media_id}, "key": {"S": "expiry"}}
        self.api.dynamodb.delete_item(TableName=self.table("media"), Key=key)
        self.expiry.handler({"Records": [removed(media_id, **differing)]}, None)

    def turn_back(self, media_id: str, **fields: str) -> None:
        """Let moments of the record lie in the past."""
        for name, moment in fields.items():
            self.api.dynamodb.update_item(
                TableName=self.table("media"),
                Key={"id": {"S": media_id}, "key": {"S": "-"}},
                UpdateExpression="SET #name = :moment",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":moment": {"S": moment}},
            )

    def used(self, sub: str) -> int:
        """What counts in somebody's quota."""
        key = {"pk": {"S": f"media#{sub}"}, "sk": {"S": "-"}}
        item = self.api.dynamodb.get_item(TableName=self.api.index, Key=key, ConsistentRead=True).get("Item")
        return int(item["used"]["N"]) if item else 0

    def left(self, media_id: str) -> int:
        """How many versions and delete markers of the file there are."""
        found = self.s3.list_object_versions(Bucket=self.bucket, Prefix=f"media/{media_id}")
        return len(found.get("Versions", ())) + len(found.get("DeleteMarkers", ()))


def removed(media_id: str, **differing: Any) -> dict[str, Any]:
    """A record of the stream as AWS documents it for what TTL has removed."""
    keys = {"id": {"S": media_id}, "key": {"S": "expiry"}}
    return {
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "REMOVE",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
        "dynamodb": {
            "ApproximateCreationDateTime": 1767225600.0,
            "Keys": keys,
            "OldImage": {**keys, "expires": {"N": "1767225600"}},
            "SequenceNumber": "500000000003680000000001",
            "SizeBytes": 120,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/x-media/stream/2026-01-01T00:00:00.000",
        **differing,
    }


@pytest.fixture
def life(api: Functions) -> Life:
    return Life(api)


def seconds(text: str) -> int:
    return round(datetime.datetime.fromisoformat(text).timestamp())


def test_the_marker_follows_the_record(life: Life) -> None:
    announced = life.announce(ADA, expiresAt="2999-01-01T00:00:00Z").body["media"]
    assert life.marker(announced["id"]) == pytest.approx(seconds(announced["createdAt"]) + DAY, abs=2)

    found = life.upload(ADA)
    path = f"/api/media/{found['id']}"

    def changed(**fields: Any) -> dict[str, Any]:
        body = {"version": life.get(ADA, found["id"])["version"], **fields}
        reply = life.ask(ADA, "PATCH", path, body=body)
        assert reply.status == 200, reply
        return dict(reply.body)

    changed(expiresAt="2999-01-01T00:00:00Z")
    assert life.marker(found["id"]) == seconds("2999-01-01T00:00:00Z")
    changed(expiresAt="2998-01-01T00:00:00Z")
    assert life.marker(found["id"]) == seconds("2998-01-01T00:00:00Z")
    changed(caption="The same time")
    assert life.marker(found["id"]) == seconds("2998-01-01T00:00:00Z")
    assert life.ask(ADA, "DELETE", path).status == 204
    gone = life.get(ADA, found["id"])
    assert life.marker(found["id"]) == pytest.approx(seconds(gone["deletedAt"]) + 30 * DAY, abs=2)
    life.ask(ADA, "PUT", f"{path}/restore", body={"version": gone["version"]})
    changed(expiresAt=None)
    assert life.marker(found["id"]) is None


def test_a_file_whose_time_is_over_goes(life: Life) -> None:
    found = life.upload(EVE, classId=MATHS, expiresAt="2999-01-01T00:00:00Z")
    kept = life.upload(EVE)
    life.arrive(found["id"], TEXT)  # a version that nobody has looked at
    life.turn_back(found["id"], expiresAt=PAST)
    life.fire(found["id"])

    after = life.get(EVE, found["id"])
    assert (after["status"], bool(after["removedAt"])) == ("expired", True)
    assert (life.left(found["id"]), life.left(kept["id"])) == (0, 1)
    assert life.used(EVE) == len(TEXT)
    assert life.marker(found["id"]) is None

    # Twice, or late: the quota is given back once.
    for _ in range(2):
        life.fire(found["id"])
    assert life.get(EVE, found["id"]) == after
    assert life.used(EVE) == len(TEXT)


def test_a_file_that_got_another_time_stays(life: Life) -> None:
    found = life.upload(ADA, expiresAt="2999-01-01T00:00:00Z")
    life.fire(found["id"])

    assert life.get(ADA, found["id"]) == found
    assert (life.left(found["id"]), life.used(ADA)) == (1, len(TEXT))
    # And its time is not forgotten.
    assert life.marker(found["id"]) == seconds("2999-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "differing",
    [
        {"eventName": "MODIFY"},
        {"userIdentity": None},
        {"userIdentity": {"type": "Service", "principalId": "replication.dynamodb.amazonaws.com"}},
        {"dynamodb": {"Keys": {"id": {"S": "?"}, "key": {"S": "-"}}}},
    ],
    ids=["changed", "by us", "by another service", "a record"],
)
def test_what_is_no_marker_that_ttl_removed_says_nothing(life: Life, differing: dict[str, Any]) -> None:
    found = life.upload(ADA)
    life.turn_back(found["id"], expiresAt=PAST)
    if "dynamodb" in differing:
        differing["dynamodb"]["Keys"]["id"]["S"] = found["id"]
    life.fire(found["id"], **differing)

    assert life.left(found["id"]) == 1


def test_a_file_that_is_gone_has_no_time(life: Life) -> None:
    found = life.upload(ADA, expiresAt="2999-01-01T00:00:00Z")
    life.turn_back(found["id"], expiresAt=PAST)
    life.fire(found["id"])
    version = life.get(ADA, found["id"])["version"]
    body = {"version": version, "expiresAt": "2999-01-01T00:00:00Z"}
    refused = life.ask(ADA, "PATCH", f"/api/media/{found['id']}", body=body)

    assert (refused.status, refused.slug) == (409, "media-conflict")
    assert life.ask(ADA, "PATCH", f"/api/media/{found['id']}", body={"version": version, "name": "b.txt"}).status == 200


def test_what_was_deleted_counts_until_it_is_gone(life: Life) -> None:
    found = life.upload(ADA)
    life.ask(ADA, "DELETE", f"/api/media/{found['id']}")
    life.fire(found["id"])  # early
    assert (life.left(found["id"]), life.used(ADA)) == (2, len(TEXT))

    life.turn_back(found["id"], deletedAt=PAST)
    life.fire(found["id"])
    after = life.get(ADA, found["id"])
    assert (after["status"], life.left(found["id"]), life.used(ADA)) == ("deleted", 0, 0)
    refused = life.ask(ADA, "PUT", f"/api/media/{found['id']}/restore", body={"version": after["version"]})
    assert refused.slug == "media-conflict"


def test_an_upload_that_never_came_is_abandoned(life: Life) -> None:
    announced = life.announce(ADA).body["media"]
    life.fire(announced["id"])
    assert life.get(ADA, announced["id"])["status"] == "pending"

    life.turn_back(announced["id"], createdAt=PAST)
    life.fire(announced["id"])
    assert life.get(ADA, announced["id"])["status"] == "abandoned"
    assert life.used(ADA) == 0
    # Whatever comes now is not wanted any more.
    life.feed.handler(life.arrive(announced["id"], TEXT), None)
    assert life.left(announced["id"]) == 0
    assert life.used(ADA) == 0


def test_an_upload_whose_event_was_lost_is_looked_at(life: Life) -> None:
    announced = life.announce(ADA).body["media"]
    # The first: what is made of a picture comes later.
    life.arrive(announced["id"], TEXT)
    life.arrive(announced["id"], b"")
    life.turn_back(announced["id"], createdAt=PAST)
    life.fire(announced["id"])

    assert life.get(ADA, announced["id"])["status"] == "pending"
    assert life.marker(announced["id"]) is not None
    (event,) = life.asked
    life.feed.handler(event, None)
    assert life.get(ADA, announced["id"])["status"] == "ready"
    life.fire(announced["id"])
    assert (life.get(ADA, announced["id"])["status"], life.used(ADA)) == ("ready", len(TEXT))


def test_an_end_that_breaks_off_is_finished_later(life: Life) -> None:
    from studentdb_api import media_store

    found = life.upload(ADA)
    life.turn_back(found["id"], expiresAt=PAST)

    def fails(**_: Any) -> None:
        raise TimeoutError

    events = media_store.client().meta.events
    events.register("before-call.s3.DeleteObject", fails)
    with pytest.raises(life.expiry.MediaExpiryError):
        life.fire(found["id"])
    broken = life.get(ADA, found["id"])
    assert (broken["status"], broken["removedAt"], life.used(ADA)) == ("expired", None, len(TEXT))
    # Even if Lambda gives up, another marker is there.
    assert life.marker(found["id"]) is not None

    events.unregister("before-call.s3.DeleteObject", fails)
    life.fire(found["id"])
    assert (life.left(found["id"]), life.used(ADA)) == (0, 0)


def test_a_longer_time_that_comes_first_wins(life: Life) -> None:
    """The owner changes it while the function is about to end the file."""
    from studentdb_api import dynamodb

    found = life.upload(ADA)
    life.turn_back(found["id"], expiresAt=PAST)

    def overtakes(**_: Any) -> None:
        events.unregister("before-call.dynamodb.TransactWriteItems", overtakes)
        body = {"version": found["version"], "expiresAt": "2999-01-01T00:00:00Z"}
        assert life.ask(ADA, "PATCH", f"/api/media/{found['id']}", body=body).status == 200

    events = dynamodb.client.meta.events
    events.register("before-call.dynamodb.TransactWriteItems", overtakes)
    life.fire(found["id"])

    assert life.get(ADA, found["id"])["status"] == "ready"
    assert (life.left(found["id"]), life.used(ADA)) == (1, len(TEXT))


def test_a_delete_that_the_end_overtakes_leaves_nothing(life: Life) -> None:
    from studentdb_api import media_store

    found = life.upload(ADA, expiresAt="2999-01-01T00:00:00Z")

    def ends(**_: Any) -> None:
        events.unregister("before-call.s3.DeleteObject", ends)
        life.turn_back(found["id"], expiresAt=PAST)
        life.fire(found["id"])

    events = media_store.client().meta.events
    events.register("before-call.s3.DeleteObject", ends)
    assert life.ask(ADA, "DELETE", f"/api/media/{found['id']}").status == 204

    assert (life.get(ADA, found["id"])["status"], life.left(found["id"]), life.used(ADA)) == ("deleted", 0, 0)
