"""What cannot heal ends its own branch at once and says what to do; everything else is made first."""

from __future__ import annotations

import pytest

from studentdb.bundle import find
from studentdb.provision.deployer import Deployer, Source
from studentdb.provision.engine import WalkError
from studentdb.provision.events import silent
from studentdb.provision.failures import explain
from studentdb.provision.stack_settings import StackSettings
from tests.pictures import PILLOW
from tests.provision.answers import Wire, cloudfront_error, s3_error
from tests.provision.injected import Faults, refusal
from tests.support import Backend


def test_a_missing_right_and_two_quotas(engine: Backend) -> None:
    aws = engine.root()
    source = Source(find().lambda_src, find().site, find().public_routes, find().account_routes, PILLOW)
    deployer = Deployer(aws, StackSettings(), source, silent)
    wire = Wire(aws)
    for _ in ("the site's", "that of files"):
        wire.answers("CreateBucket", s3_error(403, "AccessDenied", "Access Denied"))
    limit = "Account's Response Headers Policies limit reached."
    wire.answers("CreateResponseHeadersPolicy", cloudfront_error(400, "TooManyResponseHeadersPolicies", limit))
    no_more = "Subscriber limit exceeded: There is a limit of 256 tables per subscriber"
    tables = Faults(aws.client("dynamodb"), "CreateTable", [refusal("LimitExceededException", no_more)])

    with pytest.raises(WalkError) as raised:
        deployer.deploy(lambda _: True)

    said = {node.partition("/")[0]: explain(error) for node, error in raised.value.failures.items()}
    assert {kind: error.what for kind, error in said.items()} == {
        "s3.bucket": "AWS refused s3:CreateBucket",
        "s3.data_bucket": "AWS refused s3:CreateBucket",
        "cloudfront.response_headers_policy": "a quota of this AWS account does not allow CreateResponseHeadersPolicy",
        "dynamodb.table": "a quota of this AWS account does not allow CreateTable",
    }
    assert all(error.hint for error in said.values())
    assert raised.value.exit_code == 6
    # Once each: neither botocore nor the resource asked again. All other tables were made.
    declared = sum(resource.kind == "dynamodb.table" for resource in deployer.stack.resources)
    assert (wire.count("CreateBucket"), wire.count("CreateResponseHeadersPolicy"), tables.calls) == (2, 1, declared)
    lives = deployer.survey()
    made = {node.partition("/")[0] for node, live in lives.items() if live is not None}
    assert {"apigatewayv2.stage", "cloudfront.origin_access_control", "cognito-idp.group", "logs.log_group"} <= made
    assert sum(live is not None for node, live in lives.items() if node.startswith("dynamodb.table/")) == declared - 1

    assert deployer.deploy(lambda _: True)
    assert not deployer.plan()
    deployer.teardown(delete_data=True)
