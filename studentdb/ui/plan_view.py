"""A plan before it is carried out: what is made, changed, replaced and removed, property by property."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from studentdb.provision.core import is_unresolved, without_tokens
from studentdb.ui.console import Console, plain

if TYPE_CHECKING:
    from studentdb.provision.engine import Plan, Step
    from studentdb.ui.console import To

# action -> symbol, colour, what the totals call it
ACTIONS = {
    "create": ("+", "green", "to create"),
    "update": ("~", "yellow", "to update"),
    "replace": ("!", "magenta", "to replace"),
    "delete": ("-", "red", "to delete"),
    "keep": ("=", "", "kept"),
    "none": ("=", "", "unchanged"),
}
_LONGEST_VALUE = 60
_ABSENT = "(absent)"


def show_plan(console: Console, plan: Plan, *, to: To = "err") -> None:
    """Every step that writes; what is changed with the properties that differ; the others are only counted."""
    from rich.text import Text

    for step in plan.pending:
        symbol, colour, _ = ACTIONS[step.action]
        heading = f"{symbol} {step.resource.kind} {plain(without_tokens(step.resource.name))}"
        if step.action == "replace":
            heading += "  (deleted, then created again)"
        console.rich(to).print(Text(heading, colour), soft_wrap=True)
        # Of something new every property is new: that is noise here, and stands in `plan --json`.
        for line in _differences(step) if step.action != "create" else ():
            console.rich(to).print(Text(f"    {line}"), soft_wrap=True)
    for step in plan.kept:
        heading = f"= {step.resource.kind} {plain(without_tokens(step.resource.name))}"
        console.rich(to).print(f"{heading}  (no longer used; it holds data and stays)", soft_wrap=True)
    console.rich(to).print(Text(totals(plan)), soft_wrap=True)


def totals(plan: Plan) -> str:
    """`2 to create, 1 to update, 40 unchanged.`"""
    counts = Counter(step.action for step in plan.steps)
    parts = [f"{counts[action]} {words}" for action, (_, _, words) in ACTIONS.items() if counts[action]]  # type: ignore[index]
    return f"{', '.join(parts)}." if parts else "Nothing is declared."


def _differences(step: Step) -> Iterator[str]:
    for change in step.changes:
        for path, before, after in _leaves(change.property, change.before, change.after):
            yield f"{plain(path)}: {_value(before)} -> {_value(after)}"


def _leaves(path: str, before: object, after: object) -> Iterator[tuple[str, object, object]]:
    """Down to what differs inside two mappings, so that one header's change does not show all the headers."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        yield path, before, after
        return
    for key in sorted({*before, *after}, key=str):
        if before.get(key) != after.get(key) or (key in before) != (key in after):
            yield from _leaves(f"{path}.{key}", before.get(key), after.get(key))


def _value(value: object) -> str:
    if value is None:
        return _ABSENT
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if isinstance(value, str):
        text = plain(without_tokens(value)) if is_unresolved(value) else json.dumps(plain(value), ensure_ascii=False)
    elif isinstance(value, bool | int | float):
        return json.dumps(value)
    else:
        text = plain(without_tokens(json.dumps(_listed(value), ensure_ascii=False, default=str)))
    if len(text) <= _LONGEST_VALUE:
        return text
    half = _LONGEST_VALUE // 2 - 2
    return f"{text[:half]} .. {text[-half:]}"


def _listed(value: object) -> object:
    """Sets in an order that does not change from run to run."""
    return sorted(value, key=str) if isinstance(value, set | frozenset) else value


def as_data(plan: Plan) -> dict[str, object]:
    """The plan for programs: every step that writes, with its changes; what is not known yet reads as such."""
    return {
        "changes": [
            {
                "action": step.action,
                "kind": step.resource.kind,
                "name": without_tokens(step.resource.name),
                "properties": {
                    change.property: {"before": _datum(change.before), "after": _datum(change.after)}
                    for change in step.changes
                },
            }
            for step in plan.pending
        ],
        "kept": [{"kind": step.resource.kind, "name": without_tokens(step.resource.name)} for step in plan.kept],
        "unchanged": len(plan.steps) - len(plan.pending) - len(plan.kept),
    }


def _datum(value: object) -> object:
    text = json.dumps(
        value, default=lambda other: f"({len(other)} bytes)" if isinstance(other, bytes) else _listed(other)
    )
    return json.loads(without_tokens(text))
