"""Cognito's errors in words. That the calls themselves are right is shown against the engine, in test_sign_in.py."""

from __future__ import annotations

import json

import httpx
import pytest

from studentdb.api.cognito import Cognito
from studentdb.errors import NotSignedInError, StudentDBError, UnavailableError, UsageError
from tests.api.fakes import BINDING, Server, answer, jwt, tokens

# What the service answers to the first message; every proof is good enough for a fake.
CHALLENGE = {
    "ChallengeName": "PASSWORD_VERIFIER",
    "ChallengeParameters": {
        "SALT": "4f2d1c0b",
        "SECRET_BLOCK": "c2VjcmV0",
        "SRP_B": "abcdef",
        "USER_ID_FOR_SRP": "72f5a4d4",
        "USERNAME": "72f5a4d4",
    },
}
NEW_PASSWORD = {
    "ChallengeName": "NEW_PASSWORD_REQUIRED",
    "Session": "session-1",
    "ChallengeParameters": {"USER_ID_FOR_SRP": "72f5a4d4", "requiredAttributes": "[]"},
}
SIGNED_IN = {
    "AuthenticationResult": {
        "AccessToken": jwt(sub="72f5"),
        "IdToken": jwt(email="Ada@example.edu"),
        "RefreshToken": "refresh-1",
        "ExpiresIn": 900,
    }
}


def refusal(code: str, message: str) -> httpx.Response:
    return answer(400, {"__type": f"com.amazonaws.cognito#{code}", "message": message})


def cognito(*answers: httpx.Response | Exception) -> tuple[Cognito, Server]:
    server = Server(*answers)
    return Cognito(server.http, BINDING, now=lambda: 1_763_634_909.0), server


def sign_in(*answers: httpx.Response | Exception, password: str = "Hush-1", chosen: str = "Hush-2") -> StudentDBError:
    with pytest.raises(StudentDBError) as caught:
        cognito(*answers)[0].sign_in("ada@example.edu", password, lambda: chosen)
    assert "Hush" not in f"{caught.value} {caught.value.hint}"
    return caught.value


def test_a_sign_in() -> None:
    door, server = cognito(answer(200, CHALLENGE), answer(200, SIGNED_IN))
    got = door.sign_in("ada@example.edu", "Hush-1", lambda: "")
    assert (got.email, got.refresh_token, got.expires_at) == ("Ada@example.edu", "refresh-1", 1_763_635_809.0)
    first, second = (json.loads(request.content) for request in server.requests)
    assert first["AuthFlow"] == "USER_SRP_AUTH"
    assert second["ChallengeResponses"]["TIMESTAMP"] == "Thu Nov 20 10:35:09 UTC 2025"
    assert second["ChallengeResponses"]["USERNAME"] == "72f5a4d4"
    assert not any(b"Hush" in request.content for request in server.requests)
    assert {str(request.url) for request in server.requests} == {f"{BINDING.cognito_url}/"}


def test_the_first_login() -> None:
    door, server = cognito(answer(200, CHALLENGE), answer(200, NEW_PASSWORD), answer(200, SIGNED_IN))
    door.sign_in("ada@example.edu", "pw", lambda: "A-new-passw0rd")
    sent = json.loads(server.requests[2].content)
    assert sent["Session"] == "session-1"
    assert sent["ChallengeResponses"] == {"USERNAME": "72f5a4d4", "NEW_PASSWORD": "A-new-passw0rd"}


@pytest.mark.parametrize(
    ("code", "message", "kind", "says"),
    [
        ("NotAuthorizedException", "Incorrect username or password.", NotSignedInError, "e-mail or password is wrong"),
        ("UserNotFoundException", "User does not exist.", NotSignedInError, "e-mail or password is wrong"),
        (
            "NotAuthorizedException",
            "Temporary password has expired and must be reset by an administrator.",
            NotSignedInError,
            "the one-time password has expired",
        ),
        ("NotAuthorizedException", "Password attempts exceeded", NotSignedInError, "too many failed sign-ins"),
        ("NotAuthorizedException", "User is disabled.", NotSignedInError, "this account is disabled"),
        ("NotAuthorizedException", "Invalid session for the user.", NotSignedInError, "took too long"),
        ("PasswordResetRequiredException", "Password reset required", NotSignedInError, "a new password is due"),
        ("UserNotConfirmedException", "User is not confirmed.", NotSignedInError, "not confirmed"),
        ("TooManyRequestsException", "Rate exceeded", UnavailableError, "busy"),
        ("ResourceNotFoundException", "User pool client 1 does not exist.", NotSignedInError, "gone or was made anew"),
        ("InvalidParameterException", "USER_SRP_AUTH is not enabled.", StudentDBError, "sign-in failed"),
    ],
)
def test_refusals(code: str, message: str, kind: type[StudentDBError], says: str) -> None:
    for before in ([], [answer(200, CHALLENGE)]):
        error = sign_in(*before, refusal(code, message))
        assert type(error) is kind
        assert says in str(error)
        assert error.hint or error.why


def test_who_does_not_exist_reads_as_who_has_a_wrong_password() -> None:
    wrong = sign_in(answer(200, CHALLENGE), refusal("NotAuthorizedException", "Incorrect username or password."))
    unknown = sign_in(refusal("UserNotFoundException", "User does not exist."))
    assert (str(wrong), wrong.hint) == (str(unknown), unknown.hint)


def test_a_new_password_that_is_not_good_enough_says_what_is() -> None:
    message = "Password did not conform with policy: Password not long enough"
    error = sign_in(answer(200, CHALLENGE), answer(200, NEW_PASSWORD), refusal("InvalidPasswordException", message))
    assert isinstance(error, UsageError)
    assert error.why == message


def test_a_challenge_that_the_tool_does_not_know() -> None:
    other = {"ChallengeName": "MFA_SETUP", "Session": "s"}
    assert "MFA_SETUP" in sign_in(answer(200, CHALLENGE), answer(200, other)).why
    assert "CUSTOM_CHALLENGE" in sign_in(answer(200, {"ChallengeName": "CUSTOM_CHALLENGE"})).why


@pytest.mark.parametrize("password", ["\ud800", "a\udcff"])
def test_a_password_that_is_no_text(password: str) -> None:
    assert isinstance(sign_in(answer(200, CHALLENGE), password=password), UsageError)


@pytest.mark.parametrize(
    "response",
    [
        answer(500),
        answer(503),
        answer(404, {"message": "Not Found"}),
        answer(200, ["?"]),
        httpx.Response(200, html="<p>a proxy</p>"),
        answer(200, {"ChallengeName": "PASSWORD_VERIFIER"}),
        answer(200, {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": {**CHALLENGE, "SALT": "xyz"}}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
)
def test_no_sensible_answer(response: httpx.Response | Exception) -> None:
    assert isinstance(sign_in(response), UnavailableError)


def test_a_refresh_keeps_the_refresh_token() -> None:
    result = {name: value for name, value in SIGNED_IN["AuthenticationResult"].items() if name != "RefreshToken"}
    door, server = cognito(answer(200, {"AuthenticationResult": result}))
    assert door.refresh(tokens()).refresh_token == "refresh-1"
    assert json.loads(server.requests[0].content)["AuthParameters"] == {"REFRESH_TOKEN": "refresh-1"}


@pytest.mark.parametrize("message", ["Refresh Token has expired", "Refresh Token has been revoked"])
def test_a_session_that_has_ended(message: str) -> None:
    with pytest.raises(NotSignedInError) as caught:
        cognito(refusal("NotAuthorizedException", message))[0].refresh(tokens())
    assert (caught.value.what, caught.value.why) == ("your session has ended", message)
    assert caught.value.hint == "studentdb login ada@example.edu"


def test_revoke() -> None:
    door, server = cognito(answer(200))
    door.revoke(tokens())
    assert server.requests[0].headers["x-amz-target"] == "AWSCognitoIdentityProviderService.RevokeToken"
    assert json.loads(server.requests[0].content) == {"ClientId": "client1", "Token": "refresh-1"}
    with pytest.raises(StudentDBError, match="was not revoked"):
        cognito(refusal("UnsupportedTokenTypeException", "no"))[0].revoke(tokens())
