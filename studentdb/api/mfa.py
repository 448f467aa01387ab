"""The second factor of whoever is signed in: an authenticator app's codes (TOTP), by Cognito's own operations."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from studentdb.api.cognito_service import CognitoError, CognitoService, raise_common, refused_code
from studentdb.api.session import Session
from studentdb.errors import NotSignedInError, StudentDBError

_TOTP = "SOFTWARE_TOKEN_MFA"


class SecondFactor:
    """Of the session's person. Every method raises NotSignedInError and UnavailableError."""

    def __init__(self, service: CognitoService, session: Session) -> None:
        self._service = service
        self._session = session

    def is_on(self) -> bool:
        """Whether a sign-in asks for a code."""
        return _TOTP in self._call("GetUser").get("UserMFASettingList", ())

    def associate(self) -> str:
        """A new secret (base32); it means nothing until `verify` has seen a code of it."""
        secret = self._call("AssociateSoftwareToken").get("SecretCode")
        if not secret:
            raise StudentDBError("the sign-in service gave no secret", hint="studentdb mfa enrol")
        return str(secret)

    def verify(self, code: str) -> None:
        """From here on the app's codes are asked for. Raises WrongCodeError: nothing changed then."""
        answer = self._call("VerifySoftwareToken", UserCode=code, FriendlyDeviceName="studentdb")
        if answer.get("Status") != "SUCCESS":
            raise StudentDBError("the app was not accepted", why=str(answer.get("Status")), hint="studentdb mfa enrol")
        self._prefer(on=True)

    def turn_off(self) -> None:
        """A sign-in asks for the password alone."""
        # Cognito refuses a preference of somebody who never had an app.
        if self.is_on():
            self._prefer(on=False)

    def _prefer(self, *, on: bool) -> None:
        self._call("SetUserMFAPreference", SoftwareTokenMfaSettings={"Enabled": on, "PreferredMfa": on})

    def _call(self, operation: str, **parameters: object) -> dict[str, Any]:
        try:
            return self._service.call(operation, AccessToken=self._session.access_token(), **parameters)
        except CognitoError as error:
            raise_common(error)
            if refused := refused_code(error, hint="studentdb mfa enrol"):
                raise refused from None
            if error.code == "SoftwareTokenMFANotFoundException":
                raise StudentDBError(
                    "this deployment has no second factors",
                    why=error.message,
                    hint="an administrator: studentdb deploy",
                ) from None
            if error.code == "NotAuthorizedException":
                raise NotSignedInError(
                    "your session has ended", why=error.message, hint="studentdb login EMAIL"
                ) from None
            raise StudentDBError("the second factor was not changed", why=f"{error.code}: {error.message}") from None


def uri(secret: str, *, email: str, deployment: str) -> str:
    """What a QR code tells an authenticator app, in the form that all of them read (otpauth, as of Google's)."""
    issuer = quote(f"studentdb {deployment}", safe="")
    return f"otpauth://totp/{issuer}:{quote(email, safe='')}?secret={secret}&issuer={issuer}"
