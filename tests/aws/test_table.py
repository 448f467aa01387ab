"""The table of what is replayed: every behaviour has ids, and a test that shows it bite."""

from __future__ import annotations

import re

from tests.aws import test_naive_compute, test_naive_edge, test_naive_storage, world
from tests.aws.naive import SHOWN


def test_every_behaviour_is_shown_to_bite() -> None:
    assert [test_naive_compute, test_naive_edge, test_naive_storage]
    assert {type(each) for each in world.everything() if each.ids} == SHOWN


def test_ids_are_rows_of_the_list() -> None:
    rows = world.covered()
    assert len(rows) > 60
    assert all(re.fullmatch(r"(AGW|CF|COG|DDB|IAM|LMB|LOG|S3|X)-\d\d", row) for row in rows)
