"""What can be wrong around the tool: one clear line, a hint, an exit code, and no traceback."""

from __future__ import annotations

import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tests.command_line import CommandLine, Deployed

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "nonsense"}


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def assert_refused(machine: CommandLine, code: int, what: str, hint: str, *arguments: str) -> None:
    ended = machine.run(*arguments)
    assert ended.code == code, ended.err
    assert f"error: {what}" in ended.err
    assert f"hint: {hint}" in ended.err
    assert ended.err.count("error: ") == 1
    assert "Traceback" not in ended.err
    assert ended.out == ""


@pytest.fixture
def machine(tmp_path: Path) -> CommandLine:
    """Without AWS credentials, and known to no deployment."""
    return CommandLine(tmp_path / "machine")


@pytest.mark.parametrize("command", ["deploy", "plan", "status", "teardown"])
def test_no_credentials(machine: CommandLine, command: str) -> None:
    assert_refused(machine, 4, "no AWS credentials", "aws configure", command, "--region", "eu-central-1")


def test_no_region_and_a_wrong_one(machine: CommandLine) -> None:
    with_keys = replace(machine, variables=KEYS)
    assert_refused(with_keys, 2, "no AWS region is chosen", "add --region", "deploy")
    what = "eu-centrall-1 is not an AWS region that offers Cognito: did you mean eu-central-1?"
    assert_refused(with_keys, 2, what, "--region eu-central-1", "deploy", "--region", "eu-centrall-1")
    what = "wrong setting in flag --region: 'Frankfurt' is not the name of an AWS region"
    ended = with_keys.run("deploy", "--region", "Frankfurt")
    assert (ended.code, what in ended.err) == (2, True)
    assert_refused(
        with_keys, 2, "there is no such AWS profile", "aws configure list-profiles", "deploy", "--profile", "nobody"
    )


def test_keys_that_are_not_accepted(deployed: Deployed, tmp_path: Path) -> None:
    url = deployed.config["cognitoUrl"]
    wrong = CommandLine.at(url, tmp_path / "machine", key=KEYS["AWS_ACCESS_KEY_ID"], secret="nonsense")
    assert_refused(wrong, 4, "AWS does not accept these credentials", "aws configure", "deploy", "--yes")


def test_nothing_answers(deployed: Deployed, tmp_path: Path) -> None:
    """Neither at the control plane's endpoint, nor where a known deployment once was."""
    url = f"http://localhost:{closed_port()}"
    gone = CommandLine.at(url, tmp_path / "machine")
    assert_refused(gone, 5, "AWS cannot be reached", "check the network", "deploy", "--yes")
    shutil.copytree(deployed.command_line.studentdb_home, gone.studentdb_home)
    for file in gone.studentdb_home.rglob("*.json"):
        file.write_text(file.read_text().replace(deployed.config["cognitoUrl"], url))
    without_aws = replace(gone, variables={})
    login = ("login", "a@example.edu", "--password-stdin")
    unreachable = without_aws.run(*login, stdin="whatever\n")
    assert unreachable.code == 5
    assert f"error: {url} cannot be reached" in unreachable.err
    assert "hint: is the engine running?" in unreachable.err


def test_an_unknown_setting_is_named_with_its_place(machine: CommandLine) -> None:
    """On every command, whether or not it would need the setting."""
    flag = machine.run("deploy", "--regoin", "eu-central-1")
    assert flag.code == 2
    assert "No such option: --regoin" in flag.err
    variable = replace(machine, variables={"STUDENTDB_REGOIN": "eu-central-1"})
    what = "unknown setting in variable STUDENTDB_REGOIN: the settings are STUDENTDB_ENV"
    assert_refused(variable, 2, what, "did you mean STUDENTDB_REGION?", "students", "list")
    file = machine.home / "studentdb.toml"
    file.write_text('env = "prod"\n\nregoin = "eu-central-1"\n')
    what = "unknown setting in studentdb.toml, line 3, key `regoin`: the settings are env"
    assert_refused(machine, 2, what, "did you mean region?", "deploy")
    file.write_text("password_minimum_length = 6\n")
    wrong = machine.run("whoami")
    assert wrong.code == 2
    assert "key `password_minimum_length`: 6 is not a whole number from 8 to 99" in wrong.err


def test_not_signed_in(deployed: Deployed, machine: CommandLine) -> None:
    assert_refused(machine, 4, "not signed in: no deployment is known", "studentdb login EMAIL --site URL", "whoami")
    machine.studentdb_home.mkdir(mode=0o700)
    known = "deployments.json"
    shutil.copy(deployed.command_line.studentdb_home / known, machine.studentdb_home / known)
    for command in (("whoami",), ("students", "list"), ("students", "get", "S1")):
        assert_refused(machine, 4, "not signed in", "studentdb login EMAIL", *command)
    (machine.studentdb_home / known).write_text("{")
    assert_refused(machine, 1, f"{machine.studentdb_home / known} is damaged", "rm ", "whoami")
