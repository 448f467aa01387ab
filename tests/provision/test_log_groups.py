"""In a survey, log groups are looked for together."""

from __future__ import annotations

import pytest

from studentdb.provision.engine import survey
from studentdb.provision.events import silent
from studentdb.provision.resources.log_group import LogGroup
from tests.provision.wire import Wire
from tests.support import Backend

# One page of AWS's list holds 50.
NAMES = [f"part-{number}" for number in range(60)]


@pytest.mark.parametrize("backend", ["engine", "moto"], indirect=True)
def test_one_list_for_all_that_begin_alike(backend: Backend) -> None:
    aws = backend.root()
    logs, prefix = aws.client("logs"), f"/aws/lambda/{aws.deployment.prefix}"
    for name in NAMES:
        logs.create_log_group(logGroupName=f"{prefix}-{name}", tags=aws.tags)
    # LOG-10: it begins like ours, and is another one.
    logs.create_log_group(logGroupName=f"{prefix}-api-longer")
    wire = Wire(aws, "logs")
    ours = [LogGroup(name=f"{prefix}-{name}", retention_days=30) for name in ("api", NAMES[0], NAMES[-1])]
    found = survey(ours, aws, silent)
    assert [node for node, live in found.items() if live is None] == [ours[0].id]
    # 61 groups are two pages.
    assert wire.sent["DescribeLogGroups"] == 2
    for name in (*NAMES, "api-longer"):
        logs.delete_log_group(logGroupName=f"{prefix}-{name}")
