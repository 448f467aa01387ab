"""API Gateway: the HTTP API and its children."""

from __future__ import annotations

from dataclasses import replace

from studentdb.provision.aws import Aws
from studentdb.provision.core import Resource
from studentdb.provision.resources.apigateway_api import Api, Cors
from studentdb.provision.resources.apigateway_route import Authorizer, Integration, Route
from studentdb.provision.resources.apigateway_stage import Stage
from tests.provision.lifecycle import Case

Parents = tuple[Resource, ...]


def _api(aws: Aws, _parents: Parents = ()) -> Api:
    return Api(name=f"{aws.deployment.prefix}-api", description="The students' API")


def _alone(aws: Aws) -> Parents:
    return (_api(aws),)


def _cors(aws: Aws, parents: Parents) -> Cors:
    return Cors(name="cors", api_id=parents[0].out("id"), origins=("https://d1.cloudfront.net",))


def _integration(aws: Aws, parents: Parents, function: str = "api-read") -> Integration:
    arn = aws.arn("lambda", f"function:{aws.deployment.prefix}-{function}")
    return Integration(name=function, api_id=parents[0].out("id"), function_arn=arn)


def _authorizer(aws: Aws, parents: Parents, pool: str = "aaaaaaaaa") -> Authorizer:
    return Authorizer(
        name="users",
        api_id=parents[0].out("id"),
        issuer=aws.endpoints.issuer(f"{aws.region}_{pool}"),
        audience="1example23456789",
    )


def _with_functions(aws: Aws) -> Parents:
    alone = _alone(aws)
    return (*alone, _integration(aws, alone, "api-read"), _integration(aws, alone, "api-write"))


def _with_authorizer(aws: Aws) -> Parents:
    parents = _with_functions(aws)
    return (*parents, _authorizer(aws, parents))


def _public_route(aws: Aws, parents: Parents) -> Route:
    return Route(name="GET /api/health", api_id=parents[0].out("id"), integration_id=parents[1].out("id"))


def _route(aws: Aws, parents: Parents) -> Route:
    return Route(
        name="GET /api/{proxy+}",
        api_id=parents[0].out("id"),
        integration_id=parents[1].out("id"),
        authorizer_id=parents[3].out("id"),
    )


def _stage(aws: Aws, parents: Parents, burst: int = 100) -> Stage:
    # CloudWatch Logs' own form of the ARN, which API Gateway refuses (AGW-21).
    log_group = aws.arn("logs", f"log-group:/aws/vendedlogs/{aws.deployment.prefix}-api:*")
    return Stage(name="prod", api_id=parents[0].out("id"), log_group_arn=log_group, burst=burst, rate=50)


def _id(aws: Aws, resource: Resource) -> str:
    live = resource.read(aws)
    assert live is not None
    return live.outputs["id"]


def _close_the_api(aws: Aws, resource: Resource) -> None:
    aws.client("apigatewayv2").update_api(ApiId=_id(aws, resource), DisableExecuteApiEndpoint=True)


def _open_cors(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, Cors)
    aws.client("apigatewayv2").update_api(ApiId=resource.api_id, CorsConfiguration={"AllowOrigins": ["*"]})


def _hurry(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, Integration)
    aws.client("apigatewayv2").update_integration(
        ApiId=resource.api_id, IntegrationId=_id(aws, resource), TimeoutInMillis=50
    )


def _let_another_client_in(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, Authorizer)
    aws.client("apigatewayv2").update_authorizer(
        ApiId=resource.api_id,
        AuthorizerId=_id(aws, resource),
        JwtConfiguration={"Audience": [resource.audience, "another"], "Issuer": resource.issuer},
    )


def _open_the_route(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, Route)
    aws.client("apigatewayv2").update_route(ApiId=resource.api_id, RouteId=_id(aws, resource), AuthorizationType="NONE")


def _stop_deploying(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, Stage)
    aws.client("apigatewayv2").update_stage(
        ApiId=resource.api_id, StageName=resource.name, AutoDeploy=False, AccessLogSettings={}
    )


CASES = [
    Case(
        name="api",
        resource=_api,
        changed=lambda aws, parents: replace(_api(aws), description="The API of the school"),
        drift=_close_the_api,
    ),
    Case(
        name="api-cors",
        parents=_alone,
        resource=_cors,
        changed=lambda aws, parents: replace(
            _cors(aws, parents), origins=("https://school.example", "https://d1.cloudfront.net")
        ),
        drift=_open_cors,
        tagged=False,
    ),
    Case(
        name="api-integration",
        parents=_alone,
        resource=_integration,
        changed=lambda aws, parents: replace(
            _integration(aws, parents), function_arn=aws.arn("lambda", "function:another")
        ),
        drift=_hurry,
        tagged=False,
    ),
    Case(
        name="api-authorizer",
        parents=_alone,
        resource=_authorizer,
        changed=lambda aws, parents: _authorizer(aws, parents, pool="bbbbbbbbb"),
        drift=_let_another_client_in,
        tagged=False,
        without_moto="has no GetAuthorizers",
    ),
    Case(
        name="api-route-public",
        parents=_with_functions,
        resource=_public_route,
        changed=lambda aws, parents: replace(_public_route(aws, parents), integration_id=parents[2].out("id")),
        tagged=False,
    ),
    Case(
        name="api-route",
        parents=_with_authorizer,
        resource=_route,
        changed=lambda aws, parents: replace(_route(aws, parents), integration_id=parents[2].out("id")),
        drift=_open_the_route,
        tagged=False,
        without_moto="has no GetAuthorizers, which the removal of the parents needs",
    ),
    Case(
        name="api-route-opened",
        parents=_with_authorizer,
        resource=_route,
        changed=lambda aws, parents: replace(_route(aws, parents), authorizer_id=None),
        tagged=False,
        without_moto="has no GetAuthorizers, which the removal of the parents needs",
    ),
    Case(
        name="api-stage",
        parents=_alone,
        resource=_stage,
        changed=lambda aws, parents: _stage(aws, parents, burst=200),
        drift=_stop_deploying,
        tagged=False,
        without_moto="has no UpdateStage for HTTP APIs",
    ),
]
