"""The wheel alone, in an empty environment outside the clone, deploys: site and functions ship inside it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from studentdb import __version__
from tests.environments import ROOT, Environment

# It starts an engine of its own.
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    environment = Environment(tmp_path_factory.mktemp("installed"))
    environment.install(f"{wheel}[local]")
    yield environment
    cli(environment, "local", "down")


def cli(environment: Environment, *arguments: str) -> str:
    return environment.run(environment.studentdb, *arguments, STUDENTDB_HOME=str(environment.folder / "home"))


def test_the_wheel_holds_the_product_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"studentdb", f"studentdb-{__version__}.dist-info"}
    assert "studentdb/_bundle/lambda_src/studentdb_api/read.py" in names
    assert "studentdb/_bundle/site/index.html" in names
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name or "/tests/" in name]


def test_it_deploys_serves_and_goes_away(installed: Environment) -> None:
    assert __version__ in cli(installed, "--version")
    deployed = json.loads(cli(installed, "deploy", "--local", "--yes", "--json"))
    page = _get(deployed["site_url"], "/")
    assert page.headers["content-type"].startswith("text/html")
    assert _get(deployed["site_url"], "/config.json").json()["userPoolId"] == deployed["user_pool_id"]
    assert _get(deployed["site_url"], "/api/health").json() == {"status": "ok"}
    cli(installed, "teardown", "--local", "--delete-data", "--yes")


def _get(site: str, path: str) -> httpx.Response:
    # A browser resolves *.localhost by itself; the C library may not.
    where = urlsplit(site)
    answer = httpx.get(f"http://127.0.0.1:{where.port}{path}", headers={"Host": where.netloc}, timeout=30)
    return answer.raise_for_status()
