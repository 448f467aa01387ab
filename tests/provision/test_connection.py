"""The check on the connection itself; what it holds back is tested in test_lock_lost.py."""

from __future__ import annotations

import gc
import weakref

from tests.support import Backend


def test_a_session_that_is_no_longer_needed_goes_away(engine: Backend) -> None:
    """urllib3 keeps its connections in a list until the process ends: they may not keep clients alive with them."""
    aws = engine.root()
    aws.client("sts").get_caller_identity()
    left = weakref.ref(aws)

    del aws
    gc.collect()

    assert left() is None
