"""The function behind the users table's stream: it keeps the postings of parts, which follow their people.

A record of the stream may come twice, late, or after a newer one (a changed e-mail address is a removal and an
insertion), so it says only that somebody changed; what is right is what is stored by then. What AWS cannot do now is
raised: Lambda sends the batch again until it gets through, and nothing is lost by doing all of it once more. A person
who cannot be written is put aside, so that nobody waits behind; every later batch tries those again.

The deploy's migration calls it as well, to write all postings of people from before there were any.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from studentdb_api import clock, dynamodb, log, postings, transactions
from studentdb_api.dynamodb import Record
from studentdb_api.postings import Postings
from studentdb_api.transactions import RefusedError

# BatchWriteItem takes no more (DDB-23).
_MOST_WRITES = 25
_ATTEMPTS = 8
# As many people as a migration's call goes through, and at a time.
_PIECE = 100
_AT_A_TIME = 8
# The partition of the index table that names who was put aside, and how many a batch tries again.
ASIDE = "search#aside"
_MOST_AGAIN = 50


class FeedError(Exception):
    """Something failed; the log says where. Without the cause, whose text may quote a record."""


class _NotTakenError(Exception):
    """DynamoDB keeps refusing a part of what it is sent."""


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Records of the stream; or {"role": …, "after": …}, which goes through a piece of the list and says where it ends.

    "after" of the answer is null when the piece was the last. Raises FeedError.
    """
    try:
        if "Records" in event:
            _follow(event["Records"])
            return {}
        return {"after": _write_all(event["role"], event.get("after") or "")}
    except Exception as error:
        log.batch(error=error)
        raise FeedError("the postings could not be written") from None


def _follow(records: Sequence[Mapping[str, Any]]) -> None:
    before: dict[str, list[Record]] = {}
    for record in records:
        old = record["dynamodb"].get("OldImage")
        before.setdefault(record["dynamodb"]["Keys"]["id"]["S"], []).append(dynamodb.record(old) if old else {})
    for person_id, images in before.items():
        try:
            _change(person_id, images)
        except Exception as error:
            if _passes(error):
                raise
            # Where it cannot be put aside either, it is not about this person: then the batch fails after all.
            _put_aside(person_id)
            log.batch(error=error, aside=1)
    log.batch(people=len(before), records=len(records))
    _try_again()


def _change(person_id: str, images: Sequence[Record]) -> None:
    now = postings.of_parts(_stored(person_id))
    olds = [postings.of_parts(image if "name_key" in image else {}) for image in images]
    # What stood there all the time needs no second write.
    new = {at: each for at, each in now.items() if any(old.get(at) != each for old in olds)}
    gone = {at for old in olds for at in old if at not in now}
    _write(new, gone)


def _passes(error: Exception) -> bool:
    """Whether it is about AWS, not about the person; of AWS's answers only one is about what was sent."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code")) != "ValidationException"
    return isinstance(error, (HTTPClientError, _NotTakenError))


def _put_aside(person_id: str) -> None:
    item = {"pk": ASIDE, "sk": person_id, "at": clock.now()}
    dynamodb.client.put_item(TableName=dynamodb.INDEX, Item=dynamodb.item(item))


def _try_again() -> None:
    """Those who were put aside. What stood there before may stay for ever: a search looks at whom it found."""
    answer = dynamodb.client.query(
        TableName=dynamodb.INDEX,
        KeyConditionExpression="pk = :aside",
        ExpressionAttributeValues={":aside": {"S": ASIDE}},
        Limit=_MOST_AGAIN,
    )
    for item in answer["Items"]:
        try:
            _write(postings.of_parts(_stored(item["sk"]["S"])), set())
            _settle(item)
        except Exception as error:
            log.batch(error=error, aside=1)
            if _passes(error):
                return


def _settle(item: Mapping[str, Any]) -> None:
    try:
        dynamodb.client.delete_item(
            TableName=dynamodb.INDEX,
            Key={name: item[name] for name in ("pk", "sk")},
            ConditionExpression="#at = :at",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": item["at"]},
        )
    except dynamodb.client.exceptions.ConditionalCheckFailedException:
        return  # put aside anew meanwhile, or mended by another batch


def _stored(person_id: str) -> Record:
    """As of now; {} for nobody. In the moment of a changed e-mail address it may be nobody: another record follows."""
    answer = dynamodb.client.query(
        TableName=dynamodb.USERS,
        KeyConditionExpression="id = :id",
        ExpressionAttributeValues={":id": {"S": person_id}},
        ConsistentRead=True,
    )
    people = [dynamodb.record(item) for item in answer["Items"] if "name_key" in item]
    return max(people, key=lambda person: int(person["version"]), default={})


def _write(new: Postings, gone: set[tuple[str, str]]) -> None:
    requests: list[dict[str, Any]] = [{"PutRequest": {"Item": dynamodb.item(each)}} for each in new.values()]
    requests += [{"DeleteRequest": {"Key": postings.key(at)}} for at in gone]
    for start in range(0, len(requests), _MOST_WRITES):
        left = requests[start : start + _MOST_WRITES]
        for attempt in range(_ATTEMPTS):
            answer = dynamodb.client.batch_write_item(RequestItems={dynamodb.INDEX: left})
            # A part of it may be refused with a 200 (DDB-23).
            left = answer.get("UnprocessedItems", {}).get(dynamodb.INDEX, [])
            if not left:
                break
            time.sleep(0.05 * 2**attempt)
        else:
            raise _NotTakenError


def _write_all(role: str, after: str) -> str | None:
    """All postings of the next people of a role, by name; returns the place of the last one, or None at the end."""
    asked: dict[str, Any] = {
        "TableName": dynamodb.USERS,
        "IndexName": dynamodb.ROLE_NAME_INDEX,
        "KeyConditionExpression": "#role = :role" + (" AND name_key > :after" if after else ""),
        "ExpressionAttributeNames": {"#role": "role"},
        "ExpressionAttributeValues": {":role": {"S": role}} | ({":after": {"S": after}} if after else {}),
        "Limit": _PIECE,
    }
    answer = dynamodb.client.query(**asked)
    items = answer["Items"]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        list(pool.map(_write_one, [item["id"]["S"] for item in items]))
    log.batch(people=len(items))
    return items[-1]["name_key"]["S"] if "LastEvaluatedKey" in answer else None


def _write_one(person_id: str) -> None:
    for _ in range(transactions.ATTEMPTS):
        person = _stored(person_id)
        if not person:
            return
        try:
            # Words belong to a person's own transactions, so they are written only while the person stays the same.
            transactions.commit([_unchanged(person), *postings.written({}, person)])
        except RefusedError:
            continue
        _write(postings.of_parts(person), set())
        return
    raise RuntimeError("somebody keeps changing this person")


def _unchanged(person: Record) -> dict[str, Any]:
    return {
        "ConditionCheck": {
            "TableName": dynamodb.USERS,
            "Key": {"id": {"S": person["id"]}, "email": {"S": person["email"]}},
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":version": {"N": str(person["version"])}},
        }
    }
