"""Changed by hand: the plan shows exactly the property, with what it is and what it should be; a deploy repairs it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from studentdb.provision import engine as provisioning
from studentdb.provision.aws import Aws
from studentdb.provision.core import Change, Live, Resource
from studentdb.provision.engine import Plan, Stack
from studentdb.provision.events import silent
from tests.provision import cases, hand_edits
from tests.provision.hand_edits import Edit
from tests.provision.hand_edits.cloudfront import leaf_edits
from tests.provision.lifecycle import Case
from tests.provision.test_stack import PROD, make
from tests.support import Backend


def _modules(package: ModuleType) -> Iterator[Any]:
    return (
        importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    )


CASES: dict[str, Case] = {case.name: case for module in _modules(cases) for case in module.CASES}
EDITS: dict[str, dict[str, Edit]] = {
    kind: edits for module in _modules(hand_edits) for kind, edits in module.EDITS.items()
}
# kind -> the case that stands for it
OF_KIND = {
    "apigatewayv2.api": "api",
    "apigatewayv2.authorizer": "api-authorizer",
    "apigatewayv2.cors": "api-cors",
    "apigatewayv2.integration": "api-integration",
    "apigatewayv2.route": "api-route",
    "apigatewayv2.stage": "api-stage",
    "cloudfront.distribution": "cloudfront-distribution",
    "cloudfront.invalidation": "cloudfront-invalidation",
    "cloudfront.origin_access_control": "cloudfront-origin-access-control",
    "cloudfront.response_headers_policy": "cloudfront-response-headers-policy",
    "cognito-idp.group": "user-pool-group",
    "cognito-idp.user_pool": "user-pool",
    "cognito-idp.user_pool_mfa_config": "user-pool-mfa",
    "cognito-idp.user_pool_client": "user-pool-client",
    "cognito-idp.user_pool_email": "user-pool-email",
    "dynamodb.schema": "schema",
    "dynamodb.table": "table",
    "dynamodb.tool_version": "tool-version",
    "events.rule": "rule",
    "iam.role": "role",
    "iam.role_policy": "role-policy",
    "lambda.event_invoke_config": "event-invoke-config",
    "lambda.event_source_mapping": "event-source-mapping",
    "lambda.function": "function",
    "lambda.layer": "layer",
    "lambda.permission": "permission",
    "logs.log_group": "log-group",
    "s3.bucket": "s3-bucket",
    "s3.bucket_policy": "s3-bucket-policy",
    "s3.cors": "s3-cors",
    "s3.data_bucket": "s3-data-bucket",
    "s3.notification": "s3-notification",
    "s3.objects": "s3-objects",
    "sesv2.configuration_set": "configuration-set",
    "sesv2.email_identity": "email-identity",
}
# What nobody can change by hand, by kind.
FIXED = {
    # Neither engine nor moto lets it be tried.
    "apigatewayv2.authorizer": {"AuthorizerType"},
    "cloudfront.distribution": {"Comment"},
    "cloudfront.origin_access_control": {"SigningProtocol"},
    "cognito-idp.user_pool": {"UsernameAttributes", "UsernameConfiguration"},
    "cognito-idp.user_pool_client": {"HasSecret"},
    "dynamodb.table": {"key_schema"},
    # Only those that fill a queue of Lambda's own have another.
    "lambda.event_source_mapping": {"starting_position"},
    # How Lambda's own work ended.
    "lambda.function": {"state", "last_update"},
}


@dataclass
class Deployed:
    """A case as a stack of its own."""

    aws: Aws
    stack: Stack
    wanted: Resource

    @classmethod
    def of(cls, kind: str, aws: Aws) -> Deployed:
        case = CASES[OF_KIND[kind]]
        parents = case.parents(aws)
        wanted = case.resource(aws, parents)
        deployed = cls(aws, Stack((*parents, wanted)), wanted)
        deployed.deploy()
        return deployed

    def survey(self) -> dict[str, Live | None]:
        return provisioning.survey(self.stack.all, self.aws, silent)

    def plan(self) -> Plan:
        return provisioning.plan(self.stack, self.survey())

    def deploy(self) -> None:
        lives = self.survey()
        provisioning.apply(provisioning.plan(self.stack, lives), lives, self.aws, silent)

    def edit(self, by_hand: Edit) -> None:
        lives = self.survey()
        live = lives[self.wanted.id]
        assert live is not None
        outputs = {node: found.outputs for node, found in lives.items() if found is not None}
        by_hand(self.aws, self.wanted.resolve(outputs), live)

    def close(self) -> None:
        provisioning.remove(self.stack.all, self.survey(), self.aws, silent)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(OF_KIND))
def test_every_property_is_seen_and_repaired(kind: str, engine: Backend, request: pytest.FixtureRequest) -> None:
    backend = request.getfixturevalue("moto") if kind == "cognito-idp.group" else engine
    deployed = Deployed.of(kind, backend.root())
    assert not deployed.plan()
    edits: Mapping[str, Edit] = EDITS.get(kind) or leaf_edits(deployed.wanted)
    for names, by_hand in edits.items():
        expected = {*names.split(" ")} if kind != "cloudfront.distribution" else _with_count(names, deployed.wanted)
        deployed.edit(by_hand)
        pending = deployed.plan().pending
        assert [step.id for step in pending] == [deployed.wanted.id], names
        assert {change.property for change in pending[0].changes} == expected
        assert all(change.before != change.after for change in pending[0].changes)
        _assert_after(deployed, pending[0].changes)
        deployed.deploy()
        assert not deployed.plan(), names
    deployed.close()


def _with_count(path: str, distribution: Resource) -> set[str]:
    """A list and the number of its items."""
    return {path, f"{path}.Quantity"} & distribution.properties().keys()


def _assert_after(deployed: Deployed, changes: tuple[Change, ...]) -> None:
    outputs = {node: live.outputs for node, live in deployed.survey().items() if live is not None}
    wanted = deployed.wanted.resolve(outputs).properties()
    assert all(change.after == wanted.get(change.property) for change in changes)


def test_no_kind_and_no_property_is_left_out() -> None:
    """A new property needs an edit of its own, or a reason why nobody can change it."""
    missing = set()
    for resource in make(PROD).resources:
        if resource.kind in ("s3.objects", "cloudfront.distribution"):
            continue  # every file is one; every value has its edit by construction
        edited = {name for names in EDITS.get(resource.kind, {}) for name in names.split(" ")}
        missing |= {
            f"{resource.kind}: {name}"
            for name in resource.properties().keys() - edited - FIXED.get(resource.kind, set())
        }
    assert not missing
    assert {resource.kind for resource in make(PROD).resources} - OF_KIND.keys() == {"dynamodb.signing_key"}
