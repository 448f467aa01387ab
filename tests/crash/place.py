"""An engine where deployments live, are hit, are repaired and go.

The processes that prepare, that meet the fault and that repair are three, all forked from one that is warm, so that a
real SIGKILL costs little.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3

from studentdb.errors import StudentDBError
from studentdb.provision.aws import Aws, Deployment
from studentdb.provision.deployer import Deployer
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.events import Emit, silent
from studentdb.provision.stack import stack
from tests.crash.calls import Calls
from tests.crash.child import Ended, in_child
from tests.crash.duplicates import duplicates
from tests.crash.faults import Trap
from tests.crash.versions import Versions, add_data, change_by_hand, lost_data, newer_stack
from tests.inventory import inventory
from tests.provision.deployers import agree
from tests.support import REGION, fresh_env

FIRST, UPDATE, TEARDOWN, WITH_DATA = "first deploy", "update", "teardown", "teardown with data"
PHASES = (FIRST, UPDATE, TEARDOWN, WITH_DATA)

_SERVICES = (
    *("apigatewayv2", "cloudfront", "cognito-idp", "dynamodb", "events", "iam", "lambda", "logs", "s3", "sesv2", "ssm"),
)
T = TypeVar("T")


class Place:
    """Where lives are led, one after the other. `folder` takes an older version's files."""

    def __init__(self, endpoint_url: str, folder: Path) -> None:
        self.endpoint_url = endpoint_url
        self.versions = Versions(folder)
        self.versions.prepare()
        # Its loader knows the services' models from here on; the children make clients of their own.
        self.session = boto3.Session("test", "test", region_name=REGION)
        for service in _SERVICES:
            self.session.client(service, endpoint_url=endpoint_url)
        sts = self.session.client("sts", endpoint_url=endpoint_url)
        self.account = str(in_child(lambda: sts.get_caller_identity()["Account"]).result())


class Life:
    """One deployment from nothing to nothing, and the phase of it in which something happens."""

    def __init__(self, place: Place, phase: str) -> None:
        self.phase = phase
        self._place = place
        self._env = fresh_env()
        self._before = self._done(inventory)
        self._done(self._prepare)

    def act(self, trap: Trap) -> Ended:
        """The phase itself: what the run said, empty when it ended well, and the calls that met their fault."""
        return in_child(lambda: (self._act(self._aws(), trap), trap.seen, trap.sprung))

    def wrong_at_once(self) -> list[str]:
        """What is wrong although the run said that all is well."""
        return self._done(self._wrong_at_once)

    def repair(self) -> list[str]:
        """Deploy, plan and tear down, in another folder and with nothing remembered; what is wrong then."""
        with tempfile.TemporaryDirectory() as elsewhere:
            ended = in_child(lambda: self._repair(self._aws(), elsewhere))
        problems: list[str] = [ended.failure] if ended.failure else ended.value
        return problems

    def _aws(self) -> Aws:
        return Aws(
            session=self._place.session,
            deployment=Deployment(env=self._env, region=REGION, account=self._place.account),
            endpoints=Endpoints(REGION, self._place.endpoint_url, embedded=True),
        )

    def _done(self, work: Callable[[Aws], T]) -> T:
        done: T = in_child(lambda: work(self._aws())).result()
        return done

    def _prepare(self, aws: Aws) -> None:
        if self.phase == FIRST:
            return
        if self.phase == UPDATE:
            self._place.versions.older(aws).deploy(agree)
            change_by_hand(aws, self._deployer(aws).stack)
        else:
            self._deployer(aws).deploy(agree)
        add_data(aws)

    def _act(self, aws: Aws, trap: Trap) -> str:
        calls = Calls(aws.session, aws.deployment, trap)
        deployer = self._deployer(aws, calls.emit)
        try:
            if self.phase in (FIRST, UPDATE):
                deployer.deploy(agree)
            else:
                deployer.teardown(delete_data=self.phase == WITH_DATA)
        except StudentDBError as error:
            return str(error)
        return ""

    def _wrong_at_once(self, aws: Aws) -> list[str]:
        found = inventory(aws)
        if self.phase == WITH_DATA:
            return [f"removed, but {name} differs" for name in _differences(self._before, found)]
        problems = [f"done, but twice: {name}" for name in duplicates(found)]
        if self.phase == TEARDOWN:
            removal = self._deployer(aws).removal(delete_data=False)
            return problems + [f"removed, but {name} is there" for name in removal.removed] + self._lost_data(aws)
        return problems + [f"done, but {step}" for step in self._pending(aws)]

    def _repair(self, aws: Aws, elsewhere: str) -> list[str]:
        os.chdir(elsewhere)
        os.environ["STUDENTDB_HOME"] = elsewhere
        problems: list[str] = []
        try:
            self._deployer(aws).deploy(agree)
            problems += [f"twice: {name}" for name in duplicates(inventory(aws))]
            problems += [f"deployed again, but {step}" for step in self._pending(aws)]
            problems += self._lost_data(aws)
        except StudentDBError as error:
            problems.append(f"it cannot be deployed again: {error}")
        try:
            self._deployer(aws).teardown(delete_data=True)
            problems += [f"removed at last, but {name} differs" for name in _differences(self._before, inventory(aws))]
        except StudentDBError as error:
            problems.append(f"it cannot be removed: {error}")
        return problems

    def _deployer(self, aws: Aws, emit: Emit = silent) -> Deployer:
        return self._place.versions.present(aws, emit, newer_stack if self.phase == UPDATE else stack)

    def _lost_data(self, aws: Aws) -> list[str]:
        return lost_data(aws, migrated=self.phase == UPDATE) if self.phase in (UPDATE, TEARDOWN) else []

    def _pending(self, aws: Aws) -> list[str]:
        planned = self._deployer(aws).plan()
        return [f"{step.action} {step.id} {[each.property for each in step.changes]}" for step in planned.pending]


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
