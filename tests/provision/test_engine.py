"""The engine's own logic, on resources that live in a dictionary."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import boto3
import pytest

from studentdb.errors import CancelledError, StudentDBError
from studentdb.provision.aws import Aws, Deployment
from studentdb.provision.core import (
    Change,
    Live,
    NotOursError,
    Outputs,
    Resource,
    giver,
    is_unresolved,
    without_tokens,
)
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.engine import Plan, Stack, WalkError, apply, plan, remove, survey
from studentdb.provision.events import Event, silent


class World:
    """A cloud in memory: what exists, and what was called."""

    def __init__(self) -> None:
        self.things: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.broken: set[str] = set()
        self.settling: dict[str, threading.Event] = {}
        self.busy: dict[str, int] = {}
        self.most_busy = 0
        self.guard = threading.Lock()

    def write(self, verb: str, thing: Thing) -> None:
        with self.guard:
            self.calls.append((verb, thing.name))
            self.busy[thing.group] = self.busy.get(thing.group, 0) + 1
            self.most_busy = max(self.most_busy, self.busy[thing.group])
        if thing.group:
            threading.Event().wait(0.01)
        with self.guard:
            self.busy[thing.group] -= 1
        if thing.name in self.broken:
            raise StudentDBError(f"{thing.name} is broken")


@dataclass(frozen=True, kw_only=True)
class Thing(Resource):
    kind: ClassVar[str] = "thing"
    immutable: ClassVar[frozenset[str]] = frozenset({"shape"})
    world: World = field(compare=False, repr=False)
    value: str = ""
    shape: str = ""
    group: str = ""
    uses: tuple[str, ...] = ()

    @property
    def lane(self) -> str | None:
        return self.group or None

    def properties(self) -> dict[str, Any]:
        return {"value": self.value, "shape": self.shape, "uses": self.uses}

    def read(self, aws: Aws) -> Live | None:
        found = self.world.things.get(self.name)
        if found is not None and found.get("foreign"):
            raise NotOursError(self.kind, self.name, "it is somebody else's")
        return None if found is None else Live(found, {"id": f"id-{self.name}"})

    def create(self, aws: Aws) -> Outputs:
        self.world.write("create", self)
        self.world.things[self.name] = self.properties()
        return {"id": f"id-{self.name}"}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        self.world.write("update", self)
        self.world.things[self.name] = self.properties()
        return live.outputs

    def delete(self, aws: Aws, live: Live) -> None:
        self.world.write("delete", self)
        del self.world.things[self.name]


@dataclass(frozen=True, kw_only=True)
class Precious(Thing):
    kind: ClassVar[str] = "precious"
    stateful: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Content(Thing):
    """Its output is its value, so it changes when the value does."""

    kind: ClassVar[str] = "content"
    volatile: ClassVar[frozenset[str]] = frozenset({"id"})

    def read(self, aws: Aws) -> Live | None:
        live = super().read(aws)
        return live and Live(live.properties, {"id": live.properties["value"]})

    def create(self, aws: Aws) -> Outputs:
        super().create(aws)
        return {"id": self.value}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        super().update(aws, live, changes)
        return {"id": self.value}


@dataclass(frozen=True, kw_only=True)
class Child(Thing):
    kind: ClassVar[str] = "child"
    identity: ClassVar[tuple[str, ...]] = ("name", "parent")
    parent: str


@dataclass(frozen=True, kw_only=True)
class Guest(Thing):
    """Goes with its parent."""

    kind: ClassVar[str] = "guest"
    parent: str

    @property
    def goes_with(self) -> str:
        return giver(self.parent)


@dataclass(frozen=True, kw_only=True)
class Slow(Thing):
    """Can be used once somebody sets its event."""

    kind: ClassVar[str] = "slow"

    def read(self, aws: Aws) -> Live | None:
        live = super().read(aws)
        return live and Live(live.properties, live.outputs, settled=self.world.settling[self.name].is_set())

    def settle(self, aws: Aws) -> None:
        if not self.world.settling[self.name].wait(5):
            raise StudentDBError(f"{self.name} never came up")
        self.world.write("settle", self)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def aws() -> Aws:
    region = "eu-central-1"
    return Aws(boto3.Session("x", "x", region_name=region), Deployment("t", region, "1"), Endpoints(region))


def deploy(aws: Aws, *resources: Resource, absent: tuple[Resource, ...] = ()) -> Plan:
    stack = Stack(resources, absent)
    lives = survey(stack.all, aws, silent)
    planned = plan(stack, lives)
    apply(planned, lives, aws, silent)
    return planned


def actions(planned: Plan) -> dict[str, str]:
    return {step.resource.name: step.action for step in planned.steps}


def test_creates_in_dependency_order_and_passes_outputs(aws: Aws, world: World) -> None:
    base = Thing(name="base", world=world)
    middle = Thing(name="middle", world=world, value=f"of {base.out('id')}/x")
    top = Thing(name="top", world=world, uses=(middle.out("id"),))
    assert actions(deploy(aws, top, middle, base)) == {"base": "create", "middle": "create", "top": "create"}
    assert world.calls == [("create", "base"), ("create", "middle"), ("create", "top")]
    assert world.things["middle"]["value"] == "of id-base/x"
    assert world.things["top"]["uses"] == ("id-middle",)


def test_second_deploy_is_empty(aws: Aws, world: World) -> None:
    base = Thing(name="base", world=world)
    top = Thing(name="top", world=world, value=base.out("id"))
    deploy(aws, base, top)
    world.calls.clear()
    assert not deploy(aws, base, top)
    assert world.calls == []


def test_an_output_that_is_not_known_yet_is_shown_as_such(aws: Aws, world: World) -> None:
    base = Thing(name="base", world=world)
    top = Thing(name="top", world=world, value=base.out("id"))
    world.things["top"] = {"value": "old", "shape": "", "uses": ()}
    planned = plan(Stack((base, top)), survey((base, top), aws, silent))
    change = planned.steps[-1].changes[0]
    assert (change.property, change.before) == ("value", "old")
    assert is_unresolved(change.after)
    assert without_tokens(str(change.after)) == "(known after apply)"


def test_what_takes_an_output_that_an_update_changes_is_updated_with_it(aws: Aws, world: World) -> None:
    def stack(value: str) -> tuple[Resource, ...]:
        content = Content(name="content", world=world, value=value)
        return content, Thing(name="taker", world=world, value=content.out("id"))

    deploy(aws, *stack("one"))
    assert actions(deploy(aws, *stack("two"))) == {"content": "update", "taker": "update"}
    assert world.things["taker"]["value"] == "two"
    assert not deploy(aws, *stack("two"))


def test_apply_may_do_less_than_planned(aws: Aws, world: World) -> None:
    base = Thing(name="base", world=world)
    top = Thing(name="top", world=world, value=base.out("id"))
    world.things["top"] = {"value": "id-base", "shape": "", "uses": ()}
    assert actions(deploy(aws, base, top)) == {"base": "create", "top": "update"}
    assert world.calls == [("create", "base")]  # once the output was known, nothing differed


def test_immutable_property_replaces_but_never_what_holds_data(aws: Aws, world: World) -> None:
    deploy(aws, Thing(name="a", world=world), Precious(name="p", world=world))
    world.calls.clear()
    assert actions(deploy(aws, Thing(name="a", world=world, shape="round"))) == {"a": "replace"}
    assert world.calls == [("delete", "a"), ("create", "a")]
    with pytest.raises(StudentDBError, match="cannot be changed in place"):
        deploy(aws, Precious(name="p", world=world, shape="round"))
    assert ("delete", "p") not in world.calls


def test_failure_skips_only_dependants(aws: Aws, world: World) -> None:
    world.broken = {"bad"}
    bad = Thing(name="bad", world=world)
    below = Thing(name="below", world=world, value=bad.out("id"))
    lower = Thing(name="lower", world=world, value=below.out("id"))
    fine = Thing(name="fine", world=world)
    events: list[Event] = []
    stack = Stack((lower, below, bad, fine))
    lives = survey(stack.all, aws, silent)
    with pytest.raises(WalkError) as error:
        apply(plan(stack, lives), lives, aws, events.append)
    assert set(error.value.failures) == {"thing/bad"}
    assert set(error.value.skipped) == {"thing/below", "thing/lower"}
    assert set(world.things) == {"fine"}
    assert {(e.name, e.phase) for e in events if e.phase != "start"} == {
        ("bad", "failed"),
        ("fine", "done"),
        ("below", "skipped"),
        ("lower", "skipped"),
    }


def test_survey_names_every_resource_that_is_not_ours(aws: Aws, world: World) -> None:
    world.things = {"a": {"foreign": True}, "b": {"foreign": True}}
    with pytest.raises(WalkError) as error:
        survey([Thing(name=name, world=world) for name in "abc"], aws, silent)
    assert set(error.value.failures) == {"thing/a", "thing/b"}
    assert world.calls == []


def test_child_of_an_absent_parent_is_not_read(aws: Aws, world: World) -> None:
    parent = Thing(name="parent", world=world)
    child = Child(name="child", parent=parent.out("id"), world=world)
    world.things["child"] = {}
    assert survey([child, parent], aws, silent) == {"thing/parent": None, "child/child": None}


def test_remove_goes_backwards_and_keeps_what_is_not_named(aws: Aws, world: World) -> None:
    base = Precious(name="base", world=world)
    middle = Thing(name="middle", world=world, value=base.out("id"))
    top = Thing(name="top", world=world, value=middle.out("id"))
    deploy(aws, base, middle, top)
    world.calls.clear()
    lives = survey((base, middle, top), aws, silent)
    remove((middle, top), lives, aws, silent)
    assert world.calls == [("delete", "top"), ("delete", "middle")]
    assert set(world.things) == {"base"}


def test_children_go_with_their_parent(aws: Aws, world: World) -> None:
    base = Thing(name="base", world=world)
    parent = Thing(name="parent", world=world)
    guests = [
        Guest(name="one", world=world, parent=parent.out("id")),
        Guest(name="two", world=world, parent=parent.out("id"), value=base.out("id")),
    ]
    user = Thing(name="user", world=world, uses=(guests[0].out("id"),))
    deploy(aws, base, parent, *guests, user)
    world.calls.clear()
    events: list[Event] = []
    lives = survey((base, parent, *guests, user), aws, silent)
    remove((base, parent, *guests, user), lives, aws, events.append)
    # What uses a child is gone before the parent; what the child used need not wait for either.
    assert sorted(world.calls) == [("delete", "base"), ("delete", "parent"), ("delete", "user")]
    assert world.calls.index(("delete", "user")) < world.calls.index(("delete", "parent"))
    told = [event.name for event in events if event.phase == "done"]
    assert sorted(told) == ["base", "one", "parent", "two", "user"]
    assert told.index("parent") < min(told.index("one"), told.index("two"))


def test_a_child_whose_parent_stays_is_deleted_itself(aws: Aws, world: World) -> None:
    parent = Precious(name="parent", world=world)
    guest = Guest(name="guest", world=world, parent=parent.out("id"))
    deploy(aws, parent, guest)
    world.calls.clear()
    remove((guest,), survey((parent, guest), aws, silent), aws, silent)
    assert world.calls == [("delete", "guest")]


def test_children_of_a_parent_that_cannot_be_removed_count_as_left(aws: Aws, world: World) -> None:
    parent = Thing(name="parent", world=world)
    guest = Guest(name="guest", world=world, parent=parent.out("id"))
    deploy(aws, parent, guest)
    world.broken = {"parent"}
    with pytest.raises(WalkError) as error:
        remove((parent, guest), survey((parent, guest), aws, silent), aws, silent)
    assert (set(error.value.failures), error.value.skipped) == ({"thing/parent"}, ("guest/guest",))


def test_only_the_end_of_a_deploy_waits_for_what_settles(aws: Aws, world: World) -> None:
    usable = world.settling["slow"] = threading.Event()
    slow = Slow(name="slow", world=world)
    user = Thing(name="user", world=world, value=slow.out("id"))
    events: list[Event] = []

    def see(event: Event) -> None:
        events.append(event)
        if (event.name, event.phase) == ("user", "done"):
            usable.set()

    stack = Stack((slow, user))
    lives = survey(stack.all, aws, silent)
    apply(plan(stack, lives), lives, aws, see)
    assert world.calls == [("create", "slow"), ("create", "user"), ("settle", "slow")]
    assert [(event.name, event.phase) for event in events][-2:] == [("user", "done"), ("slow", "done")]


def test_what_does_not_settle_fails_the_deploy_and_nothing_else(aws: Aws, world: World) -> None:
    usable = world.settling["slow"] = threading.Event()
    slow = Slow(name="slow", world=world)
    user = Thing(name="user", world=world, value=slow.out("id"))
    events: list[tuple[str, str]] = []

    def breaks(event: Event) -> None:
        events.append((event.name, event.phase))
        if events[-1] == ("user", "done"):
            world.broken = {"slow"}
            usable.set()

    stack = Stack((slow, user))
    lives = survey(stack.all, aws, silent)
    with pytest.raises(WalkError) as error:
        apply(plan(stack, lives), lives, aws, breaks)
    assert (set(error.value.failures), error.value.skipped) == ({"slow/slow"}, ())
    assert set(world.things) == {"slow", "user"}
    assert ("slow", "failed") in events
    assert ("slow", "done") not in events


def test_what_a_deploy_before_left_half_way_is_waited_for(aws: Aws, world: World) -> None:
    usable = world.settling["slow"] = threading.Event()
    slow = Slow(name="slow", world=world)
    slow.create(aws)
    stack = Stack((slow, Thing(name="new", world=world)))
    lives = survey(stack.all, aws, silent)
    usable.set()
    apply(plan(stack, lives), lives, aws, silent)
    assert sorted(world.calls) == [("create", "new"), ("create", "slow"), ("settle", "slow")]


def test_features_switched_off_are_swept(aws: Aws, world: World) -> None:
    old = Thing(name="old", world=world)
    deploy(aws, old)
    assert actions(deploy(aws, Thing(name="new", world=world), absent=(old,))) == {"new": "create", "old": "delete"}
    assert set(world.things) == {"new"}


def test_what_holds_data_is_not_swept(aws: Aws, world: World) -> None:
    old = Precious(name="old", world=world)
    deploy(aws, old)
    world.calls.clear()
    planned = deploy(aws, absent=(old,))
    assert not planned
    assert [step.resource for step in planned.kept] == [old]
    assert world.calls == []


def test_what_is_still_used_is_swept_after_its_users_are_changed(aws: Aws, world: World) -> None:
    old, new = Thing(name="old", world=world), Thing(name="new", world=world)
    deploy(aws, old, Thing(name="user", world=world, value=old.out("id")))
    world.calls.clear()
    deploy(aws, new, Thing(name="user", world=world, value=new.out("id")), absent=(old,))
    assert world.calls == [("create", "new"), ("update", "user"), ("delete", "old")]

    world.broken = {"user"}
    newest = Thing(name="newest", world=world)
    with pytest.raises(WalkError):
        deploy(aws, newest, Thing(name="user", world=world, value=newest.out("id")), absent=(new,))
    assert "new" in world.things


def test_nothing_is_declared_twice(world: World) -> None:
    one = Thing(name="one", world=world)
    with pytest.raises(ValueError, match="declared twice: thing/one"):
        Stack((one,), absent=(one,))


def test_lanes_serialise(aws: Aws, world: World) -> None:
    deploy(aws, *(Thing(name=f"n{n}", world=world, group="one") for n in range(8)))
    assert world.most_busy == 1


def test_interrupt_lets_running_work_end_and_starts_nothing_more(aws: Aws, world: World) -> None:
    first = Thing(name="first", world=world)
    second = Thing(name="second", world=world, value=first.out("id"))

    def interrupt(event: Event) -> None:
        if (event.name, event.phase) == ("first", "start"):
            aws.cancelled.set()

    stack = Stack((first, second))
    lives: Mapping[str, Live | None] = survey(stack.all, aws, silent)
    with pytest.raises(CancelledError):
        apply(plan(stack, lives), lives, aws, interrupt)
    assert set(world.things) == {"first"}
