"""Media: files that a person uploads for themselves, for a class, or about a student.

A file travels between its owner and S3 directly; the API keeps its record and hands out presigned requests. A record is
`pending` until the file has arrived and was looked at; then it is `ready`, or `quarantined` with a reason, or `failed`
where looking at it did not work. One that never arrives is `abandoned`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studentdb.contract.fields import LEFT_OUT, Cursor, Id, Text, Version
from studentdb.contract.models import DeleteQuery, IdPath, PageQuery, RequestModel, ResponseModel
from studentdb.contract.notifications import Moment
from studentdb.contract.operation import Operation

LARGEST_FILE = 100 * 1024 * 1024

MediaType = Literal[
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "audio/mpeg",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
    "video/mp4",
]
SquareSize = Literal["64", "256"]
MediaStatus = Literal["pending", "ready", "quarantined", "failed", "deleted", "expired", "abandoned"]
# A name that every file system takes: no separators, no characters that one of them keeps for itself.
FileName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r'^[^\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff/\\:*?"<>|. ]'
        r'(?:[^\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff/\\:*?"<>|]*'
        r'[^\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff/\\:*?"<>|. ])?$',
        description="a file's name without a path, control characters, or a dot or space at either end",
    ),
]
Sha256 = Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]{64}$", description="a SHA-256 in hexadecimal digits")]


class MediaCreate(RequestModel):
    """A file that is about to be uploaded, at most for one of a class and a student. `size` is in bytes."""

    name: FileName
    caption: Text | None = None
    content_type: MediaType
    size: Annotated[int, Field(ge=1, le=LARGEST_FILE)]
    sha256: Sha256
    class_id: Id | None = None
    student_id: Id | None = None
    expires_at: Moment | None = None


class MediaUpdate(RequestModel):
    """Changes of a record, decided on at its `version`; the file itself stays as it is."""

    version: Version
    name: FileName = LEFT_OUT
    caption: Text | None = LEFT_OUT
    expires_at: Moment | None = LEFT_OUT


class Media(ResponseModel):
    """A file's record. `links` is how many links to it were given out; `reason` says why it is quarantined, or failed.

    From `removed_at` on nothing of the file is left, and it does not count in its owner's quota any more.
    Of a picture, `size` and `sha256` are those of what is stored once it is `ready`: without EXIF, the place above all.
    """

    id: str
    name: str
    caption: str | None = None
    content_type: str
    size: int
    sha256: str
    class_id: str | None = None
    student_id: str | None = None
    owner_id: str | None = None
    status: MediaStatus
    reason: str | None = None
    thumbnail: bool = False
    avatar: bool = False
    links: int = 0
    expires_at: str | None = None
    deleted_at: str | None = None
    removed_at: str | None = None
    created_at: str
    updated_at: str
    version: int


class MediaUpload(ResponseModel):
    """A record, and the form that brings the file to `url`: all `fields` first, then the file as `file`."""

    media: Media
    url: str
    fields: dict[str, str]
    valid_until: str


class MediaQuery(PageQuery):
    """Of a class, of a student, or of the caller; for admins `every` one."""

    class_id: Id = LEFT_OUT
    student_id: Id = LEFT_OUT
    every: bool = False


class MediaList(ResponseModel):
    """One page of records, the newest first; `next_cursor` is null on the last page."""

    media: list[Media]
    next_cursor: str | None = None


class MediaLinkCreate(RequestModel):
    """A link that works for some `minutes`; with `thumbnail` to a small picture, 256 pixels at most, WebP.

    Of an avatar, with `square` to the middle of it, WebP, of so many pixels on each side.
    """

    minutes: Annotated[int, Field(ge=1, le=60)] = 10
    thumbnail: bool = False
    square: SquareSize = LEFT_OUT


class MediaLink(ResponseModel):
    """Whoever has `url` can download the file with it."""

    url: str
    valid_until: str


class MediaRestore(RequestModel):
    """Decided on at the record's `version`."""

    version: Version


class MediaRetry(RequestModel):
    """Decided on at the record's `version`."""

    version: Version


class MediaVersion(ResponseModel):
    """What S3 has of a file. `is_file`: links lead to it. A delete marker, without a size, hides what is before it.

    `part` is `file`, or of what is made of a picture `thumbnail`, `64` or `256`.
    """

    id: str
    size: int | None = None
    created_at: str
    delete_marker: bool
    part: str = "file"
    is_file: bool


class MediaVersions(ResponseModel):
    """Of the file, then of its small pictures, the newest first; no more than 100."""

    versions: list[MediaVersion]


class MediaUsageQuery(RequestModel):
    """Which part; without a cursor the first."""

    cursor: Cursor = LEFT_OUT


class MediaStatusUsage(ResponseModel):
    """How many files have a status, and how many bytes they have."""

    status: MediaStatus
    files: int
    bytes: int


class MediaUsage(ResponseModel):
    """The bytes that count in the caller's `quota`: also deleted files, until nothing is left of them.

    `statuses` is of one part of the files; `next_cursor` is null for the last part.
    """

    used: int
    quota: int
    statuses: list[MediaStatusUsage]
    next_cursor: str | None = None


class MediaLinkCount(ResponseModel):
    """How many links an account was given; `person_id` is whose account it was then."""

    account: str
    person_id: str | None = None
    links: int


class MediaLinkCounts(ResponseModel):
    """One page, by account; `next_cursor` is null on the last page."""

    links: list[MediaLinkCount]
    next_cursor: str | None = None


class MediaCheck(RequestModel):
    """The next part of a check of all files; without a cursor the first. `repair` mends what it finds."""

    repair: bool = False
    cursor: Cursor = LEFT_OUT


class MediaFinding(ResponseModel):
    """What is out of step with one file. `repaired` false: it was not asked for, or needs a person's decision."""

    id: str
    name: str | None = None
    finding: str
    repaired: bool


class MediaFindings(ResponseModel):
    """What one part of the check found; `next_cursor` is null after the last part."""

    checked: int
    findings: list[MediaFinding]
    next_cursor: str | None = None


OPERATIONS: tuple[Operation, ...] = (
    # Before those with an id: these words are nobody's.
    Operation(
        name="get_media_usage",
        method="GET",
        path="/api/media/usage",
        query=MediaUsageQuery,
        response=MediaUsage,
        allowed={"admin": "self", "lecturer": "self", "student": "self"},
    ),
    Operation(
        name="check_media",
        method="POST",
        path="/api/media/check",
        body=MediaCheck,
        response=MediaFindings,
        allowed={"admin": "any"},
    ),
    Operation(
        name="list_media",
        method="GET",
        path="/api/media",
        query=MediaQuery,
        response=MediaList,
        allowed={"admin": "any", "lecturer": "own class", "student": "own class"},
    ),
    Operation(
        name="get_media",
        method="GET",
        path="/api/media/{id}",
        parameters=IdPath,
        response=Media,
        allowed={"admin": "any", "lecturer": "own class", "student": "own class"},
    ),
    Operation(
        name="create_media",
        method="POST",
        path="/api/media",
        body=MediaCreate,
        response=MediaUpload,
        status=201,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
    Operation(
        name="update_media",
        method="PATCH",
        path="/api/media/{id}",
        parameters=IdPath,
        body=MediaUpdate,
        response=Media,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
    Operation(
        name="delete_media",
        method="DELETE",
        path="/api/media/{id}",
        parameters=IdPath,
        query=DeleteQuery,
        response=None,
        status=204,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
    Operation(
        name="restore_media",
        method="PUT",
        path="/api/media/{id}/restore",
        parameters=IdPath,
        body=MediaRestore,
        response=Media,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
    Operation(
        name="create_media_link",
        method="POST",
        path="/api/media/{id}/links",
        parameters=IdPath,
        body=MediaLinkCreate,
        response=MediaLink,
        status=200,
        allowed={"admin": "any", "lecturer": "own class", "student": "own class"},
    ),
    Operation(
        name="retry_media",
        method="PUT",
        path="/api/media/{id}/retry",
        parameters=IdPath,
        body=MediaRetry,
        response=Media,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
    Operation(
        name="list_media_versions",
        method="GET",
        path="/api/media/{id}/versions",
        parameters=IdPath,
        response=MediaVersions,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
    Operation(
        name="list_media_links",
        method="GET",
        path="/api/media/{id}/links",
        parameters=IdPath,
        query=PageQuery,
        response=MediaLinkCounts,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
)
