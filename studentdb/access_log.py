"""S3's server access logs: how often each file of the media hub was really downloaded.

A log is text, a line for each request, fields between blanks; S3 delivers it hours later, and may leave out a request.
Who downloaded is not in it: a link is signed by a function, not by a person.
"""

from __future__ import annotations

import datetime
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from studentdb.errors import UsageError

# Owner, bucket, [time], address, requester, request, operation, key, "request line", status, error, bytes sent, size.
# What follows (the browser's name, for one) is anybody's text, and is left alone.
_RECORD = re.compile(
    r"\S+ (?P<bucket>\S+) \[(?P<time>[^\]]+)\] \S+ \S+ \S+ (?P<operation>\S+) (?P<key>\S+) "
    r'(?:"[^"]*"|-) (?P<status>\d{3}|-) \S+ (?P<sent>\d+|-) (?P<size>\d+|-)(?: |$)'
)
_TIME = "%d/%b/%Y:%H:%M:%S %z"
_DOWNLOAD = "REST.GET.OBJECT"
_FILE = re.compile(r"media/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@dataclass
class Downloads:
    """Of one file: the whole of it, parts of it (a browser that goes on, a player that jumps), and what was refused."""

    id: str
    whole: int = 0
    parts: int = 0
    refused: int = 0
    sent: int = 0
    last: str = ""


@dataclass
class Found:
    """What logs say: by file, and how many lines could not be read."""

    files: dict[str, Downloads] = field(default_factory=dict)
    lines: int = 0
    unreadable: int = 0


def read(paths: Iterable[Path]) -> Found:
    """Go through logs line by line; a folder stands for all files in it. Raises UsageError."""
    found = Found()
    for path in paths:
        for log in _files(path):
            try:
                with log.open(encoding="utf-8", errors="replace") as lines:
                    for line in lines:
                        _count(found, line.rstrip("\n"))
            except OSError as error:
                raise UsageError(f"{log} cannot be read", why=error.strerror or str(error)) from error
    return found


def _files(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise UsageError(f"{path} is not there", hint="aws s3 sync s3://BUCKET/PREFIX FOLDER fetches logs")
    if path.is_dir():
        yield from sorted(each for each in path.rglob("*") if each.is_file())
    else:
        yield path


def _count(found: Found, line: str) -> None:
    if not line:
        return
    found.lines += 1
    record = _RECORD.match(line)
    moment = _moment(record["time"]) if record else None
    if record is None or moment is None:
        found.unreadable += 1
        return
    file = _FILE.fullmatch(urllib.parse.unquote(record["key"]))
    if record["operation"] != _DOWNLOAD or file is None:
        return
    counted = found.files.setdefault(file[1], Downloads(file[1]))
    sent, size = (0 if record[name] == "-" else int(record[name]) for name in ("sent", "size"))
    if record["status"] not in ("200", "206"):
        counted.refused += 1
        return
    # Whoever goes away in between gets less than there is.
    if record["status"] == "200" and sent >= size:
        counted.whole += 1
    else:
        counted.parts += 1
    counted.sent += sent
    counted.last = max(counted.last, moment)


def _moment(text: str) -> str | None:
    try:
        moment = datetime.datetime.strptime(text, _TIME)
    except ValueError:
        return None
    return moment.astimezone(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
