"""The embedded AWS engine on this machine: one per home folder, started in the background, kept until told to stop."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from studentdb.errors import StudentDBError, UsageError
from studentdb.home import make_private_folder
from studentdb.local import process
from studentdb.machine import started_at

_HOST = "127.0.0.1"
_FIRST_PORT = 4566
_PORTS_TO_TRY = 50
_START_BUDGET = 60.0
_STOP_BUDGET = 15.0
_PORT_BUDGET = 2.0
_LARGEST_LOG = 5_000_000
# What the engine, and with it the functions that it runs, may see of our environment: no AWS_*, no secrets.
_PASSED_ON = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    *("PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE", "VIRTUAL_ENV"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
)


@dataclass(frozen=True)
class Running:
    """An engine that answers."""

    url: str
    port: int
    pid: int


@dataclass(frozen=True)
class _Record:
    """engine.json: the port is kept after a stop, since addresses of a deployment hold it."""

    port: int
    pid: int = 0
    started: str = ""
    instance: str = ""

    def alive(self) -> bool:
        return self.pid > 0 and started_at(self.pid) == self.started


class LocalEngine:
    """The engine of a home folder, which holds engine.json, engine.log, state/, s3/ and tmp/.

    `port`: the one to listen on; without it the one used before, else a free one from 4566 upwards. `persist`: keep
    what the engine holds over a stop.
    """

    def __init__(self, home: Path, *, port: int | None = None, persist: bool = True) -> None:
        self.home = home
        self.port = port
        self.persist = persist
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Where the engine's own log goes."""
        return self.home / "engine.log"

    def up(self) -> Running:
        """Start it, or find it running. Safe when two processes do so at once.

        Raises UsageError when the extra `local` is not installed or the port cannot be had, StudentDBError when it
        does not come up within 60 s.
        """
        if importlib.util.find_spec("ministack") is None:
            raise UsageError(
                "the embedded AWS engine is not installed",
                why="it is an optional part of studentdb",
                hint="pip install 'studentdb[local]'",
            )
        with self._locked():
            record = self._record()
            if record is not None and record.alive():
                if self.port not in (None, record.port):
                    raise UsageError(
                        f"the engine cannot listen on port {self.port}",
                        why=f"it already runs on port {record.port}",
                        hint="studentdb local down",
                    )
                running = self._await_health(record)
                if running is not None:
                    return running
            return self._start(record)

    def status(self) -> Running | None:
        """The engine, when it runs and answers."""
        record = self._record()
        if record is None or not record.alive() or _instance(_url(record.port), timeout=2) != record.instance:
            return None
        return _running(record)

    def down(self) -> bool:
        """Stop it and keep what it holds. Says whether it ran."""
        if not self.home.is_dir():
            return False
        with self._locked():
            return self._stop()

    def reset(self) -> None:
        """Stop it and delete all that it holds."""
        if not self.home.is_dir():
            return
        with self._locked():
            self._stop()
            for name in ("state", "s3", "tmp"):
                shutil.rmtree(self.home / name, ignore_errors=True)
                if (self.home / name).exists():
                    raise StudentDBError("the engine's data was not deleted", why=f"{self.home / name} is still there")

    def _start(self, record: _Record | None) -> Running:
        wanted = self.port or (record.port if record is not None else None)
        if wanted is not None:
            if _becomes_free(wanted):
                return self._start_on(wanted)
            if self.port is not None or any((self.home / "state").glob("*.json")):
                raise self._port_taken(wanted)
        for port in range(_FIRST_PORT, _FIRST_PORT + _PORTS_TO_TRY):
            if not _is_free(port):
                continue
            for last in (False, True):
                try:
                    return self._start_on(port)
                except StudentDBError:
                    # Somebody else's engine may have taken the port after we looked, and may be gone again.
                    if not _is_free(port):
                        break
                    if last:
                        raise
        raise StudentDBError(
            "the engine has no port to listen on",
            why=f"all from {_FIRST_PORT} to {_FIRST_PORT + _PORTS_TO_TRY - 1} are taken",
            hint="studentdb local up --port PORT",
        )

    def _start_on(self, port: int) -> Running:
        shutil.rmtree(self.home / "tmp", ignore_errors=True)
        for name in ("tmp", "state", "s3"):
            (self.home / name).mkdir(mode=0o700, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.unlink()
        instance = secrets.token_hex(8)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                # -P: the script's own folder is no place to import from.
                [sys.executable, "-P", str(Path(__file__).with_name("serve.py"))],
                cwd=self.home,
                env=self._environment(port, instance),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **process.detached(),  # type: ignore[call-overload]
            )
        pid = self._child.pid
        record = _Record(port, pid, started_at(pid) or "", instance)
        self._write(record)
        running = self._await_health(record)
        if running is None:
            raise self._did_not_start("it ended at once", record)
        return running

    def _environment(self, port: int, instance: str) -> dict[str, str]:
        tmp = str(self.home / "tmp")
        persist = "1" if self.persist else "0"
        return {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            "STUDENTDB_ENGINE_INSTANCE": instance,
            "GATEWAY_PORT": str(port),
            # It binds every address without this, and checks no credentials without AUTH.
            "BIND_HOST": _HOST,
            "AUTH": "true",
            "PERSIST_STATE": persist,
            "STATE_DIR": str(self.home / "state"),
            "S3_PERSIST": persist,
            "S3_DATA_DIR": str(self.home / "s3"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "TMPDIR": tmp,
            "TEMP": tmp,
            "TMP": tmp,
            # Its root key. Functions get their role's credentials; none may find the user's own.
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            # It would otherwise clean up containers in the user's Docker.
            "DOCKER_HOST": f"unix://{self.home / 'no-docker'}",
        }

    def _await_health(self, record: _Record) -> Running | None:
        """None when it ended meanwhile: one that was just killed looks alive for a moment."""
        deadline = time.monotonic() + _START_BUDGET
        while _instance(_url(record.port), timeout=2) != record.instance:
            if self._child is not None:
                self._child.poll()  # reaps it, so that a dead one does not look alive
            if not record.alive():
                return None
            if time.monotonic() > deadline:
                process.end(record.pid, record.started, patience=1)
                raise self._did_not_start(f"no answer within {_START_BUDGET:.0f} s", record)
            time.sleep(0.05)
        return _running(record)

    def _did_not_start(self, why: str, record: _Record) -> StudentDBError:
        lines = self.log.read_text(errors="replace").splitlines()[-12:] if self.log.exists() else []
        tail = "\n  ".join(lines)
        return StudentDBError(
            f"the engine did not start on port {record.port}",
            why=f"{why}; its log {self.log} ends with\n  {tail}" if tail else why,
            hint="studentdb local reset (deletes its data)",
        )

    def _port_taken(self, port: int) -> StudentDBError:
        return UsageError(
            f"the engine cannot listen on port {port}",
            why="another program does; the addresses of what is deployed on the engine hold its port",
            hint=f"stop that program, or: studentdb local up --port {port + 1} && studentdb deploy --local",
        )

    def _stop(self) -> bool:
        record = self._record()
        if record is None or not record.alive():
            return False
        process.end(record.pid, record.started, patience=_STOP_BUDGET)
        if self._child is not None:
            self._child.wait(timeout=_STOP_BUDGET)
        self._write(_Record(record.port))
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        make_private_folder(self.home)
        patience = _START_BUDGET + _STOP_BUDGET
        with process.locked(self.home / "engine.lock", what="the engine is busy", patience=patience):
            yield

    def _record(self) -> _Record | None:
        try:
            return _Record(**json.loads((self.home / "engine.json").read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise StudentDBError(
                "the engine's record cannot be read",
                why=f"{self.home / 'engine.json'}: {error}",
                hint="delete that file, after stopping the engine that it names",
            ) from error

    def _write(self, record: _Record) -> None:
        path = self.home / "engine.json"
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(record), indent=2) + "\n")
        new.replace(path)


def is_embedded(endpoint_url: str) -> bool:
    """Whether the embedded engine's package answers there, checking credentials as it should.

    False for anything else, for AWS, and for an endpoint that is down.
    """
    health = _health(endpoint_url, timeout=5)
    return health is not None and health[0].get("auth") == "enabled"


def _running(record: _Record) -> Running:
    return Running(_url(record.port), record.port, record.pid)


def _url(port: int) -> str:
    # Not 127.0.0.1: CloudFront's hosts are under `localhost`, and a page's API calls are compared with its origin.
    return f"http://localhost:{port}"


def _becomes_free(port: int) -> bool:
    """A killed engine looks dead a moment before the last of its threads has closed the port."""
    deadline = time.monotonic() + _PORT_BUDGET
    while not _is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            # Connections that are still closing do not count as taken; on Windows it would mean something else.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((_HOST, port)) != 0


def _instance(url: str, *, timeout: float) -> str | None:
    health = _health(url, timeout=timeout)
    return health[1] if health else None


def _health(url: str, *, timeout: float) -> tuple[dict[str, Any], str | None] | None:
    """The health answer of the package and, when we started it, its instance's name."""
    if urlsplit(url).scheme not in ("http", "https"):
        return None
    # A proxy knows nothing of this machine's ports.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url.rstrip('/')}/_ministack/health", timeout=timeout) as answer:
            health = json.load(answer)
            return (health, answer.headers.get("x-studentdb-engine")) if isinstance(health, dict) else None
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
        return None
