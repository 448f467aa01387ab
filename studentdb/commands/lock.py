"""`studentdb lock show | release`: who works on a deployment, and what to do about one that does not any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from studentdb.commands.command import Json, Yes, command
from studentdb.commands.deployment import announce, asked
from studentdb.context import Context
from studentdb.errors import CancelledError

if TYPE_CHECKING:
    from studentdb.provision.lock_owner import Generation, State

_STATES: dict[State, str] = {
    "free": "free",
    "alive": "held; the process runs on this machine",
    "elsewhere": "held",
    "dead": "free: the process ended without releasing it",
    "expired": "free: its lease is over",
}


def register(lock: typer.Typer) -> None:
    """Add the commands to their group."""
    command(lock)(show)
    command(lock)(release)


def show(context: Context, *, as_json: Json = False) -> None:
    """Say who is deploying or tearing down at the moment, and whether that run is alive. Writes nothing."""
    from studentdb.provision.lock import Lock
    from studentdb.ui.console import Console

    console = Console()
    found = Lock(context.aws, "studentdb lock show").latest()
    if as_json:
        console.json(_report(found))
        return
    if found is None or found.state == "free":
        console.data("lock          free")
        return
    owner = found.owner
    for name, value in (
        ("lock", _STATES[found.state]),
        ("by", f"{owner.user} on {owner.machine}, process {owner.pid}"),
        ("command", owner.command),
        ("since", owner.since),
        ("sign of life", f"{found.age:.0f} s ago"),
    ):
        console.data(f"{name:<13} {value}")
    if found.state == "elsewhere":
        console.say(
            f"Without another sign of life it is free in {owner.lease - found.age:.0f} s; at once with: "
            "studentdb lock release"
        )
    elif not found.held:
        console.say("The next deploy or teardown takes it over; nothing has to be done.")


def release(context: Context, *, yes: Yes = False) -> None:
    """End the hold of a run that is gone; if it is not, it stops before its next write.

    A run that is alive on this machine is not stopped: end it there. Whatever it left half done, the next deploy
    completes.
    """
    from studentdb.provision.lock import Lock
    from studentdb.ui.console import Console

    console = Console()
    announce(context, console, "Releasing the lock of")
    lock = Lock(context.aws, "studentdb lock release")
    found = lock.latest()
    if found is None or found.state == "free":
        console.say("Nobody holds it.")
        return
    console.say(f"{found.owner}; its last sign of life was {found.age:.0f} s ago.")
    lock.refuse_living(found)
    if not yes and not asked("End its hold?"):
        raise CancelledError("the lock was not released")
    if found.held:
        console.say(
            f"It may still run: for {found.owner.lease / 6:.0f} s the lock is kept, until it must have noticed."
        )
    lock.release(found)
    console.say("Released.")


def _report(found: Generation | None) -> dict[str, object]:
    if found is None or found.state == "free":
        return {"state": "free", "held": False}
    owner = found.owner
    return {
        "state": found.state,
        "held": found.held,
        "user": owner.user,
        "machine": owner.machine,
        "pid": owner.pid,
        "command": owner.command,
        "since": owner.since,
        "seconds_since_sign_of_life": round(found.age),
        "lease_seconds": round(owner.lease),
    }
