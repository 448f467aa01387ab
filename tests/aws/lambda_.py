"""Lambda: functions that are not up yet, updates under way, policies that lose a statement."""

from __future__ import annotations

from typing import Any

from tests.aws.layer import After, Behaviour, Call, Refusal

_UPDATES = ("UpdateFunctionCode", "UpdateFunctionConfiguration", "PublishVersion")


def _name(call: Call) -> str:
    return str(call.params.get("FunctionName", "")).rpartition(":function:")[2]


class OurTime(Behaviour):
    """The embedded engine brings a function up in a second of its own time: here that is the layer's business."""

    service = "lambda"

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        config = answer.get("Configuration") if call.operation == "GetFunction" else answer
        if config and config.get("State") == "Pending":
            config["State"] = "Active"
        if config and config.get("LastUpdateStatus") == "InProgress":
            config["LastUpdateStatus"] = "Successful"


class _AfterFunction(After):
    service = "lambda"
    key = "FunctionName"

    def named(self, call: Call) -> str:
        return _name(call)


class FunctionNotVisible(_AfterFunction):
    """A function just made is unknown to reads and to its policy."""

    ids = ("X-10", "LMB-13")
    causes, seconds = ("CreateFunction",), 0.8
    code, message, status = "ResourceNotFoundException", "Function not found: {}", 404

    def refuses(self, call: Call) -> bool:
        return call.operation != "CreateFunction"


class FunctionPending(Behaviour):
    """A new function takes permissions, but neither updates nor its deletion."""

    ids = ("LMB-06", "LMB-07", "LMB-08")
    service = "lambda"
    seconds = 3.0
    _refused = (*_UPDATES, "DeleteFunction", "PutRuntimeManagementConfig", "Invoke")

    def __init__(self) -> None:
        self._active: dict[str, float] = {}

    def before(self, call: Call) -> Refusal | None:
        until = self._active.get(_name(call), 0.0)
        if call.operation not in self._refused or self.now >= until:
            return None
        words = "The operation cannot be performed at this time. The function is currently in the following state: "
        return Refusal("ResourceConflictException", f"{words}Pending", 409, until)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation == "CreateFunction":
            self._active[_name(call)] = self.now + self.seconds
            answer["State"] = "Pending"
        until = self._active.get(_name(call), 0.0)
        config = answer.get("Configuration") if call.operation == "GetFunction" else answer
        if call.operation in ("GetFunction", "GetFunctionConfiguration") and config and self.now < until:
            config["State"] = "Pending"
            config["LastUpdateStatus"] = "InProgress"
            self.bite(until)


class FunctionInUpdate(Behaviour):
    """An update goes on after its answer, and nothing else is updated meanwhile."""

    ids = ("LMB-05", "LMB-09")
    service = "lambda"
    seconds = 2.0

    def __init__(self) -> None:
        self._done: dict[str, float] = {}

    def before(self, call: Call) -> Refusal | None:
        until = self._done.get(_name(call), 0.0)
        if call.operation not in _UPDATES or self.now >= until:
            return None
        words = f"The operation cannot be performed at this time. An update is in progress for resource: {_name(call)}"
        return Refusal("ResourceConflictException", words, 409, until)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation in ("UpdateFunctionCode", "UpdateFunctionConfiguration"):
            self._done[_name(call)] = self.now + self.seconds
            answer["LastUpdateStatus"] = "InProgress"
        until = self._done.get(_name(call), 0.0)
        config = answer.get("Configuration") if call.operation == "GetFunction" else answer
        if call.operation in ("GetFunction", "GetFunctionConfiguration") and config and self.now < until:
            config["LastUpdateStatus"] = "InProgress"
            self.bite(until)


class FunctionNameTaken(_AfterFunction):
    """The name of a function just deleted is not free at once."""

    ids = ("X-12",)
    causes, refused, seconds = ("DeleteFunction",), ("CreateFunction",), 4.0
    code, message, status = "ResourceConflictException", "Function already exist: {}", 409


class PolicyNotVisible(_AfterFunction):
    """The first permission of a function is read back later."""

    ids = ("LMB-16",)
    causes, refused, seconds = ("AddPermission",), ("GetPolicy",), 1.2
    code, message, status = "ResourceNotFoundException", "The resource you requested does not exist.", 404


class PolicyBusy(Behaviour):
    """The policy of a function that has just come up is still being written."""

    ids = ("LMB-12",)
    service = "lambda"
    seconds = 0.5

    def __init__(self) -> None:
        self._came_up: dict[str, float] = {}

    def before(self, call: Call) -> Refusal | None:
        if call.operation != "AddPermission" or _name(call) not in self._came_up:
            return None
        # From the first attempt on.
        first = self._came_up[_name(call)]
        until = self._came_up[_name(call)] = first or self.now + self.seconds
        if self.now >= until:
            return None
        words = "The statement could not be updated due to a concurrent update operation"
        return Refusal("ResourceConflictException", words, 409, until)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation == "CreateFunction":
            self._came_up[_name(call)] = 0.0


class PermissionLost(Behaviour):
    """Two permissions of one function at once: one of them is gone, and nothing says so."""

    ids = ("LMB-12",)
    service = "lambda"
    seconds = 0.3

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, float]] = {}

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation != "AddPermission":
            return
        statement, until = self._last.get(_name(call), ("", 0.0))
        if statement and self.now < until:
            self.layer.raw("lambda").remove_permission(FunctionName=_name(call), StatementId=statement)
            self.bite()
        self._last[_name(call)] = (call.params["StatementId"], self.now + self.seconds)


class LateLogLine(Behaviour):
    """A function that is gone still writes its last line, and so makes its log group again, without retention."""

    ids = ("LMB-22", "LOG-03", "LMB-41")
    service = "lambda"
    seconds = 8.0

    def __init__(self) -> None:
        self.made: list[str] = []

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation == "DeleteFunction":
            name = _name(call)
            self.layer.later(self.seconds, lambda: self._write(f"/aws/lambda/{name}"))

    def _write(self, group: str) -> None:
        logs = self.layer.raw("logs")
        found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if not any(item["logGroupName"] == group for item in found):
            logs.create_log_group(logGroupName=group)
            self.made.append(group)
            self.bite()


def behaviours() -> list[Behaviour]:
    """All of Lambda's."""
    return [
        OurTime(),
        FunctionNameTaken(),
        FunctionNotVisible(),
        FunctionPending(),
        FunctionInUpdate(),
        PolicyNotVisible(),
        PolicyBusy(),
        PermissionLost(),
        LateLogLine(),
    ]
