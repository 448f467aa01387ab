"""Who may invoke a Lambda function: the statements of its policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision.aws import Aws, error_message, has_code, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource, Undeclared, giver

# Terraform allows a new function's policy that long to settle (LMB-13).
_POLICY_BUDGET = 300.0

_missing = has_code("ResourceNotFoundException")
_conflict = has_code("ResourceConflictException")


def _exists(error: ClientError) -> bool:
    return _conflict(error) and "already exist" in error_message(error).lower()


@dataclass(frozen=True, kw_only=True)
class Permission(Resource):
    """A statement of our function's policy: the service `principal` may invoke it for `source_arn`.

    It needs no tag, since the function is ours. `name` is the statement id.
    """

    kind: ClassVar[str] = "lambda.permission"
    identity: ClassVar = ("name", "function_name")
    actions: ClassVar = {
        "read": ("lambda:GetPolicy",),
        "create": ("lambda:AddPermission", "lambda:RemovePermission"),
        "update": ("lambda:AddPermission", "lambda:RemovePermission"),
        "delete": ("lambda:RemovePermission",),
    }

    function_name: str
    principal: str
    source_arn: str

    @property
    def lane(self) -> str:
        # Parallel writes to one policy overwrite each other, silently (LMB-12).
        return f"function:{self.function_name}"

    @property
    def goes_with(self) -> str:
        return giver(self.function_name)

    def properties(self) -> dict[str, Any]:
        return {
            "principal": self.principal,
            "source_arn": self.source_arn,
            "action": "lambda:InvokeFunction",
        }

    def read(self, aws: Aws) -> Live | None:
        statements = _statements(aws, self.function_name)
        statement = next((found for found in statements if found.get("Sid") == self.name), None)
        if statement is None:
            return None
        principal = statement["Principal"]
        return Live(
            properties={
                "principal": principal.get("Service", "") if isinstance(principal, dict) else principal,
                "source_arn": _source_arn(statement.get("Condition", {})),
                "action": statement["Action"],
            }
        )

    def create(self, aws: Aws) -> Outputs:
        try:
            self._add(aws)
        except ClientError as error:
            if not _exists(error):
                raise
            live = self.read(aws)
            if live is not None and not self.diff(live):
                return {}
            self._remove(aws)
            self._add(aws)
        # What was added may be lost or not visible yet (LMB-12, LMB-16).
        aws.wait(
            lambda: self.read(aws),
            what=f"permission {self.name} of function {self.function_name}",
            budget=_POLICY_BUDGET,
        )
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        # A statement cannot be changed, only replaced (LMB-11).
        self._remove(aws)
        return self.create(aws)

    def delete(self, aws: Aws, live: Live) -> None:
        self._remove(aws)

    def _add(self, aws: Aws) -> None:
        aws.retry(
            lambda: aws.client("lambda").add_permission(
                FunctionName=self.function_name,
                StatementId=self.name,
                Action="lambda:InvokeFunction",
                Principal=self.principal,
                SourceArn=self.source_arn,
            ),
            # The function may not be visible yet (LMB-13), or its policy be busy (LMB-12).
            when=lambda error: _missing(error) or (_conflict(error) and not _exists(error)),
            budget=_POLICY_BUDGET,
            # As in lambda_function.py: 15 such calls a second (LMB-40), for all functions together.
            quickest=0.5,
        )

    def _remove(self, aws: Aws) -> None:
        _remove_statement(aws, self.function_name, self.name)


@dataclass(frozen=True, kw_only=True)
class UndeclaredPermissions(Undeclared):
    """Statements of our function's policy beside those in `names`: callers that nobody meant it to have."""

    kind: ClassVar[str] = "lambda.undeclared"
    identity: ClassVar = ("name", "function_name")
    actions: ClassVar = {"read": ("lambda:GetPolicy",), "delete": ("lambda:RemovePermission",)}

    function_name: str
    names: tuple[str, ...]

    @property
    def lane(self) -> str:
        return f"function:{self.function_name}"

    @property
    def goes_with(self) -> str:
        return giver(self.function_name)

    def read(self, aws: Aws) -> Live | None:
        found = [statement.get("Sid", "") for statement in _statements(aws, self.function_name)]
        others = sorted(set(found) - set(self.names))
        return Live({"permissions": others}) if others else None

    def delete(self, aws: Aws, live: Live) -> None:
        for name in live.properties["permissions"]:
            _remove_statement(aws, self.function_name, name)


def _statements(aws: Aws, function: str) -> list[dict[str, Any]]:
    """Of the function's policy; in a survey it is fetched once."""

    def fetch() -> list[dict[str, Any]]:
        try:
            policy = json.loads(aws.client("lambda").get_policy(FunctionName=function)["Policy"])
        except ClientError as error:
            if _missing(error):
                return []
            raise
        return list(policy["Statement"])

    return aws.shared(("lambda.policy", function), fetch)


def _remove_statement(aws: Aws, function: str, name: str) -> None:
    with ignoring("ResourceNotFoundException"):
        aws.retry(
            lambda: aws.client("lambda").remove_permission(FunctionName=function, StatementId=name),
            when=_conflict,
            budget=_POLICY_BUDGET,
        )


def _source_arn(condition: Mapping[str, Any]) -> str:
    """The ARN of `{"ArnLike": {"AWS:SourceArn": …}}`; the key's case varies."""
    for operands in condition.values():
        for key, value in operands.items():
            if key.lower() == "aws:sourcearn":
                return str(value)
    return ""
