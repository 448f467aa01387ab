"""SSM, where the lock is."""

from __future__ import annotations

from typing import Any

from tests.aws.layer import After, Behaviour, Call, Unlisted


class ParameterNameTaken(After):
    """A deleted parameter's name cannot be used again for 30 s (says the documentation of DeleteParameter)."""

    ids = ("X-12",)
    service = "ssm"
    causes, refused, key, seconds = ("DeleteParameters",), ("PutParameter",), "Name", 30.0
    code, message = "ParameterAlreadyExists", "The parameter already exists."

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        for name in answer.get("DeletedParameters", ()) if call.operation in self.causes else ():
            self.until[name] = self.now + self.seconds


class ParameterBusy(After):
    """Two writes of one parameter in quick succession."""

    ids = ("X-12",)
    service = "ssm"
    causes, refused, key, seconds = ("PutParameter",), ("PutParameter",), "Name", 0.3
    code, message = "TooManyUpdates", "There are concurrent updates for a resource that supports one update at a time."


class ParameterUnlisted(Unlisted):
    """A new parameter is not listed at once."""

    ids = ("X-10",)
    service = "ssm"
    causes, listing, seconds = ("PutParameter",), "GetParametersByPath", 0.4

    def made(self, call: Call, answer: dict[str, Any]) -> str:
        return "" if call.params.get("Overwrite") else str(call.params["Name"])

    def items(self, answer: dict[str, Any]) -> list[Any]:
        parameters: list[Any] = answer["Parameters"]
        return parameters

    def shown(self, item: Any) -> str:
        return str(item["Name"])


def behaviours() -> list[Behaviour]:
    """All of SSM's."""
    return [ParameterNameTaken(), ParameterBusy(), ParameterUnlisted()]
