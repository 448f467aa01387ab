"""Records that are found by their id alone: academic sessions, subjects, classes.

People are not among them: their key holds the e-mail as well (people.py). A write of a record checks and raises its
`version`, holds its unique values by locks, counts it in the records that it refers to (`referrers`, which is why a
record is changed attribute by attribute), and tells the audit; all of it in one transaction.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from studentdb_api import audit, clock, creation, cursors, dynamodb, locks, transactions
from studentdb_api.dynamodb import Record
from studentdb_api.problems import Busy, Duplicate, FieldError, Invalid, KeyReused, NotFound, Referred, VersionConflict
from studentdb_api.request import Answer, Request
from studentdb_api.transactions import RefusedError

LIST_INDEX = "list-index"
# As many as a person can do something about at a time.
MOST_REFERRERS = 20


class Kind(NamedTuple):
    """One noun.

    `fields` are what the API shows. `order` gives a record's place in lists; the id is added, so it need not be unique.
    `unique` is field -> what is equal for two values that count as one. `refers` is field -> the kind of the record
    whose id stands there. `limits` is field -> a count beside it, which others raise and the field never lies below.
    `check` tells what is wrong with a record as a whole, after a change as well. `needed_by` lists what refers to a
    record, for the person who wants to delete it.
    """

    name: str
    table: str
    path: str
    fields: tuple[str, ...]
    order: Callable[[Record], str]
    unique: Mapping[str, Callable[[str], str]] = {}
    refers: Mapping[str, str] = {}
    limits: Mapping[str, str] = {}
    check: Callable[[Record], list[FieldError]] = lambda _: []
    needed_by: Callable[[str], list[dict[str, str]]] = lambda _: []


# The kinds by name, for references from one to another.
KINDS: dict[str, Kind] = {}


def kind(made: Kind) -> Kind:
    """Declare a noun."""
    KINDS[made.name] = made
    return made


# ---- reading ----


def stored(of: Kind, record_id: str) -> Record:
    """The record with what is stored beside it, as of now. Raises NotFound."""
    answer = dynamodb.client.get_item(TableName=of.table, Key={"id": {"S": record_id}}, ConsistentRead=True)
    if "Item" not in answer:
        raise NotFound(f"there is no {of.name} with this id")
    return dynamodb.record(answer["Item"])


def shown(of: Kind, record: Mapping[str, Any]) -> Record:
    """The record as the API shows it: every field, null where there is nothing."""
    return {name: record.get(name) for name in of.fields}


def get(of: Kind, request: Request) -> Answer:
    """The record of the path."""
    return Answer(shown(of, stored(of, request.parameters["id"])))


def batch(of: Kind, ids: Iterable[str]) -> dict[str, Record]:
    """Records by id; those that are gone are left out. At most 100."""
    keys = [{"id": {"S": each}} for each in dict.fromkeys(ids)]
    found: dict[str, Record] = {}
    while keys:
        answer = dynamodb.client.batch_get_item(RequestItems={of.table: {"Keys": keys}})
        records = [dynamodb.record(each) for each in answer["Responses"].get(of.table, ())]
        found |= {record["id"]: record for record in records}
        keys = answer.get("UnprocessedKeys", {}).get(of.table, {}).get("Keys", [])
    return found


def referrer(of: Kind, record: Mapping[str, Any]) -> dict[str, str]:
    """A record as the reason why another one cannot be deleted."""
    return {"kind": of.name, "id": record["id"], "title": record["title"]}


def referrers(name: str, index: str, field: str, record_id: str) -> list[dict[str, str]]:
    """The first records of the kind `name` whose `field`, which `index` is by, holds an id."""
    of = KINDS[name]
    asked = {
        "TableName": of.table,
        "IndexName": index,
        "KeyConditionExpression": "#field = :id",
        "ExpressionAttributeNames": {"#field": field},
        "ExpressionAttributeValues": {":id": {"S": record_id}},
    }
    return [referrer(of, each) for each in queried(asked, MOST_REFERRERS)]


def by_unique(of: Kind, field: str, text: str) -> list[Record]:
    """The one record that has this value of a unique field, or none."""
    holder = locks.holder(_lock(of, field, text))
    found = batch(of, [holder]) if holder else {}
    return [shown(of, record) for record in found.values()]


def page(
    of: Kind,
    request: Request,
    *,
    index: str = LIST_INDEX,
    partition: tuple[str, str] | None = None,
    descending: bool = False,
) -> tuple[list[Record], str | None]:
    """A page in the order of an index, and the cursor of the next one.

    `partition` is the index's hash attribute and its value: all of the kind by default.
    """
    attribute, value = partition or ("kind", of.name)
    binding = f"{request.binding} {value}"
    cursor = request.query.get("cursor")
    after = cursors.unseal(cursor, binding) if cursor else ""
    limit = request.query["limit"]
    asked: dict[str, Any] = {
        "TableName": of.table,
        "IndexName": index,
        "KeyConditionExpression": "#partition = :value",
        "ExpressionAttributeNames": {"#partition": attribute},
        "ExpressionAttributeValues": {":value": {"S": value}},
        "ScanIndexForward": not descending,
    }
    if after:
        asked["KeyConditionExpression"] += f" AND sort_key {'<' if descending else '>'} :after"
        asked["ExpressionAttributeValues"][":after"] = {"S": after}
    # One more than asked for says whether there is another page.
    found = queried(asked, limit + 1)
    records = found[:limit]
    more = cursors.seal(records[-1]["sort_key"], binding) if len(found) > limit else None
    return [shown(of, record) for record in records], more


def sliced(found: Iterable[Record], request: Request, *, binding: str) -> tuple[list[Record], str | None]:
    """A page of records that are all at hand, in the order of their `sort_key`, and the cursor of the next one."""
    cursor = request.query.get("cursor")
    after = cursors.unseal(cursor, binding) if cursor else ""
    limit = request.query["limit"]
    left = sorted((each for each in found if each["sort_key"] > after), key=lambda each: each["sort_key"])
    more = cursors.seal(left[limit - 1]["sort_key"], binding) if len(left) > limit else None
    return left[:limit], more


def all_queried(asked: dict[str, Any]) -> list[Record]:
    """All results of a Query of what is bounded: the people of a class, the classes of a person."""
    return [dynamodb.record(each) for each in dynamodb.all_queried(asked)]


def queried(asked: dict[str, Any], count: int) -> list[Record]:
    """The first `count` results of a Query, which AWS may give in several pieces of 1 MB."""
    found: list[Record] = []
    while len(found) < count:
        answer = dynamodb.client.query(**asked, Limit=count - len(found))
        found += map(dynamodb.record, answer["Items"])
        if "LastEvaluatedKey" not in answer:
            break
        asked = {**asked, "ExclusiveStartKey": answer["LastEvaluatedKey"]}
    return found


# ---- writing ----


def create(of: Kind, request: Request, defaults: Mapping[str, Any], more: Sequence[dict[str, Any]] = ()) -> Answer:
    """A new record of the request's body; with an Idempotency-Key a repeat answers what the first one made.

    `more` are parts of the transaction that cannot be refused.
    """
    given = normal(request.body)
    record_id, digest = creation.identity(request, given)
    now = clock.now()
    record = {**defaults, **given, "id": record_id, "version": 1, "createdAt": now, "updatedAt": now}
    _checked(of, record)
    item = {**record, "kind": of.name, "sort_key": _sort_key(of, record), "request": digest or None}
    put = {"TableName": of.table, "Item": dynamodb.item(item), "ConditionExpression": "attribute_not_exists(id)"}
    plan = _Plan(of, record_id)
    plan.add({"Put": put | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}, _made_before)
    plan.hold(_locks(of, record))
    plan.refer(record, {})
    plan.add(audit.written(request, of.name, record_id, {}, shown(of, record)))
    for part in more:
        plan.add(part)
    try:
        plan.commit()
    except _MadeBeforeError as before:
        if before.record.get("request") != digest:
            raise KeyReused from before
        record = before.record
    return Answer(shown(of, record), {"location": f"{of.path}/{record_id}"})


def update(of: Kind, request: Request) -> Answer:
    """Change the record of the path to the fields of the body, decided on at the body's `version`."""
    before = stored(of, request.parameters["id"])
    given = normal(request.body)
    if given.pop("version") != before["version"]:
        raise outdated(of, before, request.body["version"])
    return Answer(shown(of, change(of, request, before, given)))


def change(
    of: Kind,
    request: Request,
    before: Record,
    changes: Mapping[str, Any],
    *,
    reason: str = "",
    more: Sequence[dict[str, Any]] = (),
) -> Record:
    """Write `changes` (None removes a field) to the record that was read as `before`; returns it as it is then."""
    after = {name: each for name, each in {**before, **changes}.items() if each is not None}
    if after == before:
        return before
    _checked(of, after)
    after |= {"version": before["version"] + 1, "updatedAt": clock.now(), "sort_key": _sort_key(of, after)}
    old, new = _locks(of, before), _locks(of, after)
    plan = _Plan(of, before["id"])
    plan.add(_update(of, before, after), lambda item: _refused(of, before, after, dynamodb.record(item)))
    plan.hold({lock: field for lock, field in new.items() if lock not in old})
    plan.release(lock for lock in old if lock not in new)
    plan.refer(after, before)
    plan.add(audit.written(request, of.name, before["id"], shown(of, before), shown(of, after), reason=reason))
    for part in more:
        plan.add(part)
    plan.commit()
    return after


def delete(of: Kind, request: Request) -> Answer:
    """Remove the record of the path; `version`, where given, must still be its. Raises Referred."""
    for _ in range(transactions.ATTEMPTS):
        before = stored(of, request.parameters["id"])
        if request.query.get("version", before["version"]) != before["version"]:
            raise outdated(of, before, request.query["version"])
        if before.get("referrers"):
            raise Referred(of.needed_by(before["id"]))
        plan = _Plan(of, before["id"])
        plan.add(_delete(of, before), lambda _: _ChangedError())
        plan.release(_locks(of, before))
        plan.refer({}, before)
        plan.add(audit.written(request, of.name, before["id"], shown(of, before), {}))
        try:
            plan.commit()
        except _ChangedError:
            continue  # since it was read: look again
        return Answer(None)
    raise Busy


def outdated(of: Kind, now: Record, version: int) -> VersionConflict:
    """That a record, as it is stored `now`, is no longer at `version`."""
    return audit.conflict(of.name, now["id"], shown(of, now), version)


def counted(of: Kind, record_id: str, by: int) -> dict[str, Any]:
    """The transaction's part that counts a referrer in the record that it refers to, which has to exist."""
    return {
        "Update": {
            "TableName": of.table,
            "Key": {"id": {"S": record_id}},
            "UpdateExpression": "ADD referrers :by",
            "ConditionExpression": "attribute_exists(id)",
            "ExpressionAttributeValues": {":by": {"N": str(by)}},
        }
    }


def normal(body: Any) -> Any:
    """Text composed (NFC), as the contract's models have it, wherever it stands."""
    if isinstance(body, str):
        return unicodedata.normalize("NFC", body)
    if isinstance(body, list):
        return [normal(each) for each in body]
    if isinstance(body, dict):
        return {name: normal(each) for name, each in body.items()}
    return body


class _MadeBeforeError(Exception):
    def __init__(self, record: Record) -> None:
        super().__init__("made before")
        self.record = record


class _ChangedError(Exception):
    """The record is not as it was read."""


def _made_before(item: dynamodb.Item) -> Exception:
    return _MadeBeforeError(dynamodb.record(item))


class _Plan:
    """A transaction in the making: its parts, and what each one's refusal means."""

    def __init__(self, of: Kind, record_id: str) -> None:
        self._of = of
        self._id = record_id
        self._parts: list[dict[str, Any]] = []
        self._refusals: dict[int, Callable[[dynamodb.Item], Exception]] = {}
        self._wanted: dict[int, str] = {}

    def add(self, part: dict[str, Any], refused: Callable[[dynamodb.Item], Exception] | None = None) -> None:
        if refused:
            self._refusals[len(self._parts)] = refused
        self._parts.append(part)

    def hold(self, wanted: Mapping[str, str]) -> None:
        """Locks to take: lock -> field."""
        for lock, field in wanted.items():
            self._wanted[len(self._parts)] = field
            self._parts.append(locks.taken(lock, self._id))

    def release(self, old: Iterable[str]) -> None:
        for lock in old:
            self._parts.append(locks.released(lock, self._id))

    def refer(self, after: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """Count what is referred to from now on, and no more what was."""
        for field, name in self._of.refers.items():
            new, old = after.get(field), before.get(field)
            if new == old:
                continue
            if new:
                missing = Invalid(errors=[{"field": field, "message": f"there is no {name} with this id"}])
                self.add(counted(KINDS[name], new, 1), lambda _, missing=missing: missing)  # type: ignore[misc]
            if old:
                self.add(counted(KINDS[name], old, -1), lambda _: Busy())

    def commit(self) -> None:
        try:
            transactions.commit(self._parts)
        except RefusedError as refused:
            for position, meaning in self._refusals.items():
                if position in refused.items:
                    raise meaning(refused.items[position]) from refused
            taken = {field: refused.items[at] for at, field in self._wanted.items() if at in refused.items}
            if not taken:
                raise
            raise _duplicate(self._of, taken) from refused


def _duplicate(of: Kind, taken: Mapping[str, dynamodb.Item]) -> Duplicate:
    errors: list[FieldError] = []
    holders = batch(of, [item["id"]["S"] for item in taken.values()])
    for field, item in taken.items():
        holder = holders.get(item["id"]["S"])
        error: FieldError = {"field": field, "message": f"belongs to another {of.name}"}
        errors.append(error | ({"holder": {"id": holder["id"], "title": holder.get("title", "")}} if holder else {}))
    return Duplicate(f"already taken: {', '.join(taken)}", errors)


def _refused(of: Kind, before: Record, after: Record, now: Record) -> Exception:
    """Why `before` could not become `after`, where the table holds `now`."""
    if now.get("version") == before["version"]:
        errors: list[FieldError] = [
            {"field": limit, "message": f"must be {now[count]} or more: as many are taken"}
            for limit, count in of.limits.items()
            if limit in after and now[count] > after[limit]
        ]
        return Invalid(errors=errors) if errors else Busy()
    return outdated(of, stored(of, before["id"]), before["version"])


def _update(of: Kind, before: Record, after: Record) -> dict[str, Any]:
    changed = {name: each for name, each in after.items() if before.get(name) != each and name != "referrers"}
    cleared = [name for name in before if name not in after]
    names = {f"#{number}": name for number, name in enumerate((*changed, *cleared))}
    place = {name: at for at, name in names.items()}
    expression = "SET " + ", ".join(f"{place[name]} = :{place[name][1:]}" for name in changed)
    if cleared:
        expression += " REMOVE " + ", ".join(place[name] for name in cleared)
    condition = "#version = :before"
    for limit, count in of.limits.items():
        if limit in changed:
            names[f"#{count}"] = count
            condition += f" AND #{count} <= :{place[limit][1:]}"
    return {
        "Update": {
            "TableName": of.table,
            "Key": {"id": {"S": before["id"]}},
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ExpressionAttributeNames": {**names, "#version": "version"},
            "ExpressionAttributeValues": {
                **{f":{place[name][1:]}": dynamodb.attribute(each) for name, each in changed.items()},
                ":before": {"N": str(before["version"])},
            },
        }
    }


def _delete(of: Kind, before: Record) -> dict[str, Any]:
    return {
        "Delete": {
            "TableName": of.table,
            "Key": {"id": {"S": before["id"]}},
            "ConditionExpression": "#version = :version AND (attribute_not_exists(referrers) OR referrers = :none)",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":version": {"N": str(before["version"])}, ":none": {"N": "0"}},
        }
    }


def _checked(of: Kind, record: Record) -> None:
    errors = of.check(record)
    if errors:
        raise Invalid(errors=errors)


def _sort_key(of: Kind, record: Record) -> str:
    return f"{of.order(record)}\x1f{record['id']}"


def _locks(of: Kind, record: Mapping[str, Any]) -> dict[str, str]:
    return {_lock(of, field, record[field]): field for field in of.unique if record.get(field)}


def _lock(of: Kind, field: str, text: str) -> str:
    return f"{of.name}.{field}#{of.unique[field](text)}"
