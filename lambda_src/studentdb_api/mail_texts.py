"""The mails: what each says. Plain text, and the same as HTML; whom it is for, the school, and where to look.

None names anybody, and none holds a score: a mailbox may be read over a shoulder, or by a whole family.
"""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from typing import NamedTuple

from studentdb_api import clock, dynamodb, notifications
from studentdb_api.dynamodb import Record
from studentdb_api.problems import NotFound


class Message(NamedTuple):
    """Subject and paragraphs."""

    subject: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """As plain text."""
        return "\n\n".join((*self.paragraphs, _signature())) + "\n"

    @property
    def html(self) -> str:
        """As HTML, without anything to load."""
        shown = "".join(f"<p>{html.escape(each).replace(chr(10), '<br>')}</p>" for each in self.paragraphs)
        site = html.escape(os.environ["SITE_URL"], quote=True)
        return (
            f'<!doctype html><body>{shown}<p>-- <br>{html.escape(_school())}<br><a href="{site}">{site}</a></p></body>'
        )


def message(item: Record) -> Message | None:
    """The mail of an item of the outbox; None for what nobody is to be told of any more."""
    return _KINDS[item["kind"]](item)


def _notice(item: Record) -> Message | None:
    try:
        notice = notifications.stored(item["about"])
    except NotFound:  # withdrawn, or over
        return None
    return Message(f"{_school()}: {notice['title']}", (notice["body"],))


def _score(item: Record) -> Message | None:
    key = {"id": {"S": item["about"]}}
    of_class = dynamodb.client.get_item(TableName=dynamodb.CLASSES, Key=key).get("Item")
    if not of_class:
        return None
    title = dynamodb.record(of_class)["title"]
    return Message(
        f"{_school()}: scores in {title}",
        (f"There is a new or a corrected score of yours in {title}.", f"Sign in to see it: {os.environ['SITE_URL']}"),
    )


def _import(item: Record) -> Message:
    counts = ", ".join(f"{item[name]} {name}" for name in ("added", "changed", "unchanged", "refused"))
    return Message(f"{_school()}: an import has finished", (f"Your import of {item['of']} has finished: {counts}.",))


def _signed_up(_: Record) -> Message:
    return Message(
        f"{_school()}: somebody asks for an account",
        ("Somebody has signed up and waits for an admin's answer.", f"Sign in to give it: {os.environ['SITE_URL']}"),
    )


def _approved(_: Record) -> Message:
    return Message(
        f"{_school()}: your account is ready",
        ("An admin has approved your account.", f"You can sign in now: {os.environ['SITE_URL']}"),
    )


def _test(_: Record) -> Message:
    return Message(
        f"{_school()}: a test", (f"This mail was asked for on {clock.today()} to see whether mail arrives.",)
    )


# Of an item of the outbox -> what makes its mail.
_KINDS: dict[str, Callable[[Record], Message | None]] = {
    "notice": _notice,
    "score": _score,
    "import": _import,
    "signed-up": _signed_up,
    "approved": _approved,
    "test": _test,
}


def _school() -> str:
    return os.environ["SCHOOL_NAME"]


def _signature() -> str:
    return f"-- \n{_school()}\n{os.environ['SITE_URL']}"
