"""`GET /api/me`: the caller, found by the e-mail that the pool has verified."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.lambda_src.functions import Functions, Reply

PASSWORD = "Correct-Horse-9!"


@dataclass(frozen=True)
class Pool:
    """A user pool on the same backend."""

    cognito: Any
    pool_id: str
    client_id: str

    def sign_in(self, email: str, *, verified: str = "true") -> tuple[str, str]:
        """A new user's sub and access token."""
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": verified}]
        user = self.cognito.admin_create_user(
            UserPoolId=self.pool_id, Username=email, UserAttributes=attributes, MessageAction="SUPPRESS"
        )["User"]
        sub = next(each["Value"] for each in user["Attributes"] if each["Name"] == "sub")
        return sub, self.token(email)

    def token(self, email: str) -> str:
        """An access token of a user who gets PASSWORD."""
        self.cognito.admin_set_user_password(UserPoolId=self.pool_id, Username=email, Password=PASSWORD, Permanent=True)
        answer = self.cognito.admin_initiate_auth(
            UserPoolId=self.pool_id,
            ClientId=self.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
        )
        return str(answer["AuthenticationResult"]["AccessToken"])


@pytest.fixture
def pool(api: Functions) -> Pool:
    return pool_of(api)


def pool_of(api: Functions) -> Pool:
    cognito = api.session.client("cognito-idp", endpoint_url=api.endpoint_url)
    pool_id = cognito.create_user_pool(PoolName=f"people-{secrets.token_hex(4)}", UsernameAttributes=["email"])[
        "UserPool"
    ]["Id"]
    return with_client(cognito, pool_id)


def with_client(cognito: Any, pool_id: str) -> Pool:
    client = cognito.create_user_pool_client(
        UserPoolId=pool_id, ClientName="app", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )
    return Pool(cognito, pool_id, client["UserPoolClient"]["ClientId"])


def ask(api: Functions, sub: str, token: str, groups: str | None = "[student]") -> Reply:
    return api.ask("GET", "/api/me", sub=sub, groups=groups, headers={"authorization": token})


def test_own_record(api_anywhere: Functions) -> None:
    student = api_anywhere.add(email="ada@x.edu")
    api_anywhere.add(email="eve@x.edu")
    sub, token = pool_of(api_anywhere).sign_in("ada@x.edu")

    reply = ask(api_anywhere, sub, f"Bearer {token}")

    assert (reply.status, reply.body) == (
        200,
        {"sub": sub, "groups": ["student"], "person": student, "student": student, "waitingSince": None},
    )


def test_email_is_found_in_any_case(api: Functions, pool: Pool) -> None:
    student = api.add(email="ada@x.edu")
    sub, token = pool.sign_in("Ada@X.edu")

    assert ask(api, sub, token).body["student"] == student


def test_without_record_or_group(api: Functions, pool: Pool) -> None:
    sub, token = pool.sign_in("admin@x.edu")

    expected: dict[str, Any] = {"sub": sub, "groups": [], "person": None, "student": None, "waitingSince": None}
    assert ask(api, sub, token, groups=None).body == expected


def test_an_unverified_email_finds_nobody(api: Functions, pool: Pool) -> None:
    api.add(email="ada@x.edu")
    sub, token = pool.sign_in("ada@x.edu", verified="false")

    assert ask(api, sub, token).body["student"] is None


def test_record_that_was_deleted(api: Functions, pool: Pool) -> None:
    student = api.add(email="ada@x.edu")
    sub, token = pool.sign_in("ada@x.edu")
    api.ask("DELETE", f"/api/students/{student['id']}")

    assert ask(api, sub, token).body["student"] is None


def test_the_pool_is_asked_twice_at_most(api: Functions) -> None:
    from studentdb_api.logins import _cognito

    config = _cognito().meta.config

    # Half of the function's 30 s at most.
    assert (config.connect_timeout + config.read_timeout) * config.retries["total_max_attempts"] <= 15


def test_token_that_is_malformed(api: Functions) -> None:
    from studentdb_api.logins import _cognito

    with Stubber(_cognito()) as stub:
        stub.add_client_error("get_user", service_error_code="InvalidParameterException", http_status_code=400)
        reply = ask(api, "someone", "Bearer ;")

    assert (reply.status, reply.slug) == (401, "unauthenticated")


def test_token_that_the_pool_does_not_take(api: Functions, pool: Pool) -> None:
    reply = ask(api, "someone", "Bearer not-a-token")

    assert (reply.status, reply.slug) == (401, "unauthenticated")
