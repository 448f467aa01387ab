"""An error as a person reads it: what happened, why, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studentdb.errors import StudentDBError

if TYPE_CHECKING:
    from studentdb.ui.console import Console


def show(console: Console, error: StudentDBError) -> None:
    """`what: why` and the hint, on stderr. Of several failures behind one error each gets its own line and hint."""
    from studentdb.ui.console import plain

    failures = getattr(error, "failures", None) or {}
    hints = [error.hint]
    if failures:
        console.say(f"error: {error.what}", style="red")
        for where, failure in failures.items():
            console.say(f"  {plain(where)}: {_lines(str(failure), 4)}")
            hints.insert(-1, getattr(failure, "hint", ""))
    else:
        text = f"{error.what}: {error.why}" if error.why else error.what
        console.say(f"error: {_lines(text, 0)}", style="red")
    for hint in dict.fromkeys(filter(None, hints)):
        console.say(f"hint: {plain(hint)}")


def _lines(text: str, indent: int) -> str:
    from studentdb.ui.console import plain

    return f"\n{' ' * indent}".join(plain(line) for line in text.split("\n"))
