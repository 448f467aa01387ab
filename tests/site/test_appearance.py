"""Every page in light and dark, on a desk and on a phone: axe finds nothing, nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page, expect

from tests.command_line import Deployed
from tests.site.visitor import LASTING, Visitor, answers, invite

pytestmark = [pytest.mark.browser, pytest.mark.engine]

DESK = {"width": 1200, "height": 850}
PHONE = {"width": 360, "height": 740}
LONG = {
    "id": "0e9d8c7b-6a5f-4e4d-8c3c-2b1a09f8e7d6",
    "identifier": "N" * 64,
    "givenName": "Hubert-Blaine-Wolfeschlegelstein",
    "familyName": "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft",
    "middleName": "W" * 100,
    "email": f"{'e' * 64}@{'d' * 60}.example.edu",
    "username": None,
    "birthDate": None,
    "grades": ["0123456789"] * 20,
    "sourcedId": None,
    "status": "inactive",
    "version": 1,
}


def examine(page: Page) -> None:
    """Asserts what holds for every page."""
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    page.evaluate(Path(AXE_FILE_PATH).read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "scrolls sideways"


@pytest.mark.parametrize(
    ("scheme", "viewport"),
    [
        pytest.param("light", DESK, id="light-desk"),
        pytest.param("dark", PHONE, id="dark-phone"),
        pytest.param("light", PHONE, id="light-phone", marks=pytest.mark.slow),
        pytest.param("dark", DESK, id="dark-desk", marks=pytest.mark.slow),
    ],
)
def test_every_page(
    visit: Callable[..., Visitor],
    deployed: Deployed,
    scheme: str,
    viewport: dict[str, int],
) -> None:
    visitor = visit(color_scheme=scheme, viewport=viewport, reduced_motion="reduce")
    page = visitor.page
    visitor.heading("Sign in")
    examine(page)
    visitor.sign_in("nobody@example.edu", "not the password 1")
    expect(page.get_by_role("alert")).to_contain_text("not right")
    examine(page)
    visitor.sign_in(invite(deployed, "lecturer", lasting=False), LASTING)
    visitor.heading("Choose your password")
    page.get_by_role("button", name="Save and go on").click()
    examine(page)
    page.get_by_label("New password").fill(LASTING)
    page.get_by_label("The same again").fill(LASTING)
    page.get_by_role("button", name="Save and go on").click()
    visitor.heading("Account")
    expect(page.locator("[aria-busy]")).to_have_count(0)
    examine(page)
    visitor.go("/students")
    expect(page.get_by_role("alert")).to_contain_text("Only administrators")
    examine(page)
    page.get_by_role("button", name="Sign out").click()
    visitor.heading("Sign in")
    visitor.sign_in(deployed.admin_email, deployed.admin_password)
    visitor.heading("Account" if page.url.endswith("/account") else "Students")
    examine_lists(visitor)
    visitor.go("/students/new")
    visitor.heading("Add a student")
    examine(page)
    page.get_by_role("button", name="Add student").click()
    expect(page.get_by_role("alert")).to_contain_text("need your attention")
    page.get_by_text("More", exact=True).click()
    examine(page)


def examine_lists(visitor: Visitor) -> None:
    """The list as it is, with the longest values there can be, empty, and failing."""
    page = visitor.page
    visitor.go("/students")
    expect(page.locator("[aria-busy]")).to_have_count(0)
    examine(page)
    for status, body in (
        (200, {"students": [LONG] * 3, "nextCursor": "more"}),
        (200, {"students": [], "nextCursor": None}),
        (500, {"title": "Something went wrong on our side", "requestId": "R" * 80}),
    ):
        page.route("**/api/students?*", answers(status, body))
        page.reload()
        expect(page.locator("[aria-busy]")).to_have_count(0)
        examine(page)
        page.unroute("**/api/students?*")
