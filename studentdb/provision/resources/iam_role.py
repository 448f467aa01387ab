"""A role that one AWS service assumes, and its inline policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision import tags
from studentdb.provision.aws import EXISTING_BUDGET, Aws, error_code, has_code, ignoring
from studentdb.provision.core import Change, Live, NotOursError, Outputs, Resource, Undeclared, giver

# A role made a moment ago may not be visible yet; two writes to one role may collide (IAM-06).
_transient = has_code("NoSuchEntity", "ConcurrentModification")
_collided = has_code("ConcurrentModification", "DeleteConflict")


@dataclass(frozen=True, kw_only=True)
class Role(Resource):
    """`service` is the principal that may assume it, e.g. `lambda.amazonaws.com`.

    Outputs: `name`, `arn`, and `unique_id`, which a role made again under the same name does not share.
    """

    kind: ClassVar[str] = "iam.role"
    actions: ClassVar = {
        "read": ("iam:GetRole",),
        # TagRole is AWS's demand for tags in CreateRole; the engine does without.
        "create": ("iam:CreateRole", "iam:TagRole"),
        "update": ("iam:UpdateAssumeRolePolicy", "iam:UpdateRole"),
        "delete": (
            "iam:ListRolePolicies",
            "iam:DeleteRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:DetachRolePolicy",
            "iam:DeleteRole",
        ),
    }

    service: str
    description: str

    @property
    def lane(self) -> str:
        return f"role:{self.name}"

    def properties(self) -> dict[str, Any]:
        return {"trust": self._trust(), "description": self.description}

    def read(self, aws: Aws) -> Live | None:
        try:
            role = aws.client("iam").get_role(RoleName=self.name)["Role"]
        except ClientError as error:
            if error_code(error) == "NoSuchEntity":
                return None
            raise
        if not aws.owns(tags.from_list(role.get("Tags", []))):
            raise NotOursError(self.kind, self.name, "it does not carry this deployment's tag")
        return Live(
            properties={
                "trust": role["AssumeRolePolicyDocument"],
                "description": role.get("Description", ""),
            },
            outputs=_outputs(role),
        )

    def create(self, aws: Aws) -> Outputs:
        try:
            role = aws.client("iam").create_role(
                RoleName=self.name,
                AssumeRolePolicyDocument=_minified(self._trust()),
                Description=self.description,
                Tags=tags.as_list(aws.tags),
            )["Role"]
        except ClientError as error:
            exists = error_code(error) == "EntityAlreadyExists"
            live = aws.look(lambda: self.read(aws), budget=EXISTING_BUDGET) if exists else None
            if live is None:
                raise
            return self.update(aws, live, self.diff(live))
        return _outputs(role)

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        iam = aws.client("iam")
        differing = {change.property for change in changes}
        if "trust" in differing:
            aws.retry(
                lambda: iam.update_assume_role_policy(RoleName=self.name, PolicyDocument=_minified(self._trust())),
                when=_transient,
            )
        if "description" in differing:
            aws.retry(lambda: iam.update_role(RoleName=self.name, Description=self.description), when=_transient)
        return live.outputs

    def delete(self, aws: Aws, live: Live) -> None:
        """With its policies, which would keep it (IAM-03): ours, and those that somebody put or attached by hand."""
        iam = aws.client("iam")
        with ignoring("NoSuchEntity"):
            for policy in _inline(aws, self.name):
                _delete_policy(aws, self.name, policy)
            try:
                iam.delete_role(RoleName=self.name)
            except ClientError as error:
                if not _collided(error):
                    raise
                # The list may have lagged; what is attached is looked at only here, since as a rule nothing is.
                for policy in _inline(aws, self.name):
                    _delete_policy(aws, self.name, policy)
                for arn in _attached(aws, self.name):
                    _detach_policy(aws, self.name, arn)
                aws.retry(lambda: iam.delete_role(RoleName=self.name), when=_collided)

    def _trust(self) -> dict[str, Any]:
        return {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": self.service}, "Action": "sts:AssumeRole"}],
        }


@dataclass(frozen=True, kw_only=True)
class RolePolicy(Resource):
    """An inline policy of one of our roles; it needs no tag, since the role is ours."""

    kind: ClassVar[str] = "iam.role_policy"
    identity: ClassVar = ("name", "role_name")
    actions: ClassVar = {
        "read": ("iam:GetRolePolicy",),
        "create": ("iam:PutRolePolicy",),
        "update": ("iam:PutRolePolicy",),
        "delete": ("iam:DeleteRolePolicy",),
    }

    role_name: str
    document: Mapping[str, Any]

    @property
    def lane(self) -> str:
        return f"role:{self.role_name}"

    @property
    def goes_with(self) -> str:
        return giver(self.role_name)

    def properties(self) -> dict[str, Any]:
        # Through JSON, since a declaration may hold tuples where IAM returns lists.
        return {"document": json.loads(json.dumps(self.document))}

    def read(self, aws: Aws) -> Live | None:
        try:
            found = aws.client("iam").get_role_policy(RoleName=self.role_name, PolicyName=self.name)
        except ClientError as error:
            if error_code(error) == "NoSuchEntity":
                return None
            raise
        return Live(properties={"document": found["PolicyDocument"]})

    def create(self, aws: Aws) -> Outputs:
        aws.retry(
            lambda: aws.client("iam").put_role_policy(
                RoleName=self.role_name, PolicyName=self.name, PolicyDocument=_minified(self.document)
            ),
            when=_transient,
        )
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        return self.create(aws)

    def delete(self, aws: Aws, live: Live) -> None:
        _delete_policy(aws, self.role_name, self.name)


@dataclass(frozen=True, kw_only=True)
class UndeclaredPolicies(Undeclared):
    """Policies of one of our roles beside the inline ones in `names`: rights that nobody meant it to have."""

    kind: ClassVar[str] = "iam.undeclared"
    identity: ClassVar = ("name", "role_name")
    actions: ClassVar = {
        "read": ("iam:ListRolePolicies", "iam:ListAttachedRolePolicies"),
        "delete": ("iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
    }

    role_name: str
    names: tuple[str, ...]

    @property
    def lane(self) -> str:
        return f"role:{self.role_name}"

    @property
    def goes_with(self) -> str:
        return giver(self.role_name)

    def read(self, aws: Aws) -> Live | None:
        found: dict[str, list[str]] = {}
        with ignoring("NoSuchEntity"):
            inline = [name for name in _inline(aws, self.role_name) if name not in self.names]
            attached = _attached(aws, self.role_name)
            found = {what: names for what, names in (("inline", inline), ("attached", attached)) if names}
        return Live(found) if found else None

    def delete(self, aws: Aws, live: Live) -> None:
        for name in live.properties.get("inline", ()):
            _delete_policy(aws, self.role_name, name)
        for arn in live.properties.get("attached", ()):
            _detach_policy(aws, self.role_name, arn)


def _inline(aws: Aws, role: str) -> list[str]:
    pages = aws.client("iam").get_paginator("list_role_policies").paginate(RoleName=role)
    return [name for page in pages for name in page["PolicyNames"]]


def _attached(aws: Aws, role: str) -> list[str]:
    pages = aws.client("iam").get_paginator("list_attached_role_policies").paginate(RoleName=role)
    return [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]]


def _delete_policy(aws: Aws, role: str, name: str) -> None:
    delete = partial(aws.client("iam").delete_role_policy, RoleName=role, PolicyName=name)
    with ignoring("NoSuchEntity"):
        aws.retry(delete, when=_collided)


def _detach_policy(aws: Aws, role: str, arn: str) -> None:
    detach = partial(aws.client("iam").detach_role_policy, RoleName=role, PolicyArn=arn)
    with ignoring("NoSuchEntity"):
        aws.retry(detach, when=_collided)


def _outputs(role: Mapping[str, Any]) -> Outputs:
    return {"name": role["RoleName"], "arn": role["Arn"], "unique_id": role["RoleId"]}


def _minified(document: Mapping[str, Any]) -> str:
    # ASCII only (IAM-11), and short: the policies of a role share 10,240 characters (IAM-13).
    return json.dumps(document, separators=(",", ":"))
