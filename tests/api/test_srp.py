"""The vectors that the JavaScript side meets as well; the engine's own server side is in test_sign_in.py."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from studentdb.api import srp
from studentdb.errors import StudentDBError

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "srp.json").read_text(encoding="utf-8"))


def prove(case: dict[str, Any], **changed: str) -> str:
    arguments = {
        "user_pool_id": case["poolId"],
        "user_id": case["userIdForSrp"],
        "password": case["password"],
        "salt": case["salt"],
        "server_public": case["B"],
        "secret_block": case["secretBlock"],
        "moment": case["timestamp"],
    }
    return srp.Handshake(secret=int(case["a"], 16)).prove(**{**arguments, **changed})


def test_group() -> None:
    assert (f"{srp.N:x}", f"{srp.G:x}", f"{srp.K:x}") == (VECTORS["N"], VECTORS["g"], VECTORS["k"])


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_vector(case: dict[str, Any]) -> None:
    assert srp.Handshake(secret=int(case["a"], 16)).public == case["A"]
    assert srp.timestamp(datetime.fromtimestamp(case["epochSeconds"], UTC)) == case["timestamp"]
    assert prove(case) == case["signature"]


def test_another_password_gives_another_proof() -> None:
    case = VECTORS["cases"][0]
    assert prove(case, password="Correct-Horse-Battery-8") != case["signature"]


@pytest.mark.parametrize("multiple", [0, 1, 2])
def test_a_server_value_that_fixes_the_secret_is_refused(multiple: int) -> None:
    with pytest.raises(StudentDBError, match="not a valid SRP challenge"):
        prove(VECTORS["cases"][0], server_public=f"{srp.N * multiple:x}")


def test_every_sign_in_has_its_own_secret() -> None:
    assert len({srp.Handshake().public for _ in range(3)}) == 3
