"""The tests' authenticator app against the vectors of RFC 6238, appendix B (their last six digits)."""

from __future__ import annotations

import base64

import pytest

from tests import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_rfc_6238(at: int, expected: str) -> None:
    assert totp.code(SECRET, at=at) == expected[-6:]


def test_a_wrong_code_is_wrong() -> None:
    assert totp.wrong(SECRET) != totp.code(SECRET)
