"""Pillow for the function that looks at pictures: as a layer, built without Docker (docs/decisions/0027)."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from studentdb import home
from studentdb.errors import StudentDBError
from studentdb.provision.package import renamed, zipped
from studentdb.provision.resources.lambda_layer import LayerContent

# Part of the description: one more for another zip of the same wheel.
_BUILD = 2
_PIP_SECONDS = 600


@dataclass(frozen=True)
class Wheel:
    """One file of a package index: for one Python on one platform."""

    project: str
    version: str
    python: str
    platform: str
    sha256: str

    @property
    def requirement(self) -> str:
        """As pip takes it from a file."""
        return f"{self.project}=={self.version} --hash=sha256:{self.sha256}\n"


# For the functions' RUNTIME and ARCHITECTURE (studentdb/provision/functions.py). The hash is also in
# requirements/dev.lock, where `make lock` puts that of a newer version.
PINNED = Wheel(
    project="pillow",
    version="13.0.0",
    python="3.13",
    platform="manylinux_2_28_aarch64",
    sha256="19b66ca0a4d25cc0200b381ce824c7ea090db61427315e73cfb05dbf1b35c369",
)


def pinned(cache: Path, wheel: Wheel = PINNED) -> LayerContent:
    """What AWS runs. Only building it downloads the wheel, once: `cache` is the folder that keeps it."""
    description = f"{wheel.project} {wheel.version}, wheel {wheel.sha256}, build {_BUILD}"
    return LayerContent(description, lambda: renamed(_bytes(wheel, cache), _name))


def installed(project: str = "pillow") -> LayerContent:
    """What the embedded engine runs: the host's own, since functions run in the host's Python there.

    Where it is not installed, only building it raises: a teardown needs none.
    """
    try:
        found = metadata.distribution(project)
    except metadata.PackageNotFoundError:
        return LayerContent(f"{project} is not installed", _not_installed)
    files = {path.as_posix(): path for path in found.files or () if path.hash and _belongs(path.as_posix())}
    said = "\n".join(f"{name} {path.hash.value}" for name, path in sorted(files.items()) if path.hash)
    digest = hashlib.sha256(said.encode()).hexdigest()
    return LayerContent(
        f"{project} {found.version}, of this machine, files {digest}, build {_BUILD}",
        lambda: zipped((f"python/{name}", Path(path.locate()).read_bytes()) for name, path in files.items()),
    )


def _not_installed() -> bytes:
    raise StudentDBError(
        "Pillow is missing",
        why="on the embedded engine, pictures are looked at with the Pillow of this machine",
        hint="pip install 'studentdb[local]'",
    )


def _name(name: str) -> str | None:
    return f"python/{name}" if _belongs(name) else None


def _belongs(name: str) -> bool:
    """The package, its libraries and its licence; nothing that an installation adds."""
    if name.endswith((".pyc", "/")) or name.startswith(("..", "/")):
        return False
    return ".dist-info/" not in name or "/licenses/" in name


def _bytes(wheel: Wheel, cache: Path) -> bytes:
    kept = cache / f"{wheel.project}-{wheel.sha256}.whl"
    if kept.is_file() and _is(wheel, content := kept.read_bytes()):
        return content
    content = _downloaded(wheel)
    home.make_private_folder(cache)
    # A reader sees all of it or nothing; two that write it write the same.
    with tempfile.NamedTemporaryFile(dir=cache, delete=False) as part:
        part.write(content)
    Path(part.name).replace(kept)
    return content


def _is(wheel: Wheel, content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == wheel.sha256


def _downloaded(wheel: Wheel) -> bytes:
    """By pip, which knows the index, the proxy and the certificates that this machine uses."""
    what = f"{wheel.project} {wheel.version} cannot be fetched"
    with tempfile.TemporaryDirectory() as folder:
        requirements, found = Path(folder, "requirements.txt"), Path(folder, "found")
        requirements.write_text(wheel.requirement, encoding="utf-8")
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"),
            *("--no-deps", "--only-binary=:all:", "--require-hashes", "--platform", wheel.platform),
            *("--implementation", "cp", "--python-version", wheel.python, "--dest", str(found)),
            *("--requirement", str(requirements)),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PIP_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise StudentDBError(what, why=f"pip took more than {_PIP_SECONDS} s", hint="studentdb deploy") from error
        if "No module named pip" in done.stderr:
            raise StudentDBError(what, why=f"{sys.executable} has no pip", hint=f"{sys.executable} -m ensurepip")
        content = next((each.read_bytes() for each in sorted(found.glob("*.whl"))), b"")
    if done.returncode or not _is(wheel, content):
        last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
        raise StudentDBError(
            what,
            why=last[0].strip() if last else "pip brought another file than the pinned one",
            hint="look at `pip config list` and at the network, then run the same command again",
        )
    return content
