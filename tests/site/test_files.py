"""What may not stand in site/, whatever it would do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.site.server import SITE, TYPES

FILES = sorted(path for path in SITE.rglob("*") if path.is_file())
SINKS = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|setHTMLUnsafe|srcdoc"
    r"|document\.write|eval\(|new Function|localStorage|document\.cookie)"
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SITE).as_posix())
def test_file_is_ours_and_deployable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert path.suffix in TYPES
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'`)]*", text)) - {"http://www.w3.org/2000/svg"}
    assert not addresses, "the site loads nothing from anyone else"
    assert not SINKS.search(text)
    assert len(text.splitlines()) <= 400


def test_index_has_nothing_inline() -> None:
    text = (SITE / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)


def test_index_names_every_module_and_style_sheet() -> None:
    """So that they all load at once, not one import after another."""
    text = (SITE / "index.html").read_text(encoding="utf-8")
    named = set(re.findall(r'(?:href|src)="(/[^"]+\.(?:js|css))"', text))
    assert named == {f"/{p.relative_to(SITE).as_posix()}" for p in FILES if p.suffix in {".js", ".css"}}
