"""Empty Python environments outside the clone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Environment:
    """A new venv, of the running Python by default. What runs in it sees nothing of the user's settings."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder = folder
        subprocess.run([python, "-m", "venv", folder / "venv"], check=True)
        scripts = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        self.python = scripts / "python"
        self.studentdb = scripts / "studentdb"

    def install(self, *arguments: str) -> None:
        """As `pip install`; by uv, which takes a tenth of the time, where it is there and gets at the packages."""
        uv = [sys.executable, "-m", "uv", "pip", "install", "--python", str(self.python), *arguments]
        if subprocess.run(uv, env=self._variables(), capture_output=True, check=False).returncode != 0:
            self.pip("install", *arguments)

    def pip(self, *arguments: str, cwd: Path | None = None) -> None:
        """Run pip, quietly unless it fails."""
        self.run(self.python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments, cwd=cwd)

    def run(self, *command: str | Path, cwd: Path | None = None, **variables: str) -> str:
        """stdout of a command that must succeed; its stderr is in the failure."""
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd or self.folder,
            env=self._variables() | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=900,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def _variables(self) -> dict[str, str]:
        """pip's own settings (a proxy, an index) are the machine's and stay."""
        ours = ("AWS_", "STUDENTDB_", "PYTHON", "VIRTUAL_ENV", "PYTEST_", "CI", "COV_")
        return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
