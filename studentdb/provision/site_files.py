"""What the site consists of: every file of `site/`, the page under each of its routes, and config.json."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping
from pathlib import Path

# The routes that site/router.js knows: extra keys of index.html, since custom error responses of a distribution would
# hide the API's errors as well (CF-21).
PAGES = ("students", "students/new", "files", "files/new", "account")

# The edge keeps files until the deploy invalidates them; browsers ask every time.
_EDGE = "public, max-age=0, s-maxage=86400, must-revalidate"
_NEVER = "no-cache"

_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


def site_files(source: Path) -> dict[str, tuple[bytes, str, str]]:
    """key -> (body, content type, cache control) of everything below `source`, pages included."""
    files: dict[str, tuple[bytes, str, str]] = {}
    for path in sorted(source.rglob("*")):
        if path.is_file():
            files[path.relative_to(source).as_posix()] = (path.read_bytes(), content_type(path.name), _EDGE)
    index = files["index.html"][0], files["index.html"][1], _NEVER
    return files | {"index.html": index} | dict.fromkeys(PAGES, index)


def content_type(name: str) -> str:
    """By ending; S3's default would make a browser download the page (S3-40)."""
    suffix = Path(name).suffix
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def config_file(config: Mapping[str, str]) -> tuple[str, str, str]:
    """config.json: read by the page and by `studentdb login --site` alike."""
    # Not escaped to ASCII: a token would not be found in it.
    text = json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n", "application/json", _NEVER
