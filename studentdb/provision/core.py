"""The vocabulary of provisioning: resources, what is live, changes.

A resource is a frozen dataclass whose fields are the desired state. A field may hold the output of another resource
(`table.out("arn")`): a token inside an ordinary string, so f-strings work, and the dependency graph is derived from
the tokens instead of written down.
"""

from __future__ import annotations

import dataclasses
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeGuard

from studentdb.errors import StudentDBError

if TYPE_CHECKING:
    from studentdb.provision.aws import Aws

_TOKEN = re.compile(r"⟦([^⟦⟧#]+)#([a-z_]+)⟧")

Outputs = Mapping[str, str]


class NotOursError(StudentDBError):
    """Something of exactly our name exists and does not carry our mark: it is never touched."""

    def __init__(self, kind: str, name: str, why: str) -> None:
        super().__init__(
            f"{kind} {name} exists and does not belong to this deployment",
            why=why,
            hint="choose another name with --env NAME, or remove it yourself if nobody needs it",
        )


@dataclass(frozen=True)
class Live:
    """What AWS has: properties in the shape of `Resource.properties()`, and outputs for dependants."""

    properties: Mapping[str, Any]
    outputs: Outputs = field(default_factory=dict)
    # False while AWS is still working on it.
    settled: bool = True
    # AWS's ids of more of ours with the same name: a lost answer may have left two. They are deleted with it.
    twins: tuple[str, ...] = ()
    # Why it is left out: an engine in AWS's place lacks a call that reads it. Then nothing is known of it, and its
    # outputs are empty.
    left_out: str = ""
    # An engine in AWS's place keeps only these properties: the others are not compared.
    partial: bool = False
    # Somebody else's, which is used as it is: never removed.
    borrowed: bool = False


@dataclass(frozen=True)
class Change:
    """One property that differs: `before` is live, `after` is desired (None: absent)."""

    property: str
    before: object
    after: object


@dataclass(frozen=True, kw_only=True)
class Resource(ABC):
    """One AWS object as it should be.

    Verbs are called on a copy whose tokens are resolved, so a field typed `str` is a plain string there; only fields
    named in `identity` are sure to be resolved in `read`.
    """

    kind: ClassVar[str]
    # Fields that `read` needs: a resource whose identity names an absent parent is absent.
    identity: ClassVar[tuple[str, ...]] = ("name",)
    # Properties that AWS cannot change in place; a difference means replacement (delete, then create).
    immutable: ClassVar[frozenset[str]] = frozenset()
    # Outputs that an update changes: what takes them is looked at again after it.
    volatile: ClassVar[frozenset[str]] = frozenset()
    # Holds people's data: never replaced, kept by a plain teardown, adopted by the next deploy.
    stateful: ClassVar[bool] = False
    # verb -> the IAM actions that it calls.
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    name: str

    @property
    def id(self) -> str:
        """Unique within a stack: `<kind>/<name>`."""
        return f"{self.kind}/{self.name}"

    @property
    def lane(self) -> str | None:
        """Writes of one lane happen one at a time (an API's children, a bucket's settings)."""
        return None

    @property
    def goes_with(self) -> str:
        """Id of the resource whose deletion takes this one along, so that it needs none of its own; "" for none."""
        return ""

    def out(self, output: str) -> str:
        """A placeholder for an output of this resource, resolved before a verb of the dependant runs."""
        return f"⟦{self.id}#{output}⟧"

    def changed_outputs(self, changes: tuple[Change, ...]) -> frozenset[str]:  # noqa: ARG002 - for most always the same
        """Outputs that an update with these changes changes."""
        return self.volatile

    def takes(self) -> set[tuple[str, str]]:
        """Ids and outputs that this one takes."""
        return {(found.group(1), found.group(2)) for found in _tokens(self)}

    def dependencies(self) -> set[str]:
        """Ids of the resources whose outputs this one takes."""
        return {found.group(1) for found in _tokens(self)}

    def reads_after(self) -> set[str]:
        """Ids of the resources that must be read before this one can be."""
        return {found.group(1) for name in self.identity for found in _tokens(getattr(self, name))}

    def resolve(self, outputs: Mapping[str, Outputs]) -> Self:
        """This resource with every token replaced whose output is known; unknown ones stay as they are."""
        return dataclasses.replace(
            self, **{f.name: resolve_value(getattr(self, f.name), outputs) for f in fields(self)}
        )

    @abstractmethod
    def properties(self) -> dict[str, Any]:
        """The desired state in the shape in which `read` reports it."""

    @abstractmethod
    def read(self, aws: Aws) -> Live | None:
        """What is there now, or None. Raises NotOursError for somebody else's resource of this name."""

    def find(self, aws: Aws) -> Live | None:
        """As `read`, of what is to go: whose it is, its outputs, and the properties that `delete` takes."""
        return self.read(aws)

    def diff(self, live: Live) -> tuple[Change, ...]:
        """The properties in which `live` differs from what is wanted."""
        wanted = self.properties()
        return tuple(
            Change(name, live.properties.get(name), value)
            for name, value in wanted.items()
            if live.properties.get(name) != value and (name in live.properties or not live.partial)
        )

    def losses(self, live: Live) -> tuple[Change, ...]:  # noqa: ARG002 - for most the name says it all
        """What a plan shows of its removal beside its name."""
        return ()

    @abstractmethod
    def create(self, aws: Aws) -> Outputs:
        """Make it and return its outputs. May find it half made by an earlier attempt of its own."""

    @abstractmethod
    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        """Bring `live` to the desired state and return the outputs."""

    def settle(self, aws: Aws) -> None:  # noqa: B027 - most kinds can be used as soon as they are written
        """Wait until what was written can be used: the deploy's end waits for this, what depends on it does not."""

    @abstractmethod
    def delete(self, aws: Aws, live: Live) -> None:
        """Remove it; already gone is success."""


@dataclass(frozen=True, kw_only=True)
class Undeclared(Resource):
    """What is in a parent of ours beside its declared children: added by hand, or left by an older version.

    It belongs to `Stack.absent`, so it goes when nothing declared can need it any more. `read` lists by what it is
    called; `delete` removes exactly what was listed, nothing that came later.
    """

    def properties(self) -> dict[str, Any]:
        return {}

    def losses(self, live: Live) -> tuple[Change, ...]:
        return tuple(Change(name, found, None) for name, found in live.properties.items())

    def create(self, aws: Aws) -> Outputs:
        raise NotImplementedError

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        raise NotImplementedError


def giver(value: str) -> str:
    """Id of the resource whose output `value` takes; "" when it takes none."""
    return next((found.group(1) for found in _tokens(value)), "")


def is_there(live: Live | None) -> TypeGuard[Live]:
    """Whether a survey found it; what is left out may or may not be there, and is never touched."""
    return live is not None and not live.left_out


def is_ours(live: Live | None) -> TypeGuard[Live]:
    """Whether a survey found it, and it is ours to remove."""
    return is_there(live) and not live.borrowed


def is_unresolved(value: object) -> bool:
    """Whether a value still holds an output that is not known yet."""
    return next(_tokens(value), None) is not None


def without_tokens(text: str) -> str:
    """For people: an unknown output reads `(known after apply)`."""
    return _TOKEN.sub("(known after apply)", text)


def resolve_value(value: Any, outputs: Mapping[str, Outputs]) -> Any:
    """`value` with the known outputs in place of their tokens; descends into dataclasses and containers."""
    if isinstance(value, str):
        if "⟦" not in value:
            return value
        return _TOKEN.sub(lambda m: outputs.get(m.group(1), {}).get(m.group(2), m.group(0)), value)
    if isinstance(value, Mapping):
        return {resolve_value(k, outputs): resolve_value(v, outputs) for k, v in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return type(value)(resolve_value(item, outputs) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        resolved = {f.name: resolve_value(getattr(value, f.name), outputs) for f in fields(value) if f.init}
        return dataclasses.replace(value, **resolved)
    return value


def _tokens(value: object) -> Iterator[re.Match[str]]:
    if isinstance(value, str):
        if "⟦" in value:
            yield from _TOKEN.finditer(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _tokens(key)
            yield from _tokens(item)
    elif isinstance(value, tuple | list | set | frozenset):
        for item in value:
            yield from _tokens(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for f in fields(value):
            yield from _tokens(getattr(value, f.name))
