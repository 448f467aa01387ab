"""Self-registration over the whole product: commands, Cognito, the deployed functions, real tokens."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from studentdb.api.cognito import Cognito
from studentdb.api.tokens import Binding
from studentdb.api.transport import Http
from tests.command_line import CommandLine, Deployed, Run
from tests.flows.deployments import Installation
from tests.inventory import inventory
from tests.sign_ups import CODE, PASSWORD, Person, tell_confirmed
from tests.support import Backend, fresh_env


@pytest.fixture
def machine(tmp_path: Path) -> CommandLine:
    """Of whoever signs up: no AWS credentials."""
    return CommandLine(tmp_path / "machine")


@pytest.fixture
def person() -> Person:
    """Nobody has this address."""
    return Person(given_name="Zoë", family_name="Åberg")


def begin(machine: CommandLine, deployed: Deployed, person: Person, *more: str, stdin: str = "") -> Run:
    names = ("--given-name", person.given_name or "", "--family-name", person.family_name or "")
    arguments = (*names, "--site", deployed.site_url, "--password-stdin", *more)
    return machine.run("sign-up", person.email, *arguments, stdin=stdin or f"{PASSWORD}\n{CODE}\n")


def sub_of(engine: Backend, deployed: Deployed, email: str) -> str:
    of_pool = {"UserPoolId": deployed.config["userPoolId"], "Username": email}
    return str(engine.root("prod").client("cognito-idp").admin_get_user(**of_pool)["Username"])


def waiting(engine: Backend, deployed: Deployed, machine: CommandLine, person: Person) -> Person:
    """Somebody who has signed up by the command and entered the code."""
    done = begin(machine, deployed, person, "--role", person.role or "student", "--code-stdin")
    assert (done.code, "waits for an administrator's approval" in done.err) == (0, True), done.err
    known = replace(person, sub=sub_of(engine, deployed, person.email))
    tell_confirmed(engine, known)
    return known


def login(machine: CommandLine, deployed: Deployed, person: Person) -> Run:
    return machine.run("login", person.email, "--password-stdin", "--site", deployed.site_url, stdin=f"{PASSWORD}\n")


def me(deployed: Deployed, person: Person) -> dict[str, Any]:
    """As the API tells somebody with a new session."""
    config = deployed.config
    binding = Binding(
        api_url=config["apiUrl"],
        cognito_url=config["cognitoUrl"],
        user_pool_id=config["userPoolId"],
        client_id=config["clientId"],
    )
    token = Cognito(Http(), binding).sign_in(person.email, PASSWORD, lambda: "").access_token
    found = httpx.get(f"{deployed.api_url}/api/me", headers={"Authorization": f"Bearer {token}"}).raise_for_status()
    shown: dict[str, Any] = found.json()
    return shown


def registrations(deployed: Deployed, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(deployed.cli("registrations", "list", *arguments, "--json"))
    return found


def test_from_the_sign_up_to_the_approval(
    engine: Backend, deployed: Deployed, machine: CommandLine, person: Person
) -> None:
    known = waiting(engine, deployed, machine, person)
    signed_in = login(machine, deployed, person)
    assert (signed_in.code, "can do nothing until an administrator approves it" in signed_in.err) == (0, True)
    refused = machine.run("classes", "list")
    assert (refused.code, "an admin has to approve it" in refused.err) == (4, True), refused.err
    shown = me(deployed, person)
    assert (shown["groups"], shown["person"], bool(shown["waitingSince"])) == ([], None, True)
    (row,) = [each for each in registrations(deployed) if each["email"] == person.email]
    assert (row["givenName"], row["familyName"], row["role"], row["id"]) == ("Zoë", "Åberg", "student", known.sub)

    number = f"N-{person.email}"
    approved = json.loads(deployed.cli("registrations", "approve", person.email, "--number", number, "--json"))
    assert (approved["role"], approved["person"]["identifier"]) == ("student", number)

    # A token of the same second as the approval could be one of before it.
    time.sleep(1)
    # The session that is open gets a new token by itself; a new one works as well.
    assert machine.run("classes", "list").code == 0
    assert number in machine.ok("students", "get", approved["person"]["id"])
    assert "(student)" in login(machine, deployed, person).err
    shown = me(deployed, person)
    assert (shown["groups"], shown["student"]["identifier"], shown["waitingSince"]) == (["student"], number, None)
    assert person.email not in {each["email"] for each in registrations(deployed)}
    assert person.email in deployed.cli("registrations", "list", "--state", "approved")
    assert person.email not in deployed.cli("users", "check")


def test_refused(engine: Backend, deployed: Deployed, machine: CommandLine, person: Person) -> None:
    waiting(engine, deployed, machine, person)
    assert login(machine, deployed, person).code == 0
    for arguments, code, said in (
        (("--yes",), 2, "--reason"),
        (("--reason", "no"), 2, "add --yes"),
        (("--reason", "\u202e", "--yes"), 2, "reason: must be text"),
    ):
        wrong = deployed.run("registrations", "refuse", person.email, *arguments)
        assert (wrong.code, said in wrong.err) == (code, True), wrong.err

    done = json.loads(
        deployed.cli("registrations", "refuse", person.email, "--reason", "Nobody here", "--yes", "--json")
    )

    assert (done["state"], done["reason"]) == ("refused", "Nobody here")
    out = login(machine, deployed, person)
    assert (out.code, "e-mail or password is wrong" in out.err) == (4, True), out.err
    assert machine.run("classes", "list").code == 4
    assert f"{person.email}\tZoë\tÅberg\tstudent" in deployed.cli("registrations", "list", "--state", "refused")
    again = deployed.run("registrations", "approve", person.email)
    assert (again.code, f"no registration of {person.email} waits" in again.err) == (1, True)


@pytest.mark.slow
def test_step_by_step(engine: Backend, deployed: Deployed, machine: CommandLine, person: Person) -> None:
    """Each command may be the last one for a while."""
    first = begin(machine, deployed, person)
    assert (first.code, f"sign-up {person.email} --confirm --code-stdin" in first.err) == (0, True), first.err
    early = login(machine, deployed, person)
    assert (early.code, f"studentdb sign-up {person.email} --resend" in early.err) == (4, True), early.err
    twice = begin(machine, deployed, person)
    assert (twice.code, "an account has this e-mail address already" in twice.err) == (1, True), twice.err
    assert machine.run("sign-up", person.email, "--resend").code == 0
    wrong = machine.run("sign-up", person.email, "--confirm", "--code-stdin", stdin="000000\n")
    assert (wrong.code, "the code is wrong" in wrong.err) == (2, True), wrong.err

    assert machine.run("sign-up", person.email, "--confirm", "--code-stdin", stdin=f"{CODE}\n").code == 0
    over = machine.run("sign-up", person.email, "--confirm", "--code-stdin", stdin=f"{CODE}\n")
    assert (over.code, "this address is confirmed already" in over.err) == (1, True), over.err

    # Nobody told the function: what a lost trigger leaves is found.
    assert f"{person.email}\thas signed up, and no registration tells of it\t\n" in deployed.cli("users", "check")
    deployed.cli("users", "check", "--repair")
    (row,) = [each for each in registrations(deployed) if each["email"] == person.email]
    assert (row["givenName"], row["role"]) == ("Zoë", None)
    asked = deployed.run("registrations", "approve", row["id"], "--number", f"N-{person.email}")
    assert (asked.code, "role: is needed" in asked.err) == (2, True), asked.err
    deployed.cli("registrations", "approve", row["id"], "--number", f"N-{person.email}", "--role", "lecturer")
    assert "(lecturer)" in login(machine, deployed, person).err


@pytest.mark.parametrize(
    ("changed", "arguments", "said"),
    [
        ({"email": "a@example.com"}, (), "only addresses at example.edu can sign up here"),
        ({"email": "no address"}, (), "e-mail: must be an e-mail address"),
        ({"given_name": ""}, (), "what are you called?"),
        ({"given_name": "\u202e"}, (), "given name: must be text"),
        ({}, ("--role", "admin"), "role: must be"),
        ({}, ("--confirm", "--resend"), "--confirm or --resend?"),
    ],
)
def test_who_cannot_sign_up(
    deployed: Deployed,
    machine: CommandLine,
    person: Person,
    changed: dict[str, str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    refused = begin(machine, deployed, replace(person, **changed), *arguments)

    assert (refused.code, said in refused.err) == (2, True), refused.err


def test_the_pool_s_own_question_comes_to_the_function(engine: Backend, deployed: Deployed, person: Person) -> None:
    """Past the command, straight at Cognito: the trigger refuses, and no account is made."""
    cognito = engine.root("prod").client("cognito-idp")
    for email, attributes in (
        ("eve@example.com", [{"Name": "given_name", "Value": "Eve"}]),
        (person.email, []),
        (person.email, [{"Name": "given_name", "Value": "E\u202eve"}]),
    ):
        client = {"ClientId": deployed.config["clientId"], "Username": email, "Password": PASSWORD}
        with pytest.raises(cognito.exceptions.UserLambdaValidationException):
            cognito.sign_up(**client, UserAttributes=attributes)
    listed = cognito.list_users(UserPoolId=deployed.config["userPoolId"], Filter=f'email = "{person.email}"')
    assert listed["Users"] == []


@pytest.mark.slow
def test_switched_on_and_off(engine: Backend) -> None:
    """Off, nothing of it is there; on and off again leaves the deployment as it was, and people's accounts too."""
    off = Installation.on(engine, fresh_env())
    on = off.with_settings(self_registration=True, self_registration_domains=("example.edu",))
    aws, function = off.aws, f"{off.aws.deployment.prefix}-sign-up"
    off.deploy()
    before = inventory(aws, "lambda", "iam", "logs")
    pool_id = off.deployer.user_pool_id() or ""

    def pool() -> dict[str, Any]:
        found: dict[str, Any] = aws.client("cognito-idp").describe_user_pool(UserPoolId=pool_id)["UserPool"]
        return found

    assert (pool()["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"], pool()["LambdaConfig"]) == (True, {})
    # A trigger of the school's own is nobody's business.
    own = {"CustomMessage": aws.arn("lambda", "function:school-mail")}
    aws.client("cognito-idp").update_user_pool(
        UserPoolId=pool_id,
        **{name: pool()[name] for name in ("Policies", "AutoVerifiedAttributes", "AccountRecoverySetting")},
        LambdaConfig=own,
    )
    assert not off.deployer.plan()

    on.deploy()
    assert not on.deployer.plan()
    arn = aws.client("lambda").get_function_configuration(FunctionName=function)["FunctionArn"]
    assert pool()["LambdaConfig"] == {**own, "PreSignUp": arn, "PostConfirmation": arn}
    assert pool()["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is False
    policy = json.loads(aws.client("lambda").get_policy(FunctionName=function)["Policy"])
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "cognito-idp.amazonaws.com"}
    assert aws.arn("cognito-idp", f"userpool/{pool_id}") in json.dumps(statement["Condition"])
    # Taken away by hand, it comes back.
    aws.client("lambda").remove_permission(FunctionName=function, StatementId="sign-up")
    assert {step.id for step in on.deployer.plan().pending} == {"lambda.permission/sign-up"}
    on.deploy()

    swept = {(step.action, step.resource.kind) for step in off.deployer.plan().pending}
    assert swept == {
        ("update", "cognito-idp.user_pool"),
        ("delete", "lambda.function"),
        ("delete", "lambda.permission"),
        ("delete", "iam.role"),
        ("delete", "iam.role_policy"),
        ("delete", "logs.log_group"),
    }
    off.deploy()
    assert not off.deployer.plan()
    assert (pool()["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"], pool()["LambdaConfig"]) == (True, own)
    assert inventory(aws, "lambda", "iam", "logs") == before
    off.teardown(delete_data=True)
