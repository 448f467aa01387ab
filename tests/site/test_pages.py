"""The deployed site in a real Chromium: what a person does there, and what never happens there."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests import totp
from tests.command_line import Deployed
from tests.site.visitor import LASTING, Visitor, answers, enrolled, invite, sent, somebody

pytestmark = [pytest.mark.browser, pytest.mark.engine]


# ---- signing in and out ----


def test_a_wrong_password_is_refused(visit: Callable[..., Visitor], deployed: Deployed) -> None:
    visitor = visit()
    visitor.sign_in(deployed.admin_email, "not the password 1")
    expect(visitor.page.get_by_role("alert")).to_have_text("The e-mail address or the password is not right.")
    expect(visitor.page.get_by_label("Password")).to_be_focused()
    visitor.sign_in(deployed.admin_email, deployed.admin_password)
    visitor.heading("Students")


def test_empty_fields_are_asked_for(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.page.get_by_role("button", name="Sign in").click()
    expect(visitor.page.get_by_label("E-mail address")).to_have_accessible_description("Enter your e-mail address.")
    expect(visitor.page.get_by_label("E-mail address")).to_be_focused()
    expect(visitor.page.get_by_label("Password")).to_have_accessible_description("Enter your password.")


def test_the_first_sign_in_changes_the_one_time_password(visit: Callable[..., Visitor], deployed: Deployed) -> None:
    email = f"first-{secrets.token_hex(5)}@example.edu"
    one_time = deployed.cli("admin", "create", email).strip()
    visitor = visit()
    visitor.sign_in(email, one_time)
    visitor.heading("Choose your password")
    new, again = visitor.page.get_by_label("New password"), visitor.page.get_by_label("The same again")
    save = visitor.page.get_by_role("button", name="Save and go on")
    new.fill("short")
    save.click()
    expect(new).to_have_attribute("aria-invalid", "true")
    new.fill(LASTING)
    again.fill(f"{LASTING}!")
    save.click()
    expect(again).to_have_accessible_description("The two are not the same.")
    again.fill(LASTING)
    save.click()
    visitor.heading("Students")
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.heading("Sign in")
    visitor.sign_in(email, LASTING)
    visitor.heading("Students")


def test_a_second_factor_is_asked_for_after_the_password(visit: Callable[..., Visitor], deployed: Deployed) -> None:
    email = invite(deployed, "admin")
    secret = enrolled(deployed, email)
    visitor = visit()
    visitor.sign_in(email, LASTING)
    visitor.heading("Enter your code")
    expect(visitor.page).to_have_title("Enter your code · studentdb")
    expect(visitor.page.get_by_role("heading", level=1)).to_be_focused()
    code, go_on = visitor.page.get_by_label("Code"), visitor.page.get_by_role("button", name="Go on")
    expect(code).to_have_attribute("autocomplete", "one-time-code")
    expect(code).to_have_accessible_description("Six digits, from your authenticator app.")
    code.fill("12 34")
    go_on.click()
    expect(code).to_have_attribute("aria-invalid", "true")
    code.fill(totp.wrong(secret))
    go_on.click()
    expect(code).to_have_accessible_description(re.compile("not the code that your app shows now"))
    expect(code).to_be_focused()
    right = totp.code(secret)
    code.fill(f"{right[:3]} {right[3:]}")
    go_on.click()
    visitor.heading("Students")


def test_a_sign_in_that_took_too_long_begins_again(visit: Callable[..., Visitor], deployed: Deployed) -> None:
    """As AWS answers after three minutes; the engine's challenges do not end."""
    email = invite(deployed, "admin")
    secret = enrolled(deployed, email)
    visitor = visit()
    visitor.sign_in(email, LASTING)
    visitor.heading("Enter your code")
    ended = {"__type": "NotAuthorizedException", "message": "Invalid session for the user, session is expired."}
    visitor.page.route(
        f"{deployed.config['cognitoUrl']}/", answers(400, ended, content_type="application/x-amz-json-1.1")
    )
    visitor.page.get_by_label("Code").fill(totp.code(secret))
    visitor.page.get_by_role("button", name="Go on").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("Signing in took too long. Begin again.")
    visitor.page.unroute_all()
    visitor.page.get_by_role("link", name="Sign in again").click()
    visitor.heading("Sign in")


def test_who_needs_a_second_factor_is_told_how_to_set_it_up(admin: Visitor) -> None:
    problem = {"type": "urn:studentdb:problem:mfa-required", "title": "Your role needs a second factor", "status": 403}
    admin.page.route("**/api/students?*", answers(403, problem))
    admin.page.reload()
    expect(admin.page.get_by_role("alert")).to_contain_text("studentdb mfa enrol")
    admin.page.unroute("**/api/students?*")
    admin.page.reload()
    expect(admin.page.get_by_role("navigation", name="Pages of the list")).to_be_visible()


def test_a_reload_keeps_the_session_and_signing_out_ends_it_on_the_server(
    visit: Callable[..., Visitor], deployed: Deployed
) -> None:
    admin = visit()
    admin.sign_in(deployed.admin_email, deployed.admin_password)
    admin.heading("Students")
    admin.page.reload()
    admin.heading("Students")
    refresh_token = admin.page.evaluate("Object.values(sessionStorage).map((kept) => JSON.parse(kept).refreshToken)[0]")
    admin.page.get_by_role("button", name="Sign out").click()
    admin.heading("Sign in")
    expect(admin.page.locator("#news")).to_have_text("You are signed out.")
    assert admin.page.evaluate("sessionStorage.length + localStorage.length") == 0
    refused = admin.page.evaluate(
        """async (token) => {
          const { CognitoAuthenticator } = await import("/cognito.js");
          const authenticator = new CognitoAuthenticator(await (await fetch("/config.json")).json());
          return authenticator.refresh(token).then(() => false, (error) => error.refused);
        }""",
        refresh_token,
    )
    assert refused is True
    admin.go("/students")
    admin.heading("Sign in")


def test_a_session_that_ends_leads_back_to_where_one_was(admin: Visitor, deployed: Deployed) -> None:
    admin.page.get_by_role("link", name="Add a student").click()
    admin.heading("Add a student")
    student = somebody()
    unauthorized = answers(401, {"message": "Unauthorized"}, content_type="application/json")
    admin.page.route("**/api/students", unauthorized)
    admin.add(student)
    admin.heading("Sign in")
    expect(admin.page.locator("#news")).to_contain_text("Your session has ended")
    admin.page.unroute("**/api/students")
    admin.sign_in(deployed.admin_email, deployed.admin_password)
    admin.heading("Add a student")
    expect(admin.page.get_by_label("Student number")).to_have_value(student.number)


def test_a_token_that_ran_out_is_renewed_unnoticed(admin: Visitor) -> None:
    calls: list[str] = []
    admin.page.on("request", lambda request: calls.append(request.headers.get("x-amz-target", "")))
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.headers["authorization"])
            route.fulfill(status=401, content_type="application/json", body='{"message":"Unauthorized"}')

    admin.page.route("**/api/students?*", refuse_once)
    admin.page.reload()
    expect(admin.page.get_by_role("navigation", name="Pages of the list")).to_be_visible()
    assert [call.rpartition(".")[2] for call in calls if call] == ["InitiateAuth"]
    assert len(refused) == 1


# ---- students ----


def test_a_student_added_here_is_in_the_cli(admin: Visitor, deployed: Deployed) -> None:
    student = somebody()
    admin.page.get_by_role("link", name="Add a student").click()
    admin.heading("Add a student")
    admin.page.get_by_label("Grade").fill("09, 10")
    admin.page.get_by_label("Date of birth").fill("2011-03-04")
    admin.add(student)
    admin.heading("Students")
    expect(admin.page.locator("#news")).to_contain_text(f"{student.given} {student.family} ({student.number})")
    listed = json.loads(deployed.cli("students", "list", "--json"))
    found = [each for each in listed if each["identifier"] == student.number]
    assert [(each["givenName"], each["grades"], each["birthDate"]) for each in found] == [
        (student.given, ["09", "10"], "2011-03-04")
    ]


def test_a_student_added_by_the_cli_is_here(admin: Visitor, deployed: Deployed) -> None:
    # Sorts before everybody else's, so that the first page has it.
    student = somebody(family=f"Aa{secrets.token_hex(3)}")
    names = ("--given-name", student.given, "--family-name", student.family)
    deployed.cli("students", "add", "--number", student.number, *names)
    admin.page.reload()
    row = admin.page.get_by_role("row").filter(has_text=student.number)
    expect(row.get_by_role("rowheader")).to_have_text(f"{student.family}, {student.given}")


def test_a_duplicate_number_names_who_has_it(admin: Visitor, deployed: Deployed) -> None:
    student = somebody()
    names = ("--given-name", "Ada", "--family-name", "Lovelace")
    deployed.cli("students", "add", "--number", student.number, *names)
    admin.go("/students/new")
    admin.add(student)
    number = admin.page.get_by_label("Student number")
    expect(number).to_have_accessible_description(re.compile(rf"Ada Lovelace \({student.number}\)"))
    expect(number).to_be_focused()


def test_what_the_api_refuses_stands_beside_its_field(admin: Visitor) -> None:
    admin.go("/students/new")
    admin.page.get_by_label("E-mail address").fill("nobody@nowhere")
    admin.page.get_by_label("Grade").fill("a grade of more than ten characters")
    admin.page.get_by_text("More", exact=True).click()
    admin.page.get_by_label("OneRoster sourcedId").fill("not allowed")
    admin.page.get_by_text("More", exact=True).click()
    admin.page.get_by_role("button", name="Add student").click()
    for label in ("Given name", "Student number", "E-mail address", "Grade", "OneRoster sourcedId"):
        field = admin.page.get_by_label(label)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile(f"{label} (is|must)"))
        expect(field).to_be_visible()
    expect(admin.page.get_by_role("alert")).to_have_text("5 entries need your attention.")
    expect(admin.page.get_by_label("Given name")).to_be_focused()


def test_a_second_try_after_a_lost_answer_adds_nobody_twice(admin: Visitor, deployed: Deployed) -> None:
    student = somebody()
    admin.go("/students/new")
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(sent(route.request).status_code)
            route.abort()

    admin.page.route("**/api/students", lose_the_answer)
    admin.add(student)
    expect(admin.page.get_by_role("alert")).to_contain_text("Check your connection")
    admin.page.get_by_role("button", name="Add student").click()
    admin.heading("Students")
    assert lost == [201]
    assert deployed.cli("students", "list", "--json").count(student.number) == 1


def test_pages_of_the_list(admin: Visitor, deployed: Deployed) -> None:
    for _ in range(3):
        deployed.cli("students", "add", "--number", somebody().number, "--given-name", "Ada", "--family-name", "Page")
    order = [each["identifier"] for each in json.loads(deployed.cli("students", "list", "--json"))]
    admin.go("/students?limit=1")
    turns = admin.page.get_by_role("navigation", name="Pages of the list")

    def shows(place: int) -> None:
        expect(turns).to_contain_text(f"Page {place + 1}")
        expect(admin.page.get_by_role("cell").first).to_have_text(order[place])

    shows(0)
    turns.get_by_role("link", name="Next page").click()
    shows(1)
    turns.get_by_role("link", name="Next page").click()
    shows(2)
    turns.get_by_role("link", name="Previous page").click()
    shows(1)
    admin.page.go_back()
    shows(2)
    admin.page.reload()
    shows(2)
    # The same address without this tab's history: the page is there, only its number is not known.
    address = admin.page.url
    admin.go("/account")
    admin.heading("Account")
    admin.page.goto(address)
    expect(admin.page.get_by_role("cell").first).to_have_text(order[2])
    turns.get_by_role("link", name="First page").click()
    shows(0)
    turns.get_by_label("Per page").select_option("100")
    expect(admin.page.get_by_role("row")).to_have_count(min(len(order), 100) + 1)
    assert admin.page.url.endswith("/students?limit=100")


def test_a_broken_link_into_the_list_leads_to_the_first_page(admin: Visitor) -> None:
    admin.go("/students?cursor=broken")
    expect(admin.page.get_by_role("alert")).to_contain_text("This page of the list is not there any more")
    admin.page.get_by_role("link", name="First page").click()
    expect(admin.page.get_by_role("navigation", name="Pages of the list")).to_be_visible()


# ---- when there is nothing to show ----


def test_no_students_says_what_to_do(admin: Visitor) -> None:
    admin.page.route("**/api/students?*", answers(200, {"students": [], "nextCursor": None}))
    admin.page.reload()
    expect(admin.page.get_by_role("heading", name="No students yet")).to_be_visible()
    expect(admin.page.get_by_text("studentdb students import")).to_be_visible()


def test_an_error_says_why_and_can_be_tried_again(admin: Visitor) -> None:
    problem = {"title": "Too much is happening at once", "detail": "", "errors": [], "requestId": "Request-7"}
    admin.page.route("**/api/students?*", answers(503, problem))
    admin.page.reload()
    expect(admin.page.get_by_role("alert")).to_contain_text("Too much is happening at once")
    expect(admin.page.get_by_role("alert")).to_contain_text("Request-7")
    admin.page.unroute("**/api/students?*")
    admin.page.get_by_role("button", name="Try again").click()
    expect(admin.page.get_by_role("navigation", name="Pages of the list")).to_be_visible()


def test_a_failure_of_the_network_can_be_tried_again(admin: Visitor) -> None:
    admin.page.route("**/api/students?*", lambda route: route.abort())
    admin.page.reload()
    expect(admin.page.get_by_role("alert")).to_contain_text("cannot be reached")
    admin.page.unroute("**/api/students?*")
    admin.page.get_by_role("button", name="Try again").click()
    expect(admin.page.get_by_role("navigation", name="Pages of the list")).to_be_visible()


@pytest.mark.parametrize("group", ["lecturer", "student"])
def test_who_is_no_admin_is_told_so(visit: Callable[..., Visitor], deployed: Deployed, group: str) -> None:
    visitor = visit()
    visitor.sign_in(invite(deployed, group), LASTING)
    visitor.heading("Account")
    expect(visitor.page.get_by_text(group.capitalize(), exact=True)).to_be_visible()
    expect(visitor.page.get_by_role("link", name="Students")).to_have_count(0)
    visitor.go("/students")
    expect(visitor.page.get_by_role("alert")).to_contain_text("Only administrators can do this")
    visitor.go("/students/new")
    visitor.add(somebody())
    expect(visitor.page.get_by_role("alert")).to_contain_text("Only administrators can do this")
    visitor.heading("Add a student")
    visitor.page.get_by_role("link", name="Go to your account").click()
    visitor.heading("Account")


def test_a_student_sees_the_own_record(visit: Callable[..., Visitor], deployed: Deployed) -> None:
    email = invite(deployed, "student")
    student = somebody()
    names = ("--given-name", student.given, "--family-name", student.family)
    deployed.cli("students", "add", "--number", student.number, *names, "--email", email)
    visitor = visit()
    visitor.sign_in(email, LASTING)
    visitor.heading("Account")
    expect(visitor.page.get_by_role("heading", name="Your record at the school")).to_be_visible()
    expect(visitor.page.get_by_text(student.number, exact=True)).to_be_visible()


# ---- manners ----


def test_moving_on_takes_title_and_focus_along(admin: Visitor) -> None:
    expect(admin.page).to_have_title("Students · studentdb")
    admin.page.get_by_role("link", name="Account").click()
    expect(admin.page.get_by_role("heading", level=1)).to_be_focused()
    expect(admin.page).to_have_title("Account · studentdb")
    expect(admin.page.get_by_role("link", name="Account")).to_have_attribute("aria-current", "page")
    admin.page.go_back()
    expect(admin.page).to_have_title("Students · studentdb")
    expect(admin.page.get_by_role("heading", level=1)).to_be_focused()


def test_the_keyboard_is_enough(visit: Callable[..., Visitor], deployed: Deployed) -> None:
    page = visit().page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(deployed.admin_email)
    page.keyboard.press("Tab")
    page.keyboard.type(deployed.admin_password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Students")


@pytest.mark.parametrize(
    "path", ["/", "/students", "/students/new", "/files", "/files/new", "/account", "/main.js", "/config.json"]
)
def test_headers(visit: Callable[..., Visitor], deployed: Deployed, bucket_origin: str, path: str) -> None:
    response = visit().page.goto(deployed.site_url.rstrip("/") + path)
    assert response is not None
    assert response.status == 200
    policy = response.headers["content-security-policy"]
    assert "unsafe-" not in policy
    assert "*" not in policy
    directives = {name: values for name, *values in (part.split() for part in policy.split(";") if part.strip())}
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == directives["style-src"] == ["'self'"]
    assert directives["connect-src"] == ["'self'", deployed.config["cognitoUrl"], bucket_origin]
    assert directives["require-trusted-types-for"] == ["'script'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert response.headers["x-content-type-options"] == "nosniff"
