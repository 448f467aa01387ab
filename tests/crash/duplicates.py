"""What there is twice of one name, where AWS allows that: names are not unique in most services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any


def duplicates(found: Mapping[str, Any]) -> list[str]:
    """The names of an inventory (tests/inventory.py) that two things of one kind have."""
    return sorted(name for name, count in Counter(_names(found)).items() if count > 1)


def _names(found: Mapping[str, Any]) -> Iterator[str]:
    for key, thing in found.items():
        service, _, what = key.partition("/")
        if service == "apigatewayv2":
            yield from _in_api(thing)
        elif service == "cognito-idp":
            yield from _in_pool(thing)
        elif service == "lambda" and what.startswith("mapping "):
            yield f"mapping of {thing['EventSourceArn']} to {thing['FunctionArn']}"
        elif service == "lambda" and what.startswith("layer "):
            yield f"version of {what.rpartition(':')[0]}"
        elif service == "lambda":
            yield f"function {what}"
        elif what.startswith("distribution "):
            distribution = thing[0]["Distribution"]
            yield f"distribution {distribution['DistributionConfig']['Comment']}"
        elif service != "ssm":
            yield key


def _in_api(thing: Any) -> Iterator[str]:
    api, routes, integrations, authorizers, stages = thing
    name = f"API {api['Name']}"
    yield name
    yield from (f"{name}, route {item['RouteKey']}" for item in routes["Items"])
    yield from (f"{name}, integration {item.get('Description')}" for item in integrations["Items"])
    yield from (f"{name}, authorizer {item['Name']}" for item in authorizers["Items"])
    yield from (f"{name}, stage {item['StageName']}" for item in stages["Items"])


def _in_pool(thing: Any) -> Iterator[str]:
    pool, clients, groups, *_ = thing
    name = f"pool {pool['UserPool']['Name']}"
    yield name
    yield from (f"{name}, client {item['UserPoolClient']['ClientName']}" for item in clients)
    yield from (f"{name}, group {item['GroupName']}" for item in groups)
