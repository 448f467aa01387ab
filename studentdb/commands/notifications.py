"""`studentdb notifications …`: short texts to everybody, a role, a class or a person, through the deployed API."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.listing import Listing
from studentdb.context import Context
from studentdb.errors import CancelledError, NotAllowedError, UsageError

if TYPE_CHECKING:
    from studentdb.contract.notifications import Notification, ReceivedNotification

Which = Annotated[str, typer.Argument(metavar="ID", help="The notification's id.")]
To = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="WHOM",
        help="public (visitors as well), everyone, role:student, class:CODE or person:NUMBER; for CODE and NUMBER "
        "also an id.",
    ),
]

_COLUMNS: nouns.Columns = {
    "Id": lambda each: each.id,
    "Sent": lambda each: each.sent_at,
    "From": lambda each: each.sender_name or "",
    "To": lambda each: each.audience,
    "Title": lambda each: each.title,
    "Until": lambda each: each.expires_at or "",
}
_WIDE = ("public", "everyone")


def register(notifications: typer.Typer) -> None:
    """Add the commands to their group."""
    for each in (list_, send, sent, get, read, delete):
        command(notifications)(each)


def list_(
    context: Context,
    *,
    unread: Annotated[bool, typer.Option("--unread", help="Only what you have not read.")] = False,
    listing: Listing,
) -> None:
    """List the notifications for you, the newest first."""
    listing.show(
        context.received_notifications,
        {**_COLUMNS, "Read": lambda each: "yes" if each.read else "no"},
        words=("notification", "notifications"),
        nothing="There is nothing that you have not read." if unread else "There are no notifications for you.",
        unread=unread or None,
    )


def send(
    context: Context,
    *,
    to: To,
    title: Annotated[str, typer.Option("--title", help="What it is about, in one line.")],
    body: Annotated[str | None, typer.Option("--body", help="The text.")] = None,
    body_stdin: Annotated[
        bool, typer.Option("--body-stdin", help="Read the text from standard input; it may have several lines.")
    ] = False,
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires", metavar="DATE|7d", help="Until when it is shown: to the end of a day (UTC), or N days."
        ),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Send a notification. Before one to everybody or to visitors you are asked.

    Admins send to anybody, lecturers to the classes that they teach and to the students in these.
    """
    from studentdb.api.problems import checked
    from studentdb.commands.deployment import asked
    from studentdb.contract.notifications import NotificationCreate

    if (body is None) == (not body_stdin):
        raise UsageError("the text is given by either --body or --body-stdin")
    text = sys.stdin.read().replace("\r\n", "\n").strip() if body is None else body
    fields = nouns.given({"title": title, "body": text, "expires_at": expires and nouns.end_of(expires)})
    kind, name = _whom(to)
    checked(NotificationCreate, {"audience": "everyone", **fields})
    console = nouns.announced(context)
    new = checked(NotificationCreate, {"audience": _audience(context, kind, name), **fields})
    console.say(f"To {to}: {new.title}")
    whom = "everybody with an account" if to == "everyone" else "everybody, and publish it for visitors of the site"
    if to in _WIDE and not yes and not asked(f"Send this to {whom}?"):
        raise CancelledError("nothing was sent")
    nouns.show(context.notifications.create(new), as_json=as_json, console=console)


def sent(context: Context, *, to: To, listing: Listing) -> None:
    """List what was sent to one audience, the newest first. For admins."""
    audience = _audience(context, *_whom(to))
    listing.show(
        context.notifications,
        _COLUMNS,
        words=("notification", "notifications"),
        nothing=f"Nothing that is still shown was sent to {to}.",
        audience=audience,
    )


def get(context: Context, notification: Which, *, as_json: Json = False) -> None:
    """Show one notification."""
    nouns.show(_found(context, notification), as_json=as_json)


def read(
    context: Context,
    notification: Annotated[str | None, typer.Argument(metavar="ID", help="The notification's id.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that were sent to you so far.")] = False,
) -> None:
    """Mark a notification, or all of them, as read by you."""
    from studentdb.api.problems import checked
    from studentdb.contract.notifications import Reading

    if (notification is None) == (not every):
        raise UsageError("either one notification is named, or all of them with --all")
    if notification is not None:
        reading = checked(Reading, {"id": notification})
        nouns.announced(context)
        context.api.call("read_notifications", body=reading)
        return
    console = nouns.announced(context)
    newest: ReceivedNotification | None = next(iter(context.received_notifications.list(limit=1)), None)
    if newest is None:
        console.say("There are no notifications for you.")
        return
    # As far as was seen here: what is sent in this moment is not read yet.
    context.api.call("read_notifications", body=checked(Reading, {"up_to": newest.sent_at}))
    console.say("All notifications are read.")


def delete(context: Context, notification: Which, *, yes: Yes = False, as_json: Json = False) -> None:
    """Withdraw a notification: nobody sees it any more. The sender may, and admins."""
    from studentdb.commands.deployment import asked

    console = nouns.announced(context)
    found = _found(context, notification)
    if not yes and not asked(f"Withdraw {found.title}, sent to {found.audience}?"):
        raise CancelledError("nothing was withdrawn")
    context.notifications.delete(found.id)
    if as_json:
        console.json({"deleted": found.id})
    else:
        console.say(f"Withdrawn: {found.title}.")


def _found(context: Context, notification_id: str) -> Notification:
    from studentdb.api.problems import checked
    from studentdb.contract.notifications import NotificationPath

    return context.notifications.get(checked(NotificationPath, {"id": notification_id}).id)


def _whom(text: str) -> tuple[str, str]:
    """`class:MATH-1` in its parts. Raises UsageError."""
    kind, _, name = text.partition(":")
    if text not in _WIDE and (kind not in ("role", "class", "person") or not name):
        raise UsageError(
            f"{text} is nobody to send to", hint="--to takes public, everyone, role:ROLE, class:CODE or person:NUMBER"
        )
    return kind, name


def _audience(context: Context, kind: str, name: str) -> str:
    """As the API has it. Raises UsageError for a role that there is not, and NotFoundError."""
    from studentdb.contract.operation import ROLES

    if kind in _WIDE:
        return kind
    if kind == "role":
        if name not in ROLES:
            raise UsageError(f"there is no role {name}", hint=f"the roles are {', '.join(ROLES)}")
        return f"role#{name}"
    if _is_id(kind, name):
        return f"{kind}#{name}"
    return f"{kind}#{context.classes.find(name).id if kind == 'class' else _person_id(context, name)}"


def _is_id(kind: str, name: str) -> bool:
    from studentdb.api.problems import InvalidInputError, checked
    from studentdb.contract.notifications import NotificationQuery

    try:
        checked(NotificationQuery, {"audience": f"{kind}#{name}"})
    except InvalidInputError:
        return False
    return True


def _person_id(context: Context, number: str) -> str:
    """Whoever has the number, in whichever role. Raises NotFoundError, and NotAllowedError for who may not look."""
    from studentdb.api.problems import NotFoundError

    try:
        for people in (context.students, context.lecturers, context.admins):
            found = people.with_key(number)
            if found is not None:
                return str(found.id)
    except NotAllowedError as error:
        error.hint = "name the person by the id, person:ID: studentdb classes roster CLASS --json"
        raise
    raise NotFoundError(f"there is nobody with the number {number}")
