"""Accounts, by the commands, through the deployed API, with real sign-ins; and that the function may do no more."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.command_line import CommandLine, Deployed
from tests.flows.conftest import PASSWORD, finished_imports
from tests.support import Backend


@pytest.fixture
def email() -> str:
    """Nobody else's."""
    return f"u{secrets.token_hex(4)}@example.edu"


@pytest.fixture
def machine(tmp_path: Path) -> CommandLine:
    """Of the person who is invited: no AWS credentials."""
    return CommandLine(tmp_path / "machine")


def account(deployed: Deployed, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(deployed.cli("users", *arguments, "--json"))
    return found


def sign_in(machine: CommandLine, deployed: Deployed, email: str, stdin: str) -> Any:
    return machine.run("login", email, "--password-stdin", "--site", deployed.site_url, stdin=stdin)


def test_from_the_invitation_to_the_lock_out(
    engine: Backend, deployed: Deployed, machine: CommandLine, email: str
) -> None:
    number = f"N{secrets.token_hex(4)}"
    names = ("--given-name", "Zoë", "--family-name", "Åberg")
    student = json.loads(deployed.cli("students", "add", "--number", number, *names, "--json"))["id"]
    said = deployed.run("users", "invite", email, "--role", "student", "--person", number)
    assert (said.code, f"An invitation is on its way to {email}" in said.err) == (0, True), said.err
    mails = httpx.get(f"{engine.endpoint_url}/_ministack/ses/messages").text
    assert email in mails

    one_time = deployed.cli("users", "reset-password", email, "--yes").strip()
    assert sign_in(machine, deployed, email, f"{one_time}\n{PASSWORD}\n").code == 0
    assert number in machine.ok("students", "get", student)
    refused = machine.run("users", "list")
    assert (refused.code, "only for admin" in refused.err) == (4, True)

    row = next(line for line in deployed.cli("users", "list", "--role", "student").splitlines() if email in line)
    assert row.split("\t") == [email, "student", "active", "confirmed", f"Zoë Åberg {number}"]

    assert account(deployed, "disable", email, "--reason", "left")["status"] == "disabled"
    out = machine.run("students", "get", student)
    assert out.code == 4, out.err
    assert "this account is disabled" in sign_in(machine, deployed, email, PASSWORD).err
    assert account(deployed, "enable", email)["status"] == "active"
    assert sign_in(machine, deployed, email, PASSWORD).code == 0


def test_another_role_without_another_sign_in(deployed: Deployed, machine: CommandLine, email: str) -> None:
    one_time = deployed.cli("users", "invite", email, "--role", "admin", "--no-mail").strip()
    assert sign_in(machine, deployed, email, f"{one_time}\n{PASSWORD}\n").code == 0
    machine.ok("students", "list", "--limit", "1")

    assert account(deployed, "set-role", email, "--role", "lecturer")["role"] == "lecturer"

    refused = machine.run("users", "list", "--limit", "1")
    assert (refused.code, "only for admin" in refused.err) == (4, True), refused.err
    assert json.loads(machine.ok("whoami", "--json"))["groups"] == ["lecturer"]


def test_what_is_refused(deployed: Deployed, email: str) -> None:
    for arguments, code, said in (
        (("invite", "no address", "--role", "admin"), 2, "e-mail: must be an e-mail address"),
        (("invite", email, "--role", "head"), 2, "role: must be"),
        (("invite", email, "--role", "student", "--person", "nobody-s"), 2, "number: is nobody's number"),
        (("get", email), 1, f"there is no user with the e-mail {email}"),
        (("disable", deployed.admin_email), 1, "another admin has to do this"),
    ):
        ended = deployed.run("users", *arguments)
        assert (ended.code, said in ended.err) == (code, True), ended.err


def test_a_class_from_a_file(deployed: Deployed, machine: CommandLine, email: str, tmp_path: Path) -> None:
    others = [f"{at}{email}" for at in range(3)]
    file = tmp_path / "class.csv"
    file.write_text(f"E-Mail,Role,Number\n{others[0]},lecturer,\n{others[1]},,\n{others[2]},student,no such number\n")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(f"E-mail,Role\n{email},student\nnobody,head\n")
    refused = deployed.run("users", "invite", "--file", str(wrong))
    assert (refused.code, "line 3, column email: must be an e-mail address" in refused.err) == (2, True), refused.err

    done = account(deployed, "invite", "--file", str(file), "--role", "student")

    assert done == {"sent": 2, "failed": 1, "stopped": "done"}
    # Where the school sends mail, whoever ran it is told by the same call.
    assert {"of": "invitations", "added": 2, "changed": 0, "unchanged": 0, "refused": 1} in finished_imports(deployed)
    failed = deployed.cli("users", "invitations", "--state", "failed")
    assert f"{others[2]}\tstudent\tno such number\tfailed\tis nobody's number\n" in failed
    assert account(deployed, "get", others[0])["role"] == "lecturer"
    deployed.cli("users", "withdraw", others[2])
    assert others[2] not in deployed.cli("users", "invitations", "--state", "failed")
    assert account(deployed, "invitations", "--send") == {"sent": 0, "failed": 0, "stopped": "done"}
    assert deployed.run("users", "invite").code == 2


def test_out_of_step_is_found_and_mended(engine: Backend, deployed: Deployed, email: str) -> None:
    made = account(deployed, "invite", email, "--role", "student", "--no-mail")
    of_pool = {"UserPoolId": deployed.config["userPoolId"], "Username": made["id"]}
    engine.root("prod").client("cognito-idp").admin_remove_user_from_group(**of_pool, GroupName="student")

    assert f"{email}\thas no role\t\n" in deployed.cli("users", "check")
    assert f"{email}\thas no role\trepaired\n" in deployed.cli("users", "check", "--repair")
    assert account(deployed, "get", email)["role"] == "student"
    assert email not in deployed.cli("users", "check")


def test_the_accounts_function_reaches_this_pool_only(engine: Backend, deployed: Deployed) -> None:
    """By its policy: the pool's own ARN, the actions that its commands need, two tables, and no scan."""
    aws = engine.root("prod")
    role = f"{aws.deployment.prefix}-api-accounts-{aws.region}"
    document = aws.client("iam").get_role_policy(RoleName=role, PolicyName="api-accounts")["PolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document
    on: dict[str, set[str]] = {}
    for statement in document["Statement"]:
        for action in statement["Action"]:
            on.setdefault(action, set()).update(statement["Resource"])
    pool = aws.arn("cognito-idp", f"userpool/{deployed.config['userPoolId']}")
    prefix = f"{aws.deployment.prefix}-"
    tables = {name: aws.arn("dynamodb", f"table/{prefix}{name}") for name in ("users", "index", "audit")}

    assert {action for action in on if action.startswith("cognito-idp:")} == {f"cognito-idp:{name}" for name in CALLED}
    assert all(on[action] == {pool} for action in on if action.startswith("cognito-idp:"))
    assert on["dynamodb:PutItem"] == set(tables.values())
    assert on["dynamodb:UpdateItem"] == on["dynamodb:DeleteItem"] == {tables["index"]}
    assert on["dynamodb:Query"] == {
        arn + more for arn in (tables["users"], tables["index"]) for more in ("", "/index/*")
    }
    assert {action.partition(":")[0] for action in on} == {"cognito-idp", "dynamodb", "logs"}
    assert "dynamodb:Scan" not in on


CALLED = {
    *("AdminCreateUser", "AdminGetUser", "AdminSetUserPassword", "AdminUpdateUserAttributes", "ListUsers"),
    *("AdminDeleteUser", "AdminDisableUser", "AdminEnableUser", "AdminSetUserMFAPreference"),
    "AdminUserGlobalSignOut",
    *("AdminAddUserToGroup", "AdminRemoveUserFromGroup", "AdminListGroupsForUser", "ListUsersInGroup"),
}
