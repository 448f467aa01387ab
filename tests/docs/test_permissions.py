"""The policy in docs/permissions.md: small enough for IAM, and enough for a deploy on the embedded engine."""

from __future__ import annotations

import json
import re
import secrets
from fnmatch import fnmatchcase

import botocore.session
import pytest

from docs import generate
from studentdb import bundle
from studentdb.provision import mail_state
from studentdb.provision.administrators import create_administrator
from studentdb.provision.aws import Aws
from studentdb.provision.deployer import Deployer, Source
from studentdb.provision.events import silent
from studentdb.provision.stack_settings import StackSettings
from tests.pictures import PILLOW
from tests.support import REGION, Backend, fresh_env, session

# A managed policy may have 6,144 characters, white space not counted (IAM-13).
MOST_CHARACTERS = 6144

# The engine asks for these on `*`, or under a name of its own; AWS takes the policy's ARNs.
ENGINE_ONLY = (
    "cloudfront:CreateDistributionWithTags",
    "dynamodb:ListTagsOfResource",
    # It calls the rules of the default bus rule/default/NAME.
    *(f"events:{action}" for action in ("DeleteRule", "DescribeRule", "ListTargetsByRule", "PutRule")),
    *(f"events:{action}" for action in ("ListTagsForResource", "PutTargets", "RemoveTargets", "TagResource")),
    "lambda:CreateFunction",
    # Instead of ListLayerVersions.
    "lambda:ListLayers",
    "ssm:DeleteParameters",
    "ssm:GetParametersByPath",
)


def test_it_fits_into_a_managed_policy() -> None:
    assert len(re.sub(r"\s", "", json.dumps(generate.policy()))) <= MOST_CHARACTERS


def test_only_what_aws_cannot_limit_is_unlimited() -> None:
    wide = {
        action
        for statement in generate.policy()["Statement"]
        if statement["Resource"] == ["*"]
        for action in statement["Action"]
    }
    assert {action for action in wide if not action.startswith("cloudfront:")} == generate.UNLIMITED
    assert {action for action in wide if "*" in action} <= set(generate.SHORTER)


@pytest.mark.parametrize("wildcard", generate.SHORTER)
def test_a_wildcard_says_no_more_than_the_table(wildcard: str) -> None:
    service, pattern = wildcard.split(":")
    # CloudFront's operations have a version in botocore's model, as in its API.
    operations = botocore.session.get_session().get_service_model(service).operation_names
    covered = {f"{service}:{re.sub(r'[0-9_]+$', '', each)}" for each in operations}
    covered = {action for action in covered if fnmatchcase(action, wildcard)}

    assert len(covered) > 1, pattern
    more = covered - set(re.findall(r"`([a-z-]+:[A-Za-z]+)`", generate.action_table()))
    # Besides reading, and a second form of what is in the table.
    assert more <= {"lambda:GetEventSourceMapping", "lambda:UpdateFunctionEventInvokeConfig"}


def test_it_is_enough_for_a_deploy(engine: Backend) -> None:
    aws = holder_of_the_policy(engine)
    found = bundle.find()
    source = Source(
        functions=found.lambda_src,
        site=found.site,
        public_routes=found.public_routes,
        account_routes=found.account_routes,
        pillow=PILLOW,
    )

    # With all that can be switched on, and then off.
    deployer = Deployer(aws, StackSettings(mail_from=f"office@{aws.deployment.env}.example"), source, silent)
    outcome = deployer.deploy(lambda _: True)
    assert outcome is not None
    assert mail_state.read(aws, "", f"{aws.deployment.env}.example").verified
    create_administrator(aws, outcome.addresses.user_pool_id, "admin@example.edu")
    settings = StackSettings(password_minimum_length=14, log_retention_days=30, api_rate=90)
    changed = Deployer(aws, settings, source, silent)
    assert changed.deploy(lambda _: True) is not None
    assert changed.status().state == "deployed"
    changed.teardown(delete_data=True)
    assert changed.status().state == "absent"


def holder_of_the_policy(engine: Backend) -> Aws:
    """A new user's rights: the policy of the docs, and what only the engine asks for."""
    env = fresh_env()
    policy = generate.policy(REGION, engine.account)
    policy["Statement"].append({"Effect": "Allow", "Action": ENGINE_ONLY, "Resource": "*"})
    iam = engine.root(env).client("iam")
    user = f"admin-{secrets.token_hex(6)}"
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="from-the-docs", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return engine.aws(env, session(key["AccessKeyId"], key["SecretAccessKey"]))
