"""What every command has: the flags that select a deployment, and a Context made of them."""

from __future__ import annotations

import dataclasses
import inspect
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from studentdb.context import Context

F = TypeVar("F", bound=Callable[..., None])

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]

_SELECTION: dict[str, Any] = {
    "local": Annotated[bool | None, typer.Option("--local", help="The embedded AWS engine on this machine.")],
    "env": Annotated[str | None, typer.Option("--env", metavar="NAME", help="The deployment's name (default: prod).")],
    "region": Annotated[str | None, typer.Option("--region", metavar="REGION", help="The AWS region.")],
    "profile": Annotated[str | None, typer.Option("--profile", metavar="NAME", help="The AWS profile.")],
}


def command(app: typer.Typer, *, selects: bool = True) -> Callable[[F], F]:
    """Register a function as a command: its first parameter gets the Context.

    `selects`: it is about one deployment, so --local, --env, --region and --profile are added to its own flags. A
    parameter whose type is a dataclass stands for the flags that are its fields.
    """
    offered = _SELECTION if selects else {}

    def register(function: F) -> F:
        own, groups = _spread(list(inspect.signature(function, eval_str=True).parameters.values())[1:])
        selection = [
            inspect.Parameter(flag, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for flag, annotation in offered.items()
        ]

        def run(**values: Any) -> None:
            flags = {flag: values.pop(flag) for flag in offered}
            for name, (group, fields) in groups.items():
                values[name] = group(**{field: values.pop(field) for field in fields})
            function(Context(flags, environ=os.environ, cwd=Path.cwd()), **values)

        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + selection
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        run.__doc__ = function.__doc__
        # `list_` and `import_` are named so only because Python has these words already.
        app.command(function.__name__.rstrip("_").replace("_", "-"))(run)
        return function

    return register


def _spread(
    parameters: Iterable[inspect.Parameter],
) -> tuple[list[inspect.Parameter], dict[str, tuple[Any, Sequence[str]]]]:
    """The parameters with the fields of a dataclass in its place, and by name which dataclass is made of which."""
    spread: list[inspect.Parameter] = []
    groups: dict[str, tuple[Any, Sequence[str]]] = {}
    for parameter in parameters:
        if not dataclasses.is_dataclass(parameter.annotation):
            spread.append(parameter)
            continue
        group: Any = parameter.annotation
        fields = inspect.signature(group, eval_str=True).parameters
        groups[parameter.name] = group, list(fields)
        spread += [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in fields.values()]
    return spread, groups
