"""From a target to a session: whose account, which region, and what stands in the way."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studentdb.errors import NotAllowedError, StudentDBError, UnavailableError, UsageError
from studentdb.provision.connect import connect
from tests.support import MOTO_ACCOUNT, REGION, Backend


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No credentials and no region but those of the test. Returns the AWS configuration file, still absent."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path / "config"


def test_the_accounts_own_answer(moto: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    aws = connect(env="prod", region=REGION)
    assert (aws.account, aws.region, aws.deployment.id) == (MOTO_ACCOUNT, REGION, f"student-management/{REGION}")
    assert aws.endpoints.endpoint_url is None


def test_the_region_of_a_profile(moto: Backend, alone: Path) -> None:
    alone.write_text("[profile school]\nregion = eu-west-1\naws_access_key_id = test\naws_secret_access_key = test\n")
    assert connect(env="prod", profile="school").region == "eu-west-1"
    assert connect(env="prod", profile="school", region=REGION).region == REGION


def test_no_credentials() -> None:
    with pytest.raises(NotAllowedError, match="no AWS credentials") as caught:
        connect(env="prod", region=REGION)
    assert "aws configure" in caught.value.hint
    assert "studentdb demo" in caught.value.hint


def test_half_of_the_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    with pytest.raises(NotAllowedError, match="no AWS credentials"):
        connect(env="prod", region=REGION)


def test_no_such_profile() -> None:
    with pytest.raises(UsageError, match="no such AWS profile"):
        connect(env="prod", region=REGION, profile="nobody")


def test_a_broken_configuration_file(alone: Path) -> None:
    alone.write_text("[profile school\nregion")
    with pytest.raises(StudentDBError) as caught:
        connect(env="prod", region=REGION)
    assert str(alone) in caught.value.why


def test_no_region() -> None:
    with pytest.raises(UsageError, match="no AWS region is chosen"):
        connect(env="prod")


@pytest.mark.parametrize(("region", "meant"), [("eu-centrall-1", "eu-central-1"), ("us-east1", "us-east-1")])
def test_a_mistyped_region(region: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean {meant}") as caught:
        connect(env="prod", region=region)
    assert caught.value.hint == f"--region {meant}"


def test_the_embedded_engine_gets_its_own_key(engine: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-users-own")
    aws = connect(env="prod", region=REGION, endpoint_url=engine.endpoint_url, embedded=True, engine_key=True)
    assert aws.account == engine.account
    assert aws.session.get_credentials().secret_key == "test"
    with pytest.raises(NotAllowedError, match="does not accept these credentials"):
        connect(env="prod", region=REGION, endpoint_url=engine.endpoint_url, embedded=True)


def test_an_endpoint_has_a_region_where_none_is_chosen(engine: Backend) -> None:
    aws = connect(env="prod", endpoint_url=engine.endpoint_url, embedded=True, engine_key=True)
    assert aws.region == "us-east-1"


def test_nothing_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(UnavailableError, match="AWS cannot be reached") as caught:
        connect(env="prod", region=REGION, endpoint_url=url, engine_key=True)
    assert url in caught.value.why
    assert "AWS_ENDPOINT_URL" in caught.value.hint


@pytest.fixture
def something_else() -> Iterator[str]:
    """A web server that is not AWS."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps({"hello": "world"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_something_else_listens(something_else: str) -> None:
    with pytest.raises(UnavailableError, match="AWS gave no sensible answer") as caught:
        connect(env="prod", region=REGION, endpoint_url=something_else, engine_key=True)
    assert "AWS_ENDPOINT_URL" in caught.value.hint
