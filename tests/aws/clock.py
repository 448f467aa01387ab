"""Virtual time: seconds pass only while every thread waits for seconds to pass.

What sleeps registers here. What is being computed shows in the process's CPU time, and in the state of its threads
where the system tells it; what is being asked for shows in the calls under way. While there is neither, and nobody who
was just woken has yet to come to, the clock goes to the next wake-up. So a parallel walk needs no hook of its own: a
thread that waits for a lane, a future or work is merely idle.
"""

from __future__ import annotations

import faulthandler
import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# How long nothing may have happened, in real seconds, and how much CPU time counts as nothing.
_STILL = 0.001
_IDLE = 0.00005
# Linux has the states of our threads there.
_THREADS = Path("/proc/self/task")
# How long something may be computed or asked for, in real seconds, while others sleep.
_STUCK = 60.0


@dataclass(order=True)
class _Sleeper:
    until: float
    order: int
    woken: threading.Event = field(compare=False, default_factory=threading.Event)


class Clock:
    """Seconds since the clock was made. `sleeps` records how long each sleep was asked to be."""

    def __init__(self) -> None:
        self.sleeps: list[float] = []
        self._now = 0.0
        self._guard = threading.Lock()
        self._sleepers: list[_Sleeper] = []
        self._order = itertools.count()
        self._calls = 0
        self._coming_to = 0
        self._stop = threading.Event()
        self.stuck = False

    def __call__(self) -> float:
        """Now."""
        return self._now

    @contextmanager
    def running(self) -> Iterator[None]:
        """Inside, time passes."""
        self._stop.clear()
        ticking = threading.Thread(target=self._tick, name="clock", daemon=True)
        ticking.start()
        try:
            yield
        finally:
            self._stop.set()
            ticking.join()
        assert not self.stuck, "the clock stood still: the threads' stacks are on stderr"

    @contextmanager
    def sleeping(self, seconds: float) -> Iterator[threading.Event]:
        """Gives an event that is set once `seconds` have passed, or earlier by whoever wants the sleeper awake."""
        with self._guard:
            sleeper = _Sleeper(self._now + seconds, next(self._order))
            heapq.heappush(self._sleepers, sleeper)
            self.sleeps.append(seconds)
        try:
            yield sleeper.woken
        finally:
            with self._guard:
                if sleeper in self._sleepers:
                    self._sleepers.remove(sleeper)
                    heapq.heapify(self._sleepers)
                else:
                    self._coming_to -= 1

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass for this thread."""
        if seconds > 0:
            with self.sleeping(seconds) as woken:
                woken.wait()
            self.go_on()

    def go_on(self) -> None:
        """Raises RuntimeError for a clock that stands still."""
        if self.stuck:
            raise RuntimeError("the clock stands still")

    def pass_(self, seconds: float) -> None:
        """Let `seconds` pass while nothing runs."""
        self._now += seconds

    def begin(self) -> None:
        """A call goes out: while something outside of this process works for us, no time passes."""
        with self._guard:
            self._calls += 1

    def end(self) -> None:
        """It is back."""
        with self._guard:
            self._calls -= 1

    def _tick(self) -> None:
        moved = time.monotonic()
        while not self._stop.is_set():
            if self._is_still():
                self._wake_next()
                moved = time.monotonic()
            elif self._sleepers and time.monotonic() - moved > _STUCK:
                faulthandler.dump_traceback(all_threads=True)
                self.stuck = True
                for sleeper in tuple(self._sleepers):
                    sleeper.woken.set()
                return

    def _is_still(self) -> bool:
        before = _cpu_of_others()
        time.sleep(_STILL)
        with self._guard:
            if self._calls or self._coming_to or not self._sleepers:
                return False
        return not _somebody_could_run() and _cpu_of_others() - before < _IDLE

    def _wake_next(self) -> None:
        with self._guard:
            if not self._sleepers or self._calls:
                return
            self._now = max(self._now, self._sleepers[0].until)
            while self._sleepers and self._sleepers[0].until <= self._now:
                self._coming_to += 1
                heapq.heappop(self._sleepers).woken.set()


def _cpu_of_others() -> float:
    return time.process_time() - time.thread_time()


def _somebody_could_run() -> bool:
    """Whether another thread waits for nothing but a processor: on a busy machine it uses no CPU time for a while."""
    if not _THREADS.exists():
        return False
    try:
        states = {
            thread.name: (thread / "stat").read_text().rpartition(")")[2].split()[0] for thread in _THREADS.iterdir()
        }
    except (FileNotFoundError, ProcessLookupError):
        return True  # one that just ended
    states.pop(str(threading.get_native_id()), None)
    return "R" in states.values()


class Cancelled(threading.Event):
    """For `Aws.cancelled`: waits in virtual time, and tells `pausing` how long."""

    def __init__(self, clock: Clock, pausing: Callable[[float], None]) -> None:
        super().__init__()
        self._clock = clock
        self._pausing = pausing
        self._waiting: set[threading.Event] = set()

    def set(self) -> None:
        super().set()
        for woken in tuple(self._waiting):
            woken.set()

    def wait(self, timeout: float | None = None) -> bool:
        if timeout and not self.is_set():
            self._pausing(timeout)
            with self._clock.sleeping(timeout) as woken:
                self._waiting.add(woken)
                # Set in between?
                if not self.is_set():
                    woken.wait()
                self._waiting.discard(woken)
            self._clock.go_on()
        return self.is_set()
