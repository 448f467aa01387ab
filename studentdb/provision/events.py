"""What the engine tells whoever watches; the ui turns it into lines or a live view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Phase = Literal["start", "done", "failed", "skipped", "left out"]
Verb = Literal["read", "create", "update", "replace", "delete"]


@dataclass(frozen=True)
class Event:
    """One step of a walk over the stack. `seconds` is how long it took, 0 at the start."""

    resource: str
    kind: str
    name: str
    phase: Phase
    action: Verb
    seconds: float = 0.0
    detail: str = ""


Emit = Callable[[Event], None]


def silent(event: Event) -> None:
    """Nobody watches."""
