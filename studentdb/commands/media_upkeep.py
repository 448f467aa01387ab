"""`studentdb media retry | versions | stats | check`: what became of files, and what is out of step with them."""

from __future__ import annotations

from typing import Annotated

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, command
from studentdb.commands.nouns import Columns, Output
from studentdb.context import Context
from studentdb.errors import StudentDBError

Which = Annotated[str, typer.Argument(metavar="ID", help="The file's id.")]


def register(media: typer.Typer) -> None:
    """Add the commands to those of files."""
    for each in (retry, versions, stats, check):
        command(media)(each)


def retry(context: Context, media: Which, *, as_json: Json = False) -> None:
    """Have a file that has arrived looked at again: one that is failed, or has been pending for too long."""
    console = nouns.announced(context)
    found = context.files.retry(context.media.find(media))
    nouns.show(found, as_json=as_json, console=console)
    if found.status == "pending":
        raise StudentDBError(
            f"{found.name} was not looked at within a minute",
            why="the function that looks at files is busy, or fails again",
            hint=f"studentdb media get {found.id}",
        )


def versions(context: Context, media: Which, *, output: Output = "table", as_json: Json = False) -> None:
    """List what S3 has of a file, the newest first: what links lead to, what hides it, and what is left over."""
    columns: Columns = {
        "Version": lambda each: each.id,
        "Bytes": lambda each: "" if each.size is None else str(each.size),
        "Since": lambda each: each.created_at,
        "": lambda each: "delete marker" if each.delete_marker else "the file" if each.is_file else "",
    }
    nouns.show_list(
        context.files.versions(media),
        columns,
        as_json=as_json,
        output=output,
        words=("version", "versions"),
        nothing="S3 has nothing of this file.",
    )


def stats(
    context: Context,
    media: Annotated[str | None, typer.Argument(metavar="ID", help="A file's id; without it all of yours.")] = None,
    *,
    output: Output = "table",
    as_json: Json = False,
) -> None:
    """Show how much you have by status, and how much counts in your quota; or of one file who was given links to it.

    Deleted files count until nothing is left of them, after 30 days: until then they can be restored.
    """
    from studentdb.ui.console import Console

    if media is not None:
        people: Columns = {
            "Account": lambda each: each.account,
            "Person": lambda each: each.person_id or "",
            "Links": lambda each: str(each.links),
        }
        nouns.show_list(
            context.files.links(media),
            people,
            as_json=as_json,
            output=output,
            words=("person", "people"),
            nothing="No link to this file was given out.",
        )
        return
    usage = context.files.usage()
    if as_json:
        Console().json({name: each for name, each in nouns.data(usage).items() if name != "nextCursor"})
        return
    statuses: Columns = {
        "Status": lambda each: each.status,
        "Files": lambda each: str(each.files),
        "Bytes": lambda each: str(each.bytes),
    }
    nouns.show_list(
        usage.statuses,
        statuses,
        as_json=False,
        output=output,
        words=("status", "statuses"),
        nothing="You have no files.",
    )
    Console().say(f"{usage.used} of {usage.quota} bytes of your quota are used.")


def check(
    context: Context,
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    output: Output = "table",
    as_json: Json = False,
) -> None:
    """Find files that are out of step: records without their file, files without a record, what should be over."""
    if repair:
        nouns.announced(context)
    columns: Columns = {
        "File": lambda each: each.name or "",
        "Id": lambda each: each.id,
        "Finding": lambda each: each.finding,
        "": lambda each: "repaired" if each.repaired else "",
    }
    nouns.show_list(
        context.files.check(repair=repair),
        columns,
        as_json=as_json,
        output=output,
        words=("finding", "findings"),
        nothing="All files are in step.",
    )
