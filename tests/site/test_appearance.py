"""Every page in light and dark, on a desk and on a phone: axe finds nothing, nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page, expect

from tests import totp
from tests.command_line import Deployed
from tests.site.visitor import LASTING, Visitor, answers, enrolled, invite

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


FILE = {
    "id": LONG["id"],
    "name": f"{'Wolfeschlegelsteinhausenbergerdorff' * 4}.pdf",
    "caption": "W" * 300,
    "contentType": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "size": 104_857_600,
    "sha256": "0123456789abcdef" * 4,
    "status": "ready",
    "reason": None,
    "links": 0,
    "expiresAt": "2099-12-31T00:00:00.000Z",
    "deletedAt": None,
    "removedAt": None,
    "createdAt": "2026-09-30T12:00:00.000Z",
    "version": 2,
}
FILES = [
    FILE,
    {**FILE, "status": "quarantined", "reason": "it is said to be application/pdf, and does not begin like one"},
    {**FILE, "status": "deleted", "deletedAt": "2099-12-31T00:00:00.000Z"},
    {**FILE, "status": "pending", "name": "notes.txt"},
    {**FILE, "status": "expired", "caption": None},
    {**FILE, "status": "failed", "reason": "looking at it failed, more than once; it can be looked at again"},
    {**FILE, "status": "abandoned", "removedAt": "2099-12-31T00:00:00.000Z"},
]


def examine(page: Page) -> None:
    """Asserts what holds for every page."""
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    examine_all(page)


def examine_all(page: Page) -> None:
    """Also while a dialog hides the page's heading."""
    page.evaluate(Path(AXE_FILE_PATH).read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "scrolls sideways"


each_look = pytest.mark.parametrize(
    ("scheme", "viewport"),
    [
        pytest.param("light", DESK, id="light-desk"),
        pytest.param("dark", PHONE, id="dark-phone"),
        pytest.param("light", PHONE, id="light-phone", marks=pytest.mark.slow),
        pytest.param("dark", DESK, id="dark-desk", marks=pytest.mark.slow),
    ],
)


@each_look
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


@each_look
def test_files(visit: Callable[..., Visitor], deployed: Deployed, scheme: str, viewport: dict[str, int]) -> None:
    visitor = visit(color_scheme=scheme, viewport=viewport, reduced_motion="reduce")
    page = visitor.page
    visitor.sign_in(invite(deployed, "student"), LASTING)
    visitor.heading("Account")
    for status, body in (
        (200, {"media": [], "nextCursor": None}),
        (500, {"title": "Something went wrong on our side", "requestId": "R" * 80}),
        (200, {"media": FILES, "nextCursor": "more"}),
    ):
        page.route("**/api/media?*", answers(status, body))
        visitor.go("/files")
        expect(page.locator("[aria-busy]")).to_have_count(0)
        examine(page)
    page.get_by_role("button", name="Delete").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    examine_all(page)
    # Deleting fails: there is no such file.
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alert")).to_contain_text("was not deleted")
    examine(page)


@pytest.mark.slow
@each_look
def test_an_upload(
    visit: Callable[..., Visitor],
    deployed: Deployed,
    bucket_origin: str,
    scheme: str,
    viewport: dict[str, int],
) -> None:
    visitor = visit(color_scheme=scheme, viewport=viewport, reduced_motion="reduce")
    page = visitor.page
    visitor.sign_in(invite(deployed, "student"), LASTING)
    visitor.heading("Account")
    visitor.go("/files/new")
    visitor.heading("Upload a file")
    examine(page)
    upload = page.get_by_role("button", name="Upload")
    upload.click()
    expect(page.get_by_label("File", exact=True)).to_have_attribute("aria-invalid", "true")
    examine(page)
    page.route(f"{bucket_origin}/**", lambda _: None)
    name = "W" * 150
    page.get_by_label("File", exact=True).set_input_files(
        {"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n" + bytes(1000)}
    )
    upload.click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    examine(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("Cancelled")
    examine(page)
    page.unroute(f"{bucket_origin}/**")
    for content, says in ((b"MZ", "The file cannot be used"), (b"%PDF-1.7\n", "The file is stored")):
        visitor.go("/files/new")
        file = page.get_by_label("File", exact=True)
        file.set_input_files({"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": content})
        upload.click()
        expect(page.get_by_role("heading", level=2)).to_have_text(says, timeout=30_000)
        examine(page)


@pytest.mark.slow
@each_look
def test_the_code_of_a_second_factor(
    visit: Callable[..., Visitor], deployed: Deployed, scheme: str, viewport: dict[str, int]
) -> None:
    email = invite(deployed, "admin")
    secret = enrolled(deployed, email)
    visitor = visit(color_scheme=scheme, viewport=viewport, reduced_motion="reduce")
    visitor.sign_in(email, LASTING)
    visitor.heading("Enter your code")
    examine(visitor.page)
    visitor.page.get_by_label("Code").fill(totp.wrong(secret))
    visitor.page.get_by_role("button", name="Go on").click()
    expect(visitor.page.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
    examine(visitor.page)
