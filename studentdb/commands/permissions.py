"""`studentdb permissions`: who may do what, from the contract."""

from __future__ import annotations

from typing import Annotated

import typer

from studentdb.commands.command import Json, command
from studentdb.context import Context

_WORDS = {"any": "everybody's", "own class": "own classes'", "self": "own"}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, selects=False)(permissions)


def permissions(
    context: Context,  # noqa: ARG001 - every command gets it
    *,
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="Only what this role may do.")] = None,
    as_json: Json = False,
) -> None:
    """Show who may do what: for every operation of the API and every role, with whose records.

    "own" are the person's own records, "own classes'" those of the classes that they teach or attend.
    """
    from studentdb.contract.operation import ROLES
    from studentdb.contract.operations import operations
    from studentdb.errors import UsageError
    from studentdb.ui.console import Console
    from studentdb.ui.tables import Column, table

    if role is not None and role not in ROLES:
        raise UsageError(f"there is no role {role}", hint=f"the roles are {', '.join(ROLES)}")
    shown = [each for each in ROLES if role in (None, each)]
    rows: list[dict[str, str]] = []
    for operation in operations():
        everybody = "self" if operation.signed_in else "any" if operation.public else ""
        cells: dict[str, str] = {each: everybody or operation.allowed.get(each, "") for each in shown}
        if any(cells.values()):
            visitor = "any" if operation.public else ""
            rows.append({"operation": operation.name, "route": operation.route_key, **cells, "visitor": visitor})
    console = Console()
    if as_json:
        console.json(rows)
        return
    titles = ["operation", "route", *shown, "visitor"]
    words = [[_WORDS.get(row[title], row[title]) for title in titles] for row in rows]
    table(console, [Column(title.capitalize(), least=6) for title in titles], words)
