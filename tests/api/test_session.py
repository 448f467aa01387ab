"""A session's life: kept, renewed in time and once, ended."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studentdb.api.session import Person, Session, SignedOut
from studentdb.api.tokens import TokenStore
from studentdb.errors import NotSignedInError, UnavailableError
from tests.api.fakes import BINDING, Door, MemoryKeyring, tokens

NOW = 1_000.0
OFFLINE = UnavailableError("the service cannot be reached")


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path, keyring=MemoryKeyring())


def session(store: TokenStore, door: Door | None = None) -> Session:
    return Session(BINDING, door or Door(now=lambda: NOW), store, now=lambda: NOW)


def test_signed_in_once_for_all_commands(store: TokenStore) -> None:
    person = session(store).sign_in(" ada@example.edu ", "pw", lambda: "")
    assert person == Person("ada@example.edu", "sub-1", ("admin",))
    assert session(store).whoami() == person
    assert session(store).access_token() == tokens().access_token


def test_nobody_signed_in(store: TokenStore) -> None:
    for ask in (session(store).access_token, session(store).whoami):
        with pytest.raises(NotSignedInError) as caught:
            ask()
        assert caught.value.hint == "studentdb login EMAIL"


def test_a_refused_sign_in_leaves_the_old_session(store: TokenStore) -> None:
    session(store).sign_in("ada@example.edu", "pw", lambda: "")
    with pytest.raises(NotSignedInError):
        session(store, Door([NotSignedInError("wrong")])).sign_in("ada@example.edu", "no", lambda: "")
    assert session(store).whoami().email == "ada@example.edu"


@pytest.mark.parametrize(("left", "renewals"), [(61.0, 0), (60.0, 1), (-5.0, 1)])
def test_renewed_before_it_ends(store: TokenStore, left: float, renewals: int) -> None:
    store.save(BINDING, tokens(expires_at=NOW + left))
    door = Door(now=lambda: NOW)
    one = session(store, door)
    assert one.access_token() == one.access_token()
    assert door.refreshed == renewals
    kept = store.load(BINDING)
    assert kept is not None
    assert kept.access_token == one.access_token()
    assert kept.refresh_token == "refresh-1"


def test_many_threads_renew_once(store: TokenStore) -> None:
    store.save(BINDING, tokens(expires_at=NOW + 900))
    door = Door(now=lambda: NOW)
    one = session(store, door)
    rejected = one.access_token()
    with ThreadPoolExecutor(16) as pool:
        given = set(pool.map(lambda _: one.access_token(rejected=rejected), range(64)))
    assert door.refreshed == 1
    assert len(given) == 1
    assert rejected not in given


def test_a_session_that_has_ended_is_forgotten(store: TokenStore) -> None:
    store.save(BINDING, tokens(expires_at=NOW))
    with pytest.raises(NotSignedInError, match="has ended"):
        session(store, Door([NotSignedInError("your session has ended")])).access_token()
    assert store.load(BINDING) is None


def test_offline_nothing_is_forgotten(store: TokenStore) -> None:
    store.save(BINDING, tokens(expires_at=NOW))
    with pytest.raises(UnavailableError):
        session(store, Door([OFFLINE])).access_token()
    assert store.load(BINDING) == tokens(expires_at=NOW)


def test_sign_out(store: TokenStore) -> None:
    door = Door(now=lambda: NOW)
    one = session(store, door)
    one.sign_in("ada@example.edu", "pw", lambda: "")
    assert one.sign_out() == SignedOut("ada@example.edu")
    assert door.revoked == ["refresh-1"]
    with pytest.raises(NotSignedInError):
        one.access_token()
    assert one.sign_out() == SignedOut(None)


def test_sign_out_offline_deletes_here_and_says_so(store: TokenStore) -> None:
    store.save(BINDING, tokens())
    out = session(store, Door([OFFLINE])).sign_out()
    assert out == SignedOut("ada@example.edu", not_revoked="the service cannot be reached")
    assert store.load(BINDING) is None


def test_a_changed_configuration_has_no_session(store: TokenStore) -> None:
    store.save(BINDING, tokens())
    moved = dataclasses.replace(BINDING, api_url="https://evil.example.org")
    with pytest.raises(NotSignedInError):
        Session(moved, Door(), store, now=lambda: NOW).access_token()
