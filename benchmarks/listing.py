"""`students list` of 1,000 and of 10,000 students: when the first row stands there, and the memory that it takes.

The command is a process of its own. Behind it the functions answer from tables in memory (benchmarks/school.py), since
engines sort a whole partition anew for every page. `python -m benchmarks listing`.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from benchmarks.clock import REGION, ROOT, FailedError, environment, table
from benchmarks.school import ACCOUNT, School
from studentdb.api.tokens import Binding, Tokens, TokenStore
from studentdb.targets import Known, Registry

SIZES = (1_000, 10_000)
_LASTS = 3600.0  # seconds that the token is good for
_IN_ROW = b"@school.example"
# A small process stands in between: the largest memory of a child is at least that of the parent it was split from.
_MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
sys.stderr.write(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}\\n")
sys.exit(code)
"""
_OUTPUTS = {"table": (), "json": ("--json",), "csv": ("--output", "csv")}


def measure(runs: int) -> None:
    """Print the table."""
    rows: list[tuple[str, ...]] = [("median of the runs", "first row, ms", "all rows, ms", "memory, MB", "rows")]
    for students in SIZES:
        school = School(students)
        with tempfile.TemporaryDirectory() as folder, _served(school) as url:
            env = environment(Path(folder), PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring")
            _sign_in(Path(env["STUDENTDB_HOME"]), url)
            for output, options in _OUTPUTS.items():
                found = [_listed(options, env, students) for _ in range(runs + 1)][1:]
                first, every, memory = (sorted(each)[runs // 2] for each in zip(*found, strict=True))
                name = f"{students:,} students, {output}"
                rows.append((name, f"{1000 * first:.0f}", f"{1000 * every:.0f}", f"{memory:.0f}", f"{students:,}"))
    table("students list", (f"{runs} runs each, pages of 100, the command's start in it",), rows)


def _listed(options: tuple[str, ...], env: dict[str, str], students: int) -> tuple[float, float, float]:
    """Seconds until the first row and until the end, and the process's largest memory in MB. Raises FailedError."""
    started = time.perf_counter()
    command = [sys.executable, "-c", _MEASURED, sys.executable, "-m", "studentdb", "students", "list", *options]
    first, rows = 0.0, 0
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as listing:
        assert listing.stdout
        assert listing.stderr
        for line in listing.stdout:
            if _IN_ROW in line:
                first = first or time.perf_counter() - started
                rows += line.count(_IN_ROW)
        every = time.perf_counter() - started
        said = listing.stderr.read().decode()
    if listing.returncode or rows != students:
        raise FailedError(f"students list ended with {listing.returncode} after {rows} of {students} rows: {said}")
    # Linux counts in KB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return first, every, int(said.split()[-1]) * unit / 1e6


@contextmanager
def _served(school: School) -> Iterator[str]:
    """The school's API at an address of this machine."""
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            with one_at_a_time:
                answer = school.ask("GET", asked.path, query=dict(parse_qsl(asked.query)))
            body = answer["body"].encode()
            self.send_response(answer["statusCode"])
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _sign_in(home: Path, url: str) -> None:
    """An admin's session with the API at `url`, as a sign-in leaves it."""
    names = {"api_url": url, "user_pool_id": f"{REGION}_000000000", "client_id": "client", "cognito_url": url}
    home.mkdir(parents=True, mode=0o700)
    Registry(home).remember(
        Known(
            env="prod", region=REGION, place="aws", profile=None, account=None, endpoint_url=None, site_url=url, **names
        )
    )
    claims = json.dumps({"sub": ACCOUNT, "cognito:groups": ["admin"]}).encode()
    token = f"-.{base64.urlsafe_b64encode(claims).decode()}.-"
    tokens = Tokens(
        email="admin@school.example", access_token=token, refresh_token="-", expires_at=time.time() + _LASTS
    )
    TokenStore(home).save(Binding(**names), tokens)
