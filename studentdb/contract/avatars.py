"""Avatars: a student's picture, which is a file (media.py) that stands in none of the lists about the student.

The newest one that was looked at is the student's; the one before ends. Links lead to it as to any other file, or to
squares that are made of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studentdb.contract.media import FileName, Media, MediaUpload, Sha256
from studentdb.contract.models import IdPath, RequestModel
from studentdb.contract.operation import Operation

LARGEST_AVATAR = 10 * 1024 * 1024

AvatarType = Literal["image/jpeg", "image/png", "image/webp"]


class AvatarCreate(RequestModel):
    """A picture that is about to be uploaded. `size` is in bytes."""

    name: FileName
    content_type: AvatarType
    size: Annotated[int, Field(ge=1, le=LARGEST_AVATAR)]
    sha256: Sha256


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="get_student_avatar",
        method="GET",
        path="/api/students/{id}/avatar",
        parameters=IdPath,
        response=Media,
        # As the student's record.
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
    Operation(
        name="create_student_avatar",
        method="POST",
        path="/api/students/{id}/avatar",
        parameters=IdPath,
        body=AvatarCreate,
        response=MediaUpload,
        status=201,
        allowed={"admin": "any", "student": "self"},
    ),
)
