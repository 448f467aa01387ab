"""`studentdb media retry | versions | stats | check | access-log`: what became of files, and what is out of step."""

from __future__ import annotations

from dataclasses import asdict, astuple
from pathlib import Path
from typing import Annotated

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, command
from studentdb.commands.nouns import Columns, Output
from studentdb.context import Context
from studentdb.errors import StudentDBError, UsageError

_PARTS = {"64": "square of 64", "256": "square of 256"}
Which = Annotated[str, typer.Argument(metavar="ID", help="The file's id.")]


def register(media: typer.Typer) -> None:
    """Add the commands to those of files."""
    for each in (retry, versions, stats, check):
        command(media)(each)
    command(media, selects=False)(access_log)


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
        "Of": lambda each: _PARTS.get(each.part, each.part),
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


def access_log(
    _: Context,
    logs: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Logs, or folders of logs.")],
    *,
    output: Output = "table",
    as_json: Json = False,
) -> None:
    """Count real downloads by file, from S3's server access logs of the bucket of files.

    Logging is switched on in S3, to a bucket of your own; then: aws s3 sync s3://BUCKET/PREFIX FOLDER
    S3 delivers logs hours later, and may leave out some. Who downloaded is not in them; studentdb media stats ID says
    who was given links.
    """
    from studentdb import access_log
    from studentdb.ui.console import Console
    from studentdb.ui.tables import Column, csv_rows, table

    console, found = Console(), access_log.read(logs)
    if found.lines and found.unreadable == found.lines:
        raise UsageError(
            "nothing of this is a server access log of S3",
            why="no line begins with owner, bucket, [time], address, requester, request, operation and key",
            hint="aws s3 sync s3://BUCKET/PREFIX FOLDER fetches logs",
        )
    files = sorted(found.files.values(), key=lambda each: (-each.whole, -each.parts, each.id))
    if as_json or output == "json":
        console.json_list(map(asdict, files))
    else:
        titles = [Column(title) for title in ("Id", "Whole", "Parts", "Refused", "Bytes", "Last")]
        rows = ([str(cell) for cell in astuple(each)] for each in files)
        (csv_rows if output == "csv" else table)(console, titles, rows)
        if not files:
            console.say("No file was downloaded, as far as these logs tell.")
    if found.unreadable:
        console.say(f"{found.unreadable} of {found.lines} lines are no records of a server access log.")
