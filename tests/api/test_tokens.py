"""Tokens at rest: where they go, who may read them, what they are bound to."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from studentdb.api.tokens import Tokens, TokenStore, claims
from studentdb.errors import StudentDBError
from tests.api.fakes import BINDING, MemoryKeyring, jwt, tokens

BROKEN = MemoryKeyring(broken=True)


def only_file(folder: Path) -> Path:
    (file,) = (folder / "tokens").iterdir()
    return file


def test_the_keyring_comes_first(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    TokenStore(tmp_path, keyring=keyring).save(BINDING, tokens())
    assert TokenStore(tmp_path, keyring=keyring).load(BINDING) == tokens()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keyring", [BROKEN, MemoryKeyring(forgetful=True)], ids=["broken", "null"])
def test_without_a_keyring_a_private_file(tmp_path: Path, keyring: MemoryKeyring) -> None:
    home = tmp_path / "home"
    store = TokenStore(home, keyring=keyring)
    assert store.load(BINDING) is None
    store.save(BINDING, tokens())
    assert store.load(BINDING) == tokens()
    if os.name == "posix":
        modes = [path.stat().st_mode & 0o777 for path in (home, home / "tokens", only_file(home))]
        assert modes == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(BINDING)])
@pytest.mark.parametrize("keyring", [BROKEN, MemoryKeyring()], ids=["file", "keyring"])
def test_another_configuration_never_gets_them(tmp_path: Path, field: str, keyring: MemoryKeyring) -> None:
    store = TokenStore(tmp_path, keyring=keyring)
    store.save(BINDING, tokens())
    other = dataclasses.replace(BINDING, **{field: getattr(BINDING, field) + "x"})
    assert store.load(other) is None
    assert store.load(BINDING) == tokens()


def test_content_copied_to_another_configurations_place_is_not_taken(tmp_path: Path) -> None:
    store = TokenStore(tmp_path, keyring=BROKEN)
    store.save(BINDING, tokens())
    mine = only_file(tmp_path)
    content = mine.read_text()
    mine.unlink()
    other = dataclasses.replace(BINDING, api_url="https://elsewhere.example.org")
    store.save(other, tokens())
    only_file(tmp_path).write_text(content)
    assert store.load(other) is None


def test_two_homes_share_a_keyring_and_nothing_else(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    TokenStore(tmp_path / "one", keyring=keyring).save(BINDING, tokens())
    assert TokenStore(tmp_path / "two", keyring=keyring).load(BINDING) is None


@pytest.mark.skipif(os.name != "posix", reason="mode bits mean nothing on Windows")
@pytest.mark.parametrize(("which", "mode", "wanted"), [("file", 0o640, "600"), ("folder", 0o755, "700")])
def test_looser_permissions_are_refused(tmp_path: Path, which: str, mode: int, wanted: str) -> None:
    store = TokenStore(tmp_path, keyring=BROKEN)
    store.save(BINDING, tokens())
    loose = only_file(tmp_path) if which == "file" else tmp_path / "tokens"
    loose.chmod(mode)
    with pytest.raises(StudentDBError, match="others may read it") as caught:
        store.load(BINDING)
    assert f"chmod {wanted}" in caught.value.hint
    if which == "folder":
        with pytest.raises(StudentDBError, match="others may read it"):
            store.save(BINDING, tokens())


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need rights on Windows")
def test_a_link_is_refused(tmp_path: Path) -> None:
    store = TokenStore(tmp_path, keyring=BROKEN)
    store.save(BINDING, tokens())
    file = only_file(tmp_path)
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StudentDBError, match="symbolic link"):
        store.load(BINDING)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"binding": 1}', "\ud800"])
def test_damaged_content_is_no_session(tmp_path: Path, content: str) -> None:
    store = TokenStore(tmp_path, keyring=BROKEN)
    store.save(BINDING, tokens())
    only_file(tmp_path).write_bytes(content.encode("utf-8", "surrogatepass"))
    assert store.load(BINDING) is None


def test_it_stands_in_one_place_only(tmp_path: Path) -> None:
    keyring = MemoryKeyring(broken=True)
    store = TokenStore(tmp_path, keyring=keyring)
    store.save(BINDING, tokens("old"))
    keyring.broken = False
    store.save(BINDING, tokens("new"))
    assert list((tmp_path / "tokens").iterdir()) == []
    assert store.load(BINDING) == tokens("new")
    keyring.forgetful = True
    store.save(BINDING, tokens("newest"))
    assert store.load(BINDING) == tokens("newest")
    assert keyring.kept == {}


@pytest.mark.parametrize("keyring", [BROKEN, MemoryKeyring()], ids=["file", "keyring"])
def test_delete(tmp_path: Path, keyring: MemoryKeyring) -> None:
    store = TokenStore(tmp_path, keyring=keyring)
    store.delete(BINDING)
    store.save(BINDING, tokens())
    store.delete(BINDING)
    assert store.load(BINDING) is None
    assert keyring.kept == {}


def test_the_operating_systems_keyring_may_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real `keyring` package, set to its null backend as the environment can."""
    import keyring

    before = keyring.get_keyring()
    keyring.set_keyring(keyring.core.load_keyring("keyring.backends.null.Keyring"))
    try:
        store = TokenStore(tmp_path)
        store.save(BINDING, tokens())
        assert store.load(BINDING) == tokens()
        assert only_file(tmp_path).exists()
        store.delete(BINDING)
        assert store.load(BINDING) is None
    finally:
        keyring.set_keyring(before)


def test_never_in_a_repr() -> None:
    secret = Tokens(email="a@example.edu", access_token="SECRET-A", refresh_token="SECRET-R", expires_at=1.0)
    assert "SECRET" not in repr(secret)
    assert "SECRET" not in str(secret)


def test_claims_for_showing() -> None:
    held = tokens(jwt(sub="s", **{"cognito:groups": ["admin", "lecturer"]}))
    assert (held.sub, held.groups) == ("s", ("admin", "lecturer"))
    assert tokens(jwt(sub="s")).groups == ()


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "a.e30=.c", "a.WzFd.c", "ä.ö.ü"])
def test_what_is_no_token_claims_nothing(token: str) -> None:
    assert claims(token) == {}
