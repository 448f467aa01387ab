"""The embedded engine as a background process: started once, found again, stopped, and never mistaken for another."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from studentdb.errors import StudentDBError, UsageError
from studentdb.local.engine import LocalEngine, is_embedded
from studentdb.machine import started_at
from tests.support import free_port

pytestmark = pytest.mark.engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[LocalEngine]:
    engine = LocalEngine(tmp_path / "home", port=free_port(), persist=False)
    yield engine
    engine.down()


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_up_is_idempotent_and_down_says_whether_it_ran(engine: LocalEngine) -> None:
    assert engine.status() is None
    assert engine.down() is False
    first = engine.up()
    assert engine.up() == first == engine.status()
    assert LocalEngine(engine.home).up() == first
    assert engine.down() is True
    assert engine.down() is False
    assert engine.status() is None
    assert started_at(first.pid) is None


def test_the_port_is_kept_over_a_stop(engine: LocalEngine) -> None:
    port = engine.up().port
    engine.down()
    # One that is not told the port again.
    assert LocalEngine(engine.home, persist=False).up().port == port


def test_two_homes_have_two_engines(engine: LocalEngine, tmp_path: Path) -> None:
    other = LocalEngine(tmp_path / "other", persist=False)
    try:
        with ThreadPoolExecutor() as pool:
            a, b = pool.map(lambda e: e.up(), (engine, other))
        assert a.port != b.port
        assert a.pid != b.pid
    finally:
        other.down()


def test_two_processes_starting_at_once_share_one_engine(engine: LocalEngine) -> None:
    program = (
        "import sys, pathlib; from studentdb.local.engine import LocalEngine;"
        "print(LocalEngine(pathlib.Path(sys.argv[1]), persist=False).up().pid)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(engine.home)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    pids = {child.communicate(timeout=60)[0].strip() for child in started}
    running = engine.status()
    assert running is not None
    assert pids == {str(running.pid)}


def test_a_killed_engine_is_started_again_on_its_port(engine: LocalEngine) -> None:
    first = engine.up()
    os.kill(first.pid, signal.SIGKILL)
    second = engine.up()
    assert second.pid != first.pid
    assert second.port == first.port


def test_a_recycled_pid_is_never_killed(engine: LocalEngine) -> None:
    engine.up()
    engine.down()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        path = engine.home / "engine.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"pid": stranger.pid, "started": "long ago"}))
        assert engine.status() is None
        assert engine.down() is False
        assert stranger.poll() is None
        stranger.kill()


def test_a_taken_port_that_was_asked_for_is_an_error(tmp_path: Path, listener: int) -> None:
    with pytest.raises(UsageError, match=f"port {listener}"):
        LocalEngine(tmp_path, port=listener).up()


def test_the_remembered_port_taken_by_a_stranger_is_an_error_while_there_is_data(tmp_path: Path, listener: int) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "dynamodb.json").write_text("{}")
    (tmp_path / "engine.json").write_text(json.dumps({"port": listener}))
    with pytest.raises(UsageError) as raised:
        LocalEngine(tmp_path).up()
    assert "--port" in raised.value.hint


def test_the_remembered_port_is_given_up_where_there_is_no_data(tmp_path: Path, listener: int) -> None:
    (tmp_path / "engine.json").write_text(json.dumps({"port": listener}))
    engine = LocalEngine(tmp_path, persist=False)
    try:
        assert engine.up().port != listener
    finally:
        engine.down()


def test_asking_a_running_engine_for_another_port_is_an_error(engine: LocalEngine) -> None:
    running = engine.up()
    with pytest.raises(UsageError, match=f"already runs on port {running.port}"):
        LocalEngine(engine.home, port=running.port + 1000).up()


def test_an_engine_that_does_not_start_shows_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "hypercorn.py").write_text("raise SystemExit('the wheel fell off')")
    monkeypatch.setenv("PYTHONPATH", str(broken))
    with pytest.raises(StudentDBError, match="the wheel fell off"):
        LocalEngine(tmp_path / "home").up()


def test_an_unreadable_record_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "engine.json").write_text("{")
    with pytest.raises(StudentDBError, match=r"engine\.json"):
        LocalEngine(tmp_path).status()


def test_it_listens_on_loopback_only_and_keeps_secrets_out(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the-users-own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-users-own")
    monkeypatch.setenv("AWS_PROFILE", "the-users-own")
    running = engine.up()
    assert engine.home.stat().st_mode & 0o077 == 0
    if sys.platform == "linux":
        environment = Path(f"/proc/{running.pid}/environ").read_bytes()
        assert b"the-users-own" not in environment
        assert f"TMPDIR={engine.home / 'tmp'}".encode() in environment
        listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        port = f"{running.port:04X}"
        assert {row[1] for row in listening if row[3] == "0A" and row[1].endswith(f":{port}")} == {f"0100007F:{port}"}


def test_credentials_are_checked(engine: LocalEngine) -> None:
    import boto3
    from botocore.exceptions import ClientError

    stranger = boto3.client(
        "dynamodb",
        endpoint_url=engine.up().url,
        region_name="eu-central-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wrong",
    )
    with pytest.raises(ClientError, match=r"(?i)token|denied|signature"):
        stranger.list_tables()


def test_is_embedded(engine: LocalEngine, listener: int) -> None:
    assert is_embedded(engine.up().url)
    assert not is_embedded(f"http://127.0.0.1:{free_port()}")
    assert not is_embedded("not a url")


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, b"nothing here"), (200, b"<html>"), (200, b"[]"), (200, b'{"services": {}, "auth": "disabled"}')],
)
def test_other_servers_are_not_the_engine(status: int, body: bytes) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert not is_embedded(f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        server.server_close()


def test_a_missing_package_is_a_hint(tmp_path: Path) -> None:
    """In an interpreter that has this project but not the extra: isolated, so without its site-packages."""
    program = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[2]);"
        "from studentdb.errors import UsageError; from studentdb.local.engine import LocalEngine\n"
        "try: LocalEngine(pathlib.Path(sys.argv[1])).up()\n"
        "except UsageError as error: print(error.hint, error.exit_code)"
    )
    checkout = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(tmp_path), str(checkout)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "pip install 'studentdb[local]' 2"
    assert list(tmp_path.iterdir()) == []


def test_it_ends_when_its_home_is_deleted(tmp_path: Path) -> None:
    engine = LocalEngine(tmp_path / "home")
    running = engine.up()
    shutil.rmtree(engine.home)
    deadline = time.monotonic() + 20
    while started_at(running.pid) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert not engine.home.exists()


def test_idle_connections_do_not_hold_up_a_stop(engine: LocalEngine) -> None:
    running = engine.up()
    with socket.create_connection(("127.0.0.1", running.port)) as idle:
        idle.sendall(b"GET /_ministack/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(10)
        assert engine.down() is True
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{running.port}/", timeout=2)
