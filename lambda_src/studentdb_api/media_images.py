"""Pictures: decoded to the last pixel, and written anew without what they say about their making.

What is stored is what was decoded, and the colour profile: no EXIF with a place in it, no XMP, no comment, nothing that
hides behind the picture. Pillow comes from a layer and is imported when the first picture comes.
"""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from PIL import Image

FORMATS = {"image/gif": "GIF", "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
# Of all frames together, four bytes each. Phones make up to 50 million.
MOST_PIXELS = 50_400_000
MOST_FRAMES = 1000
# The longer side, in pixels.
THUMBNAIL = 256
SMALL_TYPE = "image/webp"
# Of an avatar, both sides, the largest first.
SQUARES = (256, 64)
_QUALITY = 90


class NoPictureError(Exception):
    """It is not stored; `reason` is for the file's owner."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Small(NamedTuple):
    """What is made of a picture beside it, each of SMALL_TYPE: the whole of it, and squares by their size."""

    thumbnail: bytes
    squares: dict[int, bytes]


def remade(source: BinaryIO, claimed: str, target: BinaryIO, *, squares: bool = False) -> Small:
    """Write the picture in `source`, of the type `claimed`, to `target`; returns small ones. Raises NoPictureError.

    Of what moves the small ones show the first frame.
    """
    image, frames = _decoded(source, claimed)
    with image:
        if frames == 1:
            # An EXIF that cannot be read turns nothing.
            with contextlib.suppress(Exception):
                _turn(image)
        plain = _plain(image)
        small = Small(_thumbnail(plain), _squares(plain) if squares else {})
        # Some formats would take the comment over from what was read, unless there is another.
        options: dict[str, Any] = {"icc_profile": image.info.get("icc_profile"), "comment": "", "quality": _QUALITY}
        image.save(target, FORMATS[claimed], save_all=frames > 1, **options)
    return small


def _decoded(source: BinaryIO, claimed: str) -> tuple[Image.Image, int]:
    """The picture at its first frame, and how many there are."""
    from PIL import Image  # noqa: PLC0415 - other files need none of it

    kind = FORMATS[claimed]
    source.seek(0)
    try:
        image = Image.open(source, formats=[kind])
        # What follows a JPEG in the same file is a preview of it, or its depth.
        frames = 1 if kind == "JPEG" else getattr(image, "n_frames", 1)
        _check_size(image, frames)
        for frame in range(frames):
            image.seek(frame)
            image.load()
        image.seek(0)
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except (NoPictureError, MemoryError):
        raise
    # A decoder that is given nonsense raises whatever it likes.
    except Exception as error:
        raise NoPictureError(f"it is said to be {claimed}, and cannot be decoded as one") from error
    return image, frames


def _check_size(image: Image.Image, frames: int) -> None:
    if frames > MOST_FRAMES or image.width * image.height * frames > MOST_PIXELS:
        raise _too_large()


def _too_large() -> NoPictureError:
    return NoPictureError(
        f"pictures of more than {MOST_PIXELS // 1_000_000} million pixels or {MOST_FRAMES} frames are not taken"
    )


def _turn(image: Image.Image) -> None:
    from PIL import ImageOps  # noqa: PLC0415

    ImageOps.exif_transpose(image, in_place=True)


def _plain(image: Image.Image) -> Image.Image:
    """In colours, or greys, that a small one can be made in."""
    if image.mode in ("RGB", "RGBA", "L"):
        return image
    if image.mode.startswith("I"):
        # Of 16 bits the upper eight.
        plain = image.convert("L")
    else:
        plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
    # What the colours were described by is not what they are now.
    plain.info.pop("icc_profile", None)
    return plain


def _thumbnail(image: Image.Image) -> bytes:
    from PIL import ImageOps  # noqa: PLC0415

    side = (THUMBNAIL, THUMBNAIL)
    return _written(image, ImageOps.contain(image, side) if max(image.size) > THUMBNAIL else image)


def _squares(image: Image.Image) -> dict[int, bytes]:
    """The middle of it, in each size. One that is smaller is enlarged."""
    from PIL import ImageOps  # noqa: PLC0415

    made: dict[int, bytes] = {}
    square = image
    for size in SQUARES:
        # Each from the one before: a large picture is read once.
        square = ImageOps.fit(square, (size, size))
        made[size] = _written(image, square)
    return made


def _written(image: Image.Image, small: Image.Image) -> bytes:
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    target = io.BytesIO()
    small.save(target, "WEBP", quality=80, icc_profile=profile)
    return target.getvalue()
