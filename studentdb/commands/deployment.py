"""`studentdb deploy | plan | status | teardown`: one deployment as a whole."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from studentdb.commands import mail
from studentdb.commands.command import Json, Yes, command
from studentdb.context import Context
from studentdb.errors import CancelledError, StudentDBError, UsageError

if TYPE_CHECKING:
    from studentdb.provision.deployer import Addresses, Outcome, Removal
    from studentdb.provision.engine import Plan
    from studentdb.provision.events import Event
    from studentdb.ui.console import Console

CHANGES_PENDING = 8
LEFT_OUT = "(left out: this engine lacks it)"
_NEXT = {
    "absent": "Nothing is deployed. `studentdb deploy` does it.",
    "kept data": "The system was torn down and its data kept. `studentdb deploy` brings it back.",
    "incomplete": "A deploy or teardown did not finish. `studentdb deploy` completes it.",
    "changed": "Some things are not as this version declares them. `studentdb deploy` repairs them.",
    "older": "An older studentdb deployed it. `studentdb deploy` brings it up to date.",
    "newer": "A newer studentdb deployed it. `{upgrade}` gets it; this one changes nothing there.",
}
# What AWS itself keeps for a while after a teardown with data; nobody can remove it earlier.
KEPT_BY_AWS = (
    "AWS itself keeps a system backup of every table that had point-in-time recovery, for 35 days, free of charge."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    command(app)(deploy)
    command(app)(plan)
    command(app)(status)
    command(app)(teardown)


def deploy(context: Context, *, yes: Yes = False, as_json: Json = False) -> None:
    """Create the system, or bring it up to date.

    Shows what will be done and asks. Running it again is safe at any time, after an interrupted run as well.
    """
    from studentdb.ui.console import Console

    console = Console()
    outcome = run_deploy(context, console, yes=yes)
    addresses = outcome.addresses
    if as_json:
        console.json(_public(context, addresses) | _left_out(outcome.left_out))
        return
    console.data(f"site  {addresses.site_url or LEFT_OUT}")
    console.data(f"API   {addresses.api_url or LEFT_OUT}")
    if any(step.action == "create" and step.resource.kind == "cognito-idp.user_pool" for step in outcome.plan.steps):
        console.say("Nobody can sign in yet. Next: studentdb admin create EMAIL")
    mail.say_what_is_missing(context, console)
    for name in outcome.settling:
        console.say(f"AWS is still bringing {name} to its edges; that takes some minutes and nobody has to wait.")


def run_deploy(context: Context, console: Console, *, yes: bool) -> Outcome:
    """Deploy `context`'s target and remember where it answers. Raises CancelledError when the answer was no."""
    from studentdb.targets import Known
    from studentdb.ui.plan_view import show_plan
    from studentdb.ui.progress import Progress

    announce(context, console, "Deploying")
    with Progress(console) as progress:
        deployer = context.deployer(progress)

        def approve(planned: Plan) -> bool:
            with progress.paused():
                show_plan(console, planned)
                agreed = yes or asked("Do this?")
            progress.expect(len(planned.pending))
            return agreed

        outcome = deployer.deploy(approve)
    if outcome is None:
        raise CancelledError("nothing was done")
    if not outcome.plan:
        console.say("Nothing to do: everything is as it should be.")
    target = dataclasses.asdict(context.target) | {"account": context.aws.account, "region": context.aws.region}
    fields = {field.name for field in dataclasses.fields(Known)}
    address = {k: v for k, v in dataclasses.asdict(outcome.addresses).items() if k in fields}
    context.settle_on(Known(**{k: v for k, v in {**target, **address}.items() if k in fields}))
    return outcome


def plan(context: Context, *, as_json: Json = False) -> None:
    """Show what deploy would do; writes nothing. Exit code 0: nothing to do, 8: changes pending."""
    from studentdb.ui.console import Console
    from studentdb.ui.plan_view import as_data, show_plan
    from studentdb.ui.progress import Progress

    console = Console()
    announce(context, console, "Planning")
    with Progress(console) as progress:
        deployer = context.deployer(progress)
        planned = deployer.plan()
    if as_json:
        console.json(as_data(planned) | _left_out(deployer.left_out.values()))
    else:
        show_plan(console, planned, to="out")
    if planned:
        raise typer.Exit(CHANGES_PENDING)


def status(context: Context, *, as_json: Json = False) -> None:
    """Say whether the system is deployed, complete and answering, and what is not as it was deployed."""
    from studentdb.provision.versions import UPGRADE
    from studentdb.ui.console import Console
    from studentdb.ui.plan_view import as_data, show_plan
    from studentdb.ui.progress import Progress

    console = Console()
    with Progress(console) as progress:
        deployer = context.deployer(progress)
        found = deployer.status()
    addresses = found.addresses
    answers = addresses is not None and _answers(context, addresses)
    report = {
        "deployment": _label(context),
        "account": context.aws.account,
        "region": context.aws.region,
        "state": found.state,
        **as_data(found.plan),
        "tool_version": found.versions.tool,
        "schema": found.versions.schema,
        "api_answers": answers,
        **(_public(context, addresses) if addresses else {}),
        **_left_out(deployer.left_out.values()),
    }
    if as_json:
        console.json(report)
        return
    for key in ("deployment", "account", "region", "state", "site_url", "api_url"):
        if key in report:
            console.data(f"{key.replace('_', ' '):<11} {report[key] or LEFT_OUT}")
    if context.aws.endpoints.stands_in:
        console.data(f"{'API':<11} not asked: on this engine there is only the control plane")
    else:
        console.data(f"{'API':<11} {'answers' if answers else 'does not answer'}")
    for event in deployer.left_out.values():
        console.data(f"{'left out':<11} {event.resource}: {event.detail}")
    if found.state in ("changed", "incomplete"):
        show_plan(console, found.plan, to="out")
    if found.state != "deployed":
        console.say(_NEXT[found.state].format(upgrade=UPGRADE))


def teardown(
    context: Context,
    *,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Also delete tables and accounts: everything that people entered.")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove the system. The data stays, unless told otherwise, and the next deploy takes it over."""
    from studentdb.ui.console import Console
    from studentdb.ui.progress import Progress

    console = Console()
    if delete_data and yes and not context.is_chosen:
        raise UsageError(
            f"nobody said that {context.target.label} is meant",
            why="it is only the one deployment that this machine knows, and all its data would be deleted unasked",
            hint=f"studentdb teardown --delete-data --yes --env {context.target.env}"
            + (" --local" if context.target.place == "local" else ""),
        )
    announce(context, console, "Tearing down")
    with Progress(console) as progress:
        deployer = context.deployer(progress)
        planned = deployer.removal(delete_data=delete_data)
        if not (planned.removed or planned.kept):
            console.say("There is nothing to remove.")
        if planned.removed and not yes:
            with progress.paused():
                _show_removal(console, planned)
                _agree_to_removal(context, console, delete_data=delete_data)
        progress.expect(len(planned.removed))
        removed = deployer.teardown(planned, delete_data=delete_data)
    if removed.kept:
        console.say(f"Kept, with everything in them: {', '.join(removed.kept)}.")
        console.say("The next deploy takes them over. To delete them as well, add --delete-data.")
    elif context.forget(_label(context), planned.user_pool_id):
        console.say("It was the default; choose another one with: studentdb use DEPLOYMENT")
    # The embedded engine of this machine keeps nothing.
    if (
        delete_data
        and context.target.place != "local"
        and any(name.startswith("dynamodb.table/") for name in removed.removed)
    ):
        console.say(KEPT_BY_AWS)
    if as_json:
        console.json({"removed": list(removed.removed), "kept": list(removed.kept)})


def announce(context: Context, console: Console, doing: str) -> None:
    """Name the target on stderr before anything happens to it."""
    account = f" (account {context.aws.account})" if context.target.place != "local" else ""
    console.say(f"{doing} {_label(context)}{account}")


def _public(context: Context, addresses: Addresses) -> dict[str, str]:
    keys = ("region", "site_url", "api_url", "user_pool_id", "client_id")
    return {"deployment": _label(context), **{key: getattr(addresses, key) for key in keys}}


def _label(context: Context) -> str:
    """What `studentdb use` takes; with the region in it also where only the AWS configuration knows it."""
    return dataclasses.replace(context.target, region=context.aws.region).label


def _left_out(events: Iterable[Event]) -> dict[str, object]:
    """A field for --json where there is something to say; on AWS there never is."""
    listed = [{"kind": event.kind, "name": event.name, "why": event.detail} for event in events]
    return {"left_out": listed} if listed else {}


def _answers(context: Context, addresses: Addresses) -> bool:
    if context.aws.endpoints.stands_in:
        return False  # an address of AWS's own form, where something else may answer
    try:
        response = context.http.send("GET", f"{addresses.api_url}/api/health")
    except StudentDBError:
        return False
    return response.status_code == 200


def asked(question: str) -> bool:
    from studentdb.ui.console import plain

    _needs_person(question)
    return typer.confirm(plain(question), err=True)


def _needs_person(question: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to ask", why=f"the question is: {question}", hint="add --yes to agree")


def _show_removal(console: Console, planned: Removal) -> None:
    for name in planned.removed:
        console.say(f"- {name}")
    for name in planned.kept:
        console.say(f"= {name} (kept)")


def _agree_to_removal(context: Context, console: Console, *, delete_data: bool) -> None:
    from studentdb.ui.console import plain

    label = _label(context)
    if not delete_data:
        if not asked("Remove these?"):
            raise CancelledError("nothing was removed")
        return
    _needs_person("Delete all data?")
    console.say("This deletes every student, every account and every other record. It cannot be undone.")
    if typer.prompt(f"Type {plain(label)} to delete it", err=True) != label:
        raise CancelledError("nothing was removed", why="that is not its name")
