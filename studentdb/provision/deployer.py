"""Deploy, plan, status and teardown of one deployment: the engine on THE stack, under the lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from studentdb import machine
from studentdb.errors import IncompleteError, LockedError, UsageError
from studentdb.provision import engine, versions
from studentdb.provision.aws import Aws
from studentdb.provision.core import Live, Outputs, Resource, is_ours, is_there, is_unresolved, without_tokens
from studentdb.provision.engine import Plan, Stack, Step, WalkError
from studentdb.provision.events import Emit, Event, silent
from studentdb.provision.failures import explain
from studentdb.provision.lock import FRESH, Lock
from studentdb.provision.lock_owner import LEASE, Generation
from studentdb.provision.package import package
from studentdb.provision.resources.dynamodb_versions import Schema, ToolVersion
from studentdb.provision.resources.lambda_layer import LayerContent
from studentdb.provision.site_files import site_files
from studentdb.provision.stack import STAGE, stack
from studentdb.provision.stack_settings import StackSettings
from studentdb.provision.versions import Versions

State = Literal["absent", "kept data", "incomplete", "changed", "older", "newer", "deployed"]


@dataclass(frozen=True)
class Addresses:
    """Where a deployment answers; what `deploy --json` prints."""

    deployment: str
    region: str
    site_url: str
    api_url: str
    user_pool_id: str
    client_id: str
    cognito_url: str


@dataclass(frozen=True)
class Outcome:
    """What a deploy did, and where the result is."""

    plan: Plan
    addresses: Addresses
    # Made, but AWS still spreads it to its edges.
    settling: tuple[str, ...] = ()
    # What an engine in AWS's place lacks, and why it was left out.
    left_out: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Removal:
    """What a teardown removes and what it keeps, by resource id. `user_pool_id` tells whose it is."""

    removed: tuple[str, ...]
    kept: tuple[str, ...]
    user_pool_id: str | None


@dataclass(frozen=True)
class Status:
    """`addresses` is None while the deployment is not complete enough to have them.

    A `newer` one has no plan: what this version would do to it is of no interest to anybody.
    """

    state: State
    plan: Plan
    addresses: Addresses | None
    versions: Versions


@dataclass(frozen=True)
class Source:
    """What is deployed: folders of the functions' code and of the site, routes with a function of their own, a library.

    `pillow` is for the platform that the functions run on.
    """

    functions: Path
    site: Path
    public_routes: Sequence[str]
    account_routes: Sequence[str]
    pillow: LayerContent


@dataclass(frozen=True)
class _Seen:
    """A survey, what the lock was before it, and when it was done."""

    lives: dict[str, Live | None]
    lock: Generation | None
    at: float


class Deployer:
    """The four verbs of one deployment.

    `user_pool_id`: the one that the deployment is known by, where its account is not known; one with another pool is
    another school's, and refused. `declare` is THE stack, or an older or newer form of it.
    """

    def __init__(
        self,
        aws: Aws,
        settings: StackSettings,
        source: Source,
        emit: Emit,
        *,
        user_pool_id: str | None = None,
        lease: float = LEASE,
        clock: Callable[[], float] = machine.clock,
        declare: Callable[..., Stack] = stack,
    ) -> None:
        self._aws = aws
        self._lease = lease
        self._clock = clock
        self._seen: _Seen | None = None
        self._known_user_pool_id = user_pool_id
        self._report = emit
        # Left out because an engine in AWS's place lacks the calls, by resource id.
        self.left_out: dict[str, Event] = {}
        self.stack: Stack = declare(
            aws.deployment,
            aws.endpoints,
            settings,
            code=package(source.functions),
            site=site_files(source.site),
            public_routes=source.public_routes,
            account_routes=source.account_routes,
            pillow=source.pillow,
        )

    def _emit(self, event: Event) -> None:
        # A second look would say it a second time.
        if event.phase == "left out" and self.left_out.setdefault(event.resource, event) is not event:
            return
        self._report(event)

    def survey(self) -> dict[str, Live | None]:
        """What is there. Writes nothing and takes no lock.

        Raises UsageError for another school's deployment, StudentDBError for one of a newer studentdb.
        """
        return self._survey(self.stack.all)

    def _survey(self, resources: Iterable[Resource], *, to_remove: bool = False) -> dict[str, Live | None]:
        lives = self._read(resources, to_remove=to_remove)
        versions.refuse_newer(self.stack, lives)
        return lives

    def _read(self, resources: Iterable[Resource], *, to_remove: bool = False) -> dict[str, Live | None]:
        with _explained():
            lives = engine.survey(resources, self._aws, self._emit, to_remove=to_remove)
        self._refuse_another_school(_user_pool_id(lives))
        return lives

    def plan(self) -> Plan:
        """What a deploy would do. Writes nothing and takes no lock."""
        return engine.plan(self.stack, self.survey())

    def deploy(self, approve: Callable[[Plan], bool]) -> Outcome | None:
        """Bring the deployment to the declared state; None when `approve` said no.

        An empty plan writes nothing and takes no lock. Otherwise what is needed under the lock is done. Raises
        LockedError, WalkError, CancelledError.
        """
        lock = Lock(self._aws, "studentdb deploy", lease=self._lease)
        seen = self._look(lock, self.survey)
        planned = engine.plan(self.stack, seen.lives)
        if not planned:
            return self._outcome(planned, _outputs(seen.lives))
        if not approve(planned):
            return None
        with lock.held():
            lives = self._under(lock, seen, self.survey)
            approved, planned = planned, engine.plan(self.stack, lives)
            # Somebody may have changed things while the question stood: nothing is done that was not shown.
            if _writes(planned) - _writes(approved) and not approve(planned):
                return None
            with _explained(incomplete="studentdb deploy"):
                outputs = self._apply(planned, lives)
        return self._outcome(planned, outputs)

    def _apply(self, planned: Plan, lives: Mapping[str, Live | None]) -> dict[str, Outputs]:
        """In three rounds, each of which ends before the next begins.

        The tool's version goes first: from then on an older one keeps away, also where this run is killed. Migrations
        go last, when no function of the old version can be writing any more (docs/decisions/0014).
        """
        # A table that is still to be made gets its version in the call that makes it.
        marks = _known(planned, ToolVersion, _outputs(lives))
        engine.apply(Plan(marks), lives, self._aws, self._emit)
        # Nor is there anything to migrate in it.
        migrations = _known(planned, Schema, _outputs(lives))
        others = {step.id for step in (*marks, *migrations)}
        rest = tuple(step for step in planned.steps if step.id not in others)
        outputs = engine.apply(Plan(rest), lives, self._aws, self._emit)
        engine.apply(Plan(migrations), lives, self._aws, self._emit)
        return outputs

    def removal(self, *, delete_data: bool) -> Removal:
        """What a teardown would remove, without what goes with its parent. Writes nothing and takes no lock."""
        self._seen = self._look(Lock(self._aws, "studentdb teardown"), lambda: self._concerned(delete_data))
        lives = self._seen.lives
        present = [resource for resource in self.stack.all if is_ours(lives.get(resource.id))]
        keep = [resource.id for resource in present if resource.stateful and not delete_data]
        removed = tuple(resource.id for resource in present if resource.id not in keep)
        return Removal(removed, tuple(keep), _user_pool_id(lives))

    def teardown(self, planned: Removal | None = None, *, delete_data: bool) -> Removal:
        """Remove everything that holds no data, with `delete_data` the rest as well, the lock's record included.

        `planned` is what `removal` said, where somebody was asked about it; what is there under the lock is removed.
        Raises LockedError, WalkError, CancelledError.
        """
        lock = Lock(self._aws, "studentdb teardown", lease=self._lease)
        planned = planned or self.removal(delete_data=delete_data)
        if planned.removed or (delete_data and lock.latest() is not None):
            with lock.held(destroy=delete_data):
                lives = self._under(lock, self._seen, lambda: self._concerned(delete_data))
                targets = [r for r in self.stack.all if delete_data or not r.stateful]
                with _explained(incomplete="studentdb teardown"):
                    engine.remove(targets, lives, self._aws, self._emit)
                # A function's last log line may bring its log group back after it was removed (LMB-22).
                groups = [r for r in targets if r.kind == "logs.log_group"]
                left = engine.survey(groups, self._aws, silent, to_remove=True)
                engine.remove(groups, left, self._aws, silent)
        return planned

    def _concerned(self, delete_data: bool) -> dict[str, Live | None]:
        """The survey of a teardown: not of what goes with its parent, except for the versions."""
        going = {resource.id for resource in self.stack.all if delete_data or not resource.stateful}
        concerned = [r for r in self.stack.all if r.goes_with not in going or isinstance(r, ToolVersion | Schema)]
        return self._survey(concerned, to_remove=True)

    def _look(self, lock: Lock, survey: Callable[[], dict[str, Live | None]]) -> _Seen:
        # The lock first: who holds it afterwards shows in its number.
        before = lock.latest()
        return _Seen(survey(), before, self._clock())

    def _under(
        self, lock: Lock, seen: _Seen | None, survey: Callable[[], dict[str, Live | None]]
    ) -> dict[str, Live | None]:
        """The survey under the lock: made again, unless it is fresh and nobody else can have written since."""
        if seen is not None and lock.follows(seen.lock) and self._clock() - seen.at < FRESH:
            return seen.lives
        return survey()

    def status(self) -> Status:
        """What is there, compared with what this version declares. Writes nothing and takes no lock."""
        lives = self._read(self.stack.all)
        try:
            addresses = self._addresses(_outputs(lives))
        except KeyError:
            addresses = None
        there, here = versions.found(self.stack, lives), versions.declared(self.stack)
        if there.newer_than(here):
            return Status("newer", Plan(()), addresses, there)
        planned = engine.plan(self.stack, lives)
        state = _state(planned, lives)
        # Without a version it is only half made.
        if state in ("incomplete", "changed") and there.tool != Versions.tool and here.newer_than(there):
            state = "older"
        return Status(state, planned, addresses, there)

    def user_pool_id(self) -> str | None:
        """The deployment's user pool, None without one. Reads nothing else, so Cognito's rights are enough."""
        pools = [resource for resource in self.stack.resources if resource.kind == "cognito-idp.user_pool"]
        with _explained():
            lives = engine.survey(pools, self._aws, silent)
        found = _user_pool_id(lives)
        self._refuse_another_school(found)
        return found

    def _refuse_another_school(self, found: str | None) -> None:
        known = self._known_user_pool_id
        if known is not None and found is not None and found != known:
            raise UsageError(
                "these AWS credentials belong to another deployment of this name",
                why=f"you signed in to the one with the user pool {known}; account {self._aws.account} has {found}",
                hint="choose the credentials with --profile NAME",
            )

    def _addresses(self, outputs: Mapping[str, Outputs]) -> Addresses:
        prefix = self._aws.deployment.prefix
        endpoints = self._aws.endpoints
        label = outputs[f"cloudfront.distribution/{prefix}-site"]["label"]
        api_id = outputs[f"apigatewayv2.api/{prefix}-api"]["id"]
        return Addresses(
            deployment=self._aws.deployment.id,
            region=self._aws.region,
            # Empty is what an engine left out.
            site_url=label and endpoints.site_url(label),
            api_url=api_id and endpoints.api_url(api_id, STAGE),
            user_pool_id=outputs[f"cognito-idp.user_pool/{prefix}-users"]["id"],
            client_id=outputs[f"cognito-idp.user_pool_client/{prefix}-app"]["id"],
            cognito_url=endpoints.cognito_url(),
        )

    def _outcome(self, planned: Plan, outputs: Mapping[str, Outputs]) -> Outcome:
        left_out = tuple(self.left_out.values())
        return Outcome(planned, self._addresses(outputs), self._settling(planned), left_out)

    def _settling(self, planned: Plan) -> tuple[str, ...]:
        if self._aws.endpoints.embedded or self._aws.endpoints.stands_in:
            return ()
        return tuple(step.id for step in planned.pending if step.resource.kind == "cloudfront.distribution")


def _user_pool_id(lives: Mapping[str, Live | None]) -> str | None:
    pools = (live for node, live in lives.items() if node.startswith("cognito-idp.user_pool/") and is_there(live))
    return next((live.outputs["id"] for live in pools), None)


def _known(planned: Plan, kind: type[Resource], outputs: Mapping[str, Outputs]) -> tuple[Step, ...]:
    """The steps for a kind that write, those of them whose inputs `outputs` has."""
    steps = [step for step in planned.pending if isinstance(step.resource, kind)]
    resolved = [replace(step, resource=step.resource.resolve(outputs)) for step in steps]
    return tuple(step for step in resolved if not is_unresolved(step.resource))


def _writes(planned: Plan) -> set[tuple[str, str]]:
    return {(step.id, step.action) for step in planned.pending}


@contextmanager
def _explained(incomplete: str = "") -> Iterator[None]:
    """The failures of a walk in the product's words; `incomplete` is the command that goes on from there."""
    try:
        yield
    except WalkError as error:
        failures = {
            without_tokens(node): explain(failure, kind=node.partition("/")[0])
            for node, failure in error.failures.items()
        }
        lost = next((failure for failure in failures.values() if isinstance(failure, LockedError)), None)
        if lost is not None:
            raise lost from error
        codes = {failure.exit_code for failure in failures.values()}
        error.failures = dict(failures)
        error.exit_code = IncompleteError.exit_code if incomplete else codes.pop() if len(codes) == 1 else 1
        error.hint = f"{incomplete}  (it goes on from here)" if incomplete else ""
        raise


def _outputs(lives: Mapping[str, Live | None]) -> dict[str, Outputs]:
    return {node: live.outputs for node, live in lives.items() if live is not None}


def _state(planned: Plan, lives: Mapping[str, Live | None]) -> State:
    if not any(map(is_ours, lives.values())):
        return "absent"
    if not planned:
        return "deployed"
    if any(step.action == "create" for step in planned.steps):
        only_data = all(step.resource.stateful for step in planned.steps if is_ours(lives.get(step.id)))
        return "kept data" if only_data else "incomplete"
    return "changed"
