"""`studentdb local up | down | status | reset`: the embedded AWS engine on this machine."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from studentdb.commands.command import Json, Yes, command
from studentdb.context import Context
from studentdb.errors import CancelledError, UsageError


def register(local: typer.Typer) -> None:
    """Add the commands to their group."""
    command(local, selects=False)(up)
    command(local, selects=False)(down)
    command(local, selects=False)(status)
    command(local, selects=False)(reset)


def up(
    context: Context,
    *,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="The port to listen on.")] = None,
) -> None:
    """Start it; with what it held before."""
    from studentdb.ui.console import Console

    engine = context.local_engine
    engine.port = port
    Console().data(engine.up().url)


def down(context: Context) -> None:
    """Stop it; what it holds stays."""
    from studentdb.ui.console import Console

    Console().say("Stopped." if context.local_engine.down() else "It was not running.")


def status(context: Context, *, as_json: Json = False) -> None:
    """Say whether it runs."""
    from studentdb.ui.console import Console

    console = Console()
    running = context.local_engine.status()
    if as_json:
        console.json({"running": running is not None, **({"url": running.url, "pid": running.pid} if running else {})})
    elif running:
        console.data(f"running at {running.url} (process {running.pid})")
    else:
        console.data("not running")


def reset(context: Context, *, yes: Yes = False) -> None:
    """Stop it and delete all that it holds."""
    from studentdb.ui.console import Console

    question = "Delete everything that is deployed on this machine, data included?"
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("nobody is there to ask", why=f"the question is: {question}", hint="add --yes to agree")
        if not typer.confirm(question, err=True):
            raise CancelledError("nothing was deleted")
    context.local_engine.reset()
    for known in context.registry.all():
        if known.place == "local":
            context.registry.forget(known)
    Console().say("Everything on the embedded engine is deleted.")
