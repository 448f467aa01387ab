"""Somebody else's things of exactly our names: refused before the first write of a whole deploy or teardown."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from studentdb.provision.aws import Aws
from studentdb.provision.core import NotOursError, Resource
from studentdb.provision.engine import WalkError
from studentdb.provision.resources.iam_role import Role
from tests.flows.deployments import Installation
from tests.inventory import inventory
from tests.provision.lifecycle import remove
from tests.provision.wire import Raw
from tests.support import Backend, stranger

# What stands alone in an account under a name that anybody may choose: our tag says whose it is.
MARKED = (
    "apigatewayv2.api",
    "cloudfront.distribution",
    "cognito-idp.user_pool",
    "dynamodb.table",
    "events.rule",
    "iam.role",
    "lambda.function",
    "logs.log_group",
    "s3.bucket",
    "s3.data_bucket",
    "sesv2.configuration_set",
)
# Their names carry a hash of account and deployment, and they take no tags: the name is the mark.
NAMED = (
    "cloudfront.origin_access_control",
    "cloudfront.response_headers_policy",
    "lambda.layer",
    "lambda.undeclared_layer_versions",
)
# A child that has its parent's name instead of a reference to it.
CHILDREN = ("s3.bucket_policy",)
# A stranger's is used; what is listed is told apart by its tag. Both: tests/provision/test_mailing.py.
SHARED = ("sesv2.email_identity", "sesv2.undeclared_identities")


@dataclasses.dataclass(frozen=True)
class Unmarked(Aws):
    """Somebody who knows nothing of deployments."""

    @property
    def tags(self) -> dict[str, str]:
        return {"owner": "the physics department"}

    def owns(self, found: dict[str, str]) -> bool:
        return found.items() >= self.tags.items()


def unmarked(aws: Aws) -> Aws:
    return Unmarked(session=aws.session, deployment=aws.deployment, endpoints=aws.endpoints)


@pytest.fixture(scope="module")
def root(engine: Backend) -> Aws:
    """All rights, for what is not the product's doing."""
    return engine.root()


@pytest.fixture(scope="module")
def school(engine: Backend, root: Aws) -> Installation:
    """Not deployed, and never will be; with all that can be switched on."""
    env = root.deployment.env
    return Installation.on(engine, env).with_settings(mail_from=f"office@{env}.example")


def test_every_kind_is_accounted_for(school: Installation) -> None:
    alone = {resource.kind for resource in school.deployer.stack.all if not resource.reads_after()}
    assert alone == {*MARKED, *NAMED, *CHILDREN, *SHARED}


def theirs(school: Installation, kind: str) -> tuple[Resource, ...]:
    """The last one of this kind in the stack, made by somebody else; before it what it cannot be made without."""
    declared = [resource for resource in school.deployer.stack.resources if resource.kind == kind][-1]
    role = Role(name=f"theirs-{school.aws.deployment.env}", service="lambda.amazonaws.com", description="")
    made_up: dict[str, dict[str, str]] = {}
    arn = school.aws.arn("iam", f"role/{role.name}", region=False)
    if kind == "events.rule":
        arn = school.aws.arn("lambda", "function:theirs")
    for node, output in declared.takes():
        made_up.setdefault(node, {})[output] = {"arn": arn, "id": ""}.get(output, "theirs")
    resource = declared.resolve(made_up)
    return (role, resource) if kind == "lambda.function" else (resource,)


@pytest.mark.slow
@pytest.mark.parametrize("who", [unmarked, stranger])
@pytest.mark.parametrize("kind", MARKED)
def test_refused_before_the_first_write(school: Installation, root: Aws, kind: str, who: Callable[[Aws], Aws]) -> None:
    other, resources = who(root), theirs(school, kind)
    for resource in resources:
        resource.create(other)
        resource.settle(other)
    before = inventory(root)
    try:
        for verb in (school.deploy, lambda: school.teardown(delete_data=True)):
            with pytest.raises(WalkError) as refused:
                verb()
            assert set(refused.value.failures) == {resources[-1].id}
            assert isinstance(refused.value.failures[resources[-1].id], NotOursError)
        assert not school.calls.writes
        assert inventory(root) == before
    finally:
        remove(other, resources[::-1])


def test_another_accounts_bucket(school: Installation) -> None:
    """Bucket names are global; S3 answers so to whoever is not the expected owner."""
    s3 = school.aws.client("s3")
    s3.meta.events.register("before-send.s3", _denied)
    try:
        for verb in (school.deploy, lambda: school.teardown(delete_data=True)):
            with pytest.raises(WalkError, match="another AWS account has this one"):
                verb()
    finally:
        s3.meta.events.unregister("before-send.s3", _denied)
    assert not school.calls.writes


def _denied(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse | None:
    if event_name.endswith(".ListBuckets"):
        return None
    body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    return AWSResponse(request.url, 403, {"content-type": "application/xml"}, Raw(body))
