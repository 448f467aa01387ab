"""The second factor where Cognito says what the engine does not: answers as AWS documents them."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from studentdb.api.cognito import Cognito
from studentdb.api.cognito_service import CognitoService, WrongCodeError
from studentdb.api.mfa import SecondFactor, uri
from studentdb.api.session import Session
from studentdb.api.tokens import TokenStore
from studentdb.errors import NotSignedInError, StudentDBError, UnavailableError
from tests.api.fakes import BINDING, Door, MemoryKeyring, Server, answer
from tests.api.test_cognito import CHALLENGE, NEW_PASSWORD, SIGNED_IN, cognito, refusal

# After SRP the parameters hold the app's name alone, and no name of the person.
CODE_WANTED = {
    "ChallengeName": "SOFTWARE_TOKEN_MFA",
    "Session": "session-2",
    "ChallengeParameters": {"FRIENDLY_DEVICE_NAME": "studentdb"},
}
MISMATCH = refusal("CodeMismatchException", "Invalid code received for user")


def sign_in(door: Cognito, *codes: str) -> list[StudentDBError | None]:
    asked: list[StudentDBError | None] = []

    def enter(refused: StudentDBError | None) -> str:
        asked.append(refused)
        if len(asked) > len(codes):
            assert refused is not None
            raise refused
        return codes[len(asked) - 1]

    door.sign_in("ada@example.edu", "pw", lambda: "A-new-passw0rd", enter)
    return asked


@pytest.mark.parametrize("before", [[answer(200, CHALLENGE)], [answer(200, CHALLENGE), answer(200, NEW_PASSWORD)]])
def test_the_code_is_asked_for_after_the_password(before: list[httpx.Response]) -> None:
    door, server = cognito(*before, answer(200, CODE_WANTED), answer(200, SIGNED_IN))
    assert sign_in(door, "123456") == [None]
    sent = json.loads(server.requests[-1].content)
    assert (sent["ChallengeName"], sent["Session"]) == ("SOFTWARE_TOKEN_MFA", "session-2")
    assert sent["ChallengeResponses"] == {"USERNAME": "72f5a4d4", "SOFTWARE_TOKEN_MFA_CODE": "123456"}


def test_a_wrong_code_and_one_that_was_used_leave_the_challenge_open() -> None:
    used = refusal("ExpiredCodeException", "Your software token has already been used once.")
    door, server = cognito(answer(200, CHALLENGE), answer(200, CODE_WANTED), MISMATCH, used, answer(200, SIGNED_IN))
    first, wrong, again = sign_in(door, "111111", "222222", "333333")
    assert first is None
    assert (str(wrong).partition(":")[0], str(again).partition(":")[0]) == (
        "the code is wrong",
        "this code was used already",
    )
    sessions = {json.loads(request.content).get("Session") for request in server.requests[2:]}
    assert sessions == {"session-2"}


@pytest.mark.parametrize(
    ("last", "says"),
    [
        (MISMATCH, "the code is wrong"),
        (refusal("NotAuthorizedException", "Invalid session for the user, session is expired."), "took too long"),
        (refusal("InvalidParameterException", "Value at 'softwareTokenMfaCode' failed"), "the code is wrong"),
    ],
)
def test_a_sign_in_that_ends_at_the_code(last: httpx.Response, says: str) -> None:
    door, _ = cognito(answer(200, CHALLENGE), answer(200, CODE_WANTED), last)
    with pytest.raises(NotSignedInError, match=says) as caught:
        sign_in(door, "111111")
    assert caught.value.hint == "studentdb login ada@example.edu"


def factor(folder: Path, *answers: httpx.Response) -> tuple[SecondFactor, Server]:
    server = Server(*answers)
    session = Session(BINDING, Door(), TokenStore(folder, keyring=MemoryKeyring()), now=lambda: 0.0)
    session.sign_in("ada@example.edu", "pw", lambda: "")
    return SecondFactor(CognitoService(server.http, BINDING.cognito_url), session), server


def test_a_verified_app_becomes_the_preferred_one(tmp_path: Path) -> None:
    """AWS asks for no code where VerifySoftwareToken is not followed by a preference; the engine does."""
    made, server = factor(tmp_path, answer(200, {"Status": "SUCCESS"}), answer(200, {}))
    made.verify("123456")
    first, second = server.requests
    assert first.headers["x-amz-target"].endswith(".VerifySoftwareToken")
    assert second.headers["x-amz-target"].endswith(".SetUserMFAPreference")
    assert json.loads(second.content)["SoftwareTokenMfaSettings"] == {"Enabled": True, "PreferredMfa": True}


@pytest.mark.parametrize(
    ("said", "kind", "says"),
    [
        (refusal("EnableSoftwareTokenMFAException", "Code mismatch"), WrongCodeError, "the code is wrong"),
        (
            refusal("SoftwareTokenMFANotFoundException", "Software token TOTP MFA is not enabled"),
            StudentDBError,
            "has no second factors",
        ),
        (refusal("NotAuthorizedException", "Access Token has been revoked"), NotSignedInError, "session has ended"),
        (refusal("TooManyRequestsException", "Rate exceeded"), UnavailableError, "busy"),
        (refusal("InvalidUserPoolConfigurationException", "?"), StudentDBError, "was not changed"),
        (answer(200, {"Status": "ERROR"}), StudentDBError, "was not accepted"),
    ],
)
def test_refusals(tmp_path: Path, said: httpx.Response, kind: type[StudentDBError], says: str) -> None:
    made, server = factor(tmp_path, said)
    with pytest.raises(StudentDBError, match=says) as caught:
        made.verify("123456")
    assert type(caught.value) is kind
    assert "123456" not in f"{caught.value} {caught.value.hint}"
    # Nothing is preferred that was not verified.
    assert len(server.requests) == 1


def test_the_uri_names_deployment_and_person() -> None:
    assert uri("ABC", email="ada+1@example.edu", deployment="prod") == (
        "otpauth://totp/studentdb%20prod:ada%2B1%40example.edu?secret=ABC&issuer=studentdb%20prod"
    )
