"""Files to and from S3: piece by piece, with their SHA-256, by the presigned requests that the API hands out."""

from __future__ import annotations

import hashlib
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from studentdb.api.client import ApiClient
from studentdb.api.problems import checked, parsed
from studentdb.api.transport import IDEMPOTENCY_KEY, Http
from studentdb.contract.fields import LARGEST_PAGE
from studentdb.contract.media import (
    Media,
    MediaCheck,
    MediaCreate,
    MediaFinding,
    MediaFindings,
    MediaLink,
    MediaLinkCount,
    MediaLinkCounts,
    MediaLinkCreate,
    MediaRestore,
    MediaRetry,
    MediaStatusUsage,
    MediaUpload,
    MediaUsage,
    MediaUsageQuery,
    MediaVersion,
    MediaVersions,
    SquareSize,
)
from studentdb.contract.models import PageQuery
from studentdb.errors import StudentDBError, UnavailableError

_PIECE = 1024 * 1024
# Seconds that the event and the function may take; S3 promises seconds, mostly.
_LOOKED_AT = 60.0
# What S3 says of a form that it refuses.
_CODE = re.compile(r"<Code>([A-Za-z]{1,64})</Code>")
_WORDS = {
    "EntityTooLarge": "the file is larger than announced: it has changed since",
    "EntityTooSmall": "the file is smaller than announced: it has changed since",
}

# Called with the number of bytes that went by.
Advance = Callable[[int], object]


def sha256_of(path: Path) -> str:
    """In hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Files:
    """Every call raises as `ApiClient.call` does, and OSError for the file on this machine."""

    def __init__(self, client: ApiClient, http: Http, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._http = http
        self._sleep = sleep

    def upload(self, path: Path, new: MediaCreate, advance: Advance) -> Media:
        """The record when S3 has the file, which nobody has looked at yet. Raises StudentDBError when S3 refuses it."""
        call = self._client.call("create_media", body=new, headers={IDEMPOTENCY_KEY: str(uuid.uuid4())})
        return self.sent(path, parsed(MediaUpload, call), advance)

    def sent(self, path: Path, form: MediaUpload, advance: Advance) -> Media:
        """As `upload`, of a file that is announced already."""
        with path.open("rb") as file:
            counted = cast("BinaryIO", _Counted(file, advance))
            answer = self._http.post_form(form.url, form.fields, counted, "file", form.media.content_type)
        if not answer.is_success:
            code = _CODE.search(answer.text)
            why = _WORDS.get(code[1], code[1]) if code else f"it answers with {answer.status_code}"
            raise StudentDBError(
                f"{path.name} was not stored", why=why, hint=f"studentdb media delete {form.media.id}, then try again"
            )
        return form.media

    def looked_at(self, media: Media) -> Media:
        """The record after the file that has arrived was looked at; after a minute as it is, `pending`."""
        end, pause = time.monotonic() + _LOOKED_AT, 0.05
        while True:
            now = parsed(Media, self._client.call("get_media", path={"id": media.id}))
            if now.status != "pending" or time.monotonic() > end:
                return now
            self._sleep(pause)
            # What a large file takes, it waits a quarter longer at most.
            pause = min(pause * 1.25, 3.0)

    def link(
        self, media_id: str, minutes: int, *, thumbnail: bool = False, square: SquareSize | None = None
    ) -> MediaLink:
        """A link that works for so many minutes, to the file or to its small picture, or to an avatar's square."""
        of = {"square": square} if square else {"thumbnail": thumbnail}
        body = checked(MediaLinkCreate, {"minutes": minutes, **of})
        call = self._client.call("create_media_link", path={"id": media_id}, body=body)
        return parsed(MediaLink, call)

    def download(self, media: Media, to: Path, advance: Advance) -> None:
        """Write the file to `to`, which is there only when all of it is. Raises StudentDBError for a wrong SHA-256."""
        self._save(media, self.link(media.id, 10), to, advance, sha256=media.sha256)

    def download_square(self, avatar: Media, square: SquareSize, to: Path) -> None:
        """Write a square of an avatar to `to`, as `download`; no record has its SHA-256."""
        self._save(avatar, self.link(avatar.id, 1, square=square), to, lambda _: None, sha256=None)

    def _save(self, media: Media, link: MediaLink, to: Path, advance: Advance, *, sha256: str | None) -> None:
        part = to.with_name(f".{to.name}.{uuid.uuid4().hex[:8]}.part")
        digest = hashlib.sha256()
        try:
            with self._http.pieces(link.url) as pieces, part.open("xb") as file:
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
                    advance(len(piece))
            if sha256 is not None and digest.hexdigest() != sha256:
                raise UnavailableError(
                    f"{media.name} did not arrive whole", why="its SHA-256 is another", hint="try again"
                )
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)

    def restore(self, media: Media) -> Media:
        """As it was before it was deleted."""
        body = MediaRestore(version=media.version)
        return parsed(Media, self._client.call("restore_media", path={"id": media.id}, body=body))

    def retry(self, media: Media) -> Media:
        """The record after a file that has arrived was looked at again, as `looked_at`."""
        body = MediaRetry(version=media.version)
        return self.looked_at(parsed(Media, self._client.call("retry_media", path={"id": media.id}, body=body)))

    def versions(self, media_id: str) -> list[MediaVersion]:
        """What S3 has of a file, the newest first; no more than 100."""
        return parsed(MediaVersions, self._client.call("list_media_versions", path={"id": media_id})).versions

    def usage(self) -> MediaUsage:
        """How much the caller has, part by part added up."""
        query, total = MediaUsageQuery(), dict[str, MediaStatusUsage]()
        while True:
            part = parsed(MediaUsage, self._client.call("get_media_usage", query=query))
            for each in part.statuses:
                before = total.get(each.status, MediaStatusUsage(status=each.status, files=0, bytes=0))
                total[each.status] = MediaStatusUsage(
                    status=each.status, files=before.files + each.files, bytes=before.bytes + each.bytes
                )
            if part.next_cursor is None:
                return part.model_copy(update={"statuses": [total[status] for status in sorted(total)]})
            query = MediaUsageQuery(cursor=part.next_cursor)

    def links(self, media_id: str) -> Iterator[MediaLinkCount]:
        """How many links to a file each person was given, page by page."""
        query = PageQuery(limit=LARGEST_PAGE)
        while True:
            part = parsed(MediaLinkCounts, self._client.call("list_media_links", path={"id": media_id}, query=query))
            yield from part.links
            if part.next_cursor is None:
                return
            query = PageQuery(limit=LARGEST_PAGE, cursor=part.next_cursor)

    def check(self, *, repair: bool) -> Iterator[MediaFinding]:
        """What is out of step among all files, part by part."""
        asked = MediaCheck(repair=repair)
        while True:
            part = parsed(MediaFindings, self._client.call("check_media", body=asked))
            yield from part.findings
            if part.next_cursor is None:
                return
            asked = MediaCheck(repair=repair, cursor=part.next_cursor)


class _Counted:
    """A file that tells how much of it was read; httpx needs no more of one than this."""

    def __init__(self, file: BinaryIO, advance: Advance) -> None:
        self._file = file
        self._advance = advance

    def read(self, size: int = -1) -> bytes:
        # httpx asks for 64 KiB at a time and takes what comes: fewer pieces are less work.
        piece = self._file.read(size if size < 0 else max(size, _PIECE))
        self._advance(len(piece))
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()
