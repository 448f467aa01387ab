"""`studentdb media …`: files of one's own, of a class or about a student, through the deployed API and S3."""

from __future__ import annotations

import mimetypes
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studentdb.commands import media_upkeep, nouns
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.listing import Listing
from studentdb.context import Context
from studentdb.errors import StudentDBError, UsageError

if TYPE_CHECKING:
    from studentdb.contract.media import Media, MediaCreate
    from studentdb.ui.progress import Count

Which = Annotated[str, typer.Argument(metavar="ID", help="The file's id.")]
InClass = Annotated[str | None, typer.Option("--class", metavar="CLASS", help="For a class: its code or id.")]
OfStudent = Annotated[str | None, typer.Option("--student", metavar="STUDENT", help="About a student: number or id.")]
Caption = Annotated[str | None, typer.Option("--caption", help="What it is.")]
Expires = Annotated[
    str | None,
    typer.Option(
        "--expires", metavar="DATE|90d", help="Until when one can have it: the end of a day (UTC), or N days."
    ),
]

_COLUMNS: nouns.Columns = {
    "Id": lambda each: each.id,
    "Name": lambda each: each.name,
    "Caption": lambda each: each.caption or "",
    "Bytes": lambda each: str(each.size),
    "Status": lambda each: each.status,
    "Uploaded": lambda each: each.created_at,
    "Until": lambda each: each.expires_at or "",
}
_AT_A_TIME = 4


def register(media: typer.Typer) -> None:
    """Add the commands to their group."""
    for each in (upload, list_, get, download, link, update, delete, restore):
        command(media)(each)
    media_upkeep.register(media)


def upload(
    context: Context,
    paths: Annotated[list[Path], typer.Argument(metavar="FILE…", help="The files.")],
    *,
    name: Annotated[
        str | None, typer.Option("--name", help="What one file is called there; its own name else.")
    ] = None,
    caption: Caption = None,
    in_class: InClass = None,
    student: OfStudent = None,
    expires: Expires = None,
    as_json: Json = False,
) -> None:
    """Upload files: yours alone, or with --class for a class, or with --student about a student."""
    from studentdb.ui.progress import Count

    if in_class and student:
        raise UsageError("a file is for a class or about a student, not both")
    if name and len(paths) > 1:
        raise UsageError("--name names one file", hint="leave it out: each file keeps its own name")
    fields = nouns.given({"caption": caption, "expires_at": expires and nouns.end_of(expires)})
    found = [(path, _described(path, {**fields, **({"name": name} if name else {})})) for path in paths]
    console = nouns.announced(context)
    audience: dict[str, str] = {}
    if in_class:
        audience["class_id"] = context.classes.find(in_class).id
    if student:
        audience["student_id"] = context.students.find(student).id
    files = context.files
    sent: list[tuple[Path, Media]] = []
    failed: list[tuple[Path, StudentDBError]] = []
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        with Count(console, "bytes", sum(new.size for _, new in found)) as count:
            advance = _advance(count)
            sending = [
                (path, pool.submit(files.upload, path, new.model_copy(update=audience), advance)) for path, new in found
            ]
            for path, each in sending:
                try:
                    sent.append((path, each.result()))
                except OSError as error:
                    failed.append((path, _unreadable(path, error)))
                except StudentDBError as error:
                    failed.append((path, error))
        if sent:
            what = "1 file has" if len(sent) == 1 else f"{len(sent)} files have"
            console.say(f"{what} arrived and will be looked at.")
        looking = [pool.submit(files.looked_at, media) for _, media in sent]
        stored, unknown = [], None
        for (path, media), look in zip(sent, looking, strict=True):
            try:
                stored.append(look.result())
            except StudentDBError as error:
                stored.append(media)
                unknown = error
                console.say(f"{path} arrived; what became of it says: studentdb media get {media.id}")
    _tell(console, stored, failed, as_json=as_json)
    if unknown:
        raise unknown


def list_(
    context: Context,
    *,
    in_class: InClass = None,
    student: OfStudent = None,
    every: Annotated[bool, typer.Option("--all", help="Everybody's. For admins.")] = False,
    listing: Listing,
) -> None:
    """List files, the newest first: yours, or those of a class or about a student."""
    filters: dict[str, Any] = {"every": True} if every else {}
    if in_class:
        filters["class_id"] = context.classes.find(in_class).id
    if student:
        filters["student_id"] = context.students.find(student).id
    listing.show(
        context.media,
        _COLUMNS,
        words=("file", "files"),
        nothing="There are no files: studentdb media upload FILE",
        **filters,
    )


def get(context: Context, media: Which, *, as_json: Json = False) -> None:
    """Show what is known of a file."""
    nouns.show(context.media.find(media), as_json=as_json)


def download(
    context: Context,
    media: Which,
    *,
    to: Annotated[Path | None, typer.Option("--to", metavar="PATH", help="A file or folder; here else.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Download a file; its SHA-256 is verified."""
    from studentdb.ui.console import Console
    from studentdb.ui.progress import Count

    console, found = Console(), context.media.find(media)
    # Whatever the API says it is called, it stays in this folder.
    name = Path(found.name.replace("\\", "/")).name or found.id
    path = (to or Path()) / name if to is None or to.is_dir() else to
    if path.exists() and not force:
        raise UsageError(f"{path} is there already", hint="--force replaces it, --to PATH chooses another place")
    with Count(console, "bytes", found.size) as count:
        context.files.download(found, path, _advance(count))
    console.data(str(path))


def link(
    context: Context,
    media: Which,
    *,
    minutes: Annotated[int, typer.Option("--minutes", min=1, max=60, help="How long it works.")] = 10,
    thumbnail: Annotated[bool, typer.Option("--thumbnail", help="To the small one of a picture.")] = False,
    as_json: Json = False,
) -> None:
    """Give out a link that downloads the file; whoever has it can, while it works."""
    from studentdb.ui.console import Console

    made, console = context.files.link(media, minutes, thumbnail=thumbnail), Console()
    if as_json:
        console.json(nouns.data(made))
    else:
        console.data(made.url)


def update(
    context: Context,
    media: Which,
    *,
    name: Annotated[str | None, typer.Option("--name", help="What it is called.")] = None,
    caption: Caption = None,
    expires: Expires = None,
    as_json: Json = False,
) -> None:
    """Change what is said about a file. An empty --caption or --expires takes it away."""
    from studentdb.contract.media import MediaUpdate

    end = nouns.end_of(expires) if expires else expires
    changes = nouns.given({"name": name, "caption": caption, "expires_at": end}, clearable=("caption", "expires_at"))
    changed = nouns.change(context, lambda: context.media, lambda: context.media.find(media), MediaUpdate, changes)
    nouns.show(changed, as_json=as_json)


def delete(context: Context, media: Which, *, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a file. For 30 days it can be restored.

    Nobody gets a link any more; one that was given out works until it ends, an hour at most.
    """
    nouns.remove(
        context,
        lambda: context.media,
        lambda: context.media.find(media),
        lambda each: each.name,
        yes=yes,
        as_json=as_json,
    )


def restore(context: Context, media: Which, *, as_json: Json = False) -> None:
    """Bring a deleted file back."""
    console = nouns.announced(context)
    nouns.show(context.files.restore(context.media.find(media)), as_json=as_json, console=console)


def _described(path: Path, fields: dict[str, Any]) -> MediaCreate:
    """What is announced of a file. Raises UsageError and InvalidInputError before the network is asked for anything."""
    from studentdb.api.media import sha256_of
    from studentdb.api.problems import InvalidInputError, checked
    from studentdb.contract.media import MediaCreate

    kind, _ = mimetypes.guess_type(path.name)
    try:
        size = path.stat().st_size
        known = {"name": path.name, "content_type": kind or "", "size": size, **fields}
        # First without it: a file that is refused anyway is not read.
        checked(MediaCreate, {**known, "sha256": "0" * 64})
        return checked(MediaCreate, {**known, "sha256": sha256_of(path)})
    except InvalidInputError as error:
        raise InvalidInputError(f"{path} cannot be uploaded", error.fields) from None
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be read", why=error.strerror or str(error))


def _advance(count: Count) -> Any:
    """From any thread."""
    lock = threading.Lock()

    def advance(by: int) -> None:
        with lock:
            count.advance(by)

    return advance


def _tell(console: Any, stored: list[Media], failed: list[tuple[Path, StudentDBError]], *, as_json: bool) -> None:
    if as_json:
        console.json([nouns.data(each) for each in stored])
    for each in stored:
        if not as_json:
            console.data(f"{each.id} {each.status} {each.name}")
        if each.reason:
            console.say(f"{each.name} is quarantined: {each.reason}")
    for path, error in failed:
        console.say(f"{path} was not uploaded: {error}")
    refused = len(failed) + sum(each.status == "quarantined" for each in stored)
    if len(failed) == 1 and not stored:
        raise failed[0][1]
    if refused:
        raise StudentDBError(f"{refused} of {len(stored) + len(failed)} files cannot be used")
