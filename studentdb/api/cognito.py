"""Sign-in with Cognito over plain HTTPS, without AWS credentials and without AWS's SDK."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, Protocol

from studentdb.api.cognito_service import CognitoError, CognitoService, not_cognito, raise_common, refused_code
from studentdb.api.srp import Handshake, timestamp
from studentdb.api.tokens import Binding, Tokens, claims
from studentdb.api.transport import Http
from studentdb.errors import NotSignedInError, StudentDBError, UsageError

# Asks for the code of a second factor: with None first, then with the refusal of the last code, which it may raise.
EnterCode = Callable[[StudentDBError | None], str]


def no_code(_: StudentDBError | None) -> str:
    """An EnterCode where nobody is there to enter one. Raises NotSignedInError."""
    raise NotSignedInError("this account has a second factor", hint="studentdb login EMAIL")


class Authenticator(Protocol):
    """How a person signs in. A school's single sign-on will stand beside Cognito's own."""

    def sign_in(
        self, email: str, password: str, choose_password: Callable[[], str], enter_code: EnterCode = ...
    ) -> Tokens:
        """A new session. `choose_password` is asked on the first login, `enter_code` for a second factor.

        Raises NotSignedInError and others.
        """
        ...

    def refresh(self, tokens: Tokens) -> Tokens:
        """The session with a new access token. Raises NotSignedInError where it has ended."""
        ...

    def revoke(self, tokens: Tokens) -> None:
        """End the session at the service. Raises UnavailableError where that cannot be reached."""
        ...


class Cognito:
    """Cognito's user pools: SRP, the first login's new password, refresh, revocation."""

    def __init__(self, http: Http, binding: Binding, *, now: Callable[[], float] = time.time) -> None:
        self._service = CognitoService(http, binding.cognito_url)
        self._binding = binding
        self._now = now

    @property
    def client_id(self) -> str:
        """The app client, which every call that nobody signs has to name."""
        return self._binding.client_id

    def call(self, operation: str, **parameters: object) -> dict[str, Any]:
        """One call of the service. Raises CognitoError, UnavailableError."""
        return self._service.call(operation, **parameters)

    def sign_in(
        self, email: str, password: str, choose_password: Callable[[], str], enter_code: EnterCode = no_code
    ) -> Tokens:
        """See Authenticator. Raises UsageError where the new password is not good enough."""
        refuse_unencodable(password)
        try:
            answer, user_id = self._prove(email, password)
            if answer.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
                answer = self._set_password(answer, user_id, choose_password())
            if answer.get("ChallengeName") == "SOFTWARE_TOKEN_MFA":
                answer = self._enter_code(answer, user_id, email, enter_code)
            return self._session(answer, email)
        except CognitoError as error:
            _raise_sign_in_error(error, email)

    def refresh(self, tokens: Tokens) -> Tokens:
        """See Authenticator."""
        try:
            answer = self._service.call(
                "InitiateAuth",
                AuthFlow="REFRESH_TOKEN_AUTH",
                ClientId=self._binding.client_id,
                AuthParameters={"REFRESH_TOKEN": tokens.refresh_token},
            )
            return self._session(answer, tokens.email, refresh_token=tokens.refresh_token)
        except CognitoError as error:
            raise_common(error)
            raise NotSignedInError(
                "your session has ended", why=error.message, hint=f"studentdb login {tokens.email}"
            ) from None

    def revoke(self, tokens: Tokens) -> None:
        """See Authenticator. Takes the access tokens made from it along (RevokeToken)."""
        try:
            self._service.call("RevokeToken", ClientId=self._binding.client_id, Token=tokens.refresh_token)
        except CognitoError as error:
            raise_common(error)
            raise StudentDBError("the session was not revoked", why=error.message) from None

    def _prove(self, email: str, password: str) -> tuple[dict[str, Any], str]:
        """Both messages of SRP; the answer to the second, and the pool's own name of the person."""
        handshake = Handshake()
        answer = self._service.call(
            "InitiateAuth",
            AuthFlow="USER_SRP_AUTH",
            ClientId=self._binding.client_id,
            AuthParameters={"USERNAME": email, "SRP_A": handshake.public},
        )
        if answer.get("ChallengeName") != "PASSWORD_VERIFIER":
            raise _unsupported(answer)
        moment = timestamp(datetime.fromtimestamp(self._now(), UTC))
        try:
            challenge = answer["ChallengeParameters"]
            # The pool's own name of the person (an id), not the e-mail that was typed, is what both sides hash.
            user_id = challenge["USER_ID_FOR_SRP"]
            proof = handshake.prove(
                user_pool_id=self._binding.user_pool_id,
                user_id=user_id,
                password=password,
                salt=challenge["SALT"],
                server_public=challenge["SRP_B"],
                secret_block=challenge["SECRET_BLOCK"],
                moment=moment,
            )
        except (LookupError, TypeError, ValueError):
            raise not_cognito(self._binding.cognito_url) from None
        answered = self._respond(
            answer,
            USERNAME=user_id,
            TIMESTAMP=moment,
            PASSWORD_CLAIM_SECRET_BLOCK=challenge["SECRET_BLOCK"],
            PASSWORD_CLAIM_SIGNATURE=proof,
        )
        return answered, user_id

    def _set_password(self, challenge: Mapping[str, Any], user_id: str, new_password: str) -> dict[str, Any]:
        refuse_unencodable(new_password)
        return self._respond(challenge, USERNAME=user_id, NEW_PASSWORD=new_password)

    def _enter_code(
        self, challenge: Mapping[str, Any], user_id: str, email: str, enter_code: EnterCode
    ) -> dict[str, Any]:
        """A wrong code does not end the challenge: its Session takes another one, for three minutes."""
        refused: StudentDBError | None = None
        while True:
            code = enter_code(refused)
            try:
                return self._respond(challenge, USERNAME=user_id, SOFTWARE_TOKEN_MFA_CODE=code)
            except CognitoError as error:
                refused = refused_code(error, hint=f"studentdb login {email}")
                if refused is None:
                    raise

    def _respond(self, challenge: Mapping[str, Any], **responses: str) -> dict[str, Any]:
        # The SRP challenge has no Session: its secret block identifies it.
        session = {"Session": challenge["Session"]} if challenge.get("Session") else {}
        return self._service.call(
            "RespondToAuthChallenge",
            ClientId=self._binding.client_id,
            ChallengeName=challenge["ChallengeName"],
            ChallengeResponses=responses,
            **session,
        )

    def _session(self, answer: Mapping[str, Any], email: str, *, refresh_token: str = "") -> Tokens:
        result = answer.get("AuthenticationResult")
        if not result:
            raise _unsupported(answer)
        try:
            return Tokens(
                email=str(claims(result.get("IdToken", "")).get("email", email)),
                access_token=result["AccessToken"],
                # A refresh answers without a refresh token: the first one goes on.
                refresh_token=result.get("RefreshToken", refresh_token),
                # By this machine's clock, so that a wrong one does not matter.
                expires_at=self._now() + float(result["ExpiresIn"]),
            )
        except (LookupError, TypeError, ValueError, AttributeError):
            raise not_cognito(self._binding.cognito_url) from None


def refuse_unencodable(password: str) -> None:
    """Raises UsageError for what came of bytes that are no text."""
    try:
        password.encode()
    except UnicodeEncodeError:
        raise UsageError("the password is not valid UTF-8") from None


def _raise_sign_in_error(error: CognitoError, email: str) -> NoReturn:
    raise_common(error)
    again = f"studentdb login {email}"
    if error.code in {"InvalidPasswordException", "PasswordHistoryPolicyViolationException"}:
        raise UsageError("the new password is refused", why=error.message, hint=again) from None
    if error.code == "PasswordResetRequiredException":
        raise NotSignedInError(
            "a new password is due",
            why="an administrator reset it",
            hint="ask an administrator for a one-time password",
        ) from None
    if error.code == "UserNotConfirmedException":
        raise NotSignedInError(
            "this account's e-mail address is not confirmed", hint=f"studentdb sign-up {email} --resend"
        ) from None
    if error.code in {"NotAuthorizedException", "UserNotFoundException"}:
        raise _refused(error, again) from None
    raise StudentDBError("sign-in failed", why=f"{error.code}: {error.message}") from None


def _refused(error: CognitoError, again: str) -> NotSignedInError:
    """One code for many causes: only the message tells them apart. Who does not exist has a wrong password."""
    message = error.message.lower()
    if "temporary password has expired" in message:
        return NotSignedInError(
            "the one-time password has expired", hint="ask an administrator for a new one: studentdb admin create EMAIL"
        )
    if "attempts exceeded" in message:
        return NotSignedInError("too many failed sign-ins", hint="wait a few minutes, then try again")
    if "disabled" in message:
        return NotSignedInError("this account is disabled", hint="ask an administrator")
    if "session" in message:
        return NotSignedInError("the sign-in took too long", why=error.message, hint=again)
    return NotSignedInError("e-mail or password is wrong", hint=again)


def _unsupported(answer: Mapping[str, Any]) -> StudentDBError:
    return StudentDBError(
        "this tool cannot finish the sign-in",
        why=f"the account asks for {answer.get('ChallengeName', 'something unknown')}",
        hint="ask an administrator",
    )
