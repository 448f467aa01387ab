"""Survey, plan, apply, remove: the one engine behind deploy, plan, drift, repair and teardown.

* survey reads everything, in parallel, and writes nothing;
* plan is a pure function of the declarations and the survey;
* apply makes what is planned, in parallel, and skips what depends on a failure;
* remove is the same walk backwards.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Literal

from studentdb.errors import CancelledError, StudentDBError
from studentdb.provision.core import Change, Live, Outputs, Resource, is_ours, is_there, is_unresolved, without_tokens
from studentdb.provision.events import Emit, Event, Verb
from studentdb.provision.walk import Lanes, Walk, walk

if TYPE_CHECKING:
    from studentdb.provision.aws import Aws

Action = Literal["create", "update", "replace", "delete", "keep", "none"]
Survey = Mapping[str, Live | None]


@dataclass(frozen=True)
class Stack:
    """What a deployment consists of, and what it must not have: `absent`.

    There stand features that are switched off, whatever an earlier version made under a name or of a kind that is no
    longer declared, and what else is found in parents of ours. What holds data stays even so.
    """

    resources: tuple[Resource, ...]
    absent: tuple[Resource, ...] = ()

    def __post_init__(self) -> None:
        counted = Counter(resource.id for resource in self.all)
        twice = [node for node, times in counted.items() if times > 1]
        if twice:
            raise ValueError(f"declared twice: {', '.join(twice)}")

    @property
    def all(self) -> tuple[Resource, ...]:
        """Everything that a survey looks for."""
        return self.resources + self.absent


@dataclass(frozen=True)
class Step:
    """What happens to one resource."""

    resource: Resource
    action: Action
    changes: tuple[Change, ...] = ()

    @property
    def id(self) -> str:
        """The resource's id."""
        return self.resource.id


@dataclass(frozen=True)
class Plan:
    """The steps in dependency order."""

    steps: tuple[Step, ...]

    @property
    def pending(self) -> tuple[Step, ...]:
        """The steps that write."""
        return tuple(step for step in self.steps if step.action not in ("keep", "none"))

    @property
    def kept(self) -> tuple[Step, ...]:
        """What is no longer declared, but holds data."""
        return tuple(step for step in self.steps if step.action == "keep")

    def __bool__(self) -> bool:
        return bool(self.pending)


class WalkError(StudentDBError):
    """Some resources failed; `failures` says which and why, `skipped` what was not tried because of them."""

    def __init__(self, what: str, failures: Mapping[str, Exception], skipped: Iterable[str]) -> None:
        super().__init__(what, why="; ".join(f"{node}: {error}" for node, error in failures.items()))
        self.failures = dict(failures)
        self.skipped = tuple(skipped)


def survey(resources: Iterable[Resource], aws: Aws, emit: Emit, *, to_remove: bool = False) -> dict[str, Live | None]:
    """Read every resource, a child only after the parent that its identity names; `to_remove`: not its settings.

    Raises WalkError when something could not be read, or is not ours.
    """
    by_id = {resource.id: resource for resource in resources}
    found: dict[str, Live | None] = {}
    outputs: dict[str, Outputs] = {}

    def read(node: str) -> None:
        resource = by_id[node].resolve(outputs)
        if any(is_unresolved(getattr(resource, name)) for name in resource.identity):
            found[node] = None  # its parent does not exist, so neither does it
            return
        live = found[node] = _look(by_id, resource, aws, emit, to_remove=to_remove)
        if is_there(live):
            outputs[node] = live.outputs

    with aws.sharing():
        result = walk({r.id: r.reads_after() for r in by_id.values()}, read, cancelled=aws.cancelled)
    _raise_failures("reading the deployment failed", result, aws)
    if any(live is not None and live.left_out for live in found.values()):
        for node in _ordered(by_id.values()):
            if node in by_id and (gone := _cannot_do_without(by_id[node], found)):
                found[node] = _leave_out(by_id, by_id[node], f"it needs {gone}", emit)
    return found


def _look(
    by_id: Mapping[str, Resource], resource: Resource, aws: Aws, emit: Emit, *, to_remove: bool = False
) -> Live | None:
    """What is there of one resource; where the engine lacks the call, it is left out."""
    with _reported(emit, resource, "read"):
        try:
            live = resource.find(aws) if to_remove else resource.read(aws)
        except Exception as error:
            call = aws.lacks(error)
            if not call:
                raise
            return _leave_out(by_id, resource, f"this engine does not know {call}", emit)
    unkept = sorted(resource.properties().keys() - live.properties.keys()) if live and live.partial else ()
    if unkept and not to_remove:
        _say_left_out(resource, f"of it only {', '.join(unkept)}, which this engine does not keep", emit)
    return live


def _cannot_do_without(declared: Resource, seen: Survey) -> str:
    """A parent of it that is left out, or something whose ARN it takes: unlike other outputs that cannot be empty."""
    needed = declared.reads_after() | {node for node, output in declared.takes() if output == "arn"}
    return next((node for node in sorted(needed) if (live := seen.get(node)) and live.left_out), "")


def _leave_out(by_id: Mapping[str, Resource], resource: Resource, why: str, emit: Emit) -> Live:
    empty = {output: "" for other in by_id.values() for node, output in other.takes() if node == resource.id}
    _say_left_out(resource, f"{why}; what takes from it gets nothing" if empty else why, emit)
    return Live({}, empty, left_out=why)


def _say_left_out(resource: Resource, why: str, emit: Emit) -> None:
    emit(Event(resource.id, resource.kind, resource.name, "left out", "read", detail=why))


def plan(stack: Stack, lives: Survey) -> Plan:
    """What to do so that the live state becomes the declared one.

    Raises StudentDBError where that would mean replacing a resource that holds people's data.
    """
    by_id = {resource.id: resource for resource in stack.resources}
    outputs: dict[str, Outputs] = {}
    steps: list[Step] = []
    for node in _ordered(stack.resources):
        live = lives.get(node)
        if live is not None and live.left_out:
            outputs[node] = live.outputs
            continue
        step = _step(by_id[node].resolve(outputs), live, by_id[node])
        steps.append(step)
        if live is not None and step.action == "none":
            outputs[node] = live.outputs
        elif live is not None and step.action == "update":
            changing = by_id[node].changed_outputs(step.changes)
            outputs[node] = {k: v for k, v in live.outputs.items() if k not in changing}
    steps += [
        Step(resource, "keep") if resource.stateful else Step(resource, "delete", resource.losses(live))
        for resource in stack.absent
        if is_there(live := lives.get(resource.id))
    ]
    return Plan(tuple(steps))


def _step(resolved: Resource, live: Live | None, declared: Resource) -> Step:
    # A child whose parent is about to be made anew is made anew too; the old one goes with the old parent.
    if live is None or any(is_unresolved(getattr(resolved, name)) for name in resolved.identity):
        wanted = resolved.properties()
        return Step(declared, "create", tuple(Change(name, None, value) for name, value in wanted.items()))
    changes = resolved.diff(live)
    if not changes:
        return Step(declared, "none")
    fixed = [change for change in changes if change.property in resolved.immutable]
    if fixed and resolved.stateful:
        names = ", ".join(change.property for change in fixed)
        raise StudentDBError(
            f"{declared.id} cannot be changed in place",
            why=f"AWS fixes {names} when it is created, and it holds data that is never thrown away by a deploy",
            hint="deploy beside it with --env NAME and move the data",
        )
    return Step(declared, "replace" if fixed else "update", changes)


def apply(planned: Plan, lives: Survey, aws: Aws, emit: Emit) -> dict[str, Outputs]:
    """Carry out the plan; returns the outputs of every resource. May do less than planned, never more.

    Raises WalkError with all failures after everything independent of them is done.
    """
    steps = {step.id: step for step in planned.steps if step.action not in ("delete", "keep")}
    outputs: dict[str, Outputs] = {node: live.outputs for node, live in lives.items() if live and live.left_out}
    by_id = {node: step.resource for node, step in steps.items()}
    lanes = Lanes()

    def work(node: str) -> Callable[[], None] | None:
        step, live = steps[node], lives.get(node)
        resource = step.resource.resolve(outputs)
        if step.action == "none" and live is not None:
            outputs[node] = live.outputs
            # A deploy that was cut off may have left it half way.
            return None if live.settled else lambda: resource.settle(aws)
        if step.action == "create" and step.resource.reads_after() and aws.endpoints.stands_in:
            # Its parent is there only now: whether this engine knows the kind shows before the first one is made.
            live = _look(by_id, resource, aws, emit)
            if live is not None and live.left_out:
                outputs[node] = live.outputs
                return None
        with ExitStack() as told, _in_lane(lanes, resource):
            outputs[node] = _write(step, resource, live, aws, told, emit)
            if type(resource).settle is Resource.settle:
                return None
            # It is told to be done when it can be used.
            unfinished = told.pop_all()

        def settle() -> None:
            with unfinished:
                resource.settle(aws)

        return settle

    graph = {node: step.resource.dependencies() for node, step in steps.items()}
    result = walk(graph, work, cancelled=aws.cancelled)
    _report_skipped(emit, result, {node: step.resource for node, step in steps.items()}, "create", aws)
    _raise_failures("the deploy is incomplete", result, aws)
    remove([step.resource for step in planned.steps if step.action == "delete"], lives, aws, emit)
    return outputs


def _write(step: Step, resource: Resource, live: Live | None, aws: Aws, told: ExitStack, emit: Emit) -> Outputs:
    if is_unresolved(resource):
        raise StudentDBError(f"{step.id} takes an output that nothing gives", why=without_tokens(repr(resource)))
    if step.action == "create" or live is None:
        told.enter_context(_reported(emit, resource, "create"))
        return resource.create(aws)
    changes = resource.diff(live)
    if not changes:
        return live.outputs
    if step.action == "replace":
        told.enter_context(_reported(emit, resource, "replace"))
        resource.delete(aws, live)
        return resource.create(aws)
    told.enter_context(_reported(emit, resource, "update"))
    return resource.update(aws, live, changes)


def remove(resources: Iterable[Resource], lives: Survey, aws: Aws, emit: Emit) -> None:
    """Delete what the survey found of `resources`, dependants first; children that go with a parent cost no call.

    Raises WalkError with all failures after everything independent of them is gone.
    """
    outputs = {node: live.outputs for node, live in lives.items() if live is not None}
    present = {r.id: r for r in resources if is_ours(lives.get(r.id))}
    taken = {node: r.goes_with for node, r in present.items() if r.goes_with in present}
    # What a child depends on need not wait for it: the child is of no use without its parent.
    graph: dict[str, set[str]] = {node: {taken[node]} if node in taken else set() for node in present}
    for node in present.keys() - taken.keys():
        for dependency in present[node].dependencies() & present.keys():
            graph[taken.get(dependency, dependency)].add(node)
    lanes = Lanes()

    def work(node: str) -> None:
        resource, live = present[node].resolve(outputs), lives[node]
        assert live is not None  # noqa: S101 - `present` holds only what is there
        if node in taken:
            with _reported(emit, resource, "delete"):
                return
        with _in_lane(lanes, resource), _reported(emit, resource, "delete"):
            resource.delete(aws, live)

    result = walk(graph, work, cancelled=aws.cancelled)
    _report_skipped(emit, result, present, "delete", aws)
    _raise_failures("the teardown is incomplete", result, aws)


def _ordered(resources: Iterable[Resource]) -> Iterator[str]:
    return iter(
        TopologicalSorter({resource.id: sorted(resource.dependencies()) for resource in resources}).static_order()
    )


@contextmanager
def _in_lane(lanes: Lanes, resource: Resource) -> Iterator[None]:
    if resource.lane is None:
        yield
    else:
        with lanes(resource.lane):
            yield


@contextmanager
def _reported(emit: Emit, resource: Resource, action: Verb) -> Iterator[None]:
    def event(phase: Literal["start", "done", "failed"], detail: str = "") -> Event:
        return Event(resource.id, resource.kind, resource.name, phase, action, time.monotonic() - started, detail)

    started = time.monotonic()
    emit(event("start"))
    try:
        yield
    except Exception as error:
        emit(event("failed", str(error)))
        raise
    emit(event("done"))


def _report_skipped(emit: Emit, result: Walk, resources: Mapping[str, Resource], action: Verb, aws: Aws) -> None:
    if aws.cancelled.is_set():
        return  # skipped by Ctrl-C, not because of a failure
    for node in result.skipped:
        emit(Event(node, resources[node].kind, resources[node].name, "skipped", action))


def _raise_failures(what: str, result: Walk, aws: Aws) -> None:
    if aws.cancelled.is_set():
        raise CancelledError(
            "interrupted",
            why="what was made so far stays",
            hint="run the same command again: it goes on from here",
        )
    if result.failures:
        raise WalkError(what, result.failures, result.skipped)
