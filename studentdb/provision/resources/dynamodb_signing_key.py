"""The key with which the functions sign list cursors: an item of the index table that no other program ever reads."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision.aws import Aws, error_code, has_code, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource, giver

_KEY = {"pk": {"S": "secret#cursor"}, "sk": {"S": "-"}}
_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class SigningKey(Resource):
    """Made once, on this machine, straight into the encrypted table; it is not in any variable, file or log."""

    kind: ClassVar[str] = "dynamodb.signing_key"
    identity: ClassVar = ("name", "table_name")
    stateful: ClassVar[bool] = True
    actions: ClassVar = {
        "read": ("dynamodb:GetItem",),
        "create": ("dynamodb:PutItem",),
        "update": (),
        "delete": ("dynamodb:DeleteItem",),
    }

    table_name: str

    @property
    def goes_with(self) -> str:
        return giver(self.table_name)

    def properties(self) -> dict[str, Any]:
        return {}

    def read(self, aws: Aws) -> Live | None:
        try:
            # The projection keeps the key itself out of this process.
            found = aws.client("dynamodb").get_item(
                TableName=self.table_name, Key=_KEY, ProjectionExpression="pk", ConsistentRead=True
            )
        except ClientError as error:
            # Also while the table is being created (DDB-03).
            if error_code(error) == "ResourceNotFoundException":
                return None
            raise
        return Live(properties={}) if "Item" in found else None

    def create(self, aws: Aws) -> Outputs:
        # Never over an existing one: cursors that people hold would break.
        with ignoring("ConditionalCheckFailedException"):
            aws.retry(
                lambda: aws.client("dynamodb").put_item(
                    TableName=self.table_name,
                    Item={**_KEY, "key": {"B": secrets.token_bytes(_KEY_BYTES)}},
                    ConditionExpression="attribute_not_exists(pk)",
                ),
                when=has_code("ResourceNotFoundException"),
            )
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        return {}

    def delete(self, aws: Aws, live: Live) -> None:
        with ignoring("ResourceNotFoundException"):
            aws.client("dynamodb").delete_item(TableName=self.table_name, Key=_KEY)
