"""A signed form and a file, sent to S3 with the standard library alone: `python bare_form.py FILE < form.json`."""

from __future__ import annotations

import http.client
import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

BOUNDARY = "x-studentdb"


def main() -> int:
    """0 when S3 has taken it."""
    form, path = json.load(sys.stdin), Path(sys.argv[1])
    head = "".join(f"{_part(name)}\r\n\r\n{value}\r\n" for name, value in form["fields"].items()) + (
        f'{_part("file")}; filename="f"\r\n\r\n'
    )
    tail = f"\r\n--{BOUNDARY}--\r\n"
    to = urlsplit(form["url"])
    connection = http.client.HTTPConnection(to.netloc)
    connection.putrequest("POST", to.path)
    connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    connection.putheader("Content-Length", str(len(head) + path.stat().st_size + len(tail)))
    connection.endheaders(head.encode())
    with path.open("rb") as file:
        while piece := file.read(1024 * 1024):
            connection.send(piece)
    connection.send(tail.encode())
    return int(connection.getresponse().status != 204)


def _part(name: str) -> str:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'


if __name__ == "__main__":
    sys.exit(main())
