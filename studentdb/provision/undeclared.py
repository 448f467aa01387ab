"""What else is in parents of ours: a route without a token, a caller or a right that somebody added by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from studentdb.provision.core import Resource
from studentdb.provision.resources.apigateway_api import Api
from studentdb.provision.resources.apigateway_route import Authorizer, Integration, Route
from studentdb.provision.resources.apigateway_stage import Stage
from studentdb.provision.resources.apigateway_undeclared import UndeclaredChildren
from studentdb.provision.resources.iam_role import Role, RolePolicy, UndeclaredPolicies
from studentdb.provision.resources.lambda_function import Function
from studentdb.provision.resources.lambda_layer import Layer, UndeclaredVersions
from studentdb.provision.resources.lambda_permission import Permission, UndeclaredPermissions

_OF_AN_API: dict[str, type[Resource]] = {
    "route": Route,
    "integration": Integration,
    "authorizer": Authorizer,
    "stage": Stage,
}


def undeclared(resources: Sequence[Resource]) -> tuple[Resource, ...]:
    """For `Stack.absent`: what APIs, functions, layers and roles among `resources` have beside what is declared.

    Pools are left alone: a group or a client that a school added has people behind it.
    """
    found: list[Resource] = []
    for parent in resources:
        names = partial(_children, resources, parent.id)
        if isinstance(parent, Api):
            by_noun = {noun: names(kind) for noun, kind in _OF_AN_API.items()}
            found.append(UndeclaredChildren(name=parent.name, api_id=parent.out("id"), names=by_noun))
        elif isinstance(parent, Function):
            own = names(Permission)
            found.append(UndeclaredPermissions(name=parent.name, function_name=parent.out("name"), names=own))
        elif isinstance(parent, Layer):
            found.append(UndeclaredVersions(name=parent.name, content=parent.content))
        elif isinstance(parent, Role):
            own = names(RolePolicy)
            found.append(UndeclaredPolicies(name=parent.name, role_name=parent.out("name"), names=own))
    return tuple(found)


def _children(resources: Iterable[Resource], parent: str, kind: type[Resource]) -> tuple[str, ...]:
    """The names of the resources of a kind that are declared within the one with this id."""
    return tuple(each.name for each in resources if isinstance(each, kind) and parent in each.reads_after())
