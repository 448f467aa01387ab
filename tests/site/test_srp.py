"""The site's SRP against the shared vectors, and the vectors against their own computation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.site import srp_vectors

CASES: list[dict[str, Any]] = json.loads(srp_vectors.VECTORS.read_text(encoding="utf-8"))["cases"]

PROVE = """async (one) => {
  const { ephemeral, prove, timestampOf } = await import("/srp.js");
  const own = ephemeral(BigInt(`0x${one.a}`));
  const timestamp = timestampOf(new Date(one.epochSeconds * 1000));
  const signature = await prove(own, {
    poolName: one.poolId.split("_")[1], userId: one.userIdForSrp, password: one.password, salt: one.salt,
    serverPublic: one.B, secretBlock: one.secretBlock, timestamp,
  });
  return { A: own.value.toString(16), timestamp, signature };
}"""


def test_vectors_are_what_their_computation_gives() -> None:
    assert srp_vectors.VECTORS.read_text(encoding="utf-8") == srp_vectors.text()


@pytest.mark.browser
def test_site_computes_the_vectors(static_page: Page) -> None:
    computed = {case["name"]: static_page.evaluate(PROVE, case) for case in CASES}
    expected = {case["name"]: {name: case[name] for name in ("A", "timestamp", "signature")} for case in CASES}
    assert computed == expected
    assert len(expected) == 18


@pytest.mark.browser
@pytest.mark.parametrize("multiple", [0, 1, 2])
def test_a_server_value_that_is_zero_modulo_n_is_not_answered(static_page: Page, multiple: int) -> None:
    case = CASES[0] | {"B": f"{multiple * srp_vectors.N:x}"}
    refused = f"(one) => ({PROVE})(one).then(() => 'answered', (error) => error.message)"
    assert "not safe" in static_page.evaluate(refused, case)


@pytest.mark.browser
def test_every_sign_in_has_a_secret_of_its_own(static_page: Page) -> None:
    secrets: list[str] = static_page.evaluate(
        """async () => {
          const { ephemeral } = await import("/srp.js");
          return [ephemeral(), ephemeral()].map(({ secret }) => secret.toString(16));
        }"""
    )
    assert all(len(secret) > 225 for secret in secrets)
    assert len(set(secrets)) == 2
