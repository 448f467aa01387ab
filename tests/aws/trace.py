"""What a run had to wait for: the injected delays of every step, and the longest way through them."""

from __future__ import annotations

import threading
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
    verb: str
    start: float
    end: float = float("inf")
    blocked: list[Span] = field(default_factory=list)

    def delay(self) -> float:
        """The seconds for which AWS kept it waiting; what it slept beyond that is not in it."""
        return covered([(start, min(end, self.end)) for start, end in self.blocked])


class Trace:
    """Fed by the layer (`blocked`) and by the product's own events (`emit`)."""

    def __init__(self, clock: Clock) -> None:
        self.visits: list[Visit] = []
        self._clock = clock
        self._here = threading.local()
        self._active: list[Visit] = []
        self._outside: list[Span] = []

    def emit(self, event: Event) -> None:
        """For `Deployer`."""
        if event.phase == "start":
            visit = Visit(event.resource, "read" if event.action == "read" else "write", self._clock())
            self._here.visit = visit
            self.visits.append(visit)
            self._active.append(visit)
        elif event.phase in ("done", "failed"):
            visit = self._here.visit
            visit.end = self._clock()
            self._active.remove(visit)
            self._here.visit = None

    def blocked(self, start: float, end: float) -> None:
        """The thread that asks would get another answer at `end`."""
        visit = getattr(self._here, "visit", None)
        if visit is not None:
            visit.blocked.append((start, end))
            return
        # A thread that a step started for itself, such as one of several uploads; or no step at all (the lock).
        helped = [visit for visit in tuple(self._active) if visit.node.startswith("s3.")]
        for visit in helped:
            visit.blocked.append((start, end))
        if not helped:
            self._outside.append((start, end))

    def critical_path(self, resources: Mapping[str, Resource], *, removing: bool, started: float) -> float:
        """The least that a run since `started` could have taken, with every node's injected delay as it was.

        Walks follow each other: a survey, then writes. Writes of one lane follow each other, too.
        """
        ended = self._clock()
        total = 0.0
        walks = _walks([visit for visit in self.visits if visit.start >= started])
        for walk in walks:
            reads = walk[0].verb == "read"
            edges = {
                visit.node: resources[visit.node].reads_after() if reads else resources[visit.node].dependencies()
                for visit in walk
            }
            lanes = {} if reads else {visit.node: resources[visit.node].lane for visit in walk}
            if removing and not reads:
                edges = _reversed(edges)
            total += longest(edges, {visit.node: visit.delay() for visit in walk}, lanes)
        inside = [(min(v.start for v in walk), max(v.end for v in walk)) for walk in walks]
        alone = [(start, min(end, ended)) for start, end in self._outside if start >= started]
        return total + covered([*alone, *inside]) - covered(inside)


def covered(spans: list[Span]) -> float:
    """How much time lies in at least one span."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def longest(edges: Mapping[str, set[str]], delays: Mapping[str, float], lanes: Mapping[str, str | None]) -> float:
    """The longest way through the graph; a lane cannot be quicker than the sum of its nodes."""
    done: dict[str, float] = {}

    def finish(node: str) -> float:
        if node not in done:
            done[node] = delays[node] + max((finish(d) for d in edges[node] if d in delays), default=0.0)
        return done[node]

    ends = [finish(node) for node in delays]
    for lane in {lane for lane in lanes.values() if lane}:
        members = [node for node, its in lanes.items() if its == lane]
        first = min(done[node] - delays[node] for node in members)
        ends.append(first + sum(delays[node] for node in members))
    return max(ends, default=0.0)


def _walks(visits: list[Visit]) -> list[list[Visit]]:
    """Visits in the order of their starts, a new walk wherever reading turns to writing or back."""
    walks: list[list[Visit]] = []
    for visit in visits:
        again = walks and any(visit.node == seen.node for seen in walks[-1])
        if not walks or again or walks[-1][0].verb != visit.verb:
            walks.append([])
        walks[-1].append(visit)
    return walks


def _reversed(edges: Mapping[str, set[str]]) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {node: set() for node in edges}
    for node, dependencies in edges.items():
        for dependency in dependencies & edges.keys():
            turned[dependency].add(node)
    return turned
