"""Roles and their inline policies."""

from __future__ import annotations

import json
from typing import Any

from studentdb.provision.aws import Aws
from studentdb.provision.core import Resource
from studentdb.provision.resources.iam_role import Role, RolePolicy
from tests.provision.lifecycle import Case


def _role(aws: Aws, description: str = "Reads the students' records") -> Role:
    return Role(name=f"{aws.deployment.prefix}-api-read", service="lambda.amazonaws.com", description=description)


def _policy(role: Resource, *actions: str) -> RolePolicy:
    return RolePolicy(
        name="data",
        role_name=role.out("name"),
        document={
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": f"{role.out('arn')}/*"}],
        },
    )


def _trusting_another_service(aws: Aws, role: Resource) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    right = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    iam = aws.client("iam")
    iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=_document(trust))
    # Has to be gone before the role can be deleted.
    iam.put_role_policy(RoleName=role.name, PolicyName="by-hand", PolicyDocument=_document(right))
    managed = iam.create_policy(PolicyName=f"{role.name}-by-hand", PolicyDocument=_document(right))["Policy"]
    iam.attach_role_policy(RoleName=role.name, PolicyArn=managed["Arn"])


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


CASES: list[Case] = [
    Case(
        name="role",
        resource=lambda aws, _: _role(aws),
        changed=lambda aws, _: _role(aws, "Reads the records of students"),
        drift=_trusting_another_service,
    ),
    Case(
        name="role-policy",
        parents=lambda aws: (_role(aws),),
        resource=lambda _, parents: _policy(parents[0], "dynamodb:GetItem", "dynamodb:Query"),
        changed=lambda _, parents: _policy(parents[0], "dynamodb:GetItem"),
        tagged=False,
    ),
]
