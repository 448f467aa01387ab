"""The contract's rule for equal values is the one that the locks go by."""

from __future__ import annotations

import importlib

from hypothesis import given
from hypothesis import strategies as st

from studentdb.contract.unique import same_value
from tests.lambda_src.functions import Functions

VALUES = st.text(st.characters(codec="utf-8"), max_size=20)


def test_agrees_with_the_locks(lasting_api: Functions) -> None:
    locks = importlib.import_module("studentdb_api.locks")

    @given(VALUES, VALUES)
    def agree(one: str, other: str) -> None:
        assert (same_value(one) == same_value(other)) == (locks.identifier(one) == locks.identifier(other))
        assert locks.identifier(one) == locks.identifier(same_value(one))

    agree()


def test_what_a_person_takes_for_one_number() -> None:
    assert same_value("Ｚ１") == same_value("z1") == same_value(" Z1 ")
    assert same_value("\u00c91") == same_value("E\u03011")
    assert same_value("Z1") != same_value("Z2")
