"""IAM: what is made is seen later, elsewhere later still; what is taken off holds on for a moment."""

from __future__ import annotations

from typing import Any

from tests.aws.layer import After, Behaviour, Call, Refusal

_WRITES = ("PutRolePolicy", "DeleteRolePolicy", "UpdateAssumeRolePolicy", "UpdateRole", "TagRole")


class RoleNotVisible(After):
    """A role just made is unknown to IAM itself, to reads and writes alike."""

    ids = ("X-10",)
    service = "iam"
    causes, key, seconds = ("CreateRole",), "RoleName", 1.2
    code, message, status = "NoSuchEntity", "The role with name {} cannot be found.", 404

    def refuses(self, call: Call) -> bool:
        return call.operation != "CreateRole"


class RoleNotAssumable(Behaviour):
    """Lambda cannot assume a role just made, and says so in several ways; an empty 500 comes in between."""

    ids = ("X-02", "X-03", "X-04", "IAM-14", "LMB-01", "LMB-02")
    seconds = 9.0
    _words = (
        ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.", 400),
        ("InternalFailure", "", 500),
        ("InvalidParameterValueException", "The provided execution role does not have permissions to call X", 400),
        ("InvalidParameterValueException", "Lambda is unable to assume the role defined for the function.", 400),
    )

    def __init__(self) -> None:
        self._ready: dict[str, float] = {}
        self._said = 0

    def sees(self, call: Call) -> bool:
        return call.operation in ("CreateRole", "CreateFunction", "UpdateFunctionConfiguration")

    def before(self, call: Call) -> Refusal | None:
        until = self._ready.get(call.params.get("Role", ""), 0.0)
        if self.now >= until:
            return None
        code, message, status = self._words[self._said % len(self._words)]
        self._said += 1
        return Refusal(code, message, status, until)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation == "CreateRole":
            self._ready[answer["Role"]["Arn"]] = self.now + self.seconds


class RoleWrittenAtOnce(After):
    """A write to a role that was written a moment ago."""

    ids = ("IAM-06", "X-12")
    service = "iam"
    causes, refused, key, seconds = ("CreateRole", *_WRITES), _WRITES, "RoleName", 2.0
    code, message, status = "ConcurrentModification", "The role {} is being modified.", 409


class RoleInUse(After):
    """A policy taken off a role keeps the role a little longer."""

    ids = ("IAM-03",)
    service = "iam"
    causes, refused = ("DeleteRolePolicy", "DetachRolePolicy"), ("DeleteRole",)
    key, seconds = "RoleName", 3.0
    code, message, status = "DeleteConflict", "Cannot delete entity, must delete policies first.", 409


def behaviours() -> list[Behaviour]:
    """All of IAM's."""
    return [RoleNotVisible(), RoleNotAssumable(), RoleWrittenAtOnce(), RoleInUse()]
