"""A page of another site, in a real Chromium, against the embedded engine: also one whose name is this machine's."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import boto3
import pytest
from playwright.sync_api import Browser, Page

from tests.left_out import chromium
from tests.site.conftest import ARGUMENTS
from tests.support import REGION, Backend

pytestmark = [pytest.mark.browser, pytest.mark.engine]

# All that a page can send without being asked for leave, then what only a page of the engine's own name can.
ATTACK = """
async ({ engine, user, credentials, signed }) => {
  const address = (name, at = engine) =>
    `${at}/?Action=CreateUser&Version=2010-05-08&UserName=${user}-${name}&${credentials}`;
  const seen = {};
  const attempt = async (name, act) => {
    try { seen[name] = await act(); } catch (error) { seen[name] = String(error); }
  };
  const loaded = (element, at) => new Promise((done) => {
    element.onload = element.onerror = (event) => done(event.type);
    Object.assign(element, at);
    document.body.append(element);
  });
  await attempt("post", () => fetch(address("post"), { method: "POST", mode: "no-cors", body: "x" })
    .then((answer) => answer.type));
  await attempt("cors", async () => (await fetch(address("cors"), { method: "POST", body: "x" })).status);
  await attempt("secret", () => fetch(address("secret"),
    { method: "POST", mode: "no-cors", body: "x", referrerPolicy: "no-referrer" }).then((answer) => answer.type));
  await attempt("beacon", async () => navigator.sendBeacon(address("beacon"), "x"));
  await attempt("image", () => loaded(new Image(), { src: address("image") }));
  await attempt("frame", () => loaded(document.createElement("iframe"), { src: address("frame") }));
  await attempt("form", () => {
    const frame = Object.assign(document.createElement("iframe"), { name: "target" });
    document.body.append(frame);
    const form = Object.assign(document.createElement("form"),
      { method: "POST", action: address("form"), target: "target", enctype: "text/plain" });
    document.body.append(form);
    return new Promise((done) => { frame.onload = () => done("load"); form.submit(); });
  });
  const named = `${location.protocol}//${location.host}`;
  await attempt("named", async () => {
    const plain = `/?Action=CreateUser&Version=2010-05-08&UserName=${user}-named`;
    return (await fetch(plain, { method: "POST", headers: { Authorization: signed } })).status;
  });
  await attempt("named-get", async () => (await fetch(address("named-get", named))).status);
  await attempt("reading", async () => (await fetch("/_ministack/health")).status);
  await attempt("socket", () => new Promise((done) => {
    const socket = new WebSocket(`${engine.replace("http", "ws")}/nothing`);
    socket.onopen = () => done("open");
    socket.onclose = () => done("closed");
  }));
  return seen;
}
"""


@pytest.fixture
def stranger(browser: Browser, engine: Backend, pytestconfig: pytest.Config) -> Iterator[Page]:
    """A page at http://evil.example, whose name means this machine, at the engine's port."""
    assert engine.endpoint_url is not None
    rules = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    deceived = browser.browser_type.launch(executable_path=chromium(pytestconfig), args=[*ARGUMENTS, rules])
    page = deceived.new_page()
    # Any answer will do: the script comes from the test. One of another address would have Chromium's own guard of
    # local networks in front, which other browsers lack.
    page.goto(f"http://evil.example:{urlsplit(engine.endpoint_url).port}/_ministack/health")
    yield page
    deceived.close()


def test_a_page_from_elsewhere_cannot_make_the_engine_do_anything(stranger: Page, engine: Backend) -> None:
    user = f"u{secrets.token_hex(6)}"
    scope = f"test/20260101/{REGION}/iam/aws4_request"
    seen = stranger.evaluate(
        ATTACK,
        {
            "engine": engine.endpoint_url,
            "user": user,
            "credentials": f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Signature=0"
            "&X-Amz-SignedHeaders=host&X-Amz-Date=20260101T000000Z&X-Amz-Expires=604800",
            "signed": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        },
    )
    session = boto3.Session("test", "test", region_name=REGION)
    users = session.client("iam", endpoint_url=engine.endpoint_url).list_users()["Users"]
    assert [each["UserName"] for each in users if each["UserName"].startswith(user)] == []
    # These had an answer of the engine, so the attempts reached it.
    assert {name: seen[name] for name in ("post", "secret", "frame", "form")} == {
        "post": "opaque",
        "secret": "opaque",
        "frame": "load",
        "form": "load",
    }
    assert [seen[name] for name in ("named", "named-get", "reading")] == [403, 403, 403]
    assert "TypeError" in seen["cors"]
    assert (seen["beacon"], seen["image"], seen["socket"]) == (True, "error", "closed")
