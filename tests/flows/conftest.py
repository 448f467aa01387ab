"""Deployments that one test may break, and the proof that nothing of them stays."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from studentdb.provision.aws import Aws
from tests.command_line import CommandLine, Deployed, Run
from tests.inventory import inventory
from tests.support import Backend, fresh_env

ADMIN = "head@example.edu"
PASSWORD = "Long enough 1-2-3"


def finished_imports(deployed: Deployed) -> list[dict[str, Any]]:
    """What the audit says of the last imports."""
    today = datetime.now(UTC).date().isoformat()
    acts = json.loads(deployed.cli("audit", "list", "--day", today, "--limit", "10", "--json"))
    return [
        {change["field"]: change["after"] for change in act["changes"]}
        for act in acts
        if act["operation"] == "finish_import"
    ]


@dataclass(frozen=True)
class School:
    """A deployment of one test: every command gets its --env. It does not exist before the test deploys it."""

    env: str
    command_line: CommandLine
    root: Aws

    @property
    def prefix(self) -> str:
        """What its names begin with."""
        return self.root.deployment.prefix

    def run(self, command: str, *arguments: str, stdin: str = "") -> Run:
        """A command, of one word or two, whatever becomes of it."""
        return self.command_line.run(*command.split(), *arguments, "--env", self.env, stdin=stdin)

    def ok(self, command: str, *arguments: str, stdin: str = "") -> Run:
        """A command that has to succeed."""
        ended = self.run(command, *arguments, stdin=stdin)
        assert ended.code == 0, f"studentdb {command} ended with {ended.code}\n{ended.err}"
        return ended

    def elsewhere(self) -> School:
        """The same from another folder, with a STUDENTDB_HOME in which there is nothing."""
        home = self.command_line.home
        another = home.with_name(f"{home.name}-{secrets.token_hex(4)}")
        return dataclasses.replace(self, command_line=dataclasses.replace(self.command_line, home=another))

    def sign_in(self) -> None:
        """Make an admin and sign in."""
        self.ok("admin create", ADMIN, "--password-stdin", stdin=PASSWORD)
        self.ok("login", ADMIN, "--password-stdin", stdin=PASSWORD)

    def inventory(self) -> dict[str, Any]:
        """Everything that there is in the account."""
        return inventory(self.root)


@pytest.fixture
def school(engine: Backend, tmp_path: Path) -> Iterator[School]:
    """A deployment's name, free to be taken.

    At the end a machine that never heard of it removes all of it, and the account is as it was.
    """
    env = fresh_env()
    assert engine.endpoint_url is not None
    made = School(env, CommandLine.at(engine.endpoint_url, tmp_path / "machine"), engine.root(env))
    before = made.inventory()
    yield made
    made.elsewhere().ok("teardown", "--delete-data", "--yes")
    assert made.inventory() == before
