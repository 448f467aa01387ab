"""Takes the README's pictures from a real run: `python docs/pictures.py` (needs Chromium; not on Windows).

The commands run in a pseudo terminal with a home of their own; what they print is rendered, not typed. Left out of the
picture are the middle of long outputs, marked as such, and the demo's password.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

IMAGES = Path(__file__).resolve().parent / "images"
COLUMNS = 100
# Lines shown of a long output, at its beginning and at its end.
HEAD, TAIL = 7, 14
SESSION: tuple[tuple[str, ...], ...] = (
    ("demo",),
    ("students", "list", "--limit", "8"),
    ("students", "add", "--number", "S2001", "--given-name", "Ada", "--family-name", "Lovelace"),
    ("students", "add", "--number", "S2001", "--given-name", "Grace", "--family-name", "Hopper"),
    ("status",),
)


def main() -> None:
    """Run the demo, take both pictures, remove everything."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("no Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STUDENTDB_"))},
            "STUDENTDB_HOME": home,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "TERM": "xterm-256color",
            # A picture cannot show what moves.
            "CI": "true",
        }
        try:
            outputs = [(command, in_terminal(command, environment)) for command in SESSION]
            terminal_picture(outputs)
            demo = json.loads(plain(("demo", "--json"), environment))
            site_picture(demo, chromium)
        finally:
            plain(("local", "down"), environment)


def in_terminal(command: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """What a person sees of a command: stdout and stderr of a terminal, colours included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    process = subprocess.Popen(arguments(command), stdin=theirs, stdout=theirs, stderr=theirs, env=dict(environment))
    os.close(theirs)
    seen = b""
    while True:
        try:
            seen += (part := os.read(ours, 65536))
        except OSError:  # Linux's way to say that nobody writes any more
            break
        if not part:
            break
    os.close(ours)
    process.wait()
    return seen.decode().replace("\r\n", "\n")


def plain(command: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """stdout of a command that has to succeed."""
    return subprocess.run(
        arguments(command), env=dict(environment), capture_output=True, text=True, check=True, encoding="utf-8"
    ).stdout


def arguments(command: tuple[str, ...]) -> list[str]:
    """The command line as this interpreter runs it."""
    return [sys.executable, "-m", "studentdb", *command]


def terminal_picture(outputs: list[tuple[tuple[str, ...], str]]) -> None:
    """docs/images/terminal.svg."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for command, output in outputs:
        lines = re.sub(r"(?m)^(password +)\S+", r"\1(not in this picture)", output).rstrip("\n").split("\n")
        left_out = len(lines) - HEAD - TAIL
        console.print(Text(f"$ studentdb {' '.join(command)}", "bold"))
        for number, line in enumerate(lines):
            if left_out > 1 and number == HEAD:
                console.print(Text(f"    … {left_out} lines …", "dim italic"))
            if left_out <= 1 or number < HEAD or number >= HEAD + left_out:
                console.print(Text.from_ansi(line), overflow="fold")
        console.print()
    # No font from a stranger's server: any monospaced one will do.
    layout = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    layout = layout.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")
    svg = console.export_svg(title="studentdb on the embedded engine", code_format=layout, unique_id="terminal")
    (IMAGES / "terminal.svg").write_text(svg, encoding="utf-8")


def site_picture(demo: Mapping[str, str], chromium: str) -> None:
    """docs/images/site.png: the list of students, after a sign-in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1100, "height": 760}, color_scheme="light")
        page.goto(demo["site_url"])
        page.get_by_label("E-mail").fill(demo["email"])
        page.get_by_label("Password", exact=True).fill(demo["password"])
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("row").nth(5).wait_for()
        page.screenshot(path=IMAGES / "site.png")
        browser.close()


if __name__ == "__main__":
    main()
