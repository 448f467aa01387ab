"""Whole runs of the deployer through the layer, and what each took."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studentdb.bundle import find
from studentdb.provision.aws import Aws
from studentdb.provision.deployer import Deployer, Source
from studentdb.provision.stack_settings import StackSettings
from tests.aws.layer import Layer
from tests.pictures import PILLOW

ROOT = Path(__file__).parents[2]
PUBLIC_ROUTES = ("GET /api/health",)


@dataclass(frozen=True)
class Took:
    """Virtual seconds: what a run took, and the least that it could have."""

    seconds: float
    critical_path: float

    @property
    def ratio(self) -> float:
        """Above 1 is what the product added."""
        return self.seconds / self.critical_path if self.critical_path else 1.0


class School:
    """One deployment whose world is `layer`; each verb is a new process with the same account."""

    def __init__(self, layer: Layer, functions: Path = ROOT / "lambda_src") -> None:
        self.layer = layer
        # What becomes of the `Aws` of each run.
        self.altered: Callable[[Aws], Aws] = lambda aws: aws
        self.settings = StackSettings()
        self.source = Source(functions, ROOT / "site", PUBLIC_ROUTES, find().account_routes, PILLOW)

    def deployer(self) -> Deployer:
        """A new process."""
        return Deployer(
            self.altered(self.layer.another_run()),
            self.settings,
            self.source,
            self.layer.trace.emit,
            clock=self.layer.clock,
        )

    def deploy(self) -> Took:
        """`studentdb deploy --yes`."""
        deployer = self.deployer()
        return self._timed(deployer, lambda: deployer.deploy(lambda _: True), removing=False)

    def teardown(self, *, delete_data: bool) -> Took:
        """`studentdb teardown`."""
        deployer = self.deployer()
        return self._timed(deployer, lambda: deployer.teardown(delete_data=delete_data), removing=True)

    def change(self, **settings: Any) -> None:
        """Other settings from now on."""
        self.settings = dataclasses.replace(self.settings, **settings)

    def _timed(self, deployer: Deployer, verb: Callable[[], object], *, removing: bool) -> Took:
        started = self.layer.clock()
        with self.layer.running():
            verb()
        resources = {resource.id: resource for resource in deployer.stack.all}
        least = self.layer.trace.critical_path(resources, removing=removing, started=started)
        return Took(self.layer.clock() - started, least)
