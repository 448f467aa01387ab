"""Deployments made in this process, so that every call can be seen."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from studentdb.bundle import find
from studentdb.provision.aws import Aws, Deployment
from studentdb.provision.deployer import Deployer, Outcome, Source
from studentdb.provision.events import silent
from studentdb.provision.stack_settings import StackSettings
from tests.pictures import PILLOW
from tests.support import REGION, Backend, session

READS = ("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan")


@dataclass
class Calls:
    """What a session sent: operations by name, with the parameters of those to S3 and CloudFront."""

    writes: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def listen(self, session: boto3.Session) -> None:
        """Count from now on."""
        session.events.register("before-send", self._count)
        for service in ("s3", "cloudfront"):
            session.events.register(f"provide-client-params.{service}", self._note)

    def forget(self) -> None:
        """Begin anew."""
        self.writes.clear()
        self.reads.clear()
        self.sent.clear()

    def of(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of each call of it."""
        return [parameters for name, parameters in self.sent if name == operation]

    def _count(self, event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        counted = self.reads if operation.startswith(READS) else self.writes
        counted[operation] += 1

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.sent.append((model.name, dict(params)))


@dataclass(frozen=True)
class Installation:
    """One deployment on a backend; its stack may be changed from one deploy to the next."""

    aws: Aws
    calls: Calls
    site: Path = field(default_factory=lambda: find().site)
    settings: StackSettings = field(default_factory=StackSettings)

    @classmethod
    def on(cls, backend: Backend, env: str, region: str = REGION) -> Installation:
        """Not deployed yet."""
        aws = backend.aws(env, session(region=region))
        aws = dataclasses.replace(
            aws,
            deployment=Deployment(env, region, backend.account),
            endpoints=dataclasses.replace(aws.endpoints, region=region),
        )
        calls = Calls()
        calls.listen(aws.session)
        return cls(aws, calls)

    @property
    def deployer(self) -> Deployer:
        """A new run of the tool."""
        source = Source(
            functions=find().lambda_src,
            site=self.site,
            public_routes=find().public_routes,
            account_routes=find().account_routes,
            pillow=PILLOW,
        )
        return Deployer(self.aws, self.settings, source, silent)

    def deploy(self) -> Outcome:
        """Whatever there is to do."""
        outcome = self.deployer.deploy(lambda plan: True)
        assert outcome is not None
        return outcome

    def teardown(self, *, delete_data: bool) -> None:
        """With or without the data."""
        self.deployer.teardown(delete_data=delete_data)

    def with_settings(self, **chosen: Any) -> Installation:
        """The same one, otherwise set."""
        return dataclasses.replace(self, settings=dataclasses.replace(self.settings, **chosen))

    def with_site(self, site: Path) -> Installation:
        """The same one, with other files."""
        return dataclasses.replace(self, site=site)
