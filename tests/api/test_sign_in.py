"""Signing in for real: SRP, first login, refresh and revocation against the embedded engine's user pools."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from studentdb.api.cognito import Cognito
from studentdb.api.cognito_service import CognitoService, WrongCodeError
from studentdb.api.mfa import SecondFactor
from studentdb.api.session import Session
from studentdb.api.tokens import Binding, TokenStore, claims
from studentdb.api.transport import Http
from studentdb.errors import NotSignedInError, StudentDBError, UnavailableError
from tests import totp
from tests.api.fakes import MemoryKeyring
from tests.support import REGION, Backend

LASTING = "Lasting-Passw0rd-學"


def never() -> str:
    raise AssertionError("nobody should be asked for a new password")


@dataclass
class Pool:
    """A pool of its own on the engine, with a client like the product's."""

    admin: Any
    binding: Binding
    http: Http
    clock: Callable[[], float]

    def add(self, password: str, *, permanent: bool = True) -> str:
        email = f"ada-{secrets.token_hex(4)}@example.edu"
        user = {"UserPoolId": self.binding.user_pool_id, "Username": email}
        self.admin.admin_create_user(
            **user,
            MessageAction="SUPPRESS",
            TemporaryPassword=password,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
        )
        if permanent:
            self.admin.admin_set_user_password(**user, Password=password, Permanent=True)
        return email

    def offer_totp(self) -> None:
        self.admin.set_user_pool_mfa_config(
            UserPoolId=self.binding.user_pool_id,
            SoftwareTokenMfaConfiguration={"Enabled": True},
            MfaConfiguration="OPTIONAL",
        )

    def session(self, folder: Path) -> Session:
        store = TokenStore(folder, keyring=MemoryKeyring(broken=True))
        return Session(self.binding, Cognito(self.http, self.binding, now=self.clock), store, now=self.clock)


@pytest.fixture(scope="module")
def pool(engine: Backend) -> Iterator[Pool]:
    url = engine.endpoint_url
    assert url is not None
    admin = boto3.client(
        "cognito-idp",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    pool_id = admin.create_user_pool(PoolName="sign-in", UsernameAttributes=["email"])["UserPool"]["Id"]
    admin.create_group(UserPoolId=pool_id, GroupName="admin")
    client = admin.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="app",
        GenerateSecret=False,
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        PreventUserExistenceErrors="ENABLED",
        EnableTokenRevocation=True,
        AccessTokenValidity=15,
        TokenValidityUnits={"AccessToken": "minutes", "RefreshToken": "days"},
    )["UserPoolClient"]
    binding = Binding(api_url=f"{url}/api", cognito_url=url, user_pool_id=pool_id, client_id=client["ClientId"])
    import time

    http = Http(sleep=lambda _: None)
    yield Pool(admin, binding, http, time.time)
    http.close()
    admin.delete_user_pool(UserPoolId=pool_id)


def test_the_right_password(pool: Pool, tmp_path: Path) -> None:
    email = pool.add(LASTING)
    pool.admin.admin_add_user_to_group(UserPoolId=pool.binding.user_pool_id, Username=email, GroupName="admin")
    person = pool.session(tmp_path).sign_in(email, LASTING, never)
    assert (person.email, person.groups) == (email, ("admin",))
    held = claims(pool.session(tmp_path).access_token())
    assert (held["token_use"], held["client_id"], held["sub"]) == ("access", pool.binding.client_id, person.sub)
    assert pool.session(tmp_path).whoami() == person


def test_who_has_a_wrong_password_and_who_does_not_exist_look_alike(pool: Pool, tmp_path: Path) -> None:
    session = pool.session(tmp_path)
    texts = set()
    for email in (pool.add(LASTING), "nobody@example.edu"):
        with pytest.raises(NotSignedInError) as caught:
            session.sign_in(email, "Wrong-Passw0rd-7", never)
        texts.add(str(caught.value))
    assert texts == {"e-mail or password is wrong"}
    with pytest.raises(NotSignedInError, match="not signed in"):
        session.whoami()


def test_first_login(pool: Pool, tmp_path: Path) -> None:
    email = pool.add("One-time-Passw0rd", permanent=False)
    session = pool.session(tmp_path)
    assert session.sign_in(email, "One-time-Passw0rd", lambda: LASTING).email == email
    with pytest.raises(NotSignedInError):
        session.sign_in(email, "One-time-Passw0rd", never)
    assert session.sign_in(email, LASTING, never).email == email


def test_refresh_and_new_groups(pool: Pool, tmp_path: Path) -> None:
    email = pool.add(LASTING)
    session = pool.session(tmp_path)
    session.sign_in(email, LASTING, never)
    first = session.access_token()
    pool.admin.admin_add_user_to_group(UserPoolId=pool.binding.user_pool_id, Username=email, GroupName="admin")
    assert session.access_token(rejected=first) != first
    assert session.whoami().groups == ("admin",)
    # And once more, with the refresh token that the first refresh did not send again.
    second = session.access_token()
    assert pool.session(tmp_path).access_token(rejected=second) != second


def test_sign_out_ends_the_session_at_the_service(pool: Pool, tmp_path: Path) -> None:
    session = pool.session(tmp_path)
    session.sign_in(pool.add(LASTING), LASTING, never)
    store = TokenStore(tmp_path, keyring=MemoryKeyring(broken=True))
    stolen = store.load(pool.binding)
    assert stolen is not None
    assert session.sign_out().not_revoked == ""
    assert store.load(pool.binding) is None
    with pytest.raises(NotSignedInError, match="your session has ended"):
        Cognito(pool.http, pool.binding).refresh(stolen)


def test_a_person_who_was_removed(pool: Pool, tmp_path: Path) -> None:
    email = pool.add(LASTING)
    session = pool.session(tmp_path)
    session.sign_in(email, LASTING, never)
    pool.admin.admin_delete_user(UserPoolId=pool.binding.user_pool_id, Username=email)
    with pytest.raises(NotSignedInError, match="your session has ended"):
        session.access_token(rejected=session.access_token())
    with pytest.raises(NotSignedInError, match="not signed in"):
        pool.session(tmp_path).access_token()


def test_a_disabled_account(pool: Pool, tmp_path: Path) -> None:
    email = pool.add(LASTING)
    pool.admin.admin_disable_user(UserPoolId=pool.binding.user_pool_id, Username=email)
    with pytest.raises(NotSignedInError):
        pool.session(tmp_path).sign_in(email, LASTING, never)


def test_an_account_with_a_second_factor(pool: Pool, tmp_path: Path) -> None:
    """From enrolment to its end, also after a one-time password; a wrong code is refused and the next one taken."""
    pool.offer_totp()
    email = pool.add("One-time-Passw0rd", permanent=False)
    session = pool.session(tmp_path)
    session.sign_in(email, "One-time-Passw0rd", lambda: LASTING)
    factor = SecondFactor(CognitoService(pool.http, pool.binding.cognito_url), session)
    assert factor.is_on() is False
    factor.turn_off()
    secret = factor.associate()
    with pytest.raises(WrongCodeError, match="the code is wrong"):
        factor.verify(totp.wrong(secret))
    assert factor.is_on() is False
    factor.verify(totp.code(secret))
    assert factor.is_on() is True

    asked: list[StudentDBError | None] = []

    def enter(refused: StudentDBError | None) -> str:
        asked.append(refused)
        return totp.code(secret) if refused else totp.wrong(secret)

    assert session.sign_in(email, LASTING, never, enter).email == email
    assert [type(each) for each in asked] == [type(None), WrongCodeError]
    with pytest.raises(NotSignedInError, match="has a second factor"):
        session.sign_in(email, LASTING, never)
    # A refresh asks for none.
    first = session.access_token()
    assert session.access_token(rejected=first) != first

    session.sign_in(email, LASTING, never, lambda _: totp.code(secret))
    factor.turn_off()
    assert factor.is_on() is False
    assert session.sign_in(email, LASTING, never).email == email


def test_a_new_app_replaces_the_old_one_once_its_code_was_seen(pool: Pool, tmp_path: Path) -> None:
    pool.offer_totp()
    email = pool.add(LASTING)
    session = pool.session(tmp_path)
    session.sign_in(email, LASTING, never)
    factor = SecondFactor(CognitoService(pool.http, pool.binding.cognito_url), session)
    first = factor.associate()
    factor.verify(totp.code(first))
    second = factor.associate()
    # Interrupted here, the first one still holds.
    assert session.sign_in(email, LASTING, never, lambda _: totp.code(first)).email == email
    factor.verify(totp.code(second))
    assert session.sign_in(email, LASTING, never, lambda _: totp.code(second)).email == email


def test_a_pool_that_is_gone(pool: Pool, tmp_path: Path) -> None:
    import dataclasses

    gone = dataclasses.replace(pool.binding, client_id="0gone0")
    store = TokenStore(tmp_path, keyring=MemoryKeyring(broken=True))
    with pytest.raises(NotSignedInError, match="gone or was made anew"):
        Session(gone, Cognito(pool.http, gone), store).sign_in("ada@example.edu", LASTING, never)


def test_nothing_listens() -> None:
    nowhere = Binding(api_url="", cognito_url="http://localhost:9", user_pool_id="x_y", client_id="c")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        Cognito(Http(sleep=lambda _: None), nowhere).sign_in("ada@example.edu", LASTING, never)
