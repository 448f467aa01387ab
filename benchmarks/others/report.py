"""What was seen, as Markdown: for a terminal, and for docs/decisions."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from benchmarks.others.job import STAGES, Record
from benchmarks.others.tools import Tool

_LONGEST = 150
# A place on the machine that this was measured on.
_PATH = re.compile(r"(?<![\w:/])(?:/[\w.@+-]+){2,}")


def report(machine: str, tools: Mapping[str, Tool], records: Mapping[str, Record], refused: Mapping[str, str]) -> str:
    """All tables. The first of the records is the one that the others are compared with."""
    parts = [
        machine,
        "Seconds from start to end of a whole command: the median, and how often the first tool's it is.",
        _table(["", *records], times(records)),
        "Requests of the same, writing + reading, as they pass the proxy; retries are in it.",
        _table(["", *records], calls(records)),
        "What is in the account.",
        _table(["", *records], things(records)),
        "Killed with SIGKILL in the first deploy, when the answer to a writing call was on its way; then the same "
        "deploy again, then the teardown.",
        _table(["", "killed after", "deploy again", "now there is more of", "teardown", "left behind"], kills(records)),
        "What each of them lacks of the job, or needs on the engine:",
        "\n".join(f"* {name} ({record.version})" + _notes(tools[name]) for name, record in records.items()),
        *([f"Not measured: {'; '.join(f'{name}: {why}' for name, why in refused.items())}."] if refused else []),
    ]
    return "\n\n".join(parts) + "\n"


def times(records: Mapping[str, Record]) -> list[list[str]]:
    """One row per stage: median, shortest and longest, and the ratio of the medians."""
    rows = []
    for stage in STAGES:
        seconds = {name: [outcome.seconds for outcome in record.stages[stage]] for name, record in records.items()}
        first = statistics.median(next(iter(seconds.values())))
        rows.append([stage, *(_spread(found, first) for found in seconds.values())])
    return rows


def _spread(seconds: Sequence[float], first: float) -> str:
    median = statistics.median(seconds)
    return f"{median:.1f} ({min(seconds):.1f}-{max(seconds):.1f}), {median / first:.1f}x"


def calls(records: Mapping[str, Record]) -> list[list[str]]:
    """One row per stage: the medians of writing and reading calls."""
    rows = []
    for stage in STAGES:
        outcomes = [record.stages[stage] for record in records.values()]
        rows.append(
            [
                stage,
                *(
                    f"{statistics.median(outcome.writing for outcome in found):.0f}"
                    f" + {statistics.median(outcome.reading for outcome in found):.0f}"
                    for found in outcomes
                ),
            ]
        )
    return rows


def things(records: Mapping[str, Record]) -> list[list[str]]:
    """What was made and what stayed."""
    found = records.values()
    return [
        ["put there once per account and region", *(counted(record.set_up) for record in found)],
        ["made by the first deploy", *(counted(record.made) for record in found)],
        ["left by the teardown", *(counted(record.left) for record in found)],
        [
            "left by a teardown from another machine",
            *(
                f"{_ended(record.elsewhere[0].code, record.elsewhere[0].complaint)}; {counted(record.elsewhere[1])}"
                if record.elsewhere
                else "not tried"
                for record in found
            ),
        ],
    ]


def kills(records: Mapping[str, Record]) -> list[list[str]]:
    """One row per kill."""
    return [
        [
            name,
            f"{killed.done} of {killed.of}",
            _ended(killed.again.code, killed.again.complaint),
            counted(killed.more),
            _ended(killed.teardown.code, killed.teardown.complaint),
            counted(killed.left),
        ]
        for name, record in records.items()
        for killed in record.killed
    ]


def counted(kinds: Counter[str]) -> str:
    """ "2 tables, 1 role", or "nothing"."""
    return (
        ", ".join(f"{count} {_plural(kind) if count > 1 else kind}" for kind, count in sorted(kinds.items()))
        or "nothing"
    )


def _plural(kind: str) -> str:
    noun, preposition, rest = kind.partition(" in ")
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{plural}{preposition}{rest}"


def _ended(code: int, complaint: str) -> str:
    if code == 0:
        return "done"
    said = _PATH.sub("…", complaint)
    return f"fails ({code}): {said if len(said) <= _LONGEST else f'{said[:_LONGEST]}…'}"


def _notes(tool: Tool) -> str:
    return "".join(f"\n  * {note}" for note in tool.notes)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
