"""A plan before it is carried out: what is made, changed, replaced and removed, property by property."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import takewhile
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
_LONGEST_ITEM = 180
_CUT = " .. "
# What is shown before the first difference.
_LEAD = 12
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
            line = f"{plain(path)}: {' -> '.join(_both(before, after))}"
            items = list(_items(before, after)) if _CUT in line else []
            if step.action == "replace" and change.property in step.resource.immutable:
                line += "  (AWS cannot change this in place)"
            yield from (f"{plain(path)} {item}" for item in items) if items else (line,)


def _items(before: object, after: object) -> Iterator[str]:
    """Of two long lists only what goes and what comes: a policy's statements, one by one."""
    lists = (list, tuple, set, frozenset)
    if not (isinstance(before, lists) and isinstance(after, lists)):
        return
    there, wanted = _in_order(before), _in_order(after)
    yield from (f"- {_short(_text(item), _LONGEST_ITEM)}" for item in there if item not in wanted)
    yield from (f"+ {_short(_text(item), _LONGEST_ITEM)}" for item in wanted if item not in there)


def _leaves(path: str, before: object, after: object) -> Iterator[tuple[str, object, object]]:
    """Down to what differs inside two mappings, so that one header's change does not show all the headers."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        yield path, before, after
        return
    for key in sorted({*before, *after}, key=str):
        if before.get(key) != after.get(key) or (key in before) != (key in after):
            yield from _leaves(f"{path}.{key}", before.get(key), after.get(key))


def _both(before: object, after: object) -> tuple[str, str]:
    """Two values; of long ones with the same ends what stands around the first difference."""
    texts = _text(before), _text(after)
    if texts[0] != texts[1] and _short(texts[0]) == _short(texts[1]):
        alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False)))
        start = max(0, alike - _LEAD)
        texts = f"..{texts[0][start:]}", f"..{texts[1][start:]}"
    return _short(texts[0]), _short(texts[1])


def _text(value: object) -> str:
    if value is None:
        return _ABSENT
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if isinstance(value, str):
        return plain(without_tokens(value)) if is_unresolved(value) else json.dumps(plain(value), ensure_ascii=False)
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return plain(without_tokens(json.dumps(_listed(value), ensure_ascii=False, default=str)))


def _short(text: str, longest: int = _LONGEST_VALUE) -> str:
    if len(text) <= longest:
        return text
    half = (longest - len(_CUT)) // 2
    return f"{text[:half]}{_CUT}{text[-half:]}"


def _listed(value: object) -> object:
    return _in_order(value) if isinstance(value, set | frozenset) else value


def _in_order(value: Collection[object]) -> list[object]:
    """Sets in an order that does not change from run to run."""
    return sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)


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
        value,
        default=lambda other: f"({len(other)} bytes)" if isinstance(other, bytes) else _listed(other),
        ensure_ascii=False,  # a token would not be found
    )
    return json.loads(without_tokens(text))
