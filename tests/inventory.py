"""All that stands in an account, in every service that a deployment touches: two looks at it can be compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from botocore.exceptions import ClientError

from studentdb.provision.aws import Aws

# Counters that move by themselves, and what belongs to the answer instead of the thing.
_PASSING = frozenset(
    {
        "ResponseMetadata",
        "LastProcessingResult",
        "storedBytes",
        "RoleLastUsed",
        "EarliestRestorableDateTime",
        "LatestRestorableDateTime",
    }
)


def inventory(aws: Aws, *services: str, but: Collection[str] = ()) -> dict[str, Any]:
    """Name -> everything that can be read of it, times of change and content included.

    Of `services`, or of all `but` these.
    """
    return {
        f"{service}/{name}": _lasting(found)
        for service in services or _SERVICES
        if service not in but
        for name, found in _SERVICES[service](aws.client(service))
    }


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(item) for key, item in value.items() if key not in _PASSING}
    if isinstance(value, list):
        return [_lasting(item) for item in value]
    return value


def _all(client: Any, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**parameters):
        yield from page.get(key, [])


def _or_none(call: Callable[..., Any], **parameters: Any) -> Any:
    """A setting that may never have been made."""
    try:
        return call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]


def _dynamodb(client: Any) -> Iterator[tuple[str, Any]]:
    for name in _all(client, "list_tables", "TableNames"):
        table = client.describe_table(TableName=name)["Table"]
        items = sorted(_all(client, "scan", "Items", TableName=name), key=str)
        backups = client.describe_continuous_backups(TableName=name)
        expiry = client.describe_time_to_live(TableName=name)
        yield name, [table, client.list_tags_of_resource(ResourceArn=table["TableArn"]), backups, expiry, items]


def _lambda(client: Any) -> Iterator[tuple[str, Any]]:
    for function in _all(client, "list_functions", "Functions"):
        name = function["FunctionName"]
        yield (
            name,
            [
                client.get_function_configuration(FunctionName=name),
                _or_none(client.get_policy, FunctionName=name),
                _or_none(client.get_function_event_invoke_config, FunctionName=name),
            ],
        )
    for layer in _all(client, "list_layers", "Layers"):
        for version in _all(client, "list_layer_versions", "LayerVersions", LayerName=layer["LayerName"]):
            yield f"layer {version['LayerVersionArn']}", version
    for mapping in _all(client, "list_event_source_mappings", "EventSourceMappings"):
        yield f"mapping {mapping['UUID']}", mapping


def _apigatewayv2(client: Any) -> Iterator[tuple[str, Any]]:
    for api in _all(client, "get_apis", "Items"):
        parts = ("get_routes", "get_integrations", "get_authorizers", "get_stages")
        yield f"{api['Name']} {api['ApiId']}", [api, *(getattr(client, part)(ApiId=api["ApiId"]) for part in parts)]


def _cognito(client: Any) -> Iterator[tuple[str, Any]]:
    for pool in _all(client, "list_user_pools", "UserPools", MaxResults=60):
        known = {"UserPoolId": pool["Id"]}
        clients = [
            client.describe_user_pool_client(**known, ClientId=found["ClientId"])
            for found in _all(client, "list_user_pool_clients", "UserPoolClients", **known)
        ]
        groups = list(_all(client, "list_groups", "Groups", **known))
        users = list(_all(client, "list_users", "Users", **known))
        mfa = client.get_user_pool_mfa_config(**known)
        yield f"{pool['Name']} {pool['Id']}", [client.describe_user_pool(**known), clients, groups, users, mfa]


def _s3(client: Any) -> Iterator[tuple[str, Any]]:
    for bucket in client.list_buckets()["Buckets"]:
        name = bucket["Name"]
        parts = (
            *("tagging", "policy", "encryption", "versioning", "lifecycle_configuration", "ownership_controls"),
            *("cors", "notification_configuration"),
        )
        settings = [_or_none(getattr(client, f"get_bucket_{part}"), Bucket=name) for part in parts]
        access = _or_none(client.get_public_access_block, Bucket=name)
        objects = [
            {key: found[key] for key in ("Key", "ETag", "LastModified", "Size")}
            for found in _all(client, "list_objects_v2", "Contents", Bucket=name)
        ]
        yield name, [bucket, *settings, access, objects]


def _cloudfront(client: Any) -> Iterator[tuple[str, Any]]:
    for found in client.list_distributions()["DistributionList"].get("Items", []):
        tags = client.list_tags_for_resource(Resource=found["ARN"])
        invalidations = client.list_invalidations(DistributionId=found["Id"])
        yield f"distribution {found['Id']}", [client.get_distribution(Id=found["Id"]), tags, invalidations]
    for found in client.list_origin_access_controls()["OriginAccessControlList"].get("Items", []):
        yield f"origin access control {found['Name']}", client.get_origin_access_control(Id=found["Id"])
    policies = client.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"].get("Items", [])
    for found in policies:
        policy = found["ResponseHeadersPolicy"]
        yield f"response headers policy {policy['ResponseHeadersPolicyConfig']['Name']}", policy


def _iam(client: Any) -> Iterator[tuple[str, Any]]:
    for role in _all(client, "list_roles", "Roles"):
        name = role["RoleName"]
        policies = [
            client.get_role_policy(RoleName=name, PolicyName=policy)
            for policy in _all(client, "list_role_policies", "PolicyNames", RoleName=name)
        ]
        attached = list(_all(client, "list_attached_role_policies", "AttachedPolicies", RoleName=name))
        yield f"role {name}", [client.get_role(RoleName=name), policies, attached]
    for policy in _all(client, "list_policies", "Policies", Scope="Local"):
        yield f"policy {policy['Arn']}", policy


def _logs(client: Any) -> Iterator[tuple[str, Any]]:
    for group in _all(client, "describe_log_groups", "logGroups"):
        yield group["logGroupName"], [group, client.list_tags_log_group(logGroupName=group["logGroupName"])]
    yield "resource policies", client.describe_resource_policies()


def _ssm(client: Any) -> Iterator[tuple[str, Any]]:
    for parameter in _all(client, "get_parameters_by_path", "Parameters", Path="/", Recursive=True):
        yield parameter["Name"], parameter


def _sesv2(client: Any) -> Iterator[tuple[str, Any]]:
    for found in client.list_email_identities()["EmailIdentities"]:
        name = found["IdentityName"]
        yield f"identity {name}", client.get_email_identity(EmailIdentity=name)
    for name in client.list_configuration_sets()["ConfigurationSets"]:
        known = {"ConfigurationSetName": name}
        parts = (client.get_configuration_set, client.get_configuration_set_event_destinations)
        yield f"configuration set {name}", [_or_none(part, **known) for part in parts]


def _events(client: Any) -> Iterator[tuple[str, Any]]:
    for rule in client.list_rules()["Rules"]:
        tags = client.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
        yield f"rule {rule['Name']}", [rule, tags, client.list_targets_by_rule(Rule=rule["Name"])["Targets"]]


_SERVICES: dict[str, Callable[[Any], Iterator[tuple[str, Any]]]] = {
    "dynamodb": _dynamodb,
    "lambda": _lambda,
    "apigatewayv2": _apigatewayv2,
    "cognito-idp": _cognito,
    "s3": _s3,
    "cloudfront": _cloudfront,
    "iam": _iam,
    "logs": _logs,
    "ssm": _ssm,
    "sesv2": _sesv2,
    "events": _events,
}
