"""The embedded engine's process: serves `ministack` on one port of this machine and saves its state while it runs.

Run as a script by `engine.py`, with its settings in the environment. The package has a `__main__` of its own, but that
one saves only on a clean stop (a crash, a power cut or Windows' TerminateProcess would lose the school's data) and
gives no way to tell one engine from another on the same port. This file is the only one that imports it.

The package runs functions as the user, takes the fixed key `test` without looking at its signature and allows pages of
all origins to call it, so that any web page that the user opens could run code as him. `refusal` keeps pages of other
sites out.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

# The order matters: the package reads its settings from the environment when it is imported.
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core.persistence import PERSIST_STATE, save_state

HEALTH = "/_ministack/health"
INSTANCE_HEADER = b"x-studentdb-engine"
# JSON-protocol operations that change nothing, by the beginning of their names.
_READS = ("Get", "List", "Describe", "Query", "Scan", "BatchGet", "Search")
_SAVE_EVERY = 1.0
_LOOK_EVERY = 2.0
# At most a twentieth of the engine's time goes into saving, however large the state grows.
_SAVE_SHARE = 20
# Names that mean this machine everywhere: no page from elsewhere has one of them, whatever its DNS says.
_THIS_MACHINE = r"(?:(?:[a-z0-9_-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?"
_OUR_HOST = re.compile(_THIS_MACHINE, re.IGNORECASE)
_OUR_ORIGIN = re.compile(rf"https?://{_THIS_MACHINE}", re.IGNORECASE)
_CREDENTIALS = ("x-amz-", "awsaccesskeyid")
# A file in a media bucket, and what a link to it is signed with: each of these once, and nothing else.
_FILE = re.compile(
    r"/student-management(?:-[a-z0-9-]+)?-media-[0-9a-f]{12}/(?:media|thumbs)/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"(?:/(?:64|256))?"
)
_OF_A_LINK = [
    *("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"),
    *("X-Amz-Security-Token", "X-Amz-Signature", "X-Amz-SignedHeaders"),
]
_ROLE_S_KEY = re.compile(r"ASIA[0-9A-Z]{12,28}/[0-9]{8}/[a-z0-9-]+/s3/aws4_request")


class Home:
    """The folder that this engine serves, and whose engine.json names it."""

    def __init__(self, instance: str) -> None:
        self._record = Path("engine.json").absolute()
        self._instance = instance

    def leave_if_lost(self) -> None:
        """End, saving nothing, once the folder is deleted or belongs to a later engine: nobody could stop us then."""
        try:
            ours = json.loads(self._record.read_text(encoding="utf-8"))["instance"] == self._instance
        except FileNotFoundError:
            ours = False
        if not ours:
            os._exit(0)

    async def watch(self) -> None:
        """Look every few seconds."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            self.leave_if_lost()


class Saver:
    """Saves the state of all services, about a second after a write, and later where a save itself takes long."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._written = asyncio.Event()

    def written(self) -> None:
        """Something may have changed."""
        self._written.set()

    async def run(self) -> None:
        """Save after writes, until cancelled."""
        while True:
            await self._written.wait()
            self._written.clear()
            self._home.leave_if_lost()
            started = time.monotonic()
            # Copied in the event loop, where the services change it; written to disk beside it.
            states = {name: read() for name, read in ministack._build_persistence_save_dict().items()}
            await asyncio.to_thread(_save, states)
            await asyncio.sleep(max(_SAVE_EVERY, _SAVE_SHARE * (time.monotonic() - started)))


def _save(states: dict[str, Any]) -> None:
    for name, state in states.items():
        if state is not None:
            save_state(name, state)


def _writes(scope: dict[str, Any]) -> bool:
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    target = dict(scope["headers"]).get(b"x-amz-target", b"").decode("latin-1")
    return not target.rpartition(".")[2].startswith(_READS)


def refusal(scope: dict[str, Any]) -> str:
    """Why a request, or the opening of a WebSocket, may be the doing of another site's page; empty where it cannot be.

    Programs send no Origin and no Sec-Fetch-Site; browsers send both, or at least the Origin of everything but
    addresses that a page embeds or links to.
    """

    def sent(name: bytes) -> list[str]:
        return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]

    hosts, origins = sent(b"host"), sent(b"origin")
    if not hosts or not all(_OUR_HOST.fullmatch(host) for host in hosts):
        return "the Host is not a name of this machine"
    if not all(_OUR_ORIGIN.fullmatch(origin) for origin in origins):
        return "the Origin is not on this machine"
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if any(name.lower().startswith(_CREDENTIALS) for name, _ in query) and not _is_link_to_a_file(scope, query):
        # Also what a link or an old browser's <img> can carry. Of programs, only presigned addresses do.
        return "there are credentials in the address"
    if "cross-site" in sent(b"sec-fetch-site") and not origins:
        followed = scope.get("method") == "GET" and sent(b"sec-fetch-mode") == ["navigate"]
        # The package takes any Authorization for one of an administrator, a link's user name included.
        if not followed or sent(b"authorization"):
            return "a page of another site asks"
    return ""


def _is_link_to_a_file(scope: dict[str, Any], query: list[tuple[str, str]]) -> bool:
    """Whether all that it can do is download one of a school's files, as a link that the API has given out does.

    Signed with a role's temporary key: unlike that of the fixed key, its signature is looked at.
    """
    signing = [(name, value) for name, value in query if name.lower().startswith(_CREDENTIALS)]
    return (
        scope.get("method") == "GET"
        and _FILE.fullmatch(scope["path"]) is not None
        and not any(key.lower() == b"authorization" for key, _ in scope["headers"])
        and sorted(name for name, _ in signing) == _OF_A_LINK
        and _ROLE_S_KEY.fullmatch(dict(signing)["X-Amz-Credential"]) is not None
    )


async def _refuse(why: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
    kind = "http"
    if scope["type"] == "websocket":
        await receive()
        kind = "websocket.http"
    text = f"This engine serves programs and pages of this machine only: {why}.\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": f"{kind}.response.start", "status": 403, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": text})


class Engine:
    """The ASGI application: the package's own for this machine only, saved after writes, its health answer marked."""

    def __init__(self, instance: str) -> None:
        self._instance = instance.encode()
        self._home = Home(instance)
        self._saver = Saver(self._home)
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            self._tasks.append(asyncio.create_task(self._home.watch()))
            if PERSIST_STATE:
                self._tasks.append(asyncio.create_task(self._saver.run()))
        elif why := refusal(scope):
            await _refuse(why, scope, receive, send)
            return
        if scope["type"] != "http":
            await ministack.app(scope, receive, send)
            return
        await ministack.app(scope, receive, self._marked(send) if scope["path"] == HEALTH else send)
        if _writes(scope):
            self._saver.written()

    def _marked(self, send: Any) -> Any:
        async def marked(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), (INSTANCE_HEADER, self._instance)]
                message = {**message, "headers": headers}
            await send(message)

        return marked


def _config() -> Config:
    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75
    # A browser's idle connections must not hold up `studentdb local down`.
    config.graceful_timeout = 0.5
    config.loglevel = os.environ["LOG_LEVEL"]
    return config


def main() -> None:
    """Serve until SIGTERM, then save and stop."""
    engine: Any = Engine(os.environ["STUDENTDB_ENGINE_INSTANCE"])
    asyncio.run(serve(engine, _config()))


if __name__ == "__main__":
    main()
