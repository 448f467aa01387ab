"""The permission matrix, cell by cell, over the deployed API, with tokens of people who signed in.

What must come of a cell is read from the contract; the arguments come from tests/examples.py. Allowed means that it
is done; somebody else's record, where only one's own are allowed, is not there (404); not allowed is 403 whatever is
asked, and without a token it is 401.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import httpx
import pytest

from studentdb.api.cognito import Cognito
from studentdb.api.tokens import Binding
from studentdb.api.transport import Http
from studentdb.contract.operation import ROLES, Operation
from studentdb.contract.operations import operation, operations
from tests.command_line import Deployed
from tests.examples import EXAMPLES, Arguments, School, address, example
from tests.sign_ups import CODE, PASSWORD, Person, tell_confirmed
from tests.support import Backend

# Somebody with an account and in no group.
NOBODY = "nobody"

LIMITED = [(each, role) for each in operations() for role, whose in each.allowed.items() if whose != "any"]

each_operation = pytest.mark.parametrize("each", operations(), ids=lambda each: each.name)


@dataclass(frozen=True)
class Api:
    """The deployed API, and somebody of every role."""

    http: httpx.Client
    tokens: dict[str, str]
    schools: dict[str, School]

    def ask(self, name: str, arguments: Arguments, token: str) -> httpx.Response:
        """One request, as it is answered."""
        return self.http.request(
            operation(name).method,
            address(name, arguments),
            params=dict(arguments.query),
            json=arguments.body,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )


@pytest.fixture(scope="module")
def api(engine: Backend, deployed: Deployed) -> Iterator[Api]:
    """People of every role, signed in as anybody does."""
    cognito = engine.root("prod").client("cognito-idp")
    config = deployed.config
    binding = Binding(
        api_url=config["apiUrl"],
        cognito_url=config["cognitoUrl"],
        user_pool_id=config["userPoolId"],
        client_id=config["clientId"],
    )
    http, tokens, emails = Http(), {}, {}
    for role in (*ROLES, NOBODY):
        emails[role] = email = f"{role}-{secrets.token_hex(4)}@example.edu"
        known = {"UserPoolId": config["userPoolId"], "Username": email}
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        cognito.admin_create_user(**known, MessageAction="SUPPRESS", UserAttributes=attributes)
        cognito.admin_set_user_password(**known, Password=PASSWORD, Permanent=True)
        if role != NOBODY:
            cognito.admin_add_user_to_group(**known, GroupName=role)
        tokens[role] = Cognito(http, binding).sign_in(email, PASSWORD, lambda: "").access_token
    http.close()
    with httpx.Client(base_url=deployed.api_url, timeout=60) as client:
        made = Api(client, tokens, {})

        def done(name: str, arguments: Arguments, role: str = "admin") -> Any:
            answer = made.ask(name, arguments, tokens[role])
            assert answer.is_success, f"{name}: {answer.status_code} {answer.text}"
            return answer.json() if answer.content else None

        for role, email in emails.items():
            made.schools[role] = School(
                done, role, email, partial(done, role=role), signed_up=partial(_signed_up, engine, deployed)
            )
        yield made


def _signed_up(engine: Backend, deployed: Deployed) -> str:
    """Somebody who waits for approval; the account's id."""
    cognito, person = engine.root("prod").client("cognito-idp"), Person()
    client = {"ClientId": deployed.config["clientId"], "Username": person.email}
    names = [{"Name": "given_name", "Value": person.given_name}]
    sub = cognito.sign_up(**client, Password=PASSWORD, UserAttributes=names)["UserSub"]
    cognito.confirm_sign_up(**client, ConfirmationCode=CODE)
    tell_confirmed(engine, replace(person, sub=sub))
    return str(sub)


def test_no_operation_is_forgotten() -> None:
    assert sorted(EXAMPLES) == sorted(each.name for each in operations())


@pytest.mark.slow
@each_operation
def test_who_may(api: Api, each: Operation) -> None:
    arguments = example(each.name).arguments(api.schools["admin"], False)
    statuses = {"visitor": api.ask(each.name, arguments, "").status_code}
    denied = [role for role in (*ROLES, NOBODY) if not each.public and not each.signed_in and role not in each.allowed]
    for role in denied:
        statuses[role] = api.ask(each.name, arguments, api.tokens[role]).status_code

    assert statuses == {"visitor": each.status if each.public else 401, **dict.fromkeys(denied, 403)}
    # The same arguments are good for whoever may: it was not for them that the others were refused.
    for role in (*ROLES, NOBODY):
        if role in denied or (each, role) in LIMITED:
            continue
        answer = api.ask(each.name, arguments, api.tokens[role])
        assert answer.status_code == each.status, (role, answer.text)
        arguments = example(each.name).arguments(api.schools[role], False)


@pytest.mark.slow
@pytest.mark.parametrize(("each", "role"), LIMITED, ids=lambda value: getattr(value, "name", value))
def test_whose(api: Api, each: Operation, role: str) -> None:
    found, school, token = example(each.name), api.schools[role], api.tokens[role]
    theirs = found.theirs(school) if found.theirs else set()
    mine = api.ask(each.name, found.arguments(school, True), token)
    assert mine.status_code == each.status, mine.text
    if each.parameters.model_fields or each.body:
        others = api.ask(each.name, found.arguments(school, False), token)
        # What a body names may be refused as a wrong field as well.
        assert others.status_code in ((404,) if each.parameters.model_fields else (400, 404)), others.text
        return
    for records in (value for value in mine.json().values() if isinstance(value, list)):
        assert theirs, f"{each.name} is a list that is not for everybody's eyes: say in its example what is theirs"
        assert theirs <= {record[found.key] for record in records} <= theirs | found.also(school)


def test_signed_in_is_about_oneself(api: Api) -> None:
    subs = {role: api.ask("me", Arguments(), token).json()["sub"] for role, token in api.tokens.items()}

    assert len(set(subs.values())) == len(subs)


@pytest.mark.parametrize("form", ["Basic {}", "Bearer {}x", "Bearer null", "{}.{}"])
def test_what_is_no_token_of_ours(api: Api, form: str) -> None:
    token = api.tokens["admin"]
    answer = api.http.get("/api/students", headers={"Authorization": form.format(token, token)})

    assert answer.status_code == 401
