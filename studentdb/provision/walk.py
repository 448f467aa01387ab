"""A parallel walk over a dependency graph: a failure skips only what depends on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

# More than are ever at work: those who wait for their lane hold a thread too.
WORKERS = 32
# What is left to do for a node when its dependants may begin.
Rest = Callable[[], None]


@dataclass
class Walk:
    """What a walk did not manage: errors by node, and the nodes that were never visited."""

    failures: dict[str, Exception] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def walk(
    graph: Mapping[str, set[str]],
    visit: Callable[[str], Rest | None],
    *,
    cancelled: threading.Event,
    workers: int = WORKERS,
) -> Walk:
    """Call `visit(node)` for every node after the nodes it depends on, and the rest that it may return beside them.

    Dependencies outside the graph are taken as done. Sets `cancelled` on Ctrl-C and waits for what is running, so
    that no thread outlives the walk; nodes not begun by then are skipped. Raises CycleError for a cycle.
    """
    sorter: TopologicalSorter[str] = TopologicalSorter(
        {node: {dep for dep in deps if dep in graph} for node, deps in graph.items()}
    )
    sorter.prepare()
    result = Walk()
    done: set[str] = set()
    with ThreadPoolExecutor(workers, thread_name_prefix="walk") as pool:
        running: dict[Future[Rest | None], str] = {}
        try:
            while True:
                if not cancelled.is_set():
                    running |= {pool.submit(visit, node): node for node in sorter.get_ready()}
                if not running:
                    break
                # The timeout lets Ctrl-C through on platforms where a lock wait cannot be interrupted.
                finished, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in finished:
                    node = running.pop(future)
                    rest = _settle(node, future, sorter, result, done)
                    if rest is not None and not cancelled.is_set():
                        running[pool.submit(rest)] = node
        except KeyboardInterrupt:
            cancelled.set()
            wait(running)
            for future, node in running.items():
                _settle(node, future, sorter, result, done)
    result.skipped = [node for node in graph if node not in done and node not in result.failures]
    return result


def _settle(
    node: str, future: Future[Rest | None], sorter: TopologicalSorter[str], result: Walk, done: set[str]
) -> Rest | None:
    error = future.exception()
    if error is None:
        if node not in done:
            done.add(node)
            sorter.done(node)
        return future.result()
    if isinstance(error, Exception):
        result.failures[node] = error
        return None
    raise error


class Lanes:
    """Locks by name: writes of one lane happen one at a time (X-12)."""

    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def __call__(self, lane: str) -> threading.Lock:
        """The lane's lock, made on first use."""
        with self._guard:
            return self._locks.setdefault(lane, threading.Lock())
