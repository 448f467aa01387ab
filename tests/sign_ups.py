"""Signing up as Cognito has it: its two calls, and the events that its triggers get.

The events have the shape of the Cognito developer guide ("Pre sign-up Lambda trigger", "Post confirmation Lambda
trigger"). The embedded engine invokes the first of them, without what the client says beside the attributes, and never
the second; moto invokes none. Where they do not, a test hands the function its event, as Cognito would.
"""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.support import Backend

PASSWORD = "Long enough 1-2-3"
# The engine's.
CODE = "123456"


@dataclass(frozen=True)
class Person:
    """Somebody who signs up."""

    email: str = field(default_factory=lambda: f"new{secrets.token_hex(4)}@example.edu")
    given_name: str | None = "Ngọc Ánh"
    family_name: str | None = "Trần"
    role: str | None = "student"
    sub: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def attributes(self) -> dict[str, str]:
        """What Cognito keeps."""
        told = {"email": self.email, "given_name": self.given_name, "family_name": self.family_name}
        return {name: value for name, value in told.items() if value is not None}


def event(source: str, person: Person, pool_id: str = "eu-central-1_Ab3dE6gH9", **attributes: str) -> dict[str, Any]:
    """What a trigger gets. Before the sign-up the account has no `sub` yet, and its name is that already."""
    asked: dict[str, Any] = {"userAttributes": {**person.attributes, **attributes}}
    if source.startswith("PreSignUp"):
        asked["validationData"] = {}
        answer: dict[str, Any] = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
    else:
        of_cognito = {"sub": person.sub, "email_verified": "true", "cognito:user_status": "CONFIRMED"}
        asked["userAttributes"] |= of_cognito
        answer = {}
    if person.role is not None:
        asked["clientMetadata"] = {"role": person.role}
    return {
        "version": "1",
        "region": "eu-central-1",
        "userPoolId": pool_id,
        "userName": person.sub,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "2tqgp6n3ch0pp9sln5ukr4j0pc"},
        "triggerSource": source,
        "request": asked,
        "response": answer,
    }


def tell_confirmed(engine: Backend, person: Person, env: str = "prod") -> dict[str, Any]:
    """What Cognito does once somebody is confirmed, and the engine does not: the deployed function gets its event."""
    aws = engine.root(env)
    payload = json.dumps(confirmed(person)).encode()
    answer = aws.client("lambda").invoke(FunctionName=f"{aws.deployment.prefix}-sign-up", Payload=payload)
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, found
    return found


def pre_sign_up(person: Person, **attributes: str) -> dict[str, Any]:
    """Before an account is made by its owner."""
    return event("PreSignUp_SignUp", person, **attributes)


def confirmed(person: Person) -> dict[str, Any]:
    """After its owner has entered the code."""
    return event("PostConfirmation_ConfirmSignUp", person)
