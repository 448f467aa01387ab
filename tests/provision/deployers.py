"""Deployers of the present stack and of other ones, and the ways in which one may die."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from studentdb.bundle import find
from studentdb.provision.aws import Aws
from studentdb.provision.deployer import Deployer, Source
from studentdb.provision.engine import Plan, Stack
from studentdb.provision.events import Emit, silent
from studentdb.provision.stack import stack
from studentdb.provision.stack_settings import StackSettings
from tests.pictures import PILLOW


class KilledError(BaseException):
    """What nothing may catch: the process is dead from here on."""


def deployer(
    aws: Aws,
    declare: Callable[..., Stack] = stack,
    *,
    settings: StackSettings | None = None,
    emit: Emit = silent,
) -> Deployer:
    """Of the whole product, described by `declare`."""
    bundle = find()
    source = Source(
        functions=bundle.lambda_src,
        site=bundle.site,
        public_routes=bundle.public_routes,
        account_routes=bundle.account_routes,
        pillow=PILLOW,
    )
    return Deployer(aws, settings or StackSettings(), source, emit, declare=declare)


def agree(_: Plan) -> bool:
    """The answer to every plan."""
    return True


def shown(planned: Plan) -> set[str]:
    """What a plan would write, as `~ kind/name`."""
    symbols = {"create": "+", "update": "~", "replace": "!", "delete": "-"}
    return {f"{symbols[step.action]} {step.id}" for step in planned.pending}


class Writes:
    """What a session sends from now on that writes, the lock's calls left out, as `dynamodb.TagResource`.

    With `last`, the process dies before the next one. The session has to be fresh: clients take its hooks with them.
    """

    def __init__(self, aws: Aws, *, last: int | None = None) -> None:
        self.calls: list[str] = []
        self._last = last
        self._guard = threading.Lock()
        aws.session.events.register("before-call", self._note)

    def _note(self, model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        if service == "ssm" or model.name.startswith(("Describe", "Get", "Head", "List", "Query", "Scan")):
            return
        with self._guard:
            if len(self.calls) == self._last:
                raise KilledError
            self.calls.append(f"{service}.{model.name}")
