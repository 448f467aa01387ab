"""The second factor, by the commands, at a school whose admins need one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import totp
from tests.command_line import CommandLine, Deployed, Run
from tests.flows.conftest import ADMIN, PASSWORD, School
from tests.site.visitor import LASTING, invite

OTHER = "deputy@example.edu"
_KEY = re.compile(r"\b[A-Z2-7]{32,}\b")


def enrol(machine: CommandLine, *selection: str) -> tuple[str, Run]:
    """Reads the key as a person does, and enters a code of it."""
    with machine.start("mfa", "enrol", "--code-stdin", "--json", *selection) as started:
        assert started.stderr is not None
        seen = ""
        while not (key := _KEY.search(seen)):
            line = started.stderr.readline()
            assert line, f"no key came: {seen}"
            seen += line
        out, err = started.communicate(totp.code(key.group()) + "\n", timeout=60)
    return key.group(), Run(started.returncode, out, seen + err)


def typed_at_a_terminal(machine: CommandLine, arguments: tuple[str, ...], answers: dict[str, list[str]]) -> Run:
    """The command, and a person who types the next answer whenever a question comes. `out` is what the terminal had."""
    ours, theirs = os.openpty()
    # Of a session of its own, so that no question goes to the terminal of who runs the tests.
    with subprocess.Popen(
        [sys.executable, "-m", "studentdb", *arguments],
        cwd=machine.home,
        env=machine.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as started:
        os.close(theirs)
        assert started.stderr is not None
        err, answered = b"", 0
        while piece := os.read(started.stderr.fileno(), 1024):
            err += piece
            for question, texts in answers.items():
                if texts and err[answered:].endswith(f"{question}: ".encode()):
                    answered = len(err)
                    os.write(ours, f"{texts.pop(0)}\n".encode())
        code = started.wait(timeout=60)
    echoed = os.read(ours, 4096).decode()
    os.close(ours)
    return Run(code, echoed, err.decode())


@pytest.mark.slow
def test_a_role_that_needs_a_second_factor(school: School) -> None:
    home = school.command_line.home
    home.mkdir(exist_ok=True)
    (home / "studentdb.toml").write_text('mfa_required_roles = ["admin"]\n')
    school.ok("deploy", "--yes")
    school.sign_in()
    env = ("--env", school.env)

    refused = school.run("subjects list")
    hint = f"hint: studentdb mfa enrol --env {school.env}\n"
    assert (refused.code, refused.err) == (4, f"error: your role needs a second factor\n{hint}")
    school.ok("whoami")
    assert school.ok("mfa status", "--json").data == {"email": ADMIN, "mfa": False}
    secret, enrolled = enrol(school.command_line, *env)
    assert (enrolled.code, enrolled.data) == (0, {"email": ADMIN, "mfa": True}), enrolled.err
    # With the token that was refused before.
    school.ok("subjects list")
    # A deploy takes nobody's second factor away, nor does it find anything to do.
    assert school.run("plan").code == 0

    school.ok("logout")
    login = ("login", ADMIN, "--password-stdin")
    nobody = school.run(*login, stdin=f"{PASSWORD}\n")
    assert (nobody.code, "nobody is there to type the code" in nobody.err) == (2, True), nobody.err
    wrong = school.run(*login, "--code-stdin", stdin=f"{PASSWORD}\n{totp.wrong(secret)}\n")
    assert (wrong.code, "error: the code is wrong" in wrong.err) == (4, True), wrong.err
    assert school.run("subjects list").code == 4
    school.ok(*login, "--code-stdin", stdin=f"{PASSWORD}\n{totp.code(secret)}\n")
    school.ok("subjects list")

    # Another admin resets it: the sessions end, the password alone signs in, and the role still needs one.
    deputy = school.elsewhere()
    deputy.command_line.home.mkdir(exist_ok=True)
    school.ok("admin create", OTHER, "--password-stdin", stdin=PASSWORD)
    site = json.loads(school.ok("status", "--json").out)["site_url"]
    deputy.command_line.ok("login", OTHER, "--site", site, "--password-stdin", stdin=PASSWORD)
    enrol(deputy.command_line, *env)
    reset = json.loads(deputy.command_line.ok("users", "reset-mfa", ADMIN, "--yes", "--json", *env))
    assert (reset["email"], reset["mfa"]) == (ADMIN, False)
    school.ok(*login, stdin=PASSWORD)
    assert "your role needs a second factor" in school.run("subjects list").err
    # Where no other admin is left, AWS credentials do it.
    assert school.ok("admin reset-mfa", OTHER, "--yes", "--json").data == {"email": OTHER, "mfa": False}
    deputy.command_line.ok("login", OTHER, "--site", site, "--password-stdin", stdin=PASSWORD)


@pytest.mark.slow
def test_turning_it_off(deployed: Deployed, tmp_path: Path) -> None:
    """Where no role needs one; an admin sees of an account whether there is one."""
    machine = CommandLine(tmp_path / "machine")
    email = invite(deployed, "student")
    at_site = ("login", email, "--site", deployed.site_url, "--password-stdin")
    machine.ok(*at_site, stdin=LASTING)
    secret, enrolled = enrol(machine)
    assert enrolled.code == 0, enrolled.err
    assert json.loads(deployed.cli("users", "get", email, "--json"))["mfa"] is True
    machine.ok(*at_site, "--code-stdin", stdin=f"{LASTING}\n{totp.code(secret)}\n")
    # As apps show a code, after one that was wrong. The password is not seen, the code may be.
    code = totp.code(secret)
    asked = {
        "Password": [LASTING],
        "Code of your authenticator app": [totp.wrong(secret), f"{code[:3]} {code[3:]}"],
    }
    signed_in = typed_at_a_terminal(machine, ("login", email), asked)
    assert (signed_in.code, [*asked.values()]) == (0, [[], []]), signed_in.err
    assert "the code is wrong: " in signed_in.err
    assert f"Signed in as {email} (student)." in signed_in.err
    assert code[:3] in signed_in.out
    assert LASTING not in signed_in.out + signed_in.err
    always_wrong = {**asked, "Password": [LASTING], "Code of your authenticator app": [totp.wrong(secret)] * 3}
    given_up = typed_at_a_terminal(machine, ("login", email), always_wrong)
    assert (given_up.code, given_up.err.count("the code is wrong")) == (4, 3), given_up.err

    unasked = machine.run("mfa", "off")
    assert (unasked.code, "add --yes" in unasked.err) == (2, True)
    assert json.loads(machine.ok("mfa", "status", "--json"))["mfa"] is True
    assert json.loads(machine.ok("mfa", "off", "--yes", "--json")) == {"email": email, "mfa": False}
    machine.ok("mfa", "off", "--yes")
    machine.ok("login", email, "--password-stdin", stdin=LASTING)
    assert "the second factor is off" in machine.ok("mfa", "status")


@pytest.mark.parametrize(("stdin", "code", "says"), [("000000\n", 4, "the code is wrong"), ("", 2, "no code came")])
def test_an_enrolment_that_fails_changes_nothing(
    deployed: Deployed, tmp_path: Path, stdin: str, code: int, says: str
) -> None:
    machine = CommandLine(tmp_path / "machine")
    email = invite(deployed, "student")
    machine.ok("login", email, "--site", deployed.site_url, "--password-stdin", stdin=LASTING)
    failed: Any = machine.run("mfa", "enrol", "--code-stdin", stdin=stdin)
    assert (failed.code, says in failed.err, failed.out) == (code, True, ""), failed.err
    machine.ok("login", email, "--password-stdin", stdin=LASTING)
