"""What a run had to wait for: the injected delays of every step, and the longest way through them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from studentdb.provision.core import Resource
from studentdb.provision.events import Event
from tests.aws.clock import Clock

Span = tuple[float, float]


@dataclass
class Visit:
    """One node of one walk: when it was worked on, and what AWS made it wait for."""

    node: str
    reads: bool
    start: float
    end: float = float("inf")
    blocked: list[Span] = field(default_factory=list)
    # The sleeps of the product's own.
    pauses: list[float] = field(default_factory=list)

    def delay(self, until: float = float("inf")) -> float:
        """The seconds for which AWS kept it waiting; what it slept beyond that is not in it."""
        return covered([(start, min(end, until, self.end)) for start, end in self.blocked])


class Trace:
    """Fed by the layer (`blocked`) and by the product's own events (`emit`)."""

    def __init__(self, clock: Clock) -> None:
        self.visits: list[Visit] = []
        self._clock = clock
        self._active: dict[str, Visit] = {}
        self._outside: list[Span] = []

    def emit(self, event: Event) -> None:
        """For `Deployer`."""
        if event.phase == "start":
            visit = self._active[event.resource] = Visit(event.resource, event.action == "read", self._clock())
            self.visits.append(visit)
        elif event.phase in ("done", "failed"):
            self._active.pop(event.resource).end = self._clock()

    def blocked(self, start: float, end: float) -> None:
        """Who asks now would get another answer at `end`."""
        asking = _asking()
        visit = self._active.get(asking)
        if visit is not None:
            visit.blocked.append((start, end))
            return
        # A thread that a step started for itself, such as one of a bucket's reads; or no step at all (the lock).
        helped = [visit for node, visit in tuple(self._active.items()) if node.startswith("s3.") and not asking]
        for visit in helped:
            visit.blocked.append((start, end))
        if not helped:
            self._outside.append((start, end))

    def paused(self, seconds: float) -> None:
        """The product sleeps."""
        visit = self._active.get(_asking())
        if visit is not None:
            visit.pauses.append(seconds)

    def critical_path(self, resources: Mapping[str, Resource], *, removing: bool, started: float) -> float:
        """The least that a run since `started` could have taken, with every node's injected delay as it was.

        Walks follow each other: a survey, then writes. Writes of one lane follow each other, too.
        """
        ended = self._clock()
        walks = _walks([visit for visit in self.visits if visit.start >= started])
        total = sum(_longest(walk, resources, removing=removing) for walk in walks)
        inside = [(min(v.start for v in walk), max(v.end for v in walk)) for walk in walks]
        alone = [(start, min(end, ended)) for start, end in self._outside if start >= started]
        return total + covered([*alone, *inside]) - covered(inside)


def _asking() -> str:
    """The id of the resource in whose verb this thread is, found on its stack; empty outside of any."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, Resource):
            return owner.id
        frame = frame.f_back
    return ""


def _longest(walk: list[Visit], resources: Mapping[str, Resource], *, removing: bool) -> float:
    """The longest way through one walk's injected delays."""
    reads = walk[0].reads
    edges = {
        visit.node: resources[visit.node].reads_after() if reads else resources[visit.node].dependencies()
        for visit in walk
    }
    if removing and not reads:
        edges = _reversed(edges)
    lanes = {visit.node: None if reads else resources[visit.node].lane for visit in walk}
    held = {}
    for visit in walk:
        # What it waits for after its dependants, and the next one of its lane, could begin holds nobody up.
        after = [other for other in walk if other.start > visit.start]
        freed = [other.start for other in after if visit.node in edges[other.node]]
        freed += [other.start for other in after if lanes[visit.node] and lanes[other.node] == lanes[visit.node]]
        held[visit.node] = visit.delay(min(freed, default=float("inf")))
    return longest(edges, held, {visit.node: visit.delay() for visit in walk}, lanes)


def covered(spans: list[Span]) -> float:
    """How much time lies in at least one span."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def longest(
    edges: Mapping[str, set[str]],
    held: Mapping[str, float],
    whole: Mapping[str, float],
    lanes: Mapping[str, str | None],
) -> float:
    """The longest way through a graph whose nodes hold others up for `held` and end after `whole` seconds.

    A lane cannot be quicker than the sum of its nodes.
    """
    starts: dict[str, float] = {}

    def start(node: str) -> float:
        if node not in starts:
            starts[node] = max((start(each) + held[each] for each in edges[node] if each in held), default=0.0)
        return starts[node]

    ends = [start(node) + whole[node] for node in whole]
    for lane in {lane for lane in lanes.values() if lane}:
        members = [node for node, its in lanes.items() if its == lane]
        ends.append(min(starts[node] for node in members) + sum(held[node] for node in members))
    return max(ends, default=0.0)


def _walks(visits: list[Visit]) -> list[list[Visit]]:
    """Visits in the order of their starts, a new walk wherever reading turns to writing or back."""
    walks: list[list[Visit]] = []
    for visit in visits:
        again = walks and any(visit.node == seen.node for seen in walks[-1])
        if not walks or again or walks[-1][0].reads != visit.reads:
            walks.append([])
        walks[-1].append(visit)
    return walks


def _reversed(edges: Mapping[str, set[str]]) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {node: set() for node in edges}
    for node, dependencies in edges.items():
        for dependency in dependencies & edges.keys():
            turned[dependency].add(node)
    return turned
