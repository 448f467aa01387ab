"""A plan in words."""

from __future__ import annotations

from typing import Any, ClassVar, cast

import pytest

from studentdb.provision.core import Change
from studentdb.provision.engine import Action, Plan, Step
from studentdb.provision.resources.log_group import LogGroup
from studentdb.ui.plan_view import as_data, show_plan, totals
from tests.ui.terminal import in_pipe, on_terminal


class _Fixed(LogGroup):
    immutable: ClassVar[frozenset[str]] = frozenset({"size"})


def step(action: Action, name: str = "a", *changes: Change) -> Step:
    return Step(LogGroup(name=name, retention_days=1), action, changes)


def lines(*steps: Step) -> list[str]:
    console, out, err = in_pipe()
    show_plan(console, Plan(steps))
    assert out.getvalue() == ""
    return err.getvalue().splitlines()


def test_every_action_has_a_symbol_and_the_unchanged_are_counted() -> None:
    assert lines(
        step("create", "made"),
        step("update", "changed", Change("memory", 256, 512)),
        step("replace", "replaced", Change("type", "a", "b")),
        step("delete", "gone"),
        step("none", "same"),
        step("none", "same too"),
        step("keep", "precious"),
    ) == [
        "+ logs.log_group made",
        "~ logs.log_group changed",
        "    memory: 256 -> 512",
        "! logs.log_group replaced  (deleted, then created again)",
        '    type: "a" -> "b"',
        "- logs.log_group gone",
        "= logs.log_group precious  (no longer used; it holds data and stays)",
        "1 to create, 1 to update, 1 to replace, 1 to delete, 1 kept, 2 unchanged.",
    ]


def test_an_empty_plan() -> None:
    assert lines(step("none")) == ["1 unchanged."]
    assert totals(Plan(())) == "Nothing is declared."


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (None, "x", 'p: (absent) -> "x"'),
        (True, None, "p: true -> (absent)"),
        ({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}, "p.b.c: 2 -> 3"),
        ({"a": None}, {}, "p.a: (absent) -> (absent)"),
        ({"a": 1}, {"a": 1, "b": [1, "é"]}, 'p.b: (absent) -> [1, "é"]'),
        (b"123", frozenset({"b", "a"}), 'p: (3 bytes) -> ["a", "b"]'),
        ("x" * 100, "y", f'p: "{"x" * 27} .. {"x" * 27}" -> "y"'),
        (
            f"{'x' * 50}a{'y' * 50}",
            f"{'x' * 50}b{'y' * 50}",
            f'p: ..{"x" * 12}a{"y" * 13} .. {"y" * 27}" -> ..{"x" * 12}b{"y" * 13} .. {"y" * 27}"',
        ),
        ("a\x1b[2J", "⟦api/x#id⟧", 'p: "a\\\\x1b[2J" -> (known after apply)'),
    ],
)
def test_differences(before: object, after: object, shown: str) -> None:
    assert lines(step("update", "a", Change("p", before, after)))[1] == f"    {shown}"


def test_two_differences_in_one_property_are_two_lines() -> None:
    changed = step("update", "a", Change("tags", {"x": 1, "y": 2}, {"x": 2, "y": 3}))
    assert lines(changed)[1:3] == ["    tags.x: 1 -> 2", "    tags.y: 2 -> 3"]


def test_of_two_long_lists_what_goes_and_what_comes() -> None:
    same, gone, new = ({"Sid": letter * 40} for letter in "abc")
    assert lines(step("update", "a", Change("policy", {"S": [same, gone]}, {"S": [same, new]})))[1:3] == [
        f'    policy.S - {{"Sid": "{"b" * 40}"}}',
        f'    policy.S + {{"Sid": "{"c" * 40}"}}',
    ]
    # Where only the order differs, the lists themselves say so.
    turned = lines(step("update", "a", Change("policy", [same, gone], [gone, same])))[1]
    assert turned.startswith('    policy: [{"Sid": "aaa')
    assert " -> " in turned


def test_what_makes_a_replacement_necessary_is_marked() -> None:
    fixed = Step(_Fixed(name="a", retention_days=1), "replace", (Change("size", 1, 2), Change("colour", 3, 4)))
    assert lines(fixed)[1:3] == ["    size: 1 -> 2  (AWS cannot change this in place)", "    colour: 3 -> 4"]


def test_colour_on_a_terminal_and_stdout_on_request() -> None:
    console, out, err = on_terminal()
    show_plan(console, Plan((step("create"),)), to="out")
    assert err.getvalue() == ""
    assert "\x1b[32m+ logs.log_group a" in out.getvalue()
    assert out.text.splitlines() == ["+ logs.log_group a", "1 to create."]


def test_for_programs_too_what_is_not_known_yet_says_so() -> None:
    data = as_data(Plan((step("create", "a⟦api/x#id⟧", Change("p", None, {"path": ["/⟦api/x#id⟧/é"]})),)))
    (change,) = cast("list[dict[str, Any]]", data["changes"])
    assert change["name"] == "a(known after apply)"
    assert change["properties"] == {"p": {"before": None, "after": {"path": ["/(known after apply)/é"]}}}
