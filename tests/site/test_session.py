"""The session's rules, against an authenticator that this file plays."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# `calls` counts; `answer` is how the next refresh ends; `store` is a sessionStorage of its own.
STAGE = """
  const { Session, SignInError, SessionEndedError } = await import("/auth.js");
  const claims = (values) => `x.${btoa(JSON.stringify(values)).replaceAll("=", "")}.x`;
  const kept = new Map();
  const store = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  const idToken = claims({ sub: "1", email: "ada@example.edu", "cognito:groups": ["admin"] });
  const tokens = (name, seconds = 900) =>
    ({ accessToken: name, idToken, refreshToken: "refresh", expiresAt: Date.now() + seconds * 1000 });
  const calls = { refresh: 0, revoke: 0 };
  let answer = async () => tokens(`renewed-${calls.refresh}`);
  const authenticator = {
    refresh: async () => { calls.refresh += 1; return answer(); },
    revoke: async () => { calls.revoke += 1; },
  };
  const make = (audience = "pool/client") => new Session(authenticator, audience, store);
  const said = (promise) => promise.then((value) => value, (error) => error.name);
  const session = make();
"""


def play(page: Page, body: str) -> Any:
    """Runs `body` on the stage and returns what it returns."""
    return page.evaluate(f"async () => {{ {STAGE} {body} }}")


def test_nobody_is_signed_in_at_first(static_page: Page) -> None:
    assert play(static_page, "return [session.person, await said(session.accessToken())];") == [
        None,
        "SessionEndedError",
    ]


def test_a_fresh_token_is_used_and_survives_a_reload(static_page: Page) -> None:
    body = 'session.start(tokens("first")); return [make().person, await make().accessToken(), calls.refresh];'
    person = {"sub": "1", "email": "ada@example.edu", "groups": ["admin"]}
    assert play(static_page, body) == [person, "first", 0]


def test_tokens_for_another_client_are_not_used(static_page: Page) -> None:
    assert play(static_page, 'session.start(tokens("first")); return make("pool/other").person;') is None


def test_what_is_kept_and_unreadable_is_thrown_away(static_page: Page) -> None:
    body = """session.start(tokens("first"));
      for (const key of kept.keys()) kept.set(key, '{"idToken": "no token"}');
      return [make().person, kept.size];"""
    assert play(static_page, body) == [None, 0]


@pytest.mark.parametrize("seconds", [-1, 0, 29])
def test_a_token_that_is_about_to_run_out_is_renewed_once_for_all(static_page: Page, seconds: int) -> None:
    body = f"""session.start(tokens("first", {seconds}));
      const all = await Promise.all([session.accessToken(), session.accessToken(), session.accessToken()]);
      return [all, calls.refresh, await make().accessToken()];"""
    assert play(static_page, body) == [["renewed-1"] * 3, 1, "renewed-1"]


def test_a_token_that_the_api_refused_is_renewed(static_page: Page) -> None:
    body = """session.start(tokens("first"));
      return [await session.accessToken("first"), await session.accessToken("first"), calls.refresh];"""
    assert play(static_page, body) == ["renewed-1", "renewed-1", 1]


def test_a_refused_refresh_ends_the_session(static_page: Page) -> None:
    body = """session.start(tokens("first", 0));
      answer = async () => { throw new SignInError("revoked", { refused: true }); };
      return [await said(session.accessToken()), session.person, kept.size];"""
    assert play(static_page, body) == ["SessionEndedError", None, 0]


def test_an_unreachable_service_does_not_end_the_session(static_page: Page) -> None:
    body = """session.start(tokens("first", 0));
      answer = async () => { throw new SignInError("offline", { refused: false }); };
      const first = await said(session.accessToken());
      answer = async () => tokens("later");
      return [first, session.person.email, await session.accessToken()];"""
    assert play(static_page, body) == ["SignInError", "ada@example.edu", "later"]


def test_signing_out_during_a_renewal_holds(static_page: Page) -> None:
    body = """session.start(tokens("first", 0));
      let arrive; answer = () => new Promise((resolve) => { arrive = () => resolve(tokens("late")); });
      const waiting = said(session.accessToken());
      const confirmed = await session.signOut();
      arrive();
      return [await waiting, confirmed, session.person, kept.size, calls.revoke];"""
    assert play(static_page, body) == ["SessionEndedError", True, None, 0, 1]


def test_signing_out_offline_forgets_and_says_so(static_page: Page) -> None:
    body = """session.start(tokens("first"));
      authenticator.revoke = async () => { throw new SignInError("offline", { refused: false }); };
      return [await session.signOut(), session.person, kept.size];"""
    assert play(static_page, body) == [False, None, 0]
