"""What API Gateway answers on AWS and emulators do not: injected into real calls to the engine."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from botocore.exceptions import ClientError

from studentdb.errors import UsageError
from studentdb.provision.aws import Aws
from studentdb.provision.core import Live, Resource
from studentdb.provision.resources.apigateway_api import Api, Cors
from studentdb.provision.resources.apigateway_route import Authorizer, Integration, Route
from studentdb.provision.resources.apigateway_stage import ACCESS_LOG_FORMAT, Stage
from tests.provision.injected import (
    Fault,
    Faults,
    in_virtual_time,
    late_500,
    lost_answer,
    lost_request,
    refusal,
    reply,
)
from tests.support import Backend, stranger

pytestmark = pytest.mark.parametrize("backend", ["engine"], indirect=True)

NO_ISSUER = refusal(
    "BadRequestException",
    "Caught exception when connecting to https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aaaaaaaaa/"
    ".well-known/openid-configuration for issuer https://cognito-idp.eu-central-1.amazonaws.com/"
    "eu-central-1_aaaaaaaaa. Please try again later. Error: Invalid issuer: ",
)
BUSY = refusal(
    "ConflictException",
    "Unable to complete operation due to concurrent modification. Please try again later.",
    status=409,
)
THROTTLED = refusal("TooManyRequestsException", "Too Many Requests", status=429)


NOTHING_YET = reply({"items": []})


@pytest.fixture
def aws(backend: Backend) -> Aws:
    """All rights, and a clock that only waits move."""
    return in_virtual_time(backend.root())


@pytest.fixture
def api(aws: Aws) -> Api:
    return Api(name=f"{aws.deployment.prefix}-api", description="The students' API")


@pytest.fixture
def api_id(aws: Aws, api: Api) -> str:
    return api.create(aws)["id"]


def integration(aws: Aws, api_id: str) -> Integration:
    return Integration(name="api-read", api_id=api_id, function_arn=aws.arn("lambda", "function:read"))


def authorizer(aws: Aws, api_id: str) -> Authorizer:
    issuer = aws.endpoints.issuer("eu-central-1_aaaaaaaaa")
    return Authorizer(name="users", api_id=api_id, issuer=issuer, audience="client")


def route(api_id: str) -> Route:
    return Route(name="GET /api/{proxy+}", api_id=api_id, integration_id="i1", authorizer_id="a1")


def stage(aws: Aws, api_id: str, *, burst: int = 100, rate: float = 50) -> Stage:
    arn = aws.arn("logs", "log-group:/aws/vendedlogs/api:*")
    return Stage(name="prod", api_id=api_id, log_group_arn=arn, burst=burst, rate=rate)


def live(resource: Resource, aws: Aws) -> Live:
    found = resource.read(aws)
    assert found is not None
    return found


def creates(aws: Aws, operation: str, *faults: Fault) -> Faults:
    """Faults on a create call that botocore must not repeat."""
    return Faults(aws.client("apigatewayv2", retries=False), operation, list(faults))


def apis(aws: Aws, name: str) -> list[str]:
    return [api["ApiId"] for api in aws.client("apigatewayv2").get_apis()["Items"] if api["Name"] == name]


@pytest.mark.parametrize("fault", [lost_answer, late_500])
def test_an_api_whose_answer_was_lost_is_found_and_not_made_twice(aws: Aws, api: Api, fault: Fault) -> None:
    sent = creates(aws, "CreateApi", fault)
    outputs = api.create(aws)
    assert sent.calls == 1
    assert apis(aws, api.name) == [outputs["id"]]
    assert live(api, aws).outputs == outputs


def test_of_two_apis_none_is_left(aws: Aws, api: Api) -> None:
    """AGW-14: an answer was lost, and the process died before it could look again."""
    api.create(aws)
    api.create(aws)
    assert len(apis(aws, api.name)) == 2
    api.delete(aws, live(api, aws))
    assert apis(aws, api.name) == []


def test_an_api_that_shows_late_is_not_made_twice(aws: Aws, api: Api) -> None:
    """X-10."""
    sent = creates(aws, "CreateApi", lost_answer)
    Faults(aws.client("apigatewayv2"), "GetApis", [NOTHING_YET] * 3)
    outputs = api.create(aws)
    assert sent.calls == 1
    assert apis(aws, api.name) == [outputs["id"]]


def test_an_api_whose_request_was_lost_is_asked_for_again(aws: Aws, api: Api) -> None:
    sent = creates(aws, "CreateApi", lost_request)
    outputs = api.create(aws)
    assert sent.calls == 2
    assert apis(aws, api.name) == [outputs["id"]]


def test_a_refused_api_is_not_asked_for_again(aws: Aws, api: Api) -> None:
    sent = creates(aws, "CreateApi", refusal("AccessDeniedException", "not authorized", status=403))
    with pytest.raises(ClientError, match="not authorized"):
        api.create(aws)
    assert sent.calls == 1


def test_a_throttled_create_is_repeated_although_botocore_does_not(aws: Aws, api: Api) -> None:
    sent = creates(aws, "CreateApi", THROTTLED)
    outputs = api.create(aws)
    assert sent.calls == 2
    assert apis(aws, api.name) == [outputs["id"]]


def test_the_api_carries_its_tag_from_its_first_moment_and_no_quick_create(aws: Aws, api: Api) -> None:
    sent = creates(aws, "CreateApi")
    api.create(aws)
    assert sent.bodies[0]["tags"] == aws.tags
    assert not {"target", "routeKey"} & sent.bodies[0].keys()


def test_of_two_apis_of_ours_on_different_pages_the_older_stays(aws: Aws, api: Api) -> None:
    def page(api_id: str, created: str, **rest: str) -> Fault:
        item = {"apiId": api_id, "name": api.name, "createdDate": created, "tags": aws.tags}
        return reply({"items": [item], **rest})

    pages = [page("younger", "2026-11-20T10:00:00Z", nextToken="more"), page("older", "2026-11-19T10:00:00Z")]
    sent = Faults(aws.client("apigatewayv2"), "GetApis", pages)
    assert live(api, aws).outputs["id"] == "older"
    assert sent.calls == 2


def test_both_apis_of_ours_are_deleted(aws: Aws, api: Api) -> None:
    made = {api.create(aws)["id"], api.create(aws)["id"]}
    assert set(apis(aws, api.name)) == made
    api.delete(aws, live(api, aws))
    assert apis(aws, api.name) == []


def test_a_strangers_api_of_the_same_name_beside_ours_is_left_alone(aws: Aws, api: Api) -> None:
    theirs = api.create(stranger(aws))["id"]
    ours = api.create(aws)["id"]
    kept = live(api, aws)
    assert kept.outputs["id"] == ours
    api.delete(aws, kept)
    assert apis(aws, api.name) == [theirs]


def test_an_authorizer_waits_for_a_young_pools_issuer(aws: Aws, api_id: str) -> None:
    sent = creates(aws, "CreateAuthorizer", NO_ISSUER, NO_ISSUER)
    outputs = authorizer(aws, api_id).create(aws)
    assert sent.calls == 3
    found = aws.client("apigatewayv2").get_authorizers(ApiId=api_id)["Items"]
    assert [item["AuthorizerId"] for item in found] == [outputs["id"]]


def test_an_authorizer_that_is_moved_to_a_young_pool_waits_as_well(aws: Aws, api_id: str) -> None:
    wanted = authorizer(aws, api_id)
    wanted.create(aws)
    moved = dataclasses.replace(wanted, issuer=aws.endpoints.issuer("eu-central-1_bbbbbbbbb"))
    sent = Faults(aws.client("apigatewayv2"), "UpdateAuthorizer", [NO_ISSUER, BUSY])
    before = live(moved, aws)
    moved.update(aws, before, moved.diff(before))
    assert sent.calls == 3
    assert moved.diff(live(moved, aws)) == ()


def test_an_authorizer_that_is_wrong_fails_at_once(aws: Aws, api_id: str) -> None:
    sent = creates(aws, "CreateAuthorizer", refusal("BadRequestException", "Invalid identity source"))
    with pytest.raises(ClientError, match="identity source"):
        authorizer(aws, api_id).create(aws)
    assert sent.calls == 1


@pytest.mark.parametrize("fault", [BUSY, THROTTLED])
def test_a_busy_api_is_tried_again(aws: Aws, api_id: str, fault: Fault) -> None:
    sent = creates(aws, "CreateRoute", fault)
    route(api_id).create(aws)
    assert sent.calls == 2
    assert len(aws.client("apigatewayv2").get_routes(ApiId=api_id)["Items"]) == 1


@pytest.mark.parametrize("operation", ["UpdateRoute", "DeleteRoute"])
def test_a_busy_api_is_tried_again_for_later_changes(aws: Aws, api_id: str, operation: str) -> None:
    wanted = route(api_id)
    wanted.create(aws)
    sent = Faults(aws.client("apigatewayv2"), operation, [BUSY])
    if operation == "UpdateRoute":
        wanted.update(aws, live(wanted, aws), ())
    else:
        wanted.delete(aws, live(wanted, aws))
    assert sent.calls == 2


def test_a_route_of_that_key_is_taken_over(aws: Aws, api_id: str) -> None:
    old = dataclasses.replace(route(api_id), integration_id="i0", authorizer_id=None)
    made = old.create(aws)
    exists = refusal("ConflictException", "Route with key GET /api/{proxy+} already exists for this API", status=409)
    creates(aws, "CreateRoute", exists)
    Faults(aws.client("apigatewayv2"), "GetRoutes", [NOTHING_YET] * 3)
    wanted = route(api_id)
    assert wanted.create(aws) == made
    assert wanted.diff(live(wanted, aws)) == ()


@pytest.mark.parametrize("late", [0, 3])
@pytest.mark.parametrize("fault", [lost_answer, late_500])
def test_a_child_whose_answer_was_lost_is_found_and_not_made_twice(
    aws: Aws, api_id: str, fault: Fault, late: int
) -> None:
    """X-06, X-10."""
    for wanted, noun in (
        (integration(aws, api_id), "Integration"),
        (authorizer(aws, api_id), "Authorizer"),
        (route(api_id), "Route"),
    ):
        sent = creates(aws, f"Create{noun}", fault)
        Faults(aws.client("apigatewayv2"), f"Get{noun}s", [NOTHING_YET] * late)
        assert wanted.create(aws) == live(wanted, aws).outputs
        assert sent.calls == 1


def test_a_child_whose_request_was_lost_is_asked_for_again(aws: Aws, api_id: str) -> None:
    sent = creates(aws, "CreateRoute", lost_request)
    assert route(api_id).create(aws) == live(route(api_id), aws).outputs
    assert sent.calls == 2


def test_a_refused_child_is_neither_looked_for_nor_asked_for_again(aws: Aws, api_id: str) -> None:
    sent = creates(aws, "CreateRoute", refusal("AccessDeniedException", "not authorized", status=403))
    looked = Faults(aws.client("apigatewayv2"), "GetRoutes")
    with pytest.raises(ClientError, match="not authorized"):
        route(api_id).create(aws)
    assert (sent.calls, looked.calls) == (1, 0)


def test_an_update_of_a_route_leaves_its_key_alone(aws: Aws, api_id: str) -> None:
    """AGW-11: the key that it has is not sent as if it were a new one."""
    old = dataclasses.replace(route(api_id), integration_id="i0")
    old.create(aws)
    sent = Faults(aws.client("apigatewayv2"), "UpdateRoute")
    wanted = route(api_id)
    before = live(wanted, aws)
    wanted.update(aws, before, wanted.diff(before))
    assert "routeKey" not in sent.bodies[0]
    assert wanted.diff(live(wanted, aws)) == ()


def test_a_public_route_says_so_and_names_no_authorizer(aws: Aws, api_id: str) -> None:
    wanted = dataclasses.replace(route(api_id), authorizer_id=None)
    sent = creates(aws, "CreateRoute")
    wanted.create(aws)
    assert sent.bodies[0]["authorizationType"] == "NONE"
    assert "authorizerId" not in sent.bodies[0]


def test_the_authorizer_that_aws_goes_on_naming_on_a_public_route_is_no_difference(aws: Aws, api_id: str) -> None:
    wanted = dataclasses.replace(route(api_id), authorizer_id=None)
    route(api_id).create(aws)
    wanted.update(aws, live(wanted, aws), ())
    found = live(wanted, aws)
    assert wanted.diff(found) == ()
    assert wanted.properties() == found.properties


def test_a_stage_of_that_name_is_taken_over(aws: Aws, api_id: str) -> None:
    stage(aws, api_id, burst=1).create(aws)
    Faults(
        aws.client("apigatewayv2"),
        "CreateStage",
        [refusal("ConflictException", "Stage already exists", status=409)],
    )
    wanted = stage(aws, api_id)
    wanted.create(aws)
    assert wanted.diff(live(wanted, aws)) == ()


def test_the_stages_log_holds_nothing_about_a_person(aws: Aws, api_id: str) -> None:
    sent = Faults(aws.client("apigatewayv2"), "CreateStage")
    stage(aws, api_id).create(aws)
    body: dict[str, Any] = sent.bodies[0]
    assert not body["accessLogSettings"]["destinationArn"].endswith("*")
    assert body["accessLogSettings"]["format"] == ACCESS_LOG_FORMAT
    assert len(ACCESS_LOG_FORMAT) < 3072
    for personal in ("sourceIp", "path", "query", "claims", "userAgent", "authorizer"):
        assert personal not in ACCESS_LOG_FORMAT


def test_a_stage_needs_no_right_to_tag_it(aws: Aws, api_id: str) -> None:
    """CreateStage with tags is authorised as apigateway:PUT as well (terraform-provider-aws#20634)."""
    sent = Faults(aws.client("apigatewayv2"), "CreateStage")
    wanted = stage(aws, api_id)
    wanted.create(aws)
    assert "tags" not in sent.bodies[0]
    assert not {action for actions in wanted.actions.values() for action in actions} & {
        "apigateway:PUT",
        "apigateway:TagResource",
    }


def test_a_later_change_of_the_access_log_has_the_rights_that_the_first_one_had(aws: Aws) -> None:
    """AGW-19."""
    create, update = (set(stage(aws, "api").actions[verb]) for verb in ("create", "update"))
    delivery = {action for action in create if action.startswith("logs:")}
    assert len(delivery) == 7
    assert delivery <= update


@pytest.mark.parametrize(("burst", "rate"), [(0, 50.0), (100, 0.0), (-1, 50.0)])
def test_a_stage_that_would_turn_everybody_away_is_refused(aws: Aws, burst: int, rate: float) -> None:
    with pytest.raises(UsageError, match="above 0"):
        stage(aws, "api", burst=burst, rate=rate)


def test_the_children_of_a_vanished_api_are_absent_and_deleting_them_is_fine(aws: Aws, api: Api, api_id: str) -> None:
    cors = Cors(name="cors", api_id=api_id, origins=("https://d1.cloudfront.net",))
    children: list[Resource] = [integration(aws, api_id), authorizer(aws, api_id), route(api_id)]
    children += [stage(aws, api_id), cors]
    lives = []
    for child in children:
        child.create(aws)
        lives.append(live(child, aws))
    api.delete(aws, live(api, aws))
    for child, before in zip(children, lives, strict=True):
        assert child.read(aws) is None
        child.delete(aws, before)


def test_all_writes_to_one_api_share_a_lane(aws: Aws, api_id: str) -> None:
    cors = Cors(name="cors", api_id=api_id, origins=("https://d1.cloudfront.net",))
    children = (integration(aws, api_id), authorizer(aws, api_id), route(api_id), stage(aws, api_id), cors)
    assert {child.lane for child in children} == {f"api:{api_id}"}
