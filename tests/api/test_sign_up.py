"""Signing up: what is sent, and Cognito's errors in words. The calls themselves: tests/flows/test_registrations.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from studentdb.api import sign_up
from studentdb.api.cognito import Cognito
from studentdb.contract.registrations import SignUp
from studentdb.errors import NotAllowedError, StudentDBError, UnavailableError, UsageError
from tests.api.fakes import answer
from tests.api.test_cognito import cognito, refusal

WHO = SignUp(email="Ada@Example.edu", given_name="Ada", role="lecturer")
SENT = {"CodeDeliveryDetails": {"Destination": "a***@e***", "DeliveryMedium": "EMAIL"}, "UserConfirmed": False}

STEPS: dict[str, Callable[[Cognito], object]] = {
    "begin": lambda door: sign_up.begin(door, WHO, "Hush-1"),
    "resend": lambda door: sign_up.resend(door, WHO.email),
    "confirm": lambda door: sign_up.confirm(door, WHO.email, "123456", None),
}


def failed(step: str, code: str, message: str = "no") -> StudentDBError:
    with pytest.raises(StudentDBError) as caught:
        STEPS[step](cognito(refusal(code, message))[0])
    assert "Hush" not in f"{caught.value} {caught.value.hint}"
    return caught.value


def test_what_is_sent() -> None:
    """The address is the account's name and no attribute: the app client may not write it."""
    door, server = cognito(answer(200, SENT), answer(200, {}))

    assert sign_up.begin(door, WHO, "Hush-1") == "a***@e***"
    sign_up.confirm(door, WHO.email, " 123456\n", WHO.role)

    first, second = (json.loads(request.content) for request in server.requests)
    assert first == {
        "ClientId": "client1",
        "Username": "ada@example.edu",
        "Password": "Hush-1",
        "UserAttributes": [{"Name": "given_name", "Value": "Ada"}],
        "ClientMetadata": {"role": "lecturer"},
    }
    assert second == {
        "ClientId": "client1",
        "Username": "ada@example.edu",
        "ConfirmationCode": "123456",
        "ClientMetadata": {"role": "lecturer"},
    }


def test_a_role_may_be_left_out() -> None:
    door, server = cognito(answer(200, SENT))
    sign_up.begin(door, SignUp(email="ada@example.edu", given_name="Ada", family_name="Lovelace"), "Hush-1")

    sent = json.loads(server.requests[0].content)
    assert "ClientMetadata" not in sent
    assert sent["UserAttributes"][1] == {"Name": "family_name", "Value": "Lovelace"}


@pytest.mark.parametrize(
    ("step", "code", "message", "kind", "said"),
    [
        ("begin", "UsernameExistsException", "no", StudentDBError, "an account has this e-mail address already"),
        ("begin", "InvalidPasswordException", "too short", UsageError, "the password is refused: too short"),
        ("begin", "NotAuthorizedException", "SignUp is not permitted", NotAllowedError, "nobody can sign up here"),
        ("begin", "UnexpectedLambdaException", "no", UnavailableError, "nobody can sign up just now"),
        ("begin", "CodeDeliveryFailureException", "no", UnavailableError, "no mail could be sent"),
        ("begin", "LimitExceededException", "no", UnavailableError, "the sign-in service is busy"),
        ("begin", "SomethingNewException", "no", StudentDBError, "the sign-up failed: SomethingNewException: no"),
        ("resend", "InvalidParameterException", "User is already confirmed.", StudentDBError, "confirmed already"),
        ("resend", "UserNotFoundException", "no", UsageError, "nobody has signed up with this address"),
        ("confirm", "CodeMismatchException", "no", UsageError, "the code is wrong"),
        ("confirm", "ExpiredCodeException", "no", UsageError, "the code has expired"),
        ("confirm", "TooManyFailedAttemptsException", "no", UsageError, "too many wrong codes"),
        ("confirm", "NotAuthorizedException", "Current status is CONFIRMED", StudentDBError, "confirmed already"),
        ("confirm", "UserLambdaValidationException", "no", UnavailableError, "the school has not heard of it"),
        ("confirm", "InvalidLambdaResponseException", "no", UnavailableError, "the school has not heard of it"),
        ("confirm", "AliasExistsException", "no", StudentDBError, "the sign-up was not confirmed: AliasExists"),
    ],
)
def test_what_can_go_wrong(step: str, code: str, message: str, kind: type[StudentDBError], said: str) -> None:
    error = failed(step, code, message)

    assert type(error) is kind
    assert said in str(error)


def test_the_school_s_own_words() -> None:
    """Cognito puts its own around them, and a full stop."""
    message = "PreSignUp failed with error only addresses at example.edu can sign up here."
    error = failed("begin", "UserLambdaValidationException", message)

    assert str(error) == "the school refuses this sign-up: only addresses at example.edu can sign up here"


@pytest.mark.parametrize("step", STEPS)
def test_a_service_that_is_down(step: str) -> None:
    answers: list[Any] = [answer(503)]
    with pytest.raises(UnavailableError):
        STEPS[step](cognito(*answers)[0])


def test_a_password_that_is_no_text() -> None:
    door, server = cognito(answer(200, SENT))
    with pytest.raises(UsageError):
        sign_up.begin(door, WHO, "\udcff")
    assert server.requests == []
