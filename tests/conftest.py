"""Fixtures of the whole suite: the embedded engine (one per xdist worker), moto, and a backend that is either."""

from __future__ import annotations

import gc
import importlib.util
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import httpx
import hypothesis
import pytest
from moto import mock_aws

from studentdb.provision.aws import Aws
from tests.command_line import CommandLine, Deployed
from tests.quick_moto import quick_moto
from tests.support import MOTO_ACCOUNT, REGION, Backend

# By default the collector takes a tenth of the suite's time: what is collected for and imported stays.
gc.set_threshold(100_000, 50, 100)

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Its assertions are as much the suite's as those in test files.
pytest.register_assert_rewrite("tests.provision.lifecycle")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on the engine carry the marker `engine`, however they come to it."""
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        needs_engine = "engine" in getattr(item, "fixturenames", ())
        if needs_engine or parameters.get("backend") == "engine":
            item.add_marker("engine")


def pytest_sessionfinish() -> None:
    """At its end pytest looks for garbage for seconds, and xdist interrupts who takes so long, with a traceback."""
    gc.freeze()


@pytest.fixture(scope="session")
def engine_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded engine's own folder."""
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="session")
def engine(engine_home: Path) -> Iterator[Backend]:
    """The embedded engine on a free port, with AUTH on."""
    if importlib.util.find_spec("ministack") is None:
        pytest.skip("the embedded engine is not installed: pip install 'studentdb[local]'")
    from studentdb.local.engine import LocalEngine

    local = LocalEngine(engine_home, persist=False)
    running = local.up()
    try:
        session = boto3.Session("test", "test", region_name=REGION)
        account = session.client("sts", endpoint_url=running.url).get_caller_identity()["Account"]
        yield Backend("engine", account, endpoint_url=running.url, enforces_iam=True)
    finally:
        local.down()


@pytest.fixture(scope="session")
def deployed(engine: Backend, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """The whole product on the engine, deployed by its own command; its admin is signed in on the command line."""
    assert engine.endpoint_url is not None
    command_line = CommandLine.at(engine.endpoint_url, tmp_path_factory.mktemp("deployed"))
    # On the engine only the first of the sign-up's triggers is invoked: tests/sign_ups.py does the other one's part.
    sign_up = 'self_registration = true\nself_registration_domains = ["example.edu"]\n'
    house = '[custom_fields.house]\nlabel = "House"\nkind = "choice"\nchoices = ["North", "South"]\n'
    (command_line.home / "studentdb.toml").write_text(sign_up + house, encoding="utf-8")
    addresses = json.loads(command_line.ok("deploy", "--yes", "--json"))
    config = httpx.get(
        f"{engine.endpoint_url}/config.json", headers={"Host": urlsplit(addresses["site_url"]).netloc}
    ).raise_for_status()
    email, password = "head@example.edu", f"Aa1-{secrets.token_hex(8)}"
    command_line.ok("admin", "create", email, "--password-stdin", stdin=f"{password}\n")
    command_line.ok("login", email, "--password-stdin", stdin=f"{password}\n")
    return Deployed(command_line, addresses["site_url"], addresses["api_url"], config.json(), email, password)


@pytest.fixture(scope="session")
def remembering_moto() -> Iterator[None]:
    """What moto remembers from call to call."""
    with quick_moto():
        yield


@pytest.fixture
def moto(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """A fresh moto."""
    request.getfixturevalue("remembering_moto")
    with mock_aws():
        yield Backend("moto", MOTO_ACCOUNT)


@pytest.fixture(params=["engine", "moto"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Either; a test may choose with `parametrize("backend", [...], indirect=True)`."""
    chosen: Backend = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def aws(backend: Backend) -> Aws:
    """All rights on the backend, bound to a deployment that only this test uses."""
    return backend.root()
