"""The product as a person runs it: `studentdb` as a process of its own, with a home of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests import ready
from tests.support import REGION

# A resource was made, changed or removed; the plan's own lines lack the verb.
DONE = re.compile(r"[-+~!] (created|updated|replaced|deleted) ")
_PASSED_ON = ("PATH", "PYTHONPATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP")
# Nothing of the machine's own AWS configuration and keyring comes in, and nobody is asked for credentials.
_ALONE = {
    "LANG": "C.UTF-8",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
}
_PATIENCE = 120.0


@dataclass(frozen=True)
class Run:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What it printed with --json."""
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """`home` holds the working folder and STUDENTDB_HOME; `variables` is what the environment adds."""

    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, endpoint_url: str, home: Path, *, key: str = "test", secret: str = "test") -> Self:
        """On an engine that somebody else started."""
        chosen = {
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": REGION,
        }
        return cls(home, chosen)

    @property
    def environment(self) -> dict[str, str]:
        """All that the process sees."""
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        own = {"HOME": str(self.home), "STUDENTDB_HOME": str(self.studentdb_home)}
        return {name: value for name, value in {**passed_on, **_ALONE, **own, **self.variables}.items() if value}

    @property
    def studentdb_home(self) -> Path:
        """What the tool keeps on disk."""
        return self.home / "studentdb"

    def run(self, *arguments: str, stdin: str = "") -> Run:
        """The command, to its end, whatever that is."""
        self.home.mkdir(exist_ok=True)
        return Run(*ready.run(arguments, self.home, self.environment, stdin, _PATIENCE))

    def ok(self, *arguments: str, stdin: str = "") -> str:
        """Standard output of a command that has to succeed."""
        ended = self.run(*arguments, stdin=stdin)
        assert ended.code == 0, f"studentdb {' '.join(arguments)} ended with {ended.code}\n{ended.err}"
        return ended.out

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command, still running, from nothing: with its imports before it."""
        self.home.mkdir(exist_ok=True)
        # A child of somebody who ignores Ctrl-C, as background jobs and test runners may, would ignore it as well.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(
                [sys.executable, "-m", "studentdb", *arguments],
                cwd=self.home,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
            )
        finally:
            signal.signal(signal.SIGINT, before)

    def stopped_after(self, done: int, by: signal.Signals, *arguments: str) -> Run:
        """The command, which gets the signal when it reports the `done`-th resource as done (or ends before)."""
        seen: list[str] = []
        with self.start(*arguments) as started:
            assert started.stderr is not None
            for line in started.stderr:
                seen.append(line)
                if sum(1 for each in seen if DONE.match(each)) == done:
                    started.send_signal(by)
                    break
            out, err = started.communicate(timeout=_PATIENCE)
        return Run(started.returncode, out, "".join(seen) + err)


@dataclass(frozen=True)
class Deployed:
    """A whole deployment on the embedded engine, its admin signed in."""

    command_line: CommandLine
    site_url: str
    api_url: str
    config: dict[str, str]
    admin_email: str
    admin_password: str

    def cli(self, *arguments: str, stdin: str = "") -> str:
        """Standard output of a command that has to succeed."""
        return self.command_line.ok(*arguments, stdin=stdin)

    def run(self, *arguments: str, stdin: str = "") -> Run:
        """A command, whatever becomes of it."""
        return self.command_line.run(*arguments, stdin=stdin)
