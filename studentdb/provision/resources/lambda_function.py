"""A Lambda function."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.errors import StudentDBError
from studentdb.provision.aws import EXISTING_BUDGET, Aws, error_code, error_message, has_code, ignoring
from studentdb.provision.core import Change, Live, NotOursError, Outputs, Resource

# IAM's own propagation took more than 48 s in one measured deploy; Terraform allows Lambda 5 min.
_ROLE_BUDGET = 300.0
_STATE_BUDGET = 300.0
# Lambda says in these words that it does not see the role or its policies yet (LMB-01, LMB-02, X-02).
_ROLE_NOT_VISIBLE = ("cannot be assumed", "does not have permissions", "is unable to assume")
# The tag that says which role, of all that may have borne its name, the function was made with.
ROLE_ID = "studentdb:role-id"
# UpdateFunctionCode takes these; all the others go with UpdateFunctionConfiguration.
_CODE_PROPERTIES = {"code_sha256", "architecture"}

_missing = has_code("ResourceNotFoundException")
_conflict = has_code("ResourceConflictException")


def _role_not_visible(error: ClientError) -> bool:
    # An odd 500 with no message comes in between.
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return True
    return error_code(error) == "InvalidParameterValueException" and any(
        words in error_message(error) for words in _ROLE_NOT_VISIBLE
    )


def _exists(error: ClientError) -> bool:
    return _conflict(error) and "already exist" in error_message(error).lower()


@dataclass(frozen=True, kw_only=True)
class Function(Resource):
    """A function from a zip. `memory_mb` in MB, `timeout_s` in seconds, `architecture` arm64 or x86_64."""

    kind: ClassVar[str] = "lambda.function"
    # A function whose creation failed is of no use and takes no update. One whose role was made again under the same
    # name cannot read its environment, which Lambda encrypted for the role of before (LMB-19).
    immutable: ClassVar = frozenset({"state", "role_unique_id"})
    actions: ClassVar = {
        # ListTags, TagResource, PassRole and GetLayerVersion are AWS's demand; the engine does without. Without
        # ListTags, GetFunction leaves the tags out silently, and our function would seem somebody else's.
        "read": ("lambda:GetFunction", "lambda:ListTags"),
        "create": ("lambda:CreateFunction", "lambda:TagResource", "iam:PassRole", "lambda:GetLayerVersion"),
        "update": (
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:DeleteFunctionConcurrency",
            "lambda:GetLayerVersion",
            "iam:PassRole",
        ),
        "delete": ("lambda:DeleteFunction",),
    }

    description: str
    role_arn: str
    role_unique_id: str
    code: bytes = field(repr=False)
    handler: str
    runtime: str
    architecture: str
    memory_mb: int
    timeout_s: int
    environment: Mapping[str, str]
    # Made before the function: Lambda would make one that keeps everything for ever (LMB-41).
    log_group_name: str
    # ARNs of layers' versions.
    layers: tuple[str, ...] = ()

    def properties(self) -> dict[str, Any]:
        return {
            "code_sha256": base64.b64encode(hashlib.sha256(self.code).digest()).decode(),
            "architecture": self.architecture,
            "description": self.description,
            "role_arn": self.role_arn,
            "role_unique_id": self.role_unique_id,
            "handler": self.handler,
            "runtime": self.runtime,
            "memory_mb": self.memory_mb,
            "timeout_s": self.timeout_s,
            "environment": dict(self.environment),
            "log_group_name": self.log_group_name,
            "log_format": "Text",
            "tracing": "PassThrough",
            # Nobody's code beside ours, no network that leads nowhere, no limit that turns requests away.
            "layers": list(self.layers),
            "subnets": [],
            "reserved_concurrency": None,
            "state": "Active",
            "last_update": "Successful",
        }

    def read(self, aws: Aws) -> Live | None:
        found = self._get(aws)
        if found is None:
            return None
        if not aws.owns(found.get("Tags", {})):
            raise NotOursError(self.kind, self.name, "it does not carry this deployment's tag")
        config = found["Configuration"]
        logging = config.get("LoggingConfig", {})
        return Live(
            properties={
                "code_sha256": config["CodeSha256"],
                "architecture": config.get("Architectures", ["x86_64"])[0],
                "description": config.get("Description", ""),
                "role_arn": config["Role"],
                "role_unique_id": found["Tags"].get(ROLE_ID),
                "handler": config["Handler"],
                "runtime": config["Runtime"],
                "memory_mb": config["MemorySize"],
                "timeout_s": config["Timeout"],
                "environment": config.get("Environment", {}).get("Variables", {}),
                "log_group_name": logging.get("LogGroup", f"/aws/lambda/{self.name}"),
                "log_format": logging.get("LogFormat", "Text"),
                "tracing": config.get("TracingConfig", {}).get("Mode", "PassThrough"),
                "layers": [layer["Arn"] for layer in config.get("Layers", ())],
                "subnets": config.get("VpcConfig", {}).get("SubnetIds", []),
                "reserved_concurrency": found.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
                "state": "Failed" if config.get("State") == "Failed" else "Active",
                "last_update": "Failed" if config.get("LastUpdateStatus") == "Failed" else "Successful",
            },
            outputs=_outputs(config),
            settled=_is_settled(config),
        )

    def create(self, aws: Aws) -> Outputs:
        def find_or_make() -> Outputs | None:
            """What an earlier attempt made may not be seen yet (X-10); a name may be taken by one that goes away."""
            live = self.read(aws)
            return self._make(aws) if live is None else self.update(aws, live, self.diff(live))

        # Integrations and permissions can be made for one that is still pending (LMB-07).
        what = f"the name of function {self.name} becoming free"
        # Each look tries to make it, and Lambda takes 15 such calls a second of an account (LMB-40): several functions
        # that ask more often keep each other waiting.
        return self._make(aws) or aws.wait(find_or_make, what=what, budget=EXISTING_BUDGET, quickest=0.5)

    def _make(self, aws: Aws) -> Outputs | None:
        """None while there is one of this name."""
        try:
            made = aws.retry(
                lambda: aws.client("lambda").create_function(
                    **self._configuration(),
                    Code={"ZipFile": self.code},
                    Architectures=[self.architecture],
                    PackageType="Zip",
                    Tags={**aws.tags, ROLE_ID: self.role_unique_id},
                ),
                when=_role_not_visible,
                budget=_ROLE_BUDGET,
            )
        except ClientError as error:
            if not _exists(error):
                raise
            return None
        return _outputs(made)

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        client = aws.client("lambda")
        differing = {change.property for change in changes}
        # A new function, or one in another update, refuses any change (LMB-05, LMB-06).
        if not live.settled:
            self._wait_settled(aws)
        # After a failed update nobody knows which half of it is in force.
        again = "last_update" in differing
        configured = differing - _CODE_PROPERTIES - {"reserved_concurrency"}
        if again or differing & _CODE_PROPERTIES:
            aws.retry(
                lambda: client.update_function_code(
                    FunctionName=self.name, ZipFile=self.code, Architectures=[self.architecture]
                ),
                when=_conflict,
                budget=_STATE_BUDGET,
            )
            if configured:
                self.settle(aws)
        if configured:
            aws.retry(
                lambda: client.update_function_configuration(**{**_cleared(differing), **self._configuration()}),
                when=lambda error: _conflict(error) or _role_not_visible(error),
                budget=_ROLE_BUDGET,
            )
        if "reserved_concurrency" in differing:
            aws.retry(
                lambda: client.delete_function_concurrency(FunctionName=self.name),
                when=_conflict,
                budget=_STATE_BUDGET,
            )
        return live.outputs

    def settle(self, aws: Aws) -> None:
        """Raises StudentDBError with Lambda's reason when a change failed."""
        config = self._wait_settled(aws)
        for status, reason in (("State", "StateReason"), ("LastUpdateStatus", "LastUpdateStatusReason")):
            if config.get(status) == "Failed":
                raise StudentDBError(
                    f"Lambda could not set up function {self.name}", why=config.get(reason, "no reason given")
                )

    def delete(self, aws: Aws, live: Live) -> None:
        with ignoring("ResourceNotFoundException"):
            # A function still being made refuses (LMB-08).
            aws.retry(
                lambda: aws.client("lambda").delete_function(FunctionName=self.name),
                when=_conflict,
                budget=_STATE_BUDGET,
            )

    def _configuration(self) -> dict[str, Any]:
        return {
            "FunctionName": self.name,
            "Description": self.description,
            "Role": self.role_arn,
            "Handler": self.handler,
            "Runtime": self.runtime,
            "MemorySize": self.memory_mb,
            "Timeout": self.timeout_s,
            "Environment": {"Variables": dict(self.environment)},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": self.log_group_name},
            "TracingConfig": {"Mode": "PassThrough"},
            **({"Layers": list(self.layers)} if self.layers else {}),
        }

    def _get(self, aws: Aws) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = aws.client("lambda").get_function(FunctionName=self.name)
        except ClientError as error:
            if _missing(error):
                return None
            raise
        return found

    def _wait_settled(self, aws: Aws) -> dict[str, Any]:
        def poll() -> dict[str, Any] | None:
            found = self._get(aws)
            config: dict[str, Any] | None = found["Configuration"] if found else None
            return config if config and _is_settled(config) else None

        return aws.wait(poll, what=f"function {self.name} becoming ready", budget=_STATE_BUDGET)


def _cleared(differing: set[str]) -> dict[str, Any]:
    """What a configuration that does not name it would leave as it is."""
    empty: dict[str, dict[str, Any]] = {
        "layers": {"Layers": []},
        "subnets": {"VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}},
    }
    return {key: value for name in differing & empty.keys() for key, value in empty[name].items()}


def _outputs(config: Mapping[str, Any]) -> Outputs:
    return {"name": config["FunctionName"], "arn": config["FunctionArn"]}


def _is_settled(config: Mapping[str, Any]) -> bool:
    return config.get("State") != "Pending" and config.get("LastUpdateStatus") != "InProgress"
