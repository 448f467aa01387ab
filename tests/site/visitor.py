"""Somebody at the deployed site, and what the tests arrange around him."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
from playwright.sync_api import Page, Request, Route, expect

from studentdb.api.cognito import Cognito
from studentdb.api.tokens import Binding
from studentdb.api.transport import Http
from tests import totp
from tests.command_line import Deployed

LASTING = "A lasting phrase, 42"


@dataclass(frozen=True)
class Visitor:
    """Somebody at the site."""

    page: Page
    deployed: Deployed

    def go(self, path: str) -> None:
        self.page.goto(self.deployed.site_url.rstrip("/") + path)

    def sign_in(self, email: str, password: str) -> None:
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def heading(self, text: str) -> None:
        """Waits until this page is shown."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    def add(self, student: Student) -> None:
        """Fills the form in and sends it."""
        self.page.get_by_label("Given name").fill(student.given)
        self.page.get_by_label("Family name").fill(student.family)
        self.page.get_by_label("Student number").fill(student.number)
        self.page.get_by_role("button", name="Add student").click()


@dataclass(frozen=True)
class Student:
    """Somebody new, of a number that no other test uses."""

    number: str
    given: str = "Thị Minh Khai"
    family: str = "Nguyễn"


def somebody(family: str = "Nguyễn") -> Student:
    return Student(f"T{secrets.token_hex(6)}", family=family)


def _cognito(deployed: Deployed) -> Any:
    return boto3.client(
        "cognito-idp",
        endpoint_url=deployed.config["cognitoUrl"],
        region_name=deployed.config["region"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def invite(deployed: Deployed, group: str, *, lasting: bool = True) -> str:
    """An account in `group`, with the password LASTING (for good or as a one-time password)."""
    cognito = _cognito(deployed)
    email = f"{group}-{secrets.token_hex(5)}@example.edu"
    known = {"UserPoolId": deployed.config["userPoolId"], "Username": email}
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(**known, TemporaryPassword=LASTING, MessageAction="SUPPRESS", UserAttributes=attributes)
    if lasting:
        cognito.admin_set_user_password(**known, Password=LASTING, Permanent=True)
    cognito.admin_add_user_to_group(**known, GroupName=group)
    return email


def enrolled(deployed: Deployed, email: str) -> str:
    """Gives the account, which has the password LASTING, a second factor; its secret."""
    config = deployed.config
    http = Http()
    binding = Binding(
        api_url=config["apiUrl"],
        cognito_url=config["cognitoUrl"],
        user_pool_id=config["userPoolId"],
        client_id=config["clientId"],
    )
    signed_in = Cognito(http, binding).sign_in(email, LASTING, lambda: "")
    http.close()
    return totp.enrol(_cognito(deployed), signed_in.access_token)


def sent(request: Request) -> httpx.Response:
    """Sends what the browser wanted to send. Only browsers resolve *.localhost."""
    url = httpx.URL(request.url)
    headers = {**request.headers, "host": url.netloc.decode()}
    return httpx.request(
        request.method, url.copy_with(host="127.0.0.1"), headers=headers, content=request.post_data_buffer
    )


def answers(status: int, body: object, *, content_type: str = "application/problem+json") -> Callable[[Route], None]:
    """For `page.route`: what the API says instead."""
    return lambda route: route.fulfill(status=status, content_type=content_type, body=json.dumps(body))
