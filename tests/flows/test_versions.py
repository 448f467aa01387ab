"""A colleague's newer studentdb was here before: this one says so and keeps away."""

from __future__ import annotations

from functools import partial

import pytest

from studentdb import __version__
from studentdb.provision.migrations import MIGRATIONS
from studentdb.provision.resources.dynamodb_versions import Migration
from studentdb.provision.stack import stack
from studentdb.provision.versions import UPGRADE
from tests.flows.conftest import School
from tests.provision.deployers import agree, deployer


@pytest.mark.slow
def test_an_older_tool_refuses_and_touches_nothing(school: School) -> None:
    """Deploy, plan, both teardowns; `status` says what there is."""
    newer = deployer(school.root, partial(stack, version="99.10.0"))
    assert newer.deploy(agree) is not None
    before = school.inventory()
    for command in ("deploy --yes", "plan", "teardown --yes", "teardown --delete-data --yes"):
        refused = school.run(command)
        assert refused.code == 1, refused.err
        assert "this studentdb is too old for the deployment" in refused.err
        assert "studentdb 99.10.0 (schema 2)" in refused.err
        assert f"studentdb {__version__} (schema 2)" in refused.err
        assert f"hint: {UPGRADE}" in refused.err
    status = school.ok("status", "--json").data
    assert (status["state"], status["tool_version"], status["schema"]) == ("newer", "99.10.0", "2")
    assert status["api_answers"] is True
    assert UPGRADE in school.ok("status").err
    assert school.inventory() == before
    newer.teardown(delete_data=True)


@pytest.mark.slow
def test_a_tool_that_does_not_know_the_datas_schema_refuses(school: School) -> None:
    further = deployer(school.root, partial(stack, migrations=(*MIGRATIONS, Migration("does nothing", lambda _: None))))
    assert further.deploy(agree) is not None
    refused = school.run("deploy", "--yes")
    assert refused.code == 1
    assert f"studentdb {__version__} (schema 2)" in refused.err
    further.teardown(delete_data=True)
