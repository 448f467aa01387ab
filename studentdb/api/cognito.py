"""Sign-in with Cognito over plain HTTPS, without AWS credentials and without AWS's SDK."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, Protocol

import httpx

from studentdb.api.srp import Handshake, timestamp
from studentdb.api.tokens import Binding, Tokens, claims
from studentdb.api.transport import Http
from studentdb.errors import NotSignedInError, StudentDBError, UnavailableError, UsageError


class Authenticator(Protocol):
    """How a person signs in. A school's single sign-on will stand beside Cognito's own."""

    def sign_in(self, email: str, password: str, choose_password: Callable[[], str]) -> Tokens:
        """A new session. `choose_password` is asked on the first login. Raises NotSignedInError and others."""
        ...

    def refresh(self, tokens: Tokens) -> Tokens:
        """The session with a new access token. Raises NotSignedInError where it has ended."""
        ...

    def revoke(self, tokens: Tokens) -> None:
        """End the session at the service. Raises UnavailableError where that cannot be reached."""
        ...


class CognitoError(Exception):
    """An error as the service has it; never leaves `studentdb.api`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Cognito:
    """Cognito's user pools: SRP, the first login's new password, refresh, revocation."""

    def __init__(self, http: Http, binding: Binding, *, now: Callable[[], float] = time.time) -> None:
        self._http = http
        self._binding = binding
        self._now = now

    @property
    def client_id(self) -> str:
        """The app client, which every call that nobody signs has to name."""
        return self._binding.client_id

    def sign_in(self, email: str, password: str, choose_password: Callable[[], str]) -> Tokens:
        """See Authenticator. Raises UsageError where the new password is not good enough."""
        refuse_unencodable(password)
        try:
            answer = self._prove(email, password)
            if answer.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
                answer = self._set_password(answer, choose_password())
            return self._session(answer, email)
        except CognitoError as error:
            _raise_sign_in_error(error, email)

    def refresh(self, tokens: Tokens) -> Tokens:
        """See Authenticator."""
        try:
            answer = self.call(
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
            self.call("RevokeToken", ClientId=self._binding.client_id, Token=tokens.refresh_token)
        except CognitoError as error:
            raise_common(error)
            raise StudentDBError("the session was not revoked", why=error.message) from None

    def _prove(self, email: str, password: str) -> dict[str, Any]:
        """Both messages of SRP; the answer to the second."""
        handshake = Handshake()
        answer = self.call(
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
            raise _not_cognito(self._binding.cognito_url) from None
        return self._respond(
            answer,
            USERNAME=user_id,
            TIMESTAMP=moment,
            PASSWORD_CLAIM_SECRET_BLOCK=challenge["SECRET_BLOCK"],
            PASSWORD_CLAIM_SIGNATURE=proof,
        )

    def _set_password(self, challenge: Mapping[str, Any], new_password: str) -> dict[str, Any]:
        refuse_unencodable(new_password)
        parameters = challenge.get("ChallengeParameters", {})
        return self._respond(challenge, USERNAME=parameters.get("USER_ID_FOR_SRP", ""), NEW_PASSWORD=new_password)

    def _respond(self, challenge: Mapping[str, Any], **responses: str) -> dict[str, Any]:
        # The SRP challenge has no Session: its secret block identifies it.
        session = {"Session": challenge["Session"]} if challenge.get("Session") else {}
        return self.call(
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
            raise _not_cognito(self._binding.cognito_url) from None

    def call(self, operation: str, **parameters: object) -> dict[str, Any]:
        """One call of the service. Raises CognitoError, UnavailableError."""
        url = self._binding.cognito_url
        response = self._http.send(
            "POST",
            f"{url}/",
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            },
            content=json.dumps(parameters).encode(),
        )
        answer = _json_object(response)
        if response.status_code == 200 and answer is not None:
            return answer
        if response.status_code >= 500 or response.status_code == 429:
            raise UnavailableError(
                "the sign-in service is not available", why=f"HTTP {response.status_code} from {url}", hint="try again"
            )
        if answer is None or "__type" not in answer:
            raise _not_cognito(url)
        code = str(answer["__type"]).rpartition("#")[2]
        raise CognitoError(code, str(answer.get("message") or answer.get("Message") or code))


def _json_object(response: httpx.Response) -> dict[str, Any] | None:
    if not response.content:  # RevokeToken answers with nothing
        return {}
    try:
        found = response.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


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


def raise_common(error: CognitoError) -> None:
    """What can go wrong in every call: UnavailableError, NotSignedInError."""
    if error.code in {"TooManyRequestsException", "LimitExceededException", "InternalErrorException"}:
        raise UnavailableError("the sign-in service is busy", why=error.message, hint="try again in a minute") from None
    if error.code == "ResourceNotFoundException":
        raise NotSignedInError(
            "the deployment that this machine knows is gone or was made anew",
            why=error.message,
            hint="studentdb login EMAIL --site URL",
        ) from None


def _unsupported(answer: Mapping[str, Any]) -> StudentDBError:
    return StudentDBError(
        "this tool cannot finish the sign-in",
        why=f"the account asks for {answer.get('ChallengeName', 'something unknown')}",
        hint="sign in through the website",
    )


def _not_cognito(url: str) -> UnavailableError:
    return UnavailableError("the sign-in service gave no sensible answer", why=f"{url} may be something else")
