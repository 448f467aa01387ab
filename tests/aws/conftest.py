"""Fixtures of the tests about the layer itself."""

from __future__ import annotations

import pytest

from tests.aws import world
from tests.aws.layer import Layer
from tests.aws.naive import Naive
from tests.support import Backend


@pytest.fixture
def naive(moto: Backend) -> Naive:
    """A client that expects nothing, in a world with every behaviour."""
    return Naive(Layer(moto.root(), world.everything()))
