"""What a deployment's data were last touched by: two tags on the users table, and the migrations between schemas.

CreateTable gives a new table both of them. A table without them is from before they existed: tool 0, schema 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from studentdb.provision import tags
from studentdb.provision.aws import Aws, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource, giver
from studentdb.provision.resources.dynamodb_table import CHANGE_BUDGET, busy, table_tags

FIRST_SCHEMA = 1


@dataclass(frozen=True)
class Migration:
    """One step of the data, from a schema to the next.

    `run` works in pieces, calls `aws.pause(0)` between them so that Ctrl-C gets through, and may be run again over data
    that it has changed already, half or whole: that is how it goes on after a crash. Requests are served meanwhile, by
    functions that know both shapes. `actions` are the IAM actions that it needs; only here may a scan be among them.
    """

    what: str
    run: Callable[[Aws], None]
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _TableTag(Resource):
    """One tag of a table of ours; the others are left alone."""

    identity: ClassVar[tuple[str, ...]] = ("name", "table_arn")
    # Stays with the data that it is about.
    stateful: ClassVar[bool] = True
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "read": ("dynamodb:ListTagsOfResource",),
        "create": ("dynamodb:TagResource",),
        "update": ("dynamodb:TagResource",),
        "delete": ("dynamodb:UntagResource",),
    }
    tag: ClassVar[str]

    table_arn: str

    @property
    def lane(self) -> str:
        # A second change of a table's tags is refused until the first has taken effect.
        return f"table-tags:{self.table_arn}"

    @property
    def goes_with(self) -> str:
        return giver(self.table_arn)

    @property
    def wanted(self) -> str:
        """The tag's value."""
        raise NotImplementedError

    def properties(self) -> dict[str, Any]:
        return {"version": self.wanted}

    def read(self, aws: Aws) -> Live | None:
        with ignoring("ResourceNotFoundException"):
            found = table_tags(aws, self.table_arn).get(self.tag)
            return None if found is None else Live({"version": found})
        return None

    def create(self, aws: Aws) -> Outputs:
        live = self.read(aws)
        # A table that was made a moment ago has it from the call that made it.
        return {} if live is not None and not self.diff(live) else self.update(aws, live or Live({}), ())

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        self.write(aws, self.wanted)
        return {}

    def delete(self, aws: Aws, live: Live) -> None:
        with ignoring("ResourceNotFoundException"):
            aws.retry(
                lambda: aws.client("dynamodb").untag_resource(ResourceArn=self.table_arn, TagKeys=[self.tag]),
                when=busy,
                budget=CHANGE_BUDGET,
            )

    def write(self, aws: Aws, value: str) -> None:
        """Set the tag and wait until it shows: it takes effect later than it is answered.

        (terraform-provider-aws#39326)
        """
        aws.retry(
            lambda: aws.client("dynamodb").tag_resource(
                ResourceArn=self.table_arn, Tags=tags.as_list({self.tag: value})
            ),
            when=busy,
            budget=CHANGE_BUDGET,
        )
        aws.wait(
            lambda: table_tags(aws, self.table_arn).get(self.tag) == value or None,
            what=f"a change of the tags of table {self.name}",
            budget=CHANGE_BUDGET,
        )


@dataclass(frozen=True, kw_only=True)
class ToolVersion(_TableTag):
    """Which studentdb deployed last, as `0.1.0`: an older one refuses. No outputs."""

    kind: ClassVar[str] = "dynamodb.tool_version"
    tag: ClassVar[str] = tags.TOOL

    version: str

    @property
    def wanted(self) -> str:
        return self.version


@dataclass(frozen=True, kw_only=True)
class Schema(_TableTag):
    """The schema that all the data have: the first one, and one more for each of `migrations`. No outputs.

    A deploy comes to it last: no function that knows only the old shape may be left by then.
    """

    kind: ClassVar[str] = "dynamodb.schema"
    tag: ClassVar[str] = tags.SCHEMA

    migrations: tuple[Migration, ...] = field(repr=False)

    @property
    def actions(self) -> Mapping[str, tuple[str, ...]]:  # type: ignore[override] # of the kind elsewhere, of what it does here
        declared = _TableTag.actions
        needed = tuple(action for migration in self.migrations for action in migration.actions)
        return {**declared, **{verb: (*declared[verb], *needed) for verb in ("create", "update")}}

    @property
    def wanted(self) -> str:
        return str(FIRST_SCHEMA + len(self.migrations))

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        if "version" not in live.properties:
            self.write(aws, str(FIRST_SCHEMA))
        reached = int(live.properties.get("version", FIRST_SCHEMA))
        for number, migration in enumerate(self.migrations, start=FIRST_SCHEMA + 1):
            if number > reached:
                migration.run(aws)
                # Not before: what was cut off is run again from its beginning.
                self.write(aws, str(number))
        return {}
