"""Where tokens are kept between commands: the OS keyring, else a file that nobody else may read.

What is kept is bound to the API, the sign-in service, the pool and the client: after any of them changed there is
nothing to find, so a token cannot travel elsewhere.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from studentdb import home

SERVICE = "studentdb"


@dataclass(frozen=True, kw_only=True)
class Binding:
    """The one configuration that a session belongs to."""

    api_url: str
    cognito_url: str
    user_pool_id: str
    client_id: str


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """A session. `expires_at` is when the access token ends, seconds since 1970 by this machine's clock."""

    email: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: float

    @property
    def sub(self) -> str:
        """The person's lasting id in the pool."""
        return str(claims(self.access_token).get("sub", ""))

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups as of the last refresh."""
        found = claims(self.access_token).get("cognito:groups", [])
        return tuple(str(group) for group in found) if isinstance(found, list) else ()


def claims(token: str) -> dict[str, Any]:
    """What a token says. Its signature is not checked: it is our own, for showing only. {} where it is no JWT."""
    try:
        payload = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class Keyring(Protocol):
    """What is used of the `keyring` package."""

    def get_password(self, service_name: str, username: str) -> str | None: ...
    def set_password(self, service_name: str, username: str, password: str) -> None: ...
    def delete_password(self, service_name: str, username: str) -> None: ...


class TokenStore:
    """Sessions by binding. `folder` is the tool's home; `keyring` None takes the operating system's."""

    def __init__(self, folder: Path, *, keyring: Keyring | None = None) -> None:
        self._home = folder
        self._folder = folder / "tokens"
        self._chosen = keyring

    def load(self, binding: Binding) -> Tokens | None:
        """The session, or None. Raises StudentDBError where others could have read or written the file."""
        # `save` leaves it in one place only, and a look at the disk is cheaper than starting the keyring.
        text = self._from_file(binding)
        return _parse(text if text is not None else self._from_keyring(binding), binding)

    def save(self, binding: Binding, tokens: Tokens) -> None:
        """Keep the session. Raises StudentDBError where the file fallback is not private."""
        content = {"binding": dataclasses.asdict(binding), "tokens": dataclasses.asdict(tokens)}
        text = json.dumps(content)
        if self._to_keyring(binding, text):
            self._file(binding).unlink(missing_ok=True)
            return
        home.refuse_if_shared(home.make_private_folder(self._folder))
        home.write_private(self._file(binding), text)
        self._delete_from_keyring(binding)

    def delete(self, binding: Binding) -> None:
        """Forget the session; there may be none."""
        self._file(binding).unlink(missing_ok=True)
        self._delete_from_keyring(binding)

    def _key(self, binding: Binding) -> str:
        # The home is part of it: two homes are two users of the tool, also where they share a keyring.
        parts = [str(self._home.absolute()), *dataclasses.astuple(binding)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]

    def _file(self, binding: Binding) -> Path:
        return self._folder / f"{self._key(binding)}.json"

    def _from_file(self, binding: Binding) -> str | None:
        file = self._file(binding)
        try:
            home.refuse_if_shared(self._folder)
            home.refuse_if_shared(file)
            return file.read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def _keyring(self) -> Keyring:
        if self._chosen is None:
            import keyring

            self._chosen = keyring.get_keyring()
        return self._chosen

    # A keyring fails in as many ways as there are desktops (no D-Bus, a locked collection, a text too long for
    # Windows), with exceptions of the backends' own: any of them means the file.

    def _from_keyring(self, binding: Binding) -> str | None:
        with contextlib.suppress(Exception):
            return self._keyring().get_password(SERVICE, self._key(binding))
        return None

    def _to_keyring(self, binding: Binding, text: str) -> bool:
        with contextlib.suppress(Exception):
            self._keyring().set_password(SERVICE, self._key(binding), text)
            # The null backend takes everything and keeps nothing.
            return self._from_keyring(binding) == text
        return False

    def _delete_from_keyring(self, binding: Binding) -> None:
        with contextlib.suppress(Exception):
            self._keyring().delete_password(SERVICE, self._key(binding))


def _parse(text: str | None, binding: Binding) -> Tokens | None:
    """None for nothing, for something damaged and for another configuration's: a sign-in replaces all three."""
    try:
        content = json.loads(text or "null")
        if content is None or content["binding"] != dataclasses.asdict(binding):
            return None
        return Tokens(**content["tokens"])
    except (ValueError, TypeError, LookupError):
        return None
