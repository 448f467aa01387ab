"""The functions on moto (`api`), and on both backends where they could differ (`api_anywhere`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.lambda_src.functions import Functions, cold_start
from tests.lambda_src.mailbox import Mailbox, switched_on
from tests.support import MOTO_ACCOUNT, Backend


@pytest.fixture
def api(moto: Backend, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """Fresh tables and a cold start on moto."""
    return cold_start(moto, monkeypatch)


@pytest.fixture
def api_anywhere(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """The same on the embedded engine, and on moto."""
    return cold_start(backend, monkeypatch)


@pytest.fixture
def api_on_engine(engine: Backend, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """The same on the embedded engine, which takes requests in parallel."""
    return cold_start(engine, monkeypatch)


@pytest.fixture
def mailbox(api: Functions, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """The functions on moto, where the school sends mail."""
    return switched_on(api, monkeypatch)


@pytest.fixture(scope="module")
def lasting_api(request: pytest.FixtureRequest) -> Iterator[Functions]:
    """One cold start on moto for all tests of a file that leave nothing behind."""
    request.getfixturevalue("remembering_moto")
    with mock_aws(), pytest.MonkeyPatch.context() as monkeypatch:
        yield cold_start(Backend("moto", MOTO_ACCOUNT), monkeypatch)
