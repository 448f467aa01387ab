"""What every resource has to pass on every backend: the case, and the walk through its life."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from studentdb.provision.aws import Aws
from studentdb.provision.core import Live, Outputs, Resource

Make = Callable[[Aws, tuple[Resource, ...]], Resource]


def no_parents(_aws: Aws) -> tuple[Resource, ...]:
    """For kinds that stand alone."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One resource kind in one configuration.

    `resource` and `changed` get the parents to take tokens from; `changed` has the same identity and some updatable
    property that differs (None where nothing can change). `parents` are made first, in order, and may take tokens
    from each other. `drift` changes the live resource by hand with all rights: the plan must show it, update repair
    it. `tagged` says that ownership stands in tags, so that a stranger's resource of that name must be refused.
    `emulator_actions` are IAM allowances that only the engine needs: never part of the product.
    """

    name: str
    resource: Make
    changed: Make | None
    parents: Callable[[Aws], tuple[Resource, ...]] = no_parents
    drift: Callable[[Aws, Resource], None] | None = None
    tagged: bool = True
    without_moto: str = ""
    emulator_actions: tuple[str, ...] = ()

    def actions(self, aws: Aws) -> set[str]:
        """The IAM actions that the kinds of this case declare, and the engine's extras."""
        parents = self.parents(aws)
        declared = {
            action
            for resource in (*parents, self.resource(aws, parents))
            for actions in resource.actions.values()
            for action in actions
        }
        return declared | set(self.emulator_actions)


@dataclass
class Life:
    """A case in progress: its parents exist, and tokens resolve to their outputs."""

    case: Case
    aws: Aws
    parents: tuple[Resource, ...]
    outputs: dict[str, Outputs] = field(default_factory=dict)

    def resource(self) -> Resource:
        """The resource as first wanted, resolved."""
        return self.case.resource(self.aws, self.parents).resolve(self.outputs)

    def changed(self) -> Resource | None:
        """The resource as wanted later, resolved."""
        if self.case.changed is None:
            return None
        return self.case.changed(self.aws, self.parents).resolve(self.outputs)


@contextmanager
def life_of(case: Case, aws: Aws) -> Iterator[Life]:
    """Make the parents; remove them afterwards. What a failed test leaves dies with its backend."""
    life = Life(case, aws, case.parents(aws))
    for parent in life.parents:
        life.outputs[parent.id] = parent.resolve(life.outputs).create(aws)
    yield life
    remove(aws, [parent.resolve(life.outputs) for parent in reversed(life.parents)])


def remove(aws: Aws, resources: Sequence[Resource]) -> None:
    """Delete what is there."""
    for resource in resources:
        live = resource.read(aws)
        if live is not None:
            resource.delete(aws, live)


def read(resource: Resource, aws: Aws) -> Live:
    """What is there, which must be something."""
    live = resource.read(aws)
    assert live is not None, f"{resource.id} is absent"
    return live


def assert_settled(resource: Resource, aws: Aws, outputs: Outputs) -> Live:
    """The next plan would be empty, and dependants would get what the last verb returned."""
    live = read(resource, aws)
    assert dict(live.properties) == resource.properties()
    assert resource.diff(live) == ()
    assert dict(live.outputs) == dict(outputs)
    return live
