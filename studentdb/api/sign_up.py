"""Signing up with Cognito: an account of one's own, the code from its mail; an admin has the last word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from studentdb.api.cognito import Cognito, refuse_unencodable
from studentdb.api.cognito_service import CognitoError, raise_common
from studentdb.contract.registrations import SignUp
from studentdb.errors import NotAllowedError, StudentDBError, UnavailableError, UsageError

_LAMBDA_FAILED = frozenset({"UnexpectedLambdaException", "InvalidLambdaResponseException"})
_REFUSED = "UserLambdaValidationException"


def begin(cognito: Cognito, who: SignUp, password: str) -> str:
    """Make the account, unconfirmed; says where its code was sent.

    The e-mail address is Cognito's name of the account, and no attribute that is sent: the app client may write none
    by which people are found. Raises UsageError, NotAllowedError, UnavailableError, StudentDBError.
    """
    refuse_unencodable(password)
    names = {"given_name": who.given_name, "family_name": who.family_name}
    try:
        answer = cognito.call(
            "SignUp",
            ClientId=cognito.client_id,
            Username=who.email,
            Password=password,
            UserAttributes=[{"Name": name, "Value": value} for name, value in names.items() if value],
            **_metadata(who.role),
        )
    except CognitoError as error:
        _raise_begin(error, who.email)
    return _destination(answer, who.email)


def resend(cognito: Cognito, email: str) -> str:
    """Have another code sent; says where to. Raises UnavailableError, StudentDBError."""
    try:
        answer = cognito.call("ResendConfirmationCode", ClientId=cognito.client_id, Username=email)
    except CognitoError as error:
        _raise_code(error, email)
    return _destination(answer, email)


def confirm(cognito: Cognito, email: str, code: str, role: str | None) -> None:
    """Show that the address is one's own. Cognito does not keep the `role` that was asked for, so it is told again.

    Raises UsageError, UnavailableError, StudentDBError.
    """
    try:
        cognito.call(
            "ConfirmSignUp",
            ClientId=cognito.client_id,
            Username=email,
            ConfirmationCode=code.strip(),
            **_metadata(role),
        )
    except CognitoError as error:
        _raise_code(error, email)


def _metadata(role: str | None) -> dict[str, Mapping[str, str]]:
    return {"ClientMetadata": {"role": role}} if role else {}


def _destination(answer: Mapping[str, Any], email: str) -> str:
    """As Cognito shows it, such as `a***@e***`."""
    return str((answer.get("CodeDeliveryDetails") or {}).get("Destination") or email)


def _raise_begin(error: CognitoError, email: str) -> NoReturn:
    raise_common(error)
    if error.code == "UsernameExistsException":
        raise StudentDBError(
            "an account has this e-mail address already",
            # A code makes whatever password was chosen then a good one, also one that somebody else has chosen.
            hint=f"studentdb login {email}  (if you began a sign-up yourself: studentdb sign-up {email} --resend;"
            " if it was somebody else, ask an administrator to invite you)",
        ) from None
    if error.code == "InvalidPasswordException":
        raise UsageError("the password is refused", why=error.message) from None
    if error.code == "NotAuthorizedException":
        raise NotAllowedError(
            "nobody can sign up here", why="this school invites its people", hint="ask an administrator"
        ) from None
    if error.code == _REFUSED:
        # Cognito's own words stand around those of the school.
        why = error.message.removeprefix("PreSignUp failed with error ").removesuffix(".")
        raise UsageError("the school refuses this sign-up", why=why) from None
    if error.code in _LAMBDA_FAILED:
        raise UnavailableError("nobody can sign up just now", why=error.message, hint="try again later") from None
    _raise_mail(error, email)
    raise StudentDBError("the sign-up failed", why=f"{error.code}: {error.message}") from None


def _raise_code(error: CognitoError, email: str) -> NoReturn:
    raise_common(error)
    # Of somebody who is not there Cognito says the same: a code is wrong.
    if error.code == "CodeMismatchException":
        raise UsageError("the code is wrong", hint=f"studentdb sign-up {email} --confirm") from None
    if error.code == "ExpiredCodeException":
        raise UsageError("the code has expired", hint=f"studentdb sign-up {email} --resend") from None
    if error.code == "TooManyFailedAttemptsException":
        raise UsageError("too many wrong codes", hint=f"wait, then: studentdb sign-up {email} --resend") from None
    if error.code == "UserNotFoundException":
        raise UsageError("nobody has signed up with this address", hint=f"studentdb sign-up {email}") from None
    if error.code in _LAMBDA_FAILED | {_REFUSED}:
        raise UnavailableError(
            "the address is confirmed, and the school has not heard of it",
            why=error.message,
            hint="ask an administrator to run: studentdb users check --repair",
        ) from None
    if error.code in {"NotAuthorizedException", "InvalidParameterException"} and "confirmed" in error.message.lower():
        raise StudentDBError("this address is confirmed already", hint=f"studentdb login {email}") from None
    _raise_mail(error, email)
    raise StudentDBError("the sign-up was not confirmed", why=f"{error.code}: {error.message}") from None


def _raise_mail(error: CognitoError, email: str) -> None:
    if error.code == "CodeDeliveryFailureException":
        raise UnavailableError(
            "no mail could be sent", why=error.message, hint=f"later: studentdb sign-up {email} --resend"
        ) from None
