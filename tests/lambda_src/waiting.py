"""Somebody who has signed up and waits for approval, and the decision on it."""

from __future__ import annotations

from typing import Any

from tests.lambda_src.functions import Functions, Reply
from tests.lambda_src.test_sign_up import invoke
from tests.sign_ups import PASSWORD, Person, confirmed


def account(api: Functions, email: str, **names: str) -> str:
    """Somebody who has signed up and confirmed, as Cognito has it; its `sub`."""
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    attributes += [{"Name": name, "Value": value} for name, value in names.items()]
    of_pool = {"UserPoolId": api.pool_id, "Username": email}
    made = api.cognito.admin_create_user(**of_pool, UserAttributes=attributes, MessageAction="SUPPRESS")
    api.cognito.admin_set_user_password(**of_pool, Password=PASSWORD, Permanent=True)
    return str(made["User"]["Username"])


def sign_up(api: Functions, email: str = "new@x.edu", **told: Any) -> str:
    """Somebody who waits for approval; the account's id."""
    sub = account(api, email)
    invoke(confirmed(Person(email=email, sub=sub, **told)))
    return sub


def decide(api: Functions, sub: str, verb: str, **body: Any) -> Reply:
    return api.ask("POST", f"/api/users/registrations/{sub}/{verb}", body=body)


def gone(api: Functions, sub: str) -> bool:
    try:
        api.cognito.admin_get_user(UserPoolId=api.pool_id, Username=sub)
    except api.cognito.exceptions.UserNotFoundException:
        return True
    return False
