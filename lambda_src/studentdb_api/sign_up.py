"""The function that Cognito invokes when somebody signs up, and when they have confirmed their e-mail address.

Cognito waits 5 s, tries three times, and takes the event itself for the answer. What is raised before a sign-up is told
to whoever signs up, as `PreSignUp failed with error …`: no word of other people belongs into it. Whether an account has
the address already is Cognito's own question, so this function needs to reach no pool, and reads nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from studentdb_api import log, registrations
from studentdb_api.auth import Caller
from studentdb_api.request import Request

_WORDS = {"email": "the e-mail address", "givenName": "the given name", "familyName": "the family name"}

Event = dict[str, Any]


class RefusedError(Exception):
    """Why somebody cannot sign up, in words for them; never with what they told."""


def handler(event: Event, context: Any) -> Event:
    """Check a sign-up, or make a confirmed account wait for approval.

    Other events come here as well: PreSignUp for accounts that admins make, PostConfirmation for a password that was
    forgotten. Nothing is confirmed or verified here: Cognito's mail does that.
    """
    source = event["triggerSource"]
    if source == "PreSignUp_SignUp":
        check(event["request"])
    elif source == "PostConfirmation_ConfirmSignUp":
        sub = str(event["request"]["userAttributes"].get("sub") or event["userName"])
        told = {**registrations.of_attributes(event["request"]["userAttributes"]), "role": _role(event["request"])}
        request = Request(
            "sign_up", Caller(sub, ()), frozenset({"self"}), {}, {}, {}, {}, str(context.aws_request_id), ""
        )
        log.batch(registered=int(registrations.register(request, sub, told)))
    return event


def check(asked: Mapping[str, Any]) -> None:
    """Raises RefusedError for whoever may not sign up."""
    told = registrations.of_attributes(asked.get("userAttributes") or {})
    broken = [f"{_WORDS[field]} {why}" for field, why in registrations.wrong(told).items()]
    if broken:
        raise RefusedError("; ".join(broken))
    domains = os.environ.get("SIGN_UP_DOMAINS", "").split()
    if domains and str(told["email"]).rpartition("@")[2] not in domains:
        raise RefusedError(f"only addresses at {' or '.join(domains)} can sign up here")
    if _metadata(asked).get("role", "student") not in registrations.ROLES:
        raise RefusedError("only students and lecturers can sign up; admins are invited")


def _role(asked: Mapping[str, Any]) -> str | None:
    """The role that is asked for. Cognito does not keep it between sign-up and confirmation; it may be left out."""
    role = _metadata(asked).get("role")
    return role if role in registrations.ROLES else None


def _metadata(asked: Mapping[str, Any]) -> Mapping[str, str]:
    return asked.get("clientMetadata") or {}
