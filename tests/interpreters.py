"""Other Pythons of this machine: on PATH, and in pyenv's folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def interpreter(version: str) -> str | None:
    """A Python of this version (`3.13`) that works, or None: a pyenv shim on PATH may well name one that does not."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for folder in (*folders, *sorted(pyenv.glob(f"{version}*/bin"), reverse=True)):
        candidate = folder / f"python{version}"
        if candidate.is_file() and _works(candidate):
            return str(candidate)
    return None


def _works(candidate: Path) -> bool:
    return subprocess.run([candidate, "--version"], capture_output=True, check=False).returncode == 0
