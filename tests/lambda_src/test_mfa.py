"""Roles that need a second factor, and its removal by an admin."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from tests import totp
from tests.lambda_src.functions import Functions, Reply, cold_start
from tests.lambda_src.test_me import Pool, pool_of, with_client
from tests.lambda_src.test_users import change, invite, refusing
from tests.support import Backend

__all__ = ["refusing"]


@pytest.fixture
def required(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """The functions of a school whose admins need a second factor."""
    monkeypatch.setenv("MFA_REQUIRED_ROLES", "admin lecturer")
    return cold_start(backend, monkeypatch)


@pytest.fixture
def pool(required: Functions) -> Pool:
    return pool_of(required)


def ask(api: Functions, sub: str, token: str, *, groups: str = "[admin]", path: str = "/api/subjects") -> Reply:
    return api.ask("GET", path, sub=sub, groups=groups, headers={"authorization": f"Bearer {token}"})


def test_a_role_that_needs_a_second_factor(required: Functions, pool: Pool) -> None:
    """Without one it may ask who it is, and nothing else; with the same token it may, as soon as there is one."""
    sub, token = pool.sign_in("head@x.edu")

    refused = ask(required, sub, token)
    assert (refused.status, refused.slug, refused.body["detail"]) == (
        403,
        "mfa-required",
        "set it up: studentdb mfa enrol",
    )
    written = required.ask(
        "POST", "/api/subjects", sub=sub, body={"code": "M", "title": "M"}, headers={"authorization": token}
    )
    assert (written.status, written.slug) == (403, "mfa-required")
    users = ask(required, sub, token, path="/api/users")
    assert (users.status, users.slug) == (403, "mfa-required")
    assert ask(required, sub, token, path="/api/me").status == 200
    assert ask(required, sub, token, groups="[lecturer]").slug == "mfa-required"
    assert ask(required, sub, token, groups="[student]").status == 200

    totp.enrol(pool.cognito, token)
    assert ask(required, sub, token).status == 200


def test_the_pool_is_asked_once_for_a_token_and_again_when_it_has_ended(required: Functions) -> None:
    from studentdb_api import logins

    said = {"Username": "head", "UserAttributes": [], "UserMFASettingList": ["SOFTWARE_TOKEN_MFA"]}
    with Stubber(logins._cognito()) as cognito:
        cognito.add_response("get_user", said, {"AccessToken": "token-1"})
        for _ in range(3):
            assert ask(required, "head", "token-1").status == 200
        cognito.add_response("get_user", {**said, "UserMFASettingList": []}, {"AccessToken": "token-2"})
        assert ask(required, "head", "token-2").status == 403
        cognito.add_client_error("get_user", "NotAuthorizedException", expected_params={"AccessToken": ANY})
        assert ask(required, "head", "token-3").status == 401
        cognito.assert_no_pending_responses()


def test_what_is_remembered_is_bounded_and_ends_with_the_token(required: Functions, monkeypatch: Any) -> None:
    from studentdb_api import auth, logins, mfa

    monkeypatch.setattr(mfa, "_MOST", 2)
    said = {"Username": "head", "UserAttributes": [], "UserMFASettingList": ["SOFTWARE_TOKEN_MFA"]}
    with Stubber(logins._cognito()) as cognito:
        for _ in range(4):
            cognito.add_response("get_user", said)
        for token, expires in (("old", 1.0), ("old", 1.0), ("new", 9e9), ("newer", 9e9), ("new", 9e9)):
            mfa.require(auth.Caller("head", (), 0, expires), token)
        cognito.assert_no_pending_responses()
    assert sorted(mfa._known) == ["new", "newer"]


def test_where_none_is_required_nothing_is_loaded_for_it() -> None:
    """And nobody is asked: the requests of all other tests would fail, since their tokens are no pool's."""
    program = "import sys; from studentdb_api import read; print('studentdb_api.mfa' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": "lambda_src", "TABLE_PREFIX": "t", "AWS_DEFAULT_REGION": "eu-central-1"},
    )
    assert done.stdout.strip() == "False", done.stderr


def test_an_admin_removes_a_second_factor(api_anywhere: Functions) -> None:
    api = api_anywhere
    account = invite(api, "ada@x.edu")
    totp.enrol(api.cognito, with_client(api.cognito, api.pool_id).token(account["email"]))
    assert api.ask("GET", f"/api/users/{account['id']}").body["mfa"] is True

    reset = change(api, account, "reset-mfa", reason="Lost the telephone")

    assert (reset.status, reset.body["mfa"]) == (200, False)
    told = api.audit(f"user#{account['id']}")[-1]
    assert (told["operation"], told["changes"], told["reason"]) == (
        "reset_user_mfa",
        {"mfa": {"before": None, "after": "off"}},
        "Lost the telephone",
    )
    # Again, where there is none any more.
    assert change(api, account, "reset-mfa").status == 200


@pytest.mark.parametrize("operation", ["AdminSetUserMFAPreference", "AdminUserGlobalSignOut"])
def test_a_removal_that_ends_in_between_is_finished_by_the_next(api: Functions, refusing: Any, operation: str) -> None:
    account = invite(api, "ada@x.edu")
    totp.enrol(api.cognito, with_client(api.cognito, api.pool_id).token(account["email"]))
    refusing(operation, "InternalErrorException")
    assert change(api, account, "reset-mfa").status == 500
    assert change(api, account, "reset-mfa").body["mfa"] is False
