"""The crash matrix: every call of every phase, in every mode, as a life of its own. And, cheaper, many in one life."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tests.crash.calls import Call, Doing
from tests.crash.faults import DEADLY, MODES, Trap
from tests.crash.place import Life, Place

# A call that needs luck, such as a second try while something is in use, is waited for in so many lives.
_LIVES = 3


@dataclass(frozen=True)
class Case:
    """One call, and what becomes of it."""

    phase: str
    mode: str
    call: Call

    def __str__(self) -> str:
        return f"{self.phase}, {self.mode}: {self.call}"


@dataclass(frozen=True)
class Result:
    """`at_once`: the run that met the fault itself ended well."""

    case: Case
    at_once: bool
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """What came of a life in which the first call of every kind met a fault."""

    kinds: frozenset[str]
    problems: tuple[str, ...]


def record(place: Place, phase: str) -> dict[Call, Doing]:
    """The calls of a phase in which nothing goes wrong."""
    life = Life(place, phase)
    said, seen, _ = life.act(Trap()).result()
    problems = [said] if said else life.wrong_at_once()
    problems += life.repair()
    if problems:
        raise RuntimeError(f"{phase} goes wrong by itself: {'; '.join(problems)}")
    calls: dict[Call, Doing] = seen
    return calls


def cases(phase: str, calls: dict[Call, Doing]) -> list[Case]:
    """All of one phase."""
    return [Case(phase, mode, call) for call in sorted(calls, key=str) for mode in MODES]


def run(place: Place, case: Case) -> Result:
    """One case, to its end."""
    for _ in range(_LIVES):
        life, trap = Life(place, case.phase), Trap(case.mode, lambda call, doing: call == case.call)
        ended = life.act(trap)
        problems = [ended.failure] if ended.failure else []
        said, _, sprung = ended.value or ("", {}, {})
        at_once = not (ended.killed or ended.failure or said)
        if at_once:
            problems += life.wrong_at_once()
        problems += life.repair()
        if problems or (ended.killed if case.mode in DEADLY else sprung):
            return Result(case, at_once, tuple(problems))
    return Result(case, False, ("the call was not made",))


def sample(place: Place, phase: str, mode: str) -> Sample:
    """The first call of every kind meets its fault, in one life."""
    return (_killed_again_and_again if mode in DEADLY else _all_in_one_run)(place, phase, mode)


def _killed_again_and_again(place: Place, phase: str, mode: str) -> Sample:
    """The run dies at the first call of one kind, the next run at that of another, until one ends well."""
    life = Life(place, phase)
    kinds: set[str] = set()
    while True:
        reading, writing = os.pipe()
        trap = Trap(
            mode,
            lambda call, doing: doing.kind not in kinds,
            lambda doing, to=writing: os.write(to, doing.kind.encode()),  # type: ignore[misc]
        )
        ended = life.act(trap)
        os.close(writing)
        with os.fdopen(reading) as words:
            last = words.read()
        if not ended.killed:
            break
        kinds.add(last)
    said = ended.failure or ended.value[0]
    problems = [said] if said else life.wrong_at_once()
    return Sample(frozenset(kinds), tuple(problems + life.repair()))


def _all_in_one_run(place: Place, phase: str, mode: str) -> Sample:
    """One run that has to end well all the same."""
    life = Life(place, phase)
    kinds: set[str] = set()

    def chosen(call: Call, doing: Doing) -> bool:
        first = doing.kind not in kinds
        kinds.add(doing.kind)
        return first

    ended = life.act(Trap(mode, chosen))
    said, _, sprung = ended.value or (ended.failure, {}, {})
    problems = [said] if said else life.wrong_at_once()
    return Sample(frozenset(doing.kind for doing in sprung.values()), tuple(problems + life.repair()))
