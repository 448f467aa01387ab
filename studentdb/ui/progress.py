"""A parallel walk over resources while it happens: a live view on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from studentdb.provision.core import without_tokens
from studentdb.ui.console import Console, plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from studentdb.provision.events import Event

# action -> symbol, colour, doing, done
_WORDS = {
    "read": ("=", "", "looking at", "looked at"),
    "create": ("+", "green", "creating", "created"),
    "update": ("~", "yellow", "updating", "updated"),
    "replace": ("!", "magenta", "replacing", "replaced"),
    "delete": ("-", "red", "deleting", "deleted"),
}
_LARGEST_LIVE_VIEW = 12
# Without a live view silence for longer than this, in seconds, would look like a hang.
_SILENCE = 30.0


class Progress:
    """Takes the events of a walk, from any thread; use it as a context manager. Everything goes to stderr.

    `clock` returns seconds.
    """

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[str, tuple[Event, float]] = {}
        self._seen: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._expected = 0
        self._started = clock()
        self._spoke = self._started
        self._live: Live | None = None
        self._over = threading.Event()

    def __enter__(self) -> Self:
        if self._console.animated:
            self._resume()
        else:
            threading.Thread(target=self._speak_up, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._pause()
        if summary := self._summary():
            self._console.say(summary)

    def __call__(self, event: Event) -> None:
        """Take an event."""
        with self._lock:
            line = self._take(event)
            if line is not None:
                self._print(*line)

    def expect(self, writes: int) -> None:
        """How many writes there will be, so that the view can say how far it is."""
        with self._lock:
            self._expected = writes

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing moves meanwhile: for a question to the person."""
        self._pause()
        asked = self._clock()
        try:
            yield
        finally:
            # The time that a person thinks is not the walk's.
            self._started += self._clock() - asked
            if self._console.animated and not self._over.is_set():
                self._resume()

    def _take(self, event: Event) -> tuple[str, str] | None:
        symbol, colour, doing, done = _WORDS[event.action]
        if event.phase == "start":
            self._running[event.resource] = (event, self._clock())
            return None
        self._running.pop(event.resource, None)
        what = f"{event.kind} {plain(without_tokens(event.name))}"
        if event.phase == "failed":
            self._counts["failed"] += 1
            return f"x failed {doing} {what} ({event.seconds:.1f} s): {plain(event.detail)}", "red"
        if event.phase == "skipped":
            self._counts["skipped"] += 1
            return f"x skipped {doing} {what}: what it needs failed", "yellow"
        if event.phase == "left out":
            self._counts["left out"] += 1
            return f"x left out {what}: {plain(event.detail)}", "yellow"
        if event.action == "read":
            self._seen.add(event.resource)
            return None
        self._counts[done] += 1
        return f"{symbol} {done} {what} ({event.seconds:.1f} s)", colour

    def _print(self, line: str, colour: str) -> None:
        self._spoke = self._clock()
        # With a colour it goes through rich, which puts the line above the live view.
        self._console.say(line, style=colour)

    def _summary(self) -> str:
        seconds = self._clock() - self._started
        if not self._counts:
            return f"looked at {len(self._seen)} resources in {seconds:.1f} s" if self._seen else ""
        order = ("created", "updated", "replaced", "deleted", "left out", "failed", "skipped")
        parts = [f"{self._counts[word]} {word}" for word in order if self._counts[word]]
        return f"{', '.join(parts)} in {seconds:.1f} s"

    def _resume(self) -> None:
        from rich.live import Live

        # stdout is data: nothing of it is redirected into the view.
        self._live = Live(
            get_renderable=self._view,
            console=self._console.rich("err"),
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def _pause(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _view(self) -> RenderableType:
        from rich.text import Text

        now = self._clock()
        # Not under the lock: rich draws inside its own, and a printing thread holds ours while it waits for that.
        running = sorted(dict(self._running).values(), key=lambda one: one[1])
        lines = [self._headline(now)]
        for event, since in running[:_LARGEST_LIVE_VIEW]:
            doing = _WORDS[event.action][2]
            lines.append(f"  {doing} {event.kind} {plain(without_tokens(event.name))}  {now - since:.0f} s")
        if len(running) > _LARGEST_LIVE_VIEW:
            lines.append(f"  and {len(running) - _LARGEST_LIVE_VIEW} more")
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")

    def _headline(self, now: float) -> str:
        written = sum(self._counts.values())
        elapsed = f"{now - self._started:.0f} s"
        if self._expected:
            return f"{written} of {self._expected} done, {elapsed}"
        return f"{written} done, {elapsed}" if written else f"looked at {len(self._seen)} resources, {elapsed}"

    def _speak_up(self) -> None:
        while not self._over.wait(1.0):
            with self._lock:
                now = self._clock()
                if self._running and now - self._spoke >= _SILENCE:
                    event, since = min(self._running.values(), key=lambda one: one[1])
                    doing = _WORDS[event.action][2]
                    what = f"{event.kind} {plain(without_tokens(event.name))}"
                    self._print(f"... still {doing} {what}, {now - since:.0f} s", "")


class Count:
    """Progress of many like things (an import): how many, how fast, how long still. Everything goes to stderr."""

    def __init__(self, console: Console, what: str, total: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._what = what
        self._total = total
        self._clock = clock
        self._started = clock()
        self._spoke = self._started
        self._done = 0
        self._live: Any = None

    def __enter__(self) -> Self:
        if self._console.animated:
            from rich.live import Live

            self._live = Live(
                get_renderable=self.line,
                console=self._console.rich("err"),
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def advance(self, by: int = 1) -> None:
        """So many more are done."""
        self._done += by
        if self._live is None and self._clock() - self._spoke >= _SILENCE:
            self._spoke = self._clock()
            self._console.say(self.line())

    def line(self) -> str:
        """`40 of 86 students, 12 a second, 4 s left`"""
        text = f"{self._done} of {self._total} {self._what}"
        seconds = self._clock() - self._started
        if self._done and seconds > 0:
            rate = self._done / seconds
            text += f", {rate:.0f} a second, {(self._total - self._done) / rate:.0f} s left"
        return text
