"""Senders of mail, how it goes out, and who sends the pool's own."""

from __future__ import annotations

import dataclasses

from studentdb.provision.aws import Aws
from studentdb.provision.core import Resource
from studentdb.provision.resources.cognito_email import UserPoolEmail
from studentdb.provision.resources.cognito_user_pool import UserPool
from studentdb.provision.resources.sesv2_configuration_set import ConfigurationSet
from studentdb.provision.resources.sesv2_identity import EmailIdentity
from tests.provision.lifecycle import Case


def domain(aws: Aws) -> str:
    """A domain of this case alone."""
    return f"{aws.deployment.env}.example"


def configuration_set(aws: Aws) -> ConfigurationSet:
    """The one of the cases."""
    return ConfigurationSet(name=f"{aws.deployment.prefix}-mail", event_bus_arn=aws.arn("events", "event-bus/default"))


def _not_sending(aws: Aws, resource: Resource) -> None:
    aws.client("sesv2").put_configuration_set_sending_options(ConfigurationSetName=resource.name, SendingEnabled=False)


def _with_pool(aws: Aws) -> tuple[Resource, ...]:
    pool = UserPool(name=f"{aws.deployment.prefix}-users", password_minimum_length=12)
    return (pool, EmailIdentity(name=domain(aws)), configuration_set(aws))


def pool_email(aws: Aws, made: tuple[Resource, ...]) -> UserPoolEmail:
    """Through SES, since the engine takes every identity for verified."""
    pool, identity, through = made
    return UserPoolEmail(
        name=through.name,
        user_pool_id=pool.out("id"),
        source_arn=identity.out("verified_arn"),
        sender=f"School <office@{domain(aws)}>",
        configuration_set=through.out("name"),
        wanted=False,
    )


CASES: list[Case] = [
    Case(
        name="email-identity",
        resource=lambda aws, _: EmailIdentity(name=domain(aws)),
        changed=None,
        # A stranger's is used: tests/provision/test_mailing.py.
        tagged=False,
    ),
    Case(
        name="configuration-set",
        resource=lambda aws, _: configuration_set(aws),
        changed=lambda aws, _: dataclasses.replace(
            configuration_set(aws), event_bus_arn=aws.arn("events", "event-bus/other")
        ),
        drift=_not_sending,
        without_moto="configuration sets have no event destinations",
    ),
    Case(
        name="user-pool-email",
        parents=_with_pool,
        resource=pool_email,
        changed=lambda aws, made: dataclasses.replace(pool_email(aws, made), sender=f"head@{domain(aws)}"),
        tagged=False,
        without_moto="configuration sets have no event destinations",
    ),
]
