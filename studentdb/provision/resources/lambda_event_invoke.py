"""What becomes of an event that nobody waits for, such as a bucket's, when our function fails on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision.aws import Aws, error_code, error_message, has_code, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource, giver

# The role's right to invoke the destination may be a moment old (LMB-37).
_BUDGET = 300.0
_NOT_YET = ("destination arn", "does not have permissions")


def _not_yet(error: ClientError) -> bool:
    if error_code(error) == "InvalidParameterValueException":
        return any(each in error_message(error).lower() for each in _NOT_YET)
    # Nor may the function be visible yet (LMB-13), or it is being updated.
    return error_code(error) in ("ResourceNotFoundException", "ResourceConflictException")


@dataclass(frozen=True, kw_only=True)
class EventInvokeConfig(Resource):
    """An event that our function fails on comes twice more, and then `destination_arn` is told of it. No outputs.

    The destination is a function; the failing one's role has to be allowed to invoke it. The name is ours alone.
    """

    kind: ClassVar[str] = "lambda.event_invoke_config"
    identity: ClassVar = ("name", "function_name")
    actions: ClassVar = {
        "read": ("lambda:GetFunctionEventInvokeConfig",),
        "create": ("lambda:PutFunctionEventInvokeConfig",),
        "update": ("lambda:PutFunctionEventInvokeConfig",),
        "delete": ("lambda:DeleteFunctionEventInvokeConfig",),
    }

    function_name: str
    destination_arn: str

    @property
    def goes_with(self) -> str:
        return giver(self.function_name)

    def properties(self) -> dict[str, Any]:
        return {"on_failure": self.destination_arn, "on_success": "", "retries": 2, "event_age_s": 6 * 3600}

    def read(self, aws: Aws) -> Live | None:
        """None as well while there is no function."""
        try:
            found = aws.client("lambda").get_function_event_invoke_config(FunctionName=self.function_name)
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            return None
        destinations = found.get("DestinationConfig", {})
        return Live(
            {
                "on_failure": destinations.get("OnFailure", {}).get("Destination", ""),
                "on_success": destinations.get("OnSuccess", {}).get("Destination", ""),
                # Lambda's own, where nobody has said anything.
                "retries": found.get("MaximumRetryAttempts", 2),
                "event_age_s": found.get("MaximumEventAgeInSeconds", 6 * 3600),
            }
        )

    def create(self, aws: Aws) -> Outputs:
        wanted = self.properties()
        aws.retry(
            # It replaces whatever was said before.
            lambda: aws.client("lambda").put_function_event_invoke_config(
                FunctionName=self.function_name,
                MaximumRetryAttempts=wanted["retries"],
                MaximumEventAgeInSeconds=wanted["event_age_s"],
                DestinationConfig={"OnFailure": {"Destination": self.destination_arn}},
            ),
            when=_not_yet,
            budget=_BUDGET,
        )
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        return self.create(aws)

    def delete(self, aws: Aws, live: Live) -> None:
        client = aws.client("lambda")
        with ignoring("ResourceNotFoundException"):
            aws.retry(
                lambda: client.delete_function_event_invoke_config(FunctionName=self.function_name),
                when=has_code("ResourceConflictException"),
            )
