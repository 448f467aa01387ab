"""The DOM helper: text stays text, and nothing that it makes can run."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def evaluate(page: Page, body: str) -> object:
    """Runs `body` with the helper's functions at hand."""
    result: object = page.evaluate(f"async () => {{ const {{ element, fill }} = await import('/dom.js'); {body} }}")
    return result


def test_attributes_and_children(static_page: Page) -> None:
    made = evaluate(
        static_page,
        """return element("p", { id: "x", hidden: true, title: null, lang: undefined, translate: false, tabindex: 0 },
             "a", null, false, undefined, element("b", {}, "c")).outerHTML;""",
    )
    assert made == '<p id="x" hidden="" tabindex="0">a<b>c</b></p>'


def test_markup_in_a_name_is_text(static_page: Page) -> None:
    made = evaluate(
        static_page,
        """const p = element("p", { title: '"><i>' }, "<img src=x onerror=alert(1)>");
           return [p.childElementCount, p.textContent, p.title];""",
    )
    assert made == [0, "<img src=x onerror=alert(1)>", '"><i>']


def test_listeners_are_functions(static_page: Page) -> None:
    clicks = evaluate(
        static_page,
        "let n = 0; const b = element('button', { onclick: () => { n += 1; } }); b.click(); b.click(); return n;",
    )
    assert clicks == 2


@pytest.mark.parametrize(
    "attributes",
    [
        '{ onclick: "alert(1)" }',
        '{ href: "javascript:alert(1)" }',
        '{ href: " JaVaScRiPt:alert(1)" }',
        '{ href: "java\\nscript:alert(1)" }',
    ],
)
def test_what_would_run_is_refused(static_page: Page, attributes: str) -> None:
    said = evaluate(
        static_page, f"try {{ element('a', {attributes}); return 'made'; }} catch (e) {{ return e.message; }}"
    )
    assert "would run a script" in str(said)


def test_fill_replaces(static_page: Page) -> None:
    left = evaluate(static_page, "const p = element('p', {}, 'old'); fill(p, 'new', null, 'er'); return p.textContent;")
    assert left == "newer"
