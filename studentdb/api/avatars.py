"""Students' avatars: what a picture is by its first bytes, sending one, and finding it."""

from __future__ import annotations

import uuid
from pathlib import Path

from studentdb.api.client import ApiClient
from studentdb.api.media import Advance, Files, sha256_of
from studentdb.api.problems import InvalidInputError, NotFoundError, checked, parsed
from studentdb.api.transport import IDEMPOTENCY_KEY
from studentdb.contract.avatars import AvatarCreate
from studentdb.contract.media import Media, MediaUpload

_LONGEST_HEAD = 12


def kind_of(head: bytes) -> str:
    """The type of a picture that begins like this; "" for what can be no avatar. The functions look again."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    beginnings = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
    return next((kind for beginning, kind in beginnings.items() if head.startswith(beginning)), "")


def described(path: Path) -> AvatarCreate:
    """What is announced of a picture; what it is called says nothing of its type.

    Raises InvalidInputError in the API's own words, and OSError.
    """
    with path.open("rb") as file:
        head = file.read(_LONGEST_HEAD)
    known = {"name": path.name, "content_type": kind_of(head), "size": path.stat().st_size}
    try:
        # First without it: a file that is refused anyway is not read.
        checked(AvatarCreate, {**known, "sha256": "0" * 64})
        return checked(AvatarCreate, {**known, "sha256": sha256_of(path)})
    except InvalidInputError as error:
        raise InvalidInputError(f"{path} cannot be an avatar", error.fields) from None


class Avatars:
    """Every call raises as `ApiClient.call` does, and OSError for the file on this machine."""

    def __init__(self, client: ApiClient, files: Files) -> None:
        self._client = client
        self._files = files

    def upload(self, student_id: str, path: Path, new: AvatarCreate, advance: Advance) -> Media:
        """The record after the picture was looked at: `Files.upload` and `Files.looked_at`."""
        headers = {IDEMPOTENCY_KEY: str(uuid.uuid4())}
        call = self._client.call("create_student_avatar", path={"id": student_id}, body=new, headers=headers)
        return self._files.looked_at(self._files.sent(path, parsed(MediaUpload, call), advance))

    def find(self, student_id: str) -> Media:
        """The record of a student's avatar. Raises NotFoundError where there is none."""
        try:
            return parsed(Media, self._client.call("get_student_avatar", path={"id": student_id}))
        except NotFoundError as error:
            error.hint = "studentdb students avatar STUDENT FILE gives one"
            raise
