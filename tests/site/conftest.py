"""Chromium, and pages that fail their test where they log an error or talk to a stranger."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.command_line import Deployed
from tests.left_out import chromium
from tests.site.server import serve
from tests.site.visitor import Visitor, somebody

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-quic"),
)
UNUSED = {
    "deployment": "student-management-none@eu-central-1",
    "region": "eu-central-1",
    "siteUrl": "http://site.localhost",
    "apiUrl": "http://localhost:1",
    "userPoolId": "eu-central-1_Ab3dE6gH9",
    "clientId": "none",
    "cognitoUrl": "http://localhost:1",
}


class OpenPage(Protocol):
    """Opens a page; with arguments, which are those of `Browser.new_context`, in a context of its own."""

    def __call__(self, **context: Any) -> Page: ...


@pytest.fixture(scope="session")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """A real Chromium."""
    path = chromium(pytestconfig)
    if path is None:
        pytest.skip("no Chromium: the website goes unchecked")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """What the pages of all tests share is the cache: the site keeps what it keeps in a tab's own storage."""
    shared = browser.new_context()
    yield shared
    shared.close()


@pytest.fixture(scope="session")
def static_site() -> Iterator[str]:
    """site/ without an API or a user pool behind it."""
    with serve(UNUSED) as url:
        yield url


class Watch:
    """What a page does that no page of ours may do."""

    def __init__(self, allowed: Callable[[], set[str]]) -> None:
        self.faults: list[str] = []
        self.allowed = allowed

    def follow(self, page: Page) -> None:
        page.on("console", lambda message: self.log(message.type, message.text))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", lambda request: self.visit(request.url))
        page.on("response", lambda response: self.answer(response.status, response.url))

    def log(self, kind: str, text: str) -> None:
        # Chromium logs every HTTP error; `answer` judges those by address.
        if kind in {"error", "warning"} and not text.startswith("Failed to load resource"):
            self.faults.append(f"console {kind}: {text}")

    def visit(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and f"{parts.scheme}://{parts.netloc}" not in self.allowed():
            self.faults.append(f"request to {url}")

    def answer(self, status: int, url: str) -> None:
        of_our_files = urlsplit(url).netloc.partition(":")[0].endswith(".localhost") and "/api/" not in url
        if status >= 400 and of_our_files:
            self.faults.append(f"{status} for {url}")


@pytest.fixture
def allowed_origins() -> set[str]:
    """The origins that a page of this test may talk to; tests or their fixtures add them."""
    return set()


@pytest.fixture
def open_page(browser: Browser, context: BrowserContext, allowed_origins: set[str]) -> Iterator[OpenPage]:
    """Opens pages; after the test, asserts that none logged an error or asked anybody else for anything."""
    watch = Watch(lambda: allowed_origins)
    opened: list[Page | BrowserContext] = []

    def opener(**own: Any) -> Page:
        of = browser.new_context(**own) if own else context
        page = of.new_page()
        opened.append(of if own else page)
        page.set_default_timeout(15_000)
        watch.follow(page)
        return page

    yield opener
    for each in opened:
        each.close()
    assert context.cookies() == []
    assert watch.faults == []


@pytest.fixture
def static_page(open_page: OpenPage, static_site: str, allowed_origins: set[str]) -> Page:
    """A page of the static site, for calling its modules."""
    allowed_origins.add(static_site)
    page = open_page()
    page.goto(static_site)
    page.wait_for_selector("form")
    return page


@pytest.fixture(scope="session")
def bucket_origin(deployed: Deployed) -> str:
    """Where the engine's functions say that the bucket is."""
    return f"http://127.0.0.1:{urlsplit(deployed.config['cognitoUrl']).port}"


@pytest.fixture
def visit(
    deployed: Deployed, open_page: OpenPage, allowed_origins: set[str], bucket_origin: str
) -> Callable[..., Visitor]:
    """Somebody who has just opened the site, maybe in a `session`; keyword arguments are the browser context's."""
    for address in (deployed.site_url, deployed.config["cognitoUrl"], bucket_origin):
        parts = urlsplit(address)
        allowed_origins.add(f"{parts.scheme}://{parts.netloc}")

    def visitor(session: dict[str, str] | None = None, **context: Any) -> Visitor:
        new = Visitor(open_page(**context), deployed)
        if session is not None:
            # Once: what is forgotten later stays forgotten.
            begin = "if (!window.name) { window.name = 'begun'; Object.assign(sessionStorage, %s); }"
            new.page.add_init_script(begin % json.dumps(session))
        new.go("/")
        return new

    return visitor


@pytest.fixture(scope="session")
def populated(deployed: Deployed) -> Deployed:
    """The deployment with at least one student, whichever test comes first."""
    deployed.cli(
        *("students", "add", "--number", somebody().number, "--given-name", "Grace", "--family-name", "Hopper")
    )
    return deployed


@pytest.fixture(scope="session")
def admin_session(browser: Browser, populated: Deployed) -> dict[str, str]:
    """What a tab keeps of the administrator's session, after a sign-in as everybody does it."""
    with browser.new_page() as page:
        visitor = Visitor(page, populated)
        visitor.go("/")
        visitor.sign_in(populated.admin_email, populated.admin_password)
        visitor.heading("Students")
        kept: dict[str, str] = page.evaluate("Object.fromEntries(Object.entries(sessionStorage))")
    return kept


@pytest.fixture
def admin(visit: Callable[..., Visitor], admin_session: dict[str, str]) -> Visitor:
    """The administrator at the list, in a new tab of a session that other tests share: it is not to be ended."""
    visitor = visit(session=admin_session)
    visitor.heading("Students")
    return visitor
