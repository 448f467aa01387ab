"""Virtual time passes while everybody waits for it, and for nobody else; delays add up along the longest way."""

from __future__ import annotations

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.aws.clock import Cancelled, Clock
from tests.aws.trace import covered, longest


def test_sleeps_beside_each_other_take_the_longest() -> None:
    clock, began = Clock(), time.monotonic()
    with clock.running(), ThreadPoolExecutor(20) as pool:
        list(pool.map(clock.sleep, range(1, 200, 10)))
    assert clock() == 191
    assert time.monotonic() - began < 20


def test_sleeps_one_after_the_other_add_up() -> None:
    clock, lane = Clock(), threading.Lock()

    def work(_: int) -> None:
        with lane:
            clock.sleep(10)

    with clock.running(), ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert clock() == 80


def test_no_time_passes_while_somebody_computes_or_asks() -> None:
    """A woken thread works before the next one is woken."""
    clock, seen = Clock(), []

    def work(_: int) -> None:
        clock.sleep(1)
        hashlib.pbkdf2_hmac("sha256", b"x", b"y", 200_000)
        seen.append(clock())
        clock.begin()
        time.sleep(0.05)
        seen.append(clock())
        clock.end()

    with clock.running(), ThreadPoolExecutor(5) as pool:
        other = pool.submit(clock.sleep, 1.5)
        list(pool.map(work, range(3)))
        other.result()
    assert seen == [1.0] * 6


def test_ctrl_c_ends_a_wait() -> None:
    clock = Clock()
    cancelled = Cancelled(clock, lambda _: None)
    with clock.running(), ThreadPoolExecutor(1) as pool:
        clock.begin()
        waiting = pool.submit(cancelled.wait, 1000.0)
        while not clock.sleeps:
            time.sleep(0.001)
        cancelled.set()
        assert waiting.result() is True
        clock.end()
    assert clock() < 1000


def test_covered_time() -> None:
    assert covered([(0, 2), (1, 3), (5, 6), (5, 5.5)]) == 4
    assert covered([]) == 0


@pytest.mark.parametrize(
    ("held", "lanes", "expected"),
    [
        ({"a": 2.0, "b": 3.0, "c": 4.0}, {}, 6.0),
        # b and c share a lane.
        ({"a": 2.0, "b": 3.0, "c": 4.0}, {"b": "x", "c": "x"}, 9.0),
        # a lets its dependants go early.
        ({"a": 0.5, "b": 3.0, "c": 4.0}, {}, 4.5),
    ],
)
def test_the_longest_way(held: dict[str, float], lanes: dict[str, str], expected: float) -> None:
    edges: dict[str, set[str]] = {"a": set(), "b": {"a"}, "c": {"a"}}
    whole = {"a": 2.0, "b": 3.0, "c": 4.0}
    assert longest(edges, held, whole, {node: lanes.get(node) for node in edges}) == expected
