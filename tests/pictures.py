"""Pictures as phones and editors make them, and a layer for deployments whose pictures nobody looks at."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

from studentdb.provision.package import zipped
from studentdb.provision.resources.lambda_layer import LayerContent

PILLOW = LayerContent("pillow 0, of the tests", lambda: zipped([("python/nothing.py", b"")]))

# A stacked flag, wider than it is high: what is at the top left tells whether it was turned.
SIZE = (400, 200)
SECRETS = (b"GPS of a home", b"A comment", b"xmp:Rating")
_GPS, _ORIENTATION = 0x8825, 0x0112


@cache
def profile() -> bytes:
    """A colour profile; each one that is made says when."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def photo(kind: str = "JPEG", mode: str = "RGB", *, orientation: int = 6, size: tuple[int, int] = SIZE) -> bytes:
    """With everything that should not be stored; to be seen turned to the right, the red half above."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    exif[0x010E] = SECRETS[0].decode()
    exif.get_ifd(_GPS).update({1: "N", 2: (48.0, 8.0, 14.0), 3: "E", 4: (11.0, 34.0, 31.0)})
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", f"<x>{SECRETS[2].decode()}</x>")
    text.add_text("Comment", SECRETS[1].decode())
    by_kind: dict[str, dict[str, Any]] = {
        "JPEG": {"comment": SECRETS[1], "xmp": b"<x>" + SECRETS[2] + b"</x>"},
        "PNG": {"pnginfo": text},
        "WEBP": {"xmp": b"<x>" + SECRETS[2] + b"</x>", "lossless": True},
    }
    if mode != "RGB":
        image = image.convert(mode)
    target = io.BytesIO()
    image.save(target, kind, exif=exif, icc_profile=profile() if mode == "RGB" else None, **by_kind[kind])
    # And something behind the picture.
    return target.getvalue() + b"MZ behind the picture"


def animation(kind: str) -> bytes:
    """Three frames."""
    frames = [Image.new("RGB", (40, 20), colour) for colour in ("red", "green", "blue")]
    target = io.BytesIO()
    options: dict[str, Any] = {"comment": SECRETS[1]} if kind == "GIF" else {}
    frames[0].save(target, kind, save_all=True, append_images=frames[1:], duration=100, loop=0, **options)
    return target.getvalue()


def still(kind: str, mode: str) -> bytes:
    """Nothing special, in one of the ways to store it."""
    target = io.BytesIO()
    Image.new(mode, (300, 10)).save(target, kind)
    return target.getvalue()
