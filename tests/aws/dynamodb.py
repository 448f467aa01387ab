"""DynamoDB: tables in the making, in change and on their way out; backups, indexes and tags that take their time."""

from __future__ import annotations

from typing import Any

from tests.aws.layer import Behaviour, Call, Instead, Refusal

_DATA = ("GetItem", "PutItem", "DeleteItem", "Query", "Scan", "UpdateItem")
_CONTROL = ("UpdateTable", "DeleteTable", "UpdateContinuousBackups", "UpdateTimeToLive", "TagResource", "UntagResource")


def _table(call: Call) -> str:
    return str(call.params.get("TableName") or call.params.get("ResourceArn", "")).rpartition(":table/")[2]


class _Table(Behaviour):
    service = "dynamodb"

    def describe(self, name: str) -> dict[str, Any] | None:
        """What really stands."""
        raw = self.layer.raw("dynamodb")
        try:
            found: dict[str, Any] = raw.describe_table(TableName=name)["Table"]
        except raw.exceptions.ResourceNotFoundException:
            return None
        return found


class TableCreating(_Table):
    """A new table is unknown, then CREATING; one with indexes takes longer."""

    ids = ("DDB-01", "DDB-03", "DDB-18", "X-10")
    unknown = 0.5
    seconds = 7.0
    with_indexes = 13.0

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._active: dict[str, float] = {}

    def creating(self) -> list[str]:
        """Tables that are being made just now."""
        return [name for name, until in self._active.items() if self.now < until]

    def active_at(self, name: str) -> float:
        """When the table came up, or will."""
        return self._active.get(name, 0.0)

    def before(self, call: Call) -> Refusal | None:
        name, until = _table(call), self._active.get(_table(call), 0.0)
        if self.now >= until:
            return None
        missing = "Requested resource not found"
        unknown = Refusal("ResourceNotFoundException", f"{missing}: Table: {name} not found", until=until)
        in_use = Refusal("ResourceInUseException", f"Table is being created: {name}", until=until)
        if call.operation == "DescribeTable":
            return unknown if self.now < self._since[name] + self.unknown else None
        if call.operation in ("DescribeContinuousBackups", "UpdateContinuousBackups"):
            return Refusal("TableNotFoundException", f"Table not found: {name}", until=until)
        if call.operation in _DATA or call.operation == "ListTagsOfResource":
            return unknown
        return in_use if call.operation in ("CreateTable", *_CONTROL) else None

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        name = _table(call)
        if call.operation == "CreateTable":
            takes = self.with_indexes if call.params.get("GlobalSecondaryIndexes") else self.seconds
            self._since[name], self._active[name] = self.now, self.now + takes
            answer["TableDescription"]["TableStatus"] = "CREATING"
        if call.operation == "DescribeTable" and self.now < self._active.get(name, 0.0):
            answer["Table"]["TableStatus"] = "CREATING"
            for index in answer["Table"].get("GlobalSecondaryIndexes", ()):
                index["IndexStatus"] = "CREATING"
            self.bite(self._active[name])


class TooManyTables(_Table):
    """Only so many tables are made at once."""

    ids = ("DDB-02",)

    def __init__(self, creating: TableCreating, limit: int = 4) -> None:
        self._creating, self.limit = creating, limit

    def before(self, call: Call) -> Refusal | None:
        asked_for = sum(other.operation == call.operation for other in self.layer.under_way)
        making = self._creating.creating()
        if call.operation != "CreateTable" or len(making) + asked_for < self.limit:
            return None
        words = (
            "Subscriber limit exceeded: The number of tables that can be created, updated, or deleted simultaneously"
        )
        until = min((self._creating.active_at(name) for name in making), default=self.now + self._creating.seconds)
        return Refusal("LimitExceededException", words, until=until)


class TableUpdating(_Table):
    """A change of a table goes on after its answer, and nothing else changes it meanwhile."""

    ids = ("DDB-10", "DDB-11", "DDB-17", "DDB-19")
    seconds = 3.0

    def __init__(self) -> None:
        self._done: dict[str, float] = {}

    def before(self, call: Call) -> Refusal | None:
        name = _table(call)
        until = self._done.get(name, 0.0)
        if call.operation in ("UpdateTable", "DeleteTable") and self.now < until:
            words = "Attempt to change a resource which is still in use: Table is being updated"
            return Refusal("ResourceInUseException", f"{words}: {name}", until=until)
        found = self.describe(name) if call.operation in ("UpdateTable", "DeleteTable") else None
        if found is None:
            return None
        if call.operation == "DeleteTable" and found.get("DeletionProtectionEnabled"):
            words = "Resource cannot be deleted as it is currently protected against deletion. "
            return Refusal("ValidationException", f"{words}Disable deletion protection first.")
        asked = {key: value for key, value in call.params.items() if key != "TableName"}
        if asked == {"DeletionProtectionEnabled": found.get("DeletionProtectionEnabled", False)}:
            return Refusal("ValidationException", "The table already has these settings: nothing to update")
        return None

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        name = _table(call)
        if call.operation == "UpdateTable" and "GlobalSecondaryIndexUpdates" not in call.params:
            self._done[name] = self.now + self.seconds
            answer["TableDescription"]["TableStatus"] = "UPDATING"
        if call.operation == "DescribeTable" and self.now < self._done.get(name, 0.0):
            answer["Table"]["TableStatus"] = "UPDATING"
            self.bite(self._done[name])


class OneIndexAtATime(_Table):
    """An index takes long, one call brings one, and the table does nothing else meanwhile."""

    ids = ("DDB-09", "DDB-12", "DDB-19")
    seconds = 30.0

    def __init__(self) -> None:
        self._done: dict[str, tuple[float, str, str]] = {}

    def before(self, call: Call) -> Refusal | None:
        until = self._done.get(_table(call), (0.0, "", ""))[0]
        if call.operation == "DeleteTable" and self.now < until:
            words = "Cannot delete table while indexes are being created, updated, or deleted."
            return Refusal("LimitExceededException", words, until=until)
        if call.operation != "UpdateTable":
            return None
        if self.now < until:
            words = "Attempt to change a resource which is still in use: Table is being updated"
            return Refusal("ResourceInUseException", words, until=until)
        if len(call.params.get("GlobalSecondaryIndexUpdates", ())) > 1:
            words = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
            return Refusal("LimitExceededException", words)
        return None

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        name = _table(call)
        for update in call.params.get("GlobalSecondaryIndexUpdates", ()) if call.operation == "UpdateTable" else ():
            ((verb, index),) = update.items()
            status = {"Create": "CREATING", "Delete": "DELETING"}.get(verb, "UPDATING")
            self._done[name] = (self.now + self.seconds, index["IndexName"], status)
        until, index_name, status = self._done.get(name, (0.0, "", ""))
        if call.operation == "DescribeTable" and self.now < until:
            answer["Table"]["TableStatus"] = "UPDATING"
            for found in answer["Table"].get("GlobalSecondaryIndexes", ()):
                if found["IndexName"] == index_name:
                    found["IndexStatus"] = status
            self.bite(until)


class BackupsBeingEnabled(_Table):
    """Right after ACTIVE the backups are still being set up; then their status lags."""

    ids = ("DDB-04", "DDB-05")
    seconds = 3.0
    shows_after = 1.5

    def __init__(self, creating: TableCreating) -> None:
        self._creating = creating
        self._shows: dict[str, float] = {}

    def before(self, call: Call) -> Refusal | None:
        up = self._creating.active_at(_table(call))
        if call.operation == "UpdateContinuousBackups" and up <= self.now < up + self.seconds and up:
            words = f"Backups are being enabled for the table: {_table(call)}. Please retry later"
            return Refusal("ContinuousBackupsUnavailableException", words, until=up + self.seconds)
        until = self._shows.get(_table(call), 0.0)
        if call.operation == "UpdateTimeToLive" and self.now < until:
            return Refusal(
                "ValidationException", "Backups are being enabled for the table. Please retry later", 400, until
            )
        return None

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        name = _table(call)
        if call.operation == "UpdateContinuousBackups":
            self._shows[name] = self.now + self.shows_after
        if call.operation == "DescribeContinuousBackups" and self.now < self._shows.get(name, 0.0):
            recovery = {"PointInTimeRecoveryStatus": "DISABLED"}
            answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"] = recovery
            self.bite(self._shows[name])


class TagsTakeTime(_Table):
    """A change of tags shows later and refuses another one until then (since 2024, terraform-provider-aws#39326)."""

    ids = ("X-12",)
    seconds = 2.0

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, list[dict[str, str]]]] = {}

    def before(self, call: Call) -> Refusal | None:
        if call.operation not in ("TagResource", "UntagResource"):
            return None
        until, _ = self._before.get(_table(call), (0.0, []))
        if self.now < until:
            words = "Attempt to change a resource which is still in use: Table tags are being updated"
            return Refusal("ResourceInUseException", words, until=until)
        found = self.layer.raw("dynamodb").list_tags_of_resource(ResourceArn=call.params["ResourceArn"])["Tags"]
        self._before[_table(call)] = (self.now + self.seconds, found)
        return None

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        until, old = self._before.get(_table(call), (0.0, []))
        if call.operation == "ListTagsOfResource" and self.now < until:
            answer["Tags"] = old
            self.bite(until)


class TableDeleting(_Table):
    """A deleted table is DELETING for a while, and its name taken."""

    ids = ("DDB-01", "DDB-20")
    seconds = 5.0

    def __init__(self) -> None:
        self._gone: dict[str, float] = {}

    def before(self, call: Call) -> Refusal | Instead | None:
        name = _table(call)
        if self.now < self._gone.get(name, 0.0):
            if call.operation == "CreateTable":
                return Refusal("ResourceInUseException", f"Table is being deleted: {name}", until=self._gone[name])
            if call.operation in _CONTROL:
                return Refusal("ResourceInUseException", f"Table is being deleted: {name}", until=self._gone[name])
            if call.operation != "DescribeTable":
                return Refusal("ResourceNotFoundException", "Requested resource not found", until=self._gone[name])
        if call.operation != "DeleteTable":
            return None
        found = self.describe(name)
        if found is None:
            return None
        self._gone[name] = self.now + self.seconds
        self.layer.later(self.seconds, lambda: self.layer.raw("dynamodb").delete_table(TableName=name))
        return Instead({"TableDescription": {"TableName": name, "TableStatus": "DELETING"}})

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation == "DescribeTable" and self.now < self._gone.get(_table(call), 0.0):
            answer["Table"]["TableStatus"] = "DELETING"
            self.bite(self._gone[_table(call)])


def behaviours() -> list[Behaviour]:
    """All of DynamoDB's. Who refuses a deletion comes before who carries it out."""
    creating = TableCreating()
    return [
        TooManyTables(creating),
        creating,
        OneIndexAtATime(),
        TableUpdating(),
        BackupsBeingEnabled(creating),
        TagsTakeTime(),
        TableDeleting(),
    ]
