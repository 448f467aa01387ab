"""`studentdb students avatar`: a student's picture, through the deployed API and S3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, Yes
from studentdb.context import Context
from studentdb.errors import StudentDBError, UsageError

if TYPE_CHECKING:
    from studentdb.api.avatars import Avatars
    from studentdb.contract.avatars import AvatarCreate

Whose = Annotated[str, typer.Argument(metavar="STUDENT", help="The student's number or id.")]
Picture = Annotated[Path | None, typer.Argument(metavar="FILE", help="A JPEG, PNG or WebP picture of 10 MB at most.")]


def avatar(
    context: Context,
    student: Whose,
    file: Picture = None,
    *,
    size: Annotated[
        Literal["64", "256"] | None,
        typer.Option("--size", help="Which square, by pixels of each side (default: 256)."),
    ] = None,
    minutes: Annotated[
        int | None, typer.Option("--minutes", min=1, max=60, help="How long the link works (default: 10).")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="PATH", help="Download the square, to a file or folder.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --to: replace a file that is there.")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the avatar.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Give a student a picture, or with --delete none; without FILE, print a link to it or download it.

    The middle of the picture is made into squares of 256 and 64 pixels (WebP), without what it says of its making. The
    picture before it ends. Students may do this for themselves; who may see a student may see the picture.
    """
    if [file is not None, to is not None, delete].count(True) > 1:
        raise UsageError("FILE, --to and --delete are three different things", hint="give one of them")
    if size and (file is not None or delete):
        raise UsageError("--size is of a square that is there", hint="both are made of FILE, and --delete takes both")
    if minutes and (file is not None or to is not None or delete):
        raise UsageError("--minutes is of a link", hint="a link is what is printed without FILE, --to and --delete")
    if force and to is None:
        raise UsageError("--force is of --to", hint="a new picture takes the place of the one before without it")
    if file is not None:
        _upload(context, student, file, as_json=as_json)
    elif delete:
        nouns.remove(
            context,
            lambda: context.media,
            lambda: _avatars(context).find(context.students.find(student).id),
            lambda each: f"the avatar {each.name}",
            yes=yes,
            as_json=as_json,
        )
    elif to is not None:
        _download(context, student, size or "256", to, force=force)
    else:
        _link(context, student, size or "256", minutes or 10, as_json=as_json)


def _avatars(context: Context) -> Avatars:
    from studentdb.api.avatars import Avatars

    return Avatars(context.api, context.files)


def _upload(context: Context, student: str, file: Path, *, as_json: bool) -> None:
    from studentdb.ui.progress import Count

    new = _described(file)
    console = nouns.announced(context)
    student_id = context.students.find(student).id
    with Count(console, "bytes", new.size) as count:
        made = _avatars(context).upload(student_id, file, new, count.advance)
    if as_json:
        console.json(nouns.data(made))
    else:
        console.data(f"{made.id} {made.status} {made.name}")
    if made.status != "ready":
        why = made.reason or f"it is {made.status}"
        raise StudentDBError(f"{made.name} is not the avatar", why=why, hint=f"studentdb media get {made.id}")


def _described(file: Path) -> AvatarCreate:
    from studentdb.api import avatars

    try:
        return avatars.described(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be read", why=error.strerror or str(error)) from error


def _download(context: Context, student: str, size: Literal["64", "256"], to: Path, *, force: bool) -> None:
    from studentdb.ui.console import Console

    found = context.students.find(student)
    path = to / f"{found.id}-{size}.webp" if to.is_dir() else to
    if path.exists() and not force:
        raise UsageError(f"{path} is there already", hint="--force replaces it, --to PATH chooses another place")
    context.files.download_square(_avatars(context).find(found.id), size, path)
    Console().data(str(path))


def _link(context: Context, student: str, size: Literal["64", "256"], minutes: int, *, as_json: bool) -> None:
    from studentdb.ui.console import Console

    found = _avatars(context).find(context.students.find(student).id)
    made = context.files.link(found.id, minutes, square=size)
    console = Console()
    if as_json:
        console.json(nouns.data(made))
    else:
        console.data(made.url)
