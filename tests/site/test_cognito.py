"""The site's sign-in module against a real user pool of the embedded engine, which checks the proof."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page

from tests import totp
from tests.site.conftest import OpenPage
from tests.site.server import serve
from tests.support import REGION, Backend

pytestmark = pytest.mark.browser

PASSWORDS = ["Correct-Horse-Battery-7", "Mật-khẩu-Ünïcode-7-學", "Spaces: and a colon 7"]
STAGE = """
  const { CognitoAuthenticator } = await import("/cognito.js");
  const auth = new CognitoAuthenticator(await (await fetch("/config.json")).json());
  const said = (promise) => promise.then(
    (value) => value, ({ name, message, refused, code }) => ({ name, message, refused, code }));
"""


@dataclass(frozen=True)
class Pool:
    """A user pool with the product's client, and a page of a site that belongs to it."""

    cognito: Any
    pool_id: str
    page: Page

    def invite(self, password: str, *, lasting: bool) -> str:
        """A new person's e-mail address."""
        email = f"p{secrets.token_hex(6)}@example.edu"
        known = {"UserPoolId": self.pool_id, "Username": email}
        self.cognito.admin_create_user(
            **known,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
        )
        if lasting:
            self.cognito.admin_set_user_password(**known, Password=password, Permanent=True)
        return email

    def run(self, body: str, *arguments: str) -> Any:
        """What `body` returns; it finds its `arguments` under that name."""
        return self.page.evaluate(f"async (args) => {{ {STAGE} {body} }}", list(arguments))


@pytest.fixture
def pool(engine: Backend, open_page: OpenPage, allowed_origins: set[str]) -> Iterator[Pool]:
    cognito = engine.root().session.client("cognito-idp", endpoint_url=engine.endpoint_url)
    pool_id = cognito.create_user_pool(PoolName=f"p{secrets.token_hex(4)}", UsernameAttributes=["email"])["UserPool"][
        "Id"
    ]
    client = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="app",
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        PreventUserExistenceErrors="ENABLED",
        EnableTokenRevocation=True,
    )["UserPoolClient"]["ClientId"]
    assert engine.endpoint_url is not None
    config = {"deployment": "none", "region": REGION, "siteUrl": "-", "apiUrl": "-", "userPoolId": pool_id}
    with serve(config | {"clientId": client, "cognitoUrl": engine.endpoint_url}) as url:
        allowed_origins.update({url, engine.endpoint_url})
        page = open_page()
        page.goto(url)
        page.wait_for_selector("form")
        yield Pool(cognito, pool_id, page)
    cognito.delete_user_pool(UserPoolId=pool_id)


@pytest.mark.parametrize("password", PASSWORDS)
def test_the_right_password_gives_tokens(pool: Pool, password: str) -> None:
    email = pool.invite(password, lasting=True)
    step = pool.run("return auth.signIn(...args);", email, password)
    assert step["kind"] == "done"
    user = pool.cognito.get_user(AccessToken=step["tokens"]["accessToken"])
    assert {"Name": "email", "Value": email} in user["UserAttributes"]


def test_a_wrong_password_and_an_unknown_person_are_told_the_same(pool: Pool) -> None:
    email = pool.invite("Correct-Horse-Battery-7", lasting=True)
    wrong = pool.run("return said(auth.signIn(...args));", email, "Correct-Horse-Battery-8")
    unknown = pool.run("return said(auth.signIn(...args));", f"not-{email}", "Correct-Horse-Battery-7")
    assert wrong == unknown
    assert wrong["message"] == "The e-mail address or the password is not right."
    assert wrong["refused"] is True


def test_a_one_time_password_leads_to_a_lasting_one(pool: Pool) -> None:
    email = pool.invite("One-Time-Password-1", lasting=False)
    kinds = pool.run(
        """const [email, first, lasting] = args;
           const step = await auth.signIn(email, first);
           const next = await step.choose(lasting);
           const again = await auth.signIn(email, lasting);
           const old = await said(auth.signIn(email, first));
           return [step.kind, next.kind, again.kind, old.name];""",
        *(email, "One-Time-Password-1", "A lasting phrase 2"),
    )
    assert kinds == ["new-password", "done", "done", "SignInError"]


def test_a_second_factor_takes_another_code_after_a_wrong_one(pool: Pool) -> None:
    email = pool.invite("Correct-Horse-Battery-7", lasting=True)
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    step = pool.run("return auth.signIn(...args);", email, "Correct-Horse-Battery-7")
    secret = totp.enrol(pool.cognito, step["tokens"]["accessToken"])
    kind, refused, done = pool.run(
        """const [email, password, wrong, right] = args;
           const step = await auth.signIn(email, password);
           const refused = await said(step.enter(wrong));
           return [step.kind, refused, (await step.enter(right)).kind];""",
        *(email, "Correct-Horse-Battery-7", totp.wrong(secret), totp.code(secret)),
    )
    assert (kind, refused["code"], done) == ("code", "CodeMismatchException", "done")
    assert refused["message"] == "This is not the code that your app shows now."


def test_refresh_until_revoked(pool: Pool) -> None:
    email = pool.invite("Correct-Horse-Battery-7", lasting=True)
    renewed, refused = pool.run(
        """const { tokens } = await auth.signIn(...args);
           const renewed = await auth.refresh(tokens.refreshToken);
           await auth.revoke(tokens.refreshToken);
           return [renewed, await said(auth.refresh(tokens.refreshToken))];""",
        *(email, "Correct-Horse-Battery-7"),
    )
    assert renewed["accessToken"] and renewed["refreshToken"]
    assert (refused["name"], refused["refused"]) == ("SignInError", True)


def test_neither_password_nor_proof_of_it_is_in_what_is_sent_first(pool: Pool) -> None:
    email = pool.invite("Correct-Horse-Battery-7", lasting=True)
    sent: list[str] = []
    pool.page.on("request", lambda request: sent.append(request.post_data or ""))
    pool.run("return auth.signIn(...args);", email, "Correct-Horse-Battery-7")
    assert len([body for body in sent if body]) == 2
    assert not any("Correct-Horse" in body for body in sent)


def test_an_unreachable_service_is_no_refusal(pool: Pool) -> None:
    pool.page.route("**/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    said = pool.run("return said(auth.signIn(...args));", "ada@example.edu", "Correct-Horse-Battery-7")
    assert said["refused"] is False
    assert "cannot be reached" in said["message"]
