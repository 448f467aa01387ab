"""Media: what S3 has of a file, how much somebody has, and who was given links."""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice
from typing import Any

from studentdb_api import cursors, dynamodb, media, media_life, media_store, records
from studentdb_api.request import Answer, Request

_QUOTA = int(os.environ.get("MEDIA_QUOTA_MB", "0")) * 1024 * 1024
# Nobody asks for more; a form can be sent any number of times in its minutes.
_MOST_VERSIONS = 100
# Records of some 600 bytes: a Query reads no more than 1 MB at once (DDB-26).
_AT_ONCE = 1000
_LINKS = "links#"


def list_media_versions(request: Request) -> Answer:
    """GET /api/media/{id}/versions: for those who may change the file."""
    record = media.changeable(request, request.parameters["id"])
    found = islice(media_store.everything(record), _MOST_VERSIONS)
    versions = [
        {
            "id": each["versionId"],
            "size": each["size"],
            "createdAt": each["createdAt"],
            "deleteMarker": each["deleteMarker"],
            "part": each["part"],
            "isFile": each["versionId"] == record.get("versionId"),
        }
        for each in found
    ]
    return Answer({"versions": versions})


def get_media_usage(request: Request) -> Answer:
    """GET /api/media/usage: a part of the caller's files, by status; and what counts in the quota."""
    binding = f"{request.binding} {request.caller.sub}"
    values = {":owner": {"S": request.caller.sub}}
    condition = "#owner = :owner"
    if cursor := request.query.get("cursor"):
        condition += " AND sort_key < :before"
        values[":before"] = {"S": cursors.unseal(cursor, binding)}
    answer = dynamodb.client.query(
        TableName=dynamodb.MEDIA,
        IndexName="owner-index",
        KeyConditionExpression=condition,
        ExpressionAttributeNames={"#owner": "owner", "#size": "size", "#status": "status"},
        ExpressionAttributeValues=values,
        ProjectionExpression="#size, #status, expiresAt",
        ScanIndexForward=False,
        Limit=_AT_ONCE,
    )
    files: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for record in map(dynamodb.record, answer["Items"]):
        status = media.shown(record)["status"]
        files[status] += 1
        sizes[status] += record["size"]
    statuses = [{"status": each, "files": files[each], "bytes": sizes[each]} for each in sorted(files)]
    last = answer.get("LastEvaluatedKey")
    more = cursors.seal(last["sort_key"]["S"], binding) if last else None
    return Answer({"used": _used(request.caller.sub), "quota": _QUOTA, "statuses": statuses, "nextCursor": more})


def list_media_links(request: Request) -> Answer:
    """GET /api/media/{id}/links: how many links to the file each person was given, for those who may change it."""
    record = media.changeable(request, request.parameters["id"])
    binding = f"{request.binding} {record['id']}"
    cursor, limit = request.query.get("cursor"), request.query["limit"]
    # Not the one that the page before has ended with: a blank makes the next greater text.
    after = f"{cursors.unseal(cursor, binding)} " if cursor else _LINKS
    asked: dict[str, Any] = {
        "TableName": dynamodb.MEDIA,
        "KeyConditionExpression": "id = :id AND #key BETWEEN :after AND :end",
        "ExpressionAttributeNames": {"#key": "key"},
        "ExpressionAttributeValues": {
            ":id": {"S": record["id"]},
            ":after": {"S": after},
            ":end": {"S": f"{_LINKS}~"},
        },
    }
    found = records.queried(asked, limit + 1)
    page = found[:limit]
    people = [
        {"account": each["key"].removeprefix(_LINKS), "personId": each.get("personId"), "links": each["links"]}
        for each in page
    ]
    more = cursors.seal(page[-1]["key"], binding) if len(found) > limit else None
    return Answer({"links": people, "nextCursor": more})


def _used(owner: str) -> int:
    key = media_life.quota_key(owner)
    item = dynamodb.client.get_item(TableName=dynamodb.INDEX, Key=key, ConsistentRead=True).get("Item", {})
    return int(dynamodb.record(item).get("used", 0))
