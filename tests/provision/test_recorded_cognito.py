"""What Cognito does on AWS and emulators do not: injected into, or checked in, real calls."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from botocore.exceptions import ClientError

from studentdb.provision.aws import Aws
from studentdb.provision.core import Live, Resource
from studentdb.provision.resources.cognito_client import UserPoolClient
from studentdb.provision.resources.cognito_mfa import UserPoolMfa
from studentdb.provision.resources.cognito_user_pool import Group, UserPool
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

on_engine = pytest.mark.parametrize("backend", ["engine"], indirect=True)
on_moto = pytest.mark.parametrize("backend", ["moto"], indirect=True)

BUSY = refusal("ConcurrentModificationException", "Another request is being processed")
THROTTLED = refusal("TooManyRequestsException", "Rate exceeded")


@pytest.fixture
def aws(backend: Backend) -> Aws:
    """All rights, and a clock that only waits move."""
    return in_virtual_time(backend.root())


@pytest.fixture
def pool(aws: Aws) -> UserPool:
    return UserPool(name=f"{aws.deployment.prefix}-users", password_minimum_length=12)


@pytest.fixture
def pool_id(aws: Aws, pool: UserPool) -> str:
    return pool.create(aws)["id"]


def client(aws: Aws, pool_id: str) -> UserPoolClient:
    name = f"{aws.deployment.prefix}-app"
    return UserPoolClient(name=name, user_pool_id=pool_id, access_token_minutes=15, refresh_token_days=7)


def group(pool_id: str, description: str = "Keeps rosters") -> Group:
    return Group(name="lecturer", user_pool_id=pool_id, description=description, precedence=1)


def live(resource: Resource, aws: Aws) -> Live:
    found = resource.read(aws)
    assert found is not None
    return found


def creates(aws: Aws, operation: str, *faults: Fault) -> Faults:
    """Faults on a create call that botocore must not repeat."""
    return Faults(aws.client("cognito-idp", retries=False), operation, list(faults))


def pools(aws: Aws, name: str) -> list[str]:
    pages = aws.client("cognito-idp").get_paginator("list_user_pools").paginate(MaxResults=60)
    return [pool["Id"] for page in pages for pool in page["UserPools"] if pool["Name"] == name]


def clients(aws: Aws, pool_id: str) -> list[str]:
    listing = aws.client("cognito-idp").list_user_pool_clients(UserPoolId=pool_id, MaxResults=60)
    return [item["ClientId"] for item in listing["UserPoolClients"]]


@on_engine
@pytest.mark.parametrize("fault", [lost_answer, late_500])
def test_a_pool_whose_answer_was_lost_is_found_and_not_made_twice(aws: Aws, pool: UserPool, fault: Fault) -> None:
    sent = creates(aws, "CreateUserPool", fault)
    outputs = pool.create(aws)
    assert sent.calls == 1
    assert pools(aws, pool.name) == [outputs["id"]]
    assert live(pool, aws).outputs == outputs


@on_engine
def test_a_pool_that_shows_late_is_not_made_twice(aws: Aws, pool: UserPool) -> None:
    """X-10."""
    sent = creates(aws, "CreateUserPool", lost_answer)
    Faults(aws.client("cognito-idp"), "ListUserPools", [reply({"UserPools": []})] * 3)
    outputs = pool.create(aws)
    assert sent.calls == 1
    assert pools(aws, pool.name) == [outputs["id"]]


@on_engine
@pytest.mark.parametrize("fault", [lost_request, THROTTLED])
def test_a_pool_whose_request_never_arrived_is_asked_for_again(aws: Aws, pool: UserPool, fault: Fault) -> None:
    sent = creates(aws, "CreateUserPool", fault)
    outputs = pool.create(aws)
    assert sent.calls == 2
    assert pools(aws, pool.name) == [outputs["id"]]


@on_engine
def test_a_refused_pool_is_not_asked_for_again(aws: Aws, pool: UserPool) -> None:
    sent = creates(aws, "CreateUserPool", refusal("FeatureUnavailableInTierException", "not in LITE"))
    with pytest.raises(ClientError, match="not in LITE"):
        pool.create(aws)
    assert sent.calls == 1


@on_engine
def test_of_two_pools_and_two_clients_none_is_left(aws: Aws, pool: UserPool) -> None:
    """COG-18: an answer was lost, and the process died before it could look again."""
    for _ in range(2):
        pool.create(aws)
    assert len(pools(aws, pool.name)) == 2
    app = client(aws, live(pool, aws).outputs["id"])
    for _ in range(2):
        app.create(aws)
    assert len(clients(aws, app.user_pool_id)) == 2
    app.delete(aws, live(app, aws))
    assert clients(aws, app.user_pool_id) == []
    pool.delete(aws, live(pool, aws))
    assert pools(aws, pool.name) == []


@on_engine
@pytest.mark.parametrize("fault", [lost_answer, late_500])
def test_a_client_whose_answer_was_lost_is_found_and_not_made_twice(aws: Aws, pool_id: str, fault: Fault) -> None:
    sent = creates(aws, "CreateUserPoolClient", fault)
    outputs = client(aws, pool_id).create(aws)
    assert sent.calls == 1
    assert clients(aws, pool_id) == [outputs["id"]]


@on_engine
def test_a_client_that_shows_late_is_not_made_twice(aws: Aws, pool_id: str) -> None:
    """X-10."""
    sent = creates(aws, "CreateUserPoolClient", lost_answer)
    Faults(aws.client("cognito-idp"), "ListUserPoolClients", [reply({"UserPoolClients": []})] * 3)
    outputs = client(aws, pool_id).create(aws)
    assert sent.calls == 1
    assert clients(aws, pool_id) == [outputs["id"]]


@on_engine
def test_a_client_whose_request_was_lost_is_asked_for_again(aws: Aws, pool_id: str) -> None:
    sent = creates(aws, "CreateUserPoolClient", lost_request)
    outputs = client(aws, pool_id).create(aws)
    assert sent.calls == 2
    assert clients(aws, pool_id) == [outputs["id"]]


@on_engine
def test_a_refused_client_is_not_asked_for_again(aws: Aws, pool_id: str) -> None:
    sent = creates(aws, "CreateUserPoolClient", refusal("InvalidParameterException", "Invalid write attributes"))
    with pytest.raises(ClientError, match="write attributes"):
        client(aws, pool_id).create(aws)
    assert sent.calls == 1


@on_engine
def test_the_pool_is_tagged_from_its_first_moment_and_its_tier_is_explicit(aws: Aws, pool: UserPool) -> None:
    sent = creates(aws, "CreateUserPool")
    pool.create(aws)
    assert sent.bodies[0]["UserPoolTags"] == aws.tags
    assert sent.bodies[0]["UserPoolTier"] == "LITE"
    assert "Schema" not in sent.bodies[0]


@on_engine
def test_an_update_of_a_pool_sends_everything_that_aws_would_reset(aws: Aws, pool: UserPool, pool_id: str) -> None:
    others: dict[str, Any] = {
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT", "ReplyToEmailAddress": "it@school.example"},
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        "UserPoolTags": {**aws.tags, "cost-centre": "7"},
    }
    aws.client("cognito-idp").update_user_pool(UserPoolId=pool_id, AutoVerifiedAttributes=["email"], **others)
    sent = Faults(aws.client("cognito-idp"), "UpdateUserPool", [BUSY])
    wanted = dataclasses.replace(pool, password_minimum_length=20)
    before = live(wanted, aws)
    wanted.update(aws, before, wanted.diff(before))
    assert sent.calls == 2
    changeable = {k: v for k, v in wanted.properties().items() if k not in wanted.immutable}
    assert sent.bodies[1] == {"UserPoolId": pool_id, "MfaConfiguration": "OFF", **others, **changeable}
    assert wanted.diff(live(wanted, aws)) == ()


@on_engine
def test_an_update_of_a_pool_keeps_what_people_set_by_hand(aws: Aws, pool: UserPool) -> None:
    """COG-04: also within the blocks of which we declare a part. The second factor's mode is sent back."""
    pool = dataclasses.replace(pool, tier="ESSENTIALS")
    pool.create(aws)
    invitation = {"EmailSubject": "Welcome", "EmailMessage": "{username} {####}", "SMSMessage": "{username} {####}"}
    sender = {"SnsCallerArn": aws.arn("iam", "role/sms", region=False), "ExternalId": "school"}
    words = {
        "EmailVerificationMessage": "Your code is {####}",
        "EmailVerificationSubject": "Your code",
        "SmsAuthenticationMessage": "Your code is {####}",
        "SmsConfiguration": sender,
        "SmsVerificationMessage": "Your code: {####}",
    }

    def by_hand(parsed: dict[str, Any], **_: Any) -> None:
        found = parsed["UserPool"]
        found["Policies"]["PasswordPolicy"] |= {"PasswordHistorySize": 3, "MinimumLength": 8}
        found["Policies"]["SignInPolicy"] = {"AllowedFirstAuthFactors": ["PASSWORD"]}
        found["AdminCreateUserConfig"] |= {"InviteMessageTemplate": invitation, "UnusedAccountValidityDays": 7}
        found |= {**words, "MfaConfiguration": "OPTIONAL"}

    aws.client("cognito-idp").meta.events.register("after-call.cognito-identity-provider.DescribeUserPool", by_hand)
    sent = Faults(aws.client("cognito-idp"), "UpdateUserPool")
    before = live(pool, aws)
    changes = pool.diff(before)
    assert [change.property for change in changes] == ["Policies"]
    pool.update(aws, before, changes)
    body = sent.bodies[0]
    assert body["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True, "InviteMessageTemplate": invitation}
    assert body["Policies"]["SignInPolicy"] == {"AllowedFirstAuthFactors": ["PASSWORD"]}
    assert body["Policies"]["PasswordPolicy"] == {
        **pool.properties()["Policies"]["PasswordPolicy"],
        "PasswordHistorySize": 3,
    }
    assert {name: body.get(name) for name in words} == words
    assert body["MfaConfiguration"] == "OPTIONAL"


@on_engine
def test_protection_is_off_before_a_pool_is_deleted(aws: Aws, pool: UserPool, pool_id: str) -> None:
    seen: list[str] = []

    def protection(**_: Any) -> None:
        found = aws.client("cognito-idp").describe_user_pool(UserPoolId=pool_id)["UserPool"]
        assert found["UserPoolTags"] == aws.tags
        seen.append(found["DeletionProtection"])

    events = aws.client("cognito-idp").meta.events
    events.register("before-call.cognito-identity-provider.UpdateUserPool", protection)
    events.register("before-call.cognito-identity-provider.DeleteUserPool", protection)
    pool.delete(aws, live(pool, aws))
    assert seen == ["ACTIVE", "INACTIVE"]


@on_engine
def test_a_pool_with_features_of_a_dearer_tier_can_be_deleted(aws: Aws, pool: UserPool, pool_id: str) -> None:
    history = {"PasswordPolicy": {**pool.properties()["Policies"]["PasswordPolicy"], "PasswordHistorySize": 3}}
    aws.client("cognito-idp").update_user_pool(
        UserPoolId=pool_id, Policies=history, UserPoolTier="ESSENTIALS", UserPoolTags=aws.tags
    )
    pool.delete(aws, live(pool, aws))
    assert pools(aws, pool.name) == []


@on_engine
def test_of_two_pools_of_ours_the_one_with_people_stays(aws: Aws, pool: UserPool) -> None:
    def described(pool_id: str, created: float, people: int) -> Fault:
        found = {"Id": pool_id, "Name": pool.name, "Arn": pool_id, "UserPoolTags": aws.tags}
        return reply({"UserPool": {**found, "CreationDate": created, "EstimatedNumberOfUsers": people}})

    def page(*ids: str, **rest: str) -> Fault:
        return reply({"UserPools": [{"Id": pool_id, "Name": pool.name} for pool_id in ids], **rest})

    older, younger, fuller = described("p_1", 1e9, 0), described("p_2", 2e9, 0), described("p_3", 3e9, 9)
    Faults(
        aws.client("cognito-idp"),
        "ListUserPools",
        [page("p_2", NextToken="more"), page("p_1"), page("p_2", "p_3", NextToken="more"), page("p_1")],
    )
    Faults(aws.client("cognito-idp"), "DescribeUserPool", [younger, older, younger, fuller, older])
    assert live(pool, aws).outputs["id"] == "p_1"
    assert live(pool, aws).outputs["id"] == "p_3"


@on_engine
def test_both_pools_of_ours_are_deleted_and_a_strangers_is_left_alone(aws: Aws, pool: UserPool) -> None:
    theirs = pool.create(stranger(aws))["id"]
    pool.create(aws)
    pool.create(aws)
    pool.delete(aws, live(pool, aws))
    assert pools(aws, pool.name) == [theirs]


@on_engine
def test_a_pool_that_vanishes_between_the_two_calls_is_absent(aws: Aws, pool: UserPool, pool_id: str) -> None:
    gone = refusal("ResourceNotFoundException", f"User pool {pool_id} does not exist.")
    Faults(aws.client("cognito-idp"), "DescribeUserPool", [gone])
    assert pool.read(aws) is None


@on_engine
def test_an_update_of_a_client_sends_all_of_it(aws: Aws, pool_id: str) -> None:
    wanted = client(aws, pool_id)
    made = wanted.create(aws)
    sent = Faults(aws.client("cognito-idp"), "UpdateUserPoolClient", [BUSY])
    changed = dataclasses.replace(wanted, access_token_minutes=5)
    before = live(changed, aws)
    changed.update(aws, before, changed.diff(before))
    assert sent.calls == 2
    which = {"UserPoolId": pool_id, "ClientId": made["id"], "ClientName": wanted.name}
    settings = {k: v for k, v in changed.properties().items() if k not in changed.immutable}
    assert sent.bodies[1] == {**which, **settings}


@on_engine
def test_a_client_is_public_and_cannot_change_the_email(aws: Aws, pool_id: str) -> None:
    sent = creates(aws, "CreateUserPoolClient")
    client(aws, pool_id).create(aws)
    assert sent.bodies[0]["GenerateSecret"] is False
    assert not {"email", "email_verified"} & set(sent.bodies[0]["WriteAttributes"])
    assert sorted(sent.bodies[0]["ExplicitAuthFlows"]) == ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]


@on_engine
def test_a_client_with_a_secret_is_replaced(aws: Aws, pool_id: str) -> None:
    wanted = client(aws, pool_id)
    aws.client("cognito-idp").create_user_pool_client(UserPoolId=pool_id, ClientName=wanted.name, GenerateSecret=True)
    found = live(wanted, aws)
    assert {change.property for change in wanted.diff(found)} & wanted.immutable
    assert "ClientSecret" not in found.properties


@on_engine
def test_both_clients_of_that_name_are_deleted(aws: Aws, pool_id: str) -> None:
    wanted = client(aws, pool_id)
    wanted.create(aws)
    wanted.create(aws)
    wanted.delete(aws, live(wanted, aws))
    assert clients(aws, pool_id) == []


@on_moto
def test_a_group_changes_in_place(aws: Aws, pool_id: str) -> None:
    group(pool_id).create(aws)
    changed = dataclasses.replace(group(pool_id), description="Teaches", precedence=2)
    before = live(changed, aws)
    assert {change.property for change in changed.diff(before)} == {"Description", "Precedence"}
    changed.update(aws, before, changed.diff(before))
    assert changed.diff(live(changed, aws)) == ()


@on_engine
def test_a_group_without_a_precedence_has_that_of_0(aws: Aws, pool_id: str) -> None:
    wanted = dataclasses.replace(group(pool_id), precedence=0)
    found = {"GroupName": wanted.name, "UserPoolId": pool_id, "Description": wanted.description}
    Faults(aws.client("cognito-idp"), "GetGroup", [reply({"Group": found})])
    assert wanted.diff(live(wanted, aws)) == ()


@on_moto
def test_a_group_of_that_name_is_taken_over(aws: Aws, pool_id: str) -> None:
    group(pool_id, "half made").create(aws)
    group(pool_id).create(aws)
    assert group(pool_id).diff(live(group(pool_id), aws)) == ()


def test_what_a_vanished_pool_had_is_absent_and_deleting_it_is_fine(aws: Aws, pool: UserPool, pool_id: str) -> None:
    children: list[Resource] = [group(pool_id), client(aws, pool_id), mfa(pool_id)]
    for child in children:
        child.create(aws)
    lives = [live(child, aws) for child in children]
    pool.delete(aws, live(pool, aws))
    for child, before in zip(children, lives, strict=True):
        assert child.read(aws) is None
        child.delete(aws, before)


def test_people_and_groups_outlive_a_plain_teardown_and_clients_do_not() -> None:
    assert UserPool.stateful
    assert Group.stateful
    assert UserPoolMfa.stateful
    assert not UserPoolClient.stateful


def mfa(pool_id: str) -> UserPoolMfa:
    return UserPoolMfa(name="totp", user_pool_id=pool_id)


def test_a_second_factor_that_was_switched_off_is_made_again(aws: Aws, pool_id: str) -> None:
    """OFF beside a factor is refused (COG-14), and what has no second factor has none to change."""
    wanted = mfa(pool_id)
    assert wanted.read(aws) is None
    wanted.create(aws)
    wanted.delete(aws, live(wanted, aws))
    assert wanted.read(aws) is None
    wanted.create(aws)
    assert wanted.diff(live(wanted, aws)) == ()


@on_engine
def test_mode_and_factor_are_always_sent_together(aws: Aws, pool_id: str) -> None:
    wanted, sent = mfa(pool_id), []
    aws.client("cognito-idp").meta.events.register(
        "provide-client-params.cognito-identity-provider.SetUserPoolMfaConfig",
        lambda params, **_: sent.append({name for name in params if name != "UserPoolId"}),
    )
    wanted.create(aws)
    wanted.update(aws, live(wanted, aws), ())
    wanted.delete(aws, live(wanted, aws))
    both = {"MfaConfiguration", "SoftwareTokenMfaConfiguration"}
    assert sent == [both, both, {"MfaConfiguration"}]


@on_engine
def test_an_update_of_the_pool_sends_the_mode_back(aws: Aws, pool: UserPool, pool_id: str) -> None:
    """Documented to be reset where it is left out (COG-04)."""
    mfa(pool_id).create(aws)
    sent: list[Any] = []
    aws.client("cognito-idp").meta.events.register(
        "provide-client-params.cognito-identity-provider.UpdateUserPool",
        lambda params, **_: sent.append(params.get("MfaConfiguration")),
    )
    longer = dataclasses.replace(pool, password_minimum_length=20)
    longer.update(aws, live(longer, aws), longer.diff(live(longer, aws)))
    assert sent == ["OPTIONAL"]
    assert mfa(pool_id).diff(live(mfa(pool_id), aws)) == ()


@on_engine
def test_a_busy_pool_is_waited_for_by_its_second_factor(aws: Aws, pool_id: str) -> None:
    Faults(aws.client("cognito-idp"), "SetUserPoolMfaConfig", [BUSY, THROTTLED])
    mfa(pool_id).create(aws)
    assert mfa(pool_id).diff(live(mfa(pool_id), aws)) == ()
