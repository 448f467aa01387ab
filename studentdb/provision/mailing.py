"""Mail: the outbox, the function that sends what is in it, and SES around them. Absent where `mail_from` is not set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from studentdb.provision import functions, policies
from studentdb.provision.aws import Deployment
from studentdb.provision.core import Resource
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.resources.cognito_email import UserPoolEmail
from studentdb.provision.resources.cognito_user_pool import UserPool
from studentdb.provision.resources.dynamodb_shape import Attribute
from studentdb.provision.resources.dynamodb_table import Table
from studentdb.provision.resources.events_rule import Rule
from studentdb.provision.resources.lambda_event_source import EventSourceMapping
from studentdb.provision.resources.lambda_permission import Permission
from studentdb.provision.resources.sesv2_configuration_set import ConfigurationSet
from studentdb.provision.resources.sesv2_identity import EmailIdentity, UndeclaredIdentities
from studentdb.provision.stack_settings import StackSettings
from studentdb.provision.tables import EXPIRES, Tables

# The partition of the index table with the addresses that get no mail (suppressions.py).
_SUPPRESSED = "suppressed"
_EVERY = "rate(5 minutes)"


@dataclass(frozen=True, kw_only=True)
class Outbox(Table):
    """What waits to be mailed, for three days at most: nothing that a deployment would have to keep."""

    stateful: ClassVar[bool] = False


@dataclass(frozen=True)
class Mailing:
    """`resources` are wanted, `absent` are not to be there."""

    outbox: Outbox
    resources: tuple[Resource, ...] = ()
    absent: tuple[Resource, ...] = field(default=())


def outbox(prefix: str) -> Outbox:
    """The table behind the mail."""
    return Outbox(
        name=f"{prefix}-mail",
        hash=Attribute(name="pk", type="S"),
        range=Attribute(name="sk", type="S"),
        time_to_live=EXPIRES,
        stream=True,
    )


def identity_of(settings: StackSettings) -> str:
    """What SES verifies: `school.example` of `office@school.example`, or the address itself."""
    address = settings.mail_from
    return address.rpartition("@")[2] if settings.mail_identity == "domain" else address


def declare(
    deployment: Deployment,
    endpoints: Endpoints,
    settings: StackSettings,
    code: bytes,
    tables: Tables,
    pool: UserPool,
    site_url: str,
) -> Mailing:
    """All that sending mail needs; with `mail_from` as what is wanted, without it as what is swept."""
    wanted, name = bool(settings.mail_from), f"{deployment.prefix}-mail"
    people_sign_up = settings.self_registration
    table = outbox(deployment.prefix)
    # Only the aws partition (REG-09).
    of_region = f"aws:{{}}:{deployment.region}:{deployment.account}"
    identity = EmailIdentity(name=identity_of(settings))
    others = UndeclaredIdentities(name="mail", names=(identity.name,) if wanted else ())
    configuration_set = ConfigurationSet(name=name, event_bus_arn=f"arn:{of_region.format('events')}:event-bus/default")
    pool_email = UserPoolEmail(
        name=name,
        user_pool_id=pool.out("id"),
        # Switched off, it lets go of the identity before that is removed.
        source_arn=identity.out("verified_arn") if wanted else others.out("arn"),
        sender=f"{settings.school_name} <{settings.mail_from}>",
        configuration_set=configuration_set.out("name"),
        wanted=wanted,
    )
    # Which address it is from is a condition. In the sandbox SES wants the right to the recipient's identity as well.
    identities = f"arn:{of_region.format('ses')}:identity/*"
    parts = functions.function(
        deployment,
        settings,
        code,
        "mail",
        [
            *_may(table, tables),
            # Who is told of somebody that has signed up: also admins who are nobody's record.
            *([policies.allow(["cognito-idp:ListUsersInGroup"], [pool.out("arn")])] if people_sign_up else []),
            *policies.sends_mail(
                identities,
                configuration_set.out("arn"),
                settings.mail_from,
                limited=endpoints.limits_senders,
            ),
        ],
        handler="studentdb_api.mail_feed.handler",
        description=f"Sends the school's mail ({deployment.id})",
        environment={
            "MAIL_FROM": settings.mail_from,
            "SCHOOL_NAME": settings.school_name,
            "SITE_URL": site_url,
            "CONFIGURATION_SET": configuration_set.out("name"),
            **({"USER_POOL_ID": pool.out("id")} if people_sign_up else {}),
        },
        timeout_s=120,
    )
    sends = parts[-1]
    stream = EventSourceMapping(
        name="mail",
        function_name=sends.out("name"),
        table_arn=table.out("arn"),
        stream_arn=table.out("stream_arn"),
        # Each may be a page of mails.
        batch_size=10,
    )
    rules = (
        Rule(
            name=f"{name}-events",
            description=f"Bounces and complaints of the school's mail ({deployment.id})",
            pattern={
                "source": ["aws.ses"],
                "detail-type": ["Email Bounced", "Email Complaint Received"],
                "detail": {"mail": {"tags": {"ses:configuration-set": [name]}}},
            },
            function_arn=sends.out("arn"),
        ),
        Rule(
            name=f"{name}-wait",
            description=f"Mail that has waited long enough ({deployment.id})",
            schedule=_EVERY,
            function_arn=sends.out("arn"),
        ),
    )
    permissions = tuple(
        Permission(
            name=rule.name,
            function_name=sends.out("name"),
            principal="events.amazonaws.com",
            source_arn=rule.out("arn"),
        )
        for rule in rules
    )
    made: tuple[Any, ...] = (table, configuration_set, pool_email, *parts, stream, *rules, *permissions)
    if wanted:
        return Mailing(table, resources=(identity, *made), absent=(others,))
    return Mailing(table, absent=(*made, others))


def _may(table: Outbox, tables: Tables) -> list[Any]:
    index, outbox_arn = tables.index.out("arn"), table.out("arn")
    read = (tables.users, tables.enrollments, tables.classes, tables.notifications, tables.index)
    return [
        policies.reads_stream(outbox_arn),
        policies.reads([outbox_arn, *(each.out("arn") for each in read)]),
        policies.allow(["dynamodb:UpdateItem", "dynamodb:DeleteItem"], [outbox_arn]),
        policies.suppresses(index, _SUPPRESSED),
    ]
