"""One at a time: a parameter that can be made only once."""

from __future__ import annotations

from typing import Any

from benchmarks.floor.aws import PREFIX, TAG_LIST, Aws

PATH = f"/studentdb/{PREFIX}/lock/"


class Lock:
    """Held from the start; nothing looks at who holds it, because the script runs alone."""

    def __init__(self, aws: Aws) -> None:
        self._ssm: Any = aws.client("ssm")
        self._found = [each["Name"] for each in self._ssm.get_parameters_by_path(Path=PATH)["Parameters"]]
        self._mine = f"{PATH}{len(self._found) + 1}"
        self._ssm.put_parameter(Name=self._mine, Type="String", Value="held", Tags=TAG_LIST)

    def release(self) -> None:
        """It stays, and says so."""
        self._ssm.put_parameter(Name=self._mine, Type="String", Value="released", Overwrite=True)

    def destroy(self) -> None:
        """Nothing is left to be locked."""
        self._ssm.delete_parameters(Names=[*self._found, self._mine])
