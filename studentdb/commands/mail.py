"""`studentdb mail …`: whether mail goes out, what is missing for that, and who gets none."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, command
from studentdb.commands.listing import Listing
from studentdb.context import Context
from studentdb.errors import StudentDBError, UsageError

if TYPE_CHECKING:
    from studentdb.contract.mail import Mail
    from studentdb.provision.mail_state import MailState
    from studentdb.ui.console import Console

_OFF = 'no mail is sent: name the sender in studentdb.toml, mail_from = "office@school.example", and deploy'


def register(mail: typer.Typer) -> None:
    """Add the commands to their group."""
    command(mail)(status)
    command(mail)(test)
    suppressed = typer.Typer(
        help="Addresses that get no mail: it bounced for good, or somebody complained.",
        rich_markup_mode=None,
        no_args_is_help=True,
    )
    command(suppressed)(list_)
    command(suppressed)(remove)
    mail.add_typer(suppressed, name="suppressed")


def status(context: Context, *, as_json: Json = False) -> None:
    """Say who sends, what SES still wants for that, what may be sent and what waits.

    What SES says needs AWS credentials, what waits an admin's sign-in; the one is shown without the other, too.
    """
    from studentdb.ui.console import Console

    console = Console()
    problems: list[StudentDBError] = []
    state, counts = _of_ses(context, problems), _of_school(context, problems)
    if len(problems) == 2:
        raise problems[0]
    report: dict[str, Any] = {"mail_from": context.settings.mail_from}
    report |= dataclasses.asdict(state) if state else {}
    report |= counts.model_dump(mode="json", exclude={"mail_from"}) if counts else {}
    if as_json:
        console.json(report)
        return
    for title, text in _lines(state, counts):
        console.data(f"{title:<11} {text}")
    if context.settings.mail_from is None:
        console.say(f"At the moment {_OFF}")
    for problem in problems:
        console.say(f"Not shown: {problem}")
    for line in missing(state, context.aws.region) if state else ():
        console.say(line)


def test(context: Context, email: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where it goes.")]) -> None:
    """Send a mail to an address, on the way that all mail takes."""
    from studentdb.api.problems import checked, parsed
    from studentdb.contract.mail import MailQueued, TestMail

    body = checked(TestMail, {"email": email})
    console = nouns.announced(context)
    if not parsed(MailQueued, context.api.call("send_test_mail", body=body)).queued:
        raise StudentDBError("nothing was sent", why="the deployment has no sender", hint=_OFF)
    console.say("It is on its way. If it does not arrive: studentdb mail status")


# Nothing of pytest's.
test.__test__ = False  # type: ignore[attr-defined]


def list_(context: Context, *, listing: Listing) -> None:
    """List the addresses that get no mail."""
    listing.show(
        context.suppressions,
        {"Address": lambda each: each.email, "Why": lambda each: each.reason, "Since": lambda each: each.at},
        words=("address", "addresses"),
        nothing="Every address gets mail.",
    )


def remove(
    context: Context,
    emails: Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Addresses that work again.")],
    *,
    as_json: Json = False,
) -> None:
    """Let addresses have mail again. SES minds: only those that are known to work."""
    from studentdb.api.problems import checked, parsed
    from studentdb.contract.mail import SuppressionsLift, SuppressionsLifted

    body = checked(SuppressionsLift, {"emails": emails})
    console = nouns.announced(context)
    lifted = parsed(SuppressionsLifted, context.api.call("lift_suppressions", body=body)).lifted
    if not lifted:
        raise StudentDBError("nothing was changed", why="the deployment has no sender", hint=_OFF)
    if as_json:
        console.json({"lifted": lifted})
    else:
        console.say(f"{lifted} {'address gets' if lifted == 1 else 'addresses get'} mail again.")


def finished(context: Context, console: Console, of: str, counts: Mapping[str, int]) -> None:
    """Tell the API of an import that has come to its end. Whether that works changes nothing about the import."""
    from studentdb.contract.mail import FinishedImport

    try:
        context.api.call("finish_import", body=FinishedImport(of=of, **counts))
    except StudentDBError as error:
        console.say(f"That it has finished could not be noted: {error}")


def say_what_is_missing(context: Context, console: Console) -> None:
    """After a deploy: what somebody has to do before mail goes out."""
    if context.settings.mail_from is None or context.aws.endpoints.stands_in:
        return
    try:
        lines = list(missing(_state(context), context.aws.region))
    except StudentDBError as error:
        lines = [f"Whether mail goes out could not be seen: {error}"]
    for line in lines:
        console.say(line)


def missing(state: MailState, region: str) -> Iterator[str]:
    """What somebody has to do, line by line; nothing when mail goes out."""
    console = f"https://{region}.console.aws.amazon.com/ses/home?region={region}#/account"
    if not state.verified:
        yield f"No mail goes out until SES has verified {state.name}."
        if state.records:
            yield "Set these records in its DNS; SES looks for them by itself, for up to 72 hours:"
            yield from (f"  {record.name} CNAME {record.value}" for record in state.records)
        elif "@" in state.name:
            yield f"SES has sent a mail to {state.name}: follow the link in it."
        yield "Until then Cognito sends its own mail as before. Afterwards deploy once more: studentdb deploy"
    if not state.production:
        yield f"SES is in its sandbox: mail reaches verified addresses only, {state.quota} a day."
        yield f"Ask AWS for production access: {console}"
    if not state.sending:
        yield f"AWS has paused sending for this account: {console}"


def _of_ses(context: Context, problems: list[StudentDBError]) -> MailState | None:
    if context.settings.mail_from is None:
        return None
    try:
        return _state(context)
    except StudentDBError as error:
        problems.append(error)
        return None


def _state(context: Context) -> MailState:
    from studentdb.provision import mail_state

    chosen = context.settings
    sender = chosen.mail_from
    if sender is None:
        raise UsageError(_OFF)
    name = sender.rpartition("@")[2] if chosen.mail_identity == "domain" else sender
    return mail_state.read(context.aws, sender, name)


def _of_school(context: Context, problems: list[StudentDBError]) -> Mail | None:
    from studentdb.api.problems import parsed
    from studentdb.contract.mail import Mail

    try:
        return parsed(Mail, context.api.call("get_mail"))
    except StudentDBError as error:
        problems.append(error)
        return None


def _lines(state: MailState | None, counts: Mail | None) -> Iterator[tuple[str, str]]:
    if state:
        yield "from", state.sender
        yield "verified", f"{'yes' if state.verified else 'no'}: {state.name}"
        yield "SES", "production" if state.production else "sandbox"
        yield "today", f"{state.sent} of {state.quota} mails in 24 hours, {state.rate:g} a second"
    if counts:
        yield "waiting", str(counts.waiting)
        yield "suppressed", str(counts.suppressed)
