"""Files on the deployed site, in a real Chromium: form, bucket, event and the function behind it are real."""

from __future__ import annotations

import json
import re
import secrets
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from studentdb.contract.media import LARGEST_FILE, MediaType
from tests.command_line import Deployed
from tests.site.visitor import LASTING, Visitor, answers, invite, sent

pytestmark = [pytest.mark.browser, pytest.mark.engine]


def png() -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(4))) + chunk(b"IEND", b"")


PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4_000
CONTENTS = {"pdf": PDF, "png": png(), "csv": "Name,Note\nÉva,1\n".encode()}
TYPES = {"pdf": "application/pdf", "png": "image/png", "csv": "text/csv"}


@pytest.fixture
def student(visit: Callable[..., Visitor], deployed: Deployed) -> Visitor:
    """A student, at the list of his files."""
    visitor = visit()
    visitor.sign_in(invite(deployed, "student"), LASTING)
    visitor.heading("Account")
    at_list(visitor)
    return visitor


def at_list(visitor: Visitor) -> None:
    """At the own files, all loaded."""
    visitor.go("/files")
    visitor.heading("Files")
    # The first call of a function on a busy machine takes its time.
    expect(visitor.page.locator("[aria-busy]")).to_have_count(0, timeout=30_000)


def payload(name: str, content: bytes, kind: str = "") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def choose(visitor: Visitor, file: FilePayload) -> None:
    """At the form, with this file chosen."""
    visitor.go("/files/new")
    visitor.heading("Upload a file")
    visitor.page.get_by_label("File", exact=True).set_input_files(file)


def upload(page: Page) -> None:
    page.get_by_role("button", name="Upload").click()


def is_stored(page: Page, says: str = "The file is stored") -> None:
    """Waits for the event and the function behind it, which a busy machine delays."""
    expect(page.get_by_role("heading", level=2)).to_have_text(says, timeout=30_000)


def uploaded(visitor: Visitor) -> str:
    """The name of a new file, with the visitor back at the list."""
    name = unique("pdf")
    choose(visitor, payload(name, PDF))
    upload(visitor.page)
    is_stored(visitor.page)
    visitor.page.get_by_role("link", name="All files").click()
    return name


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Download {name}").click()
    return Path(download.value.path()).read_bytes()


def listed(deployed: Deployed, name: str) -> Any:
    """As the command line's admin sees them all."""
    found = json.loads(deployed.cli("media", "list", "--all", "--limit", "1000", "--json"))
    return [each for each in found if each["name"] == name]


def row(visitor: Visitor, name: str) -> Any:
    return visitor.page.get_by_role("row").filter(has_text=name)


def unique(ending: str) -> str:
    return f"Plan {secrets.token_hex(6)}.{ending}"


# ---- uploading ----


@pytest.mark.parametrize("ending", ["pdf", *(pytest.param(each, marks=pytest.mark.slow) for each in ("png", "csv"))])
def test_what_is_uploaded_here_is_in_the_cli_and_comes_back_equal(
    student: Visitor, deployed: Deployed, ending: str
) -> None:
    name, page = unique(ending), student.page
    # What browsers call a CSV depends on the programs that are installed.
    choose(student, payload(name, CONTENTS[ending], "application/vnd.ms-excel" if ending == "csv" else TYPES[ending]))
    expect(page.get_by_label("Name")).to_have_value(name)
    page.get_by_label("Caption").fill("From Monday on")
    page.get_by_label("Keep it").select_option(label="For 30 days")
    upload(page)
    is_stored(page)
    expect(page.get_by_role("heading", level=2)).to_be_focused()
    assert downloaded(page, name) == CONTENTS[ending]
    (found,) = listed(deployed, name)
    assert (found["caption"], found["contentType"], found["status"]) == ("From Monday on", TYPES[ending], "ready")
    assert (found["size"], found["links"], found["expiresAt"] is not None) == (len(CONTENTS[ending]), 1, True)
    expect(page.get_by_text(found["sha256"])).to_be_visible()
    page.get_by_role("link", name="All files").click()
    expect(row(student, name)).to_contain_text("Ready")
    assert downloaded(page, name) == CONTENTS[ending]


@pytest.mark.slow
def test_progress_is_seen_and_read_out(student: Visitor) -> None:
    name, page = unique("pdf"), student.page
    choose(student, payload(name, PDF * 4))
    page.evaluate(
        """() => {
          globalThis.heard = [];
          new MutationObserver(() => {
            const bar = document.querySelector("progress");
            const said = bar?.parentElement?.querySelector("[role=status]")?.textContent;
            if (said && heard.at(-1)?.[0] !== said) heard.push([said, bar.labels[0].textContent]);
          }).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    cdp = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2_000_000}
    cdp.send("Network.emulateNetworkConditions", slow)
    upload(page)
    is_stored(page)
    heard = page.evaluate("heard")
    said = [each for each, _ in heard]
    assert said[0] == "Reading the file."
    assert said[-1] == "Sent. The content is being checked."
    between = [int(re.fullmatch(r"(\d+)% is sent\.", each)[1]) for each in said[1:-1]]  # type: ignore[index]
    assert between == sorted(set(between))
    assert set(between) <= {0, 25, 50, 75, 100}
    assert len(between) > 2
    assert re.fullmatch(r"Sending: \d+% of 3.9 MB", heard[2][1])


def test_wrong_content_is_quarantined_and_says_why(student: Visitor, deployed: Deployed) -> None:
    name, page = unique("pdf"), student.page
    choose(student, payload(name, b"MZ\x90\x00" + bytes(60)))
    upload(page)
    is_stored(page, "The file cannot be used")
    expect(page.get_by_role("definition").filter(has_text="does not begin like one")).to_be_visible()
    expect(page.get_by_role("button", name="Download")).to_have_count(0)
    page.get_by_role("link", name="All files").click()
    expect(row(student, name)).to_contain_text("Quarantined")
    expect(row(student, name)).to_contain_text("It is said to be application/pdf, and does not begin like one.")
    assert [each["status"] for each in listed(deployed, name)] == ["quarantined"]


@pytest.mark.parametrize(
    ("file", "says"),
    [
        pytest.param(
            payload("run.exe", b"MZ", "application/x-msdownload"), "This type of file is not taken", id="type"
        ),
        pytest.param(payload("page.html", b"<p>", "text/html"), "This type of file is not taken", id="html"),
        pytest.param(payload("empty.pdf", b"", "application/pdf"), "The file is empty.", id="empty"),
        pytest.param(payload("README", b"?"), "This type of file is not taken", id="no-ending"),
    ],
)
def test_what_is_refused_before_anything_is_sent(student: Visitor, file: FilePayload, says: str) -> None:
    page = student.page
    choose(student, file)
    expect(page.get_by_label("File", exact=True)).to_have_accessible_description(re.compile(says))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    upload(page)
    expect(page.get_by_label("File", exact=True)).to_be_focused()
    expect(page.get_by_label("File", exact=True)).to_have_attribute("aria-invalid", "true")
    assert asked == []


@pytest.mark.slow
def test_too_large_is_refused_before_anything_is_sent(student: Visitor, tmp_path: Path) -> None:
    page = student.page
    asked: list[str] = []
    with (tmp_path / "film.mp4").open("wb") as film:
        film.truncate(LARGEST_FILE + 1)
    student.go("/files/new")
    student.heading("Upload a file")
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "film.mp4")
    upload(page)
    description = re.compile("The file has 100 MB; up to 100 MB are taken|The file has 100.0 MB")
    expect(page.get_by_label("File", exact=True)).to_have_accessible_description(description)
    assert asked == []


@pytest.mark.slow
def test_no_file_is_asked_for(student: Visitor) -> None:
    student.go("/files/new")
    upload(student.page)
    expect(student.page.get_by_label("File", exact=True)).to_have_accessible_description(re.compile("Choose a file."))
    expect(student.page.get_by_label("File", exact=True)).to_be_focused()


def test_what_may_go_is_what_the_contract_takes(static_page: Page) -> None:
    types, largest = static_page.evaluate(
        "import('/upload.js').then(({ TYPES, LARGEST_MB }) => [[...TYPES.values()], LARGEST_MB * 1024 * 1024])"
    )
    assert set(types) == set(get_args(MediaType))
    assert largest == LARGEST_FILE


# ---- what goes wrong ----


def test_a_bad_name_stands_beside_its_field(student: Visitor) -> None:
    page = student.page
    choose(student, payload("plan.pdf", PDF))
    page.get_by_label("Name").fill("../plan.pdf")
    upload(page)
    expect(page.get_by_role("alert")).to_have_text("One entry needs your attention.")
    expect(page.get_by_label("Name")).to_have_accessible_description(re.compile("Name must be a file's name"))
    expect(page.get_by_label("Name")).to_be_focused()
    # What was chosen is still there.
    page.get_by_label("Name").fill(name := unique("pdf"))
    upload(page)
    is_stored(page)
    assert downloaded(page, name) == PDF


@pytest.mark.slow
def test_no_room_left_is_said(student: Visitor) -> None:
    page = student.page
    problem = {
        "type": "urn:studentdb:problem:quota-used-up",
        "title": "There is no room left for your files",
        "detail": "all of them may have 500 MB: delete some first",
        "errors": [],
    }
    choose(student, payload("plan.pdf", PDF))
    page.route("**/api/media", answers(409, problem))
    upload(page)
    expect(page.get_by_role("alert")).to_have_text(
        "The file was not uploaded. There is no room left for your files. "
        "All of them may have 500 MB: delete some first."
    )
    expect(page.get_by_role("button", name="Upload")).to_be_focused()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "AccessDenied", "sending has to begin within ten minutes"),
        (400, "EntityTooLarge", "has grown since it was chosen"),
        (500, "InternalError", r"The store refuses it \(InternalError\)"),
        (0, "", "The connection was lost on the way"),
    ],
)
def test_what_s3_refuses_can_be_tried_again(
    student: Visitor, deployed: Deployed, bucket_origin: str, status: int, code: str, says: str
) -> None:
    name, page = unique("pdf"), student.page

    def refuse(route: Route) -> None:
        if status == 0:
            route.abort("connectionreset")
        elif route.request.method == "OPTIONS":
            route.continue_()
        else:
            headers = {"Access-Control-Allow-Origin": deployed.config["siteUrl"], "Content-Type": "application/xml"}
            route.fulfill(status=status, headers=headers, body=f"<Error><Code>{code}</Code></Error>")

    choose(student, payload(name, PDF))
    page.get_by_label("Caption").fill("Kept")
    page.route(f"{bucket_origin}/**", refuse)
    upload(page)
    expect(page.get_by_role("alert")).to_have_text(re.compile(f"The file was not uploaded. .*{says}"))
    expect(page.get_by_label("Caption")).to_have_value("Kept")
    page.unroute(f"{bucket_origin}/**")
    upload(page)
    is_stored(page)
    assert len(listed(deployed, name)) == 1, "the second try is of the same record"


@pytest.mark.slow
def test_what_s3_itself_says_of_a_wrong_form_is_read(student: Visitor, bucket_origin: str) -> None:
    """Its answers carry the CORS headers: the page could not read them else."""
    page = student.page

    def tamper(route: Route) -> None:
        upload = sent(route.request).json()
        upload["fields"]["key"] = "media/another"
        route.fulfill(status=201, content_type="application/json", body=json.dumps(upload))

    choose(student, payload(unique("pdf"), PDF))
    page.route("**/api/media", tamper)
    with page.expect_response(lambda response: response.url.startswith(bucket_origin)) as answer:
        upload(page)
    assert answer.value.status == 403
    expect(page.get_by_role("alert")).to_contain_text("The store does not take it any more")


@pytest.mark.slow
def test_cancelling_leaves_nothing(student: Visitor, deployed: Deployed, bucket_origin: str) -> None:
    name, page = unique("pdf"), student.page
    choose(student, payload(name, PDF))
    page.route(f"{bucket_origin}/**", lambda _: None)
    with page.expect_request(f"{bucket_origin}/**"):
        upload(page)
    expect(page.get_by_role("progressbar")).to_be_visible()
    with page.expect_response(lambda response: response.request.method == "DELETE") as deleted:
        page.get_by_role("button", name="Cancel").click()
    assert deleted.value.status == 204
    expect(page.get_by_role("alert")).to_have_text("Cancelled. Nothing was stored.")
    assert [each["status"] for each in listed(deployed, name)] == ["deleted"]
    page.unroute(f"{bucket_origin}/**")
    upload(page)
    is_stored(page)
    assert sorted(each["status"] for each in listed(deployed, name)) == ["deleted", "ready"]


@pytest.mark.slow
def test_a_session_that_ends_keeps_what_was_chosen(visit: Callable[..., Visitor], deployed: Deployed) -> None:
    visitor, email, name = visit(), invite(deployed, "student"), unique("pdf")
    visitor.sign_in(email, LASTING)
    visitor.heading("Account")
    choose(visitor, payload(name, PDF))
    visitor.page.route("**/api/media", answers(401, {"message": "Unauthorized"}, content_type="application/json"))
    upload(visitor.page)
    visitor.heading("Sign in")
    visitor.page.unroute("**/api/media")
    visitor.sign_in(email, LASTING)
    visitor.heading("Upload a file")
    upload(visitor.page)
    is_stored(visitor.page)
    assert downloaded(visitor.page, name) == PDF


# ---- the list ----


def test_nobody_sees_files_of_somebody_else(student: Visitor, deployed: Deployed, tmp_path: Path) -> None:
    expect(student.page.get_by_role("heading", level=2)).to_have_text("No files yet")
    source = tmp_path / unique("csv")
    source.write_bytes(CONTENTS["csv"])
    deployed.cli("media", "upload", str(source))
    choose(student, payload(name := unique("pdf"), PDF))
    upload(student.page)
    is_stored(student.page)
    at_list(student)
    expect(student.page.get_by_role("rowheader")).to_have_text([name])


def test_a_file_of_the_cli_is_here(admin: Visitor, deployed: Deployed, tmp_path: Path) -> None:
    source = tmp_path / unique("csv")
    source.write_bytes(CONTENTS["csv"])
    deployed.cli("media", "upload", str(source), "--caption", "From the command line")
    admin.page.get_by_role("link", name="Files").click()
    admin.heading("Files")
    expect(row(admin, source.name)).to_contain_text("From the command line")
    expect(row(admin, source.name)).to_contain_text("17 bytes")
    assert downloaded(admin.page, source.name) == CONTENTS["csv"]


def test_deleting_is_asked_about_and_can_be_taken_back(student: Visitor, deployed: Deployed) -> None:
    page, name = student.page, unique("pdf")
    choose(student, payload(name, PDF))
    upload(page)
    is_stored(page)
    at_list(student)
    delete = page.get_by_role("button", name=f"Delete {name}")
    delete.click()
    expect(page.get_by_role("dialog")).to_have_accessible_description(re.compile("can be restored for 30 days"))
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(delete).to_be_focused()
    assert [each["status"] for each in listed(deployed, name)] == ["ready"]
    delete.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row(student, name)).to_contain_text("Deleted")
    expect(page.get_by_role("status").filter(has_text=f"{name} is deleted.")).to_be_visible()
    expect(page.get_by_role("button", name=f"Download {name}")).to_have_count(0)
    restore = page.get_by_role("button", name=f"Restore {name}")
    expect(restore).to_be_focused()
    assert [each["status"] for each in listed(deployed, name)] == ["deleted"]
    restore.click()
    expect(row(student, name)).to_contain_text("Ready")
    assert downloaded(page, name) == PDF


@pytest.mark.slow
def test_going_elsewhere_answers_the_question_with_no(student: Visitor, deployed: Deployed) -> None:
    page, name = student.page, uploaded(student)
    page.get_by_role("button", name=f"Delete {name}").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    student.heading("Upload a file")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert [each["status"] for each in listed(deployed, name)] == ["ready"]


@pytest.mark.slow
def test_what_changed_elsewhere_is_not_deleted_unseen(student: Visitor, deployed: Deployed) -> None:
    page, name = student.page, uploaded(student)
    expect(row(student, name)).to_contain_text("Ready")
    (found,) = listed(deployed, name)
    deployed.cli("media", "update", found["id"], "--caption", "Needed by everybody")
    page.get_by_role("button", name=f"Delete {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    why = f"{name} was not deleted. The record has changed in the meantime."
    expect(page.get_by_role("alert")).to_contain_text(why)
    expect(row(student, name)).to_contain_text("Needed by everybody")
    assert [each["status"] for each in listed(deployed, name)] == ["ready"]


@pytest.mark.slow
def test_pages_of_files(student: Visitor, deployed: Deployed) -> None:
    page, names = student.page, [unique("csv") for _ in range(3)]
    for name in names:
        choose(student, payload(name, CONTENTS["csv"]))
        upload(page)
        is_stored(page)
    student.go("/files?limit=2")
    expect(page.get_by_role("rowheader")).to_have_text([names[2], names[1]])
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_role("rowheader")).to_have_text([names[0]])
    page.get_by_role("link", name="Previous page").click()
    expect(page.get_by_role("rowheader")).to_have_text([names[2], names[1]])
    student.go("/files?cursor=broken")
    expect(page.get_by_role("alert")).to_contain_text("This page of the list is not there any more")


# ---- manners ----


def test_the_page_may_talk_to_the_bucket_and_only_there(
    student: Visitor, bucket_origin: str, deployed: Deployed
) -> None:
    """The form names an address that the policy lists, and the bucket takes forms of no other site's pages."""
    page = student.page
    asked: list[tuple[str, str, dict[str, str]]] = []
    page.on("request", lambda request: asked.append((request.method, request.url, request.headers)))
    choose(student, payload(unique("pdf"), PDF))
    upload(page)
    is_stored(page)
    ((_, form, headers),) = [each for each in asked if each[0] == "POST" and each[1].startswith(bucket_origin)]
    assert "authorization" not in headers
    origins = {f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for _, url, _ in asked}
    site, cognito = deployed.config["siteUrl"], deployed.config["cognitoUrl"]
    assert {site, bucket_origin} <= origins <= {site, bucket_origin, cognito}
    refused = page.request.fetch(
        form,
        method="OPTIONS",
        headers={"Origin": "http://other.localhost", "Access-Control-Request-Method": "POST"},
    )
    assert refused.status == 403


@pytest.mark.slow
def test_who_waits_for_approval_is_told_so(visit: Callable[..., Visitor], deployed: Deployed) -> None:
    visitor = visit()
    visitor.sign_in(invite(deployed, "student"), LASTING)
    visitor.heading("Account")
    problem = {"type": "urn:studentdb:problem:not-approved", "title": "Your account waits for approval", "status": 403}
    visitor.page.route("**/api/media?*", answers(403, problem))
    visitor.go("/files")
    expect(visitor.page.get_by_role("alert")).to_contain_text("Your account waits for approval")
