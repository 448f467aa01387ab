"""Who signs in, from which machine, with which password, and what they may do then."""

from __future__ import annotations

import dataclasses
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studentdb.context import Context
from studentdb.targets import Registry
from tests.command_line import CommandLine, Deployed
from tests.flows.conftest import PASSWORD
from tests.support import REGION, Backend, fresh_env

NEW = "Another one 4-5-6"


@pytest.fixture
def machine(tmp_path: Path) -> CommandLine:
    """A machine that knows nothing and has no AWS credentials."""
    return CommandLine(tmp_path / "machine")


@pytest.fixture
def account(engine: Backend, deployed: Deployed) -> Callable[[str], str]:
    """An account with PASSWORD in the group that is named."""
    cognito = engine.root("prod").client("cognito-idp")

    def make(group: str) -> str:
        email = f"{group}-{secrets.token_hex(4)}@example.edu"
        known = {"UserPoolId": deployed.config["userPoolId"], "Username": email}
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        cognito.admin_create_user(**known, MessageAction="SUPPRESS", UserAttributes=attributes)
        cognito.admin_set_user_password(**known, Password=PASSWORD, Permanent=True)
        cognito.admin_add_user_to_group(**known, GroupName=group)
        return email

    return make


def test_from_the_one_time_password_to_signing_out(deployed: Deployed, machine: CommandLine) -> None:
    email = f"new-{secrets.token_hex(4)}@example.edu"
    one_time = deployed.cli("admin", "create", email).strip()
    assert deployed.cli("admin", "create", email).strip() != one_time  # not used yet: a new one

    one_time = json.loads(deployed.cli("admin", "create", email, "--json"))["one_time_password"]
    unknown = machine.run("whoami")
    assert (unknown.code, unknown.err.splitlines()[0]) == (
        4,
        "error: not signed in: no deployment is known on this machine",
    )
    login = ("login", email, "--password-stdin")
    at_site = (*login, "--site", f"{deployed.site_url}/students?limit=10")
    wrong = machine.run(*at_site, stdin="not this one\n")
    assert (wrong.code, "error: e-mail or password is wrong" in wrong.err) == (4, True)
    # A sign-in that failed leaves nothing known.
    assert machine.run("use").code == 2
    missing = machine.run(*at_site, stdin=f"{one_time}\n")
    assert (missing.code, "no password came from stdin" in missing.err) == (2, True)
    assert "Signed in as" in machine.run(*at_site, stdin=f"{one_time}\n{NEW}\n").err

    who = json.loads(machine.ok("whoami", "--json"))
    assert (who["email"], who["groups"], who["site_url"]) == (email, ["admin"], deployed.site_url)
    assert email in machine.ok("whoami")
    machine.ok("students", "list", "--limit", "1")
    assert "Signed out of" in machine.run("logout").err
    assert "Nobody is signed in" in machine.run("logout").err
    after = machine.run("students", "list")
    assert (after.code, after.err) == (4, "error: not signed in\nhint: studentdb login EMAIL\n")
    assert machine.run(*login, stdin=f"{one_time}\n").code == 4
    machine.ok(*login, stdin=NEW)

    taken = deployed.run("admin", "create", email)
    assert taken.code == 2
    assert f"error: there is an account {email} already" in taken.err
    assert f"hint: studentdb login {email}" in taken.err


def test_use(deployed: Deployed, machine: CommandLine) -> None:
    nothing = machine.run("use")
    assert (nothing.code, "hint: studentdb login EMAIL --site URL" in nothing.err) == (2, True)
    label = deployed.cli("use").strip().rpartition("  ")[0]
    assert label.startswith("prod@eu-central-1 via http://localhost:")
    unknown = deployed.run("use", "prod@mars")
    assert unknown.code == 2
    assert unknown.err == f'error: no deployment prod@mars is known: known are {label}\nhint: studentdb use "{label}"\n'


def test_a_site_that_is_none(engine: Backend, deployed: Deployed, machine: CommandLine) -> None:
    for site, code, said in (
        (f"{engine.endpoint_url}/", 2, "is not a studentdb site"),
        ("http://school.example.edu", 2, "http is not encrypted"),
        ("http://localhost:9", 5, "cannot be reached"),
    ):
        refused = machine.run("login", "a@example.edu", "--site", site, "--password-stdin", stdin=PASSWORD)
        assert (refused.code, said in refused.err) == (code, True), refused.err
    assert (
        "nobody is there to type a password" in machine.run("login", "a@example.edu", "--site", deployed.site_url).err
    )


@pytest.mark.slow
def test_who_is_no_admin(deployed: Deployed, machine: CommandLine, account: Callable[[str], str]) -> None:
    """The commands say so; the person's own record can be read."""
    email = account("student")
    number = f"N{secrets.token_hex(4)}"
    names = ("--given-name", "Zoë", "--family-name", "Åberg", "--email", email)
    made = json.loads(deployed.cli("students", "add", "--number", number, *names, "--json"))
    machine.ok("login", email, "--site", deployed.site_url, "--password-stdin", stdin=PASSWORD)
    for command in (
        ("students", "list"),
        ("students", "get", number),
        ("students", "add", "--number", f"{number}x", "--given-name", "A", "--family-name", "B"),
        ("students", "delete", made["id"], "--yes"),
    ):
        refused = machine.run(*command)
        assert refused.code == 4, refused.err
        assert "error: you may not do this: only for admin" in refused.err
        assert "hint: studentdb whoami" in refused.err
    me = Context({}, environ=machine.environment, cwd=machine.home).api.me()
    assert me.groups == ["student"]
    assert me.student is not None
    assert (me.student.identifier, me.student.given_name) == (number, "Zoë")


def test_sessions_that_end(deployed: Deployed, machine: CommandLine, account: Callable[[str], str]) -> None:
    """An access token that ran out or is refused is renewed unnoticed; a revoked session is said to have ended."""
    email = account("admin")
    machine.ok("login", email, "--site", deployed.site_url, "--password-stdin", stdin=PASSWORD)
    (file,) = (machine.studentdb_home / "tokens").iterdir()

    _change(file, expires_at=0)
    machine.ok("students", "list", "--limit", "1")
    assert _kept(file)["tokens"]["expires_at"] > time.time()
    _change(file, access_token="not.a.token")
    machine.ok("students", "list", "--limit", "1")
    assert _kept(file)["tokens"]["access_token"] != "not.a.token"

    kept = file.read_text()
    machine.ok("logout")
    assert not file.exists()
    file.touch(0o600)
    file.write_text(kept)
    _change(file, expires_at=0)
    for _ in range(2):
        ended = machine.run("students", "list")
        assert ended.code == 4
        assert f"hint: studentdb login {email}" in ended.err or "hint: studentdb login EMAIL" in ended.err
    assert not file.exists()


def _kept(file: Path) -> Any:
    return json.loads(file.read_text())


def _change(file: Path, **values: object) -> None:
    kept = _kept(file)
    kept["tokens"].update(values)
    file.write_text(json.dumps(kept))


@pytest.mark.slow
def test_credentials_of_another_account_are_refused(engine: Backend, tmp_path: Path) -> None:
    """Two schools, one name: what the registry knows decides, and a wrong profile hits nobody else's school."""

    def laptop(name: str, account: str) -> CommandLine:
        # The engine takes a 12-digit access key for the root key of that account.
        return CommandLine.at(str(engine.endpoint_url), tmp_path / name, key=account)

    env = fresh_env()
    mine, theirs = laptop("mine", "111111111111"), laptop("theirs", "222222222222")
    for one in (mine, theirs):
        one.ok("deploy", "--yes", "--env", env)
        one.ok("use", f"{env}@{REGION} via {engine.endpoint_url}")
    try:
        mistaken = laptop("mine", "222222222222")
        for command in (("teardown", "--delete-data", "--yes"), ("deploy", "--yes"), ("admin", "create", "a@b.org")):
            refused = mistaken.run(*command)
            assert refused.code == 2
            assert "are not for" in refused.err
            assert "111111111111" in refused.err
        # Learned from its site (which the engine serves for its first account only) it names no account.
        visitor = laptop("visitor", "222222222222")
        known = Registry(mine.studentdb_home).all()[0]
        Registry(visitor.studentdb_home).remember(dataclasses.replace(known, account=None))
        refused = visitor.run("teardown", "--delete-data", "--yes", "--env", env)
        assert (refused.code, "belong to another deployment of this name" in refused.err) == (2, True)
        assert json.loads(theirs.ok("status", "--json"))["state"] == "deployed"
    finally:
        for one in (mine, theirs):
            one.ok("teardown", "--delete-data", "--yes")
