"""Mail: how it goes out, who sends the pool's own, and the rules that wake its function."""

from __future__ import annotations

from typing import Any

from studentdb.provision.aws import Aws
from studentdb.provision.core import Live
from tests.provision.hand_edits import Edit


def _suppression(aws: Aws, made: Any, _: Live) -> None:
    aws.client("sesv2").put_configuration_set_suppression_options(
        ConfigurationSetName=made.name, SuppressedReasons=["BOUNCE"]
    )


def _sending(aws: Aws, made: Any, _: Live) -> None:
    aws.client("sesv2").put_configuration_set_sending_options(ConfigurationSetName=made.name, SendingEnabled=False)


def _destination(aws: Aws, made: Any, _: Live) -> None:
    client, named = aws.client("sesv2"), {"ConfigurationSetName": made.name}
    client.delete_configuration_set_event_destination(**named, EventDestinationName="events")
    client.create_configuration_set_event_destination(
        **named,
        EventDestinationName="by-hand",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND"],
            "EventBridgeDestination": {"EventBusArn": made.event_bus_arn},
        },
    )


def _sender(aws: Aws, made: Any, live: Live) -> None:
    by_hand = {**live.properties["EmailConfiguration"], "From": "hand@school.example"}
    aws.client("cognito-idp").update_user_pool(UserPoolId=made.user_pool_id, EmailConfiguration=by_hand)


def _rule(**change: Any) -> Edit:
    def edit(aws: Aws, rule: Any, _: Live) -> None:
        client = aws.client("events")
        now = client.describe_rule(Name=rule.name)
        kept = {name: now[name] for name in ("EventPattern", "ScheduleExpression", "Description") if now.get(name)}
        client.put_rule(Name=rule.name, **{**kept, **change})

    return edit


def _targets(aws: Aws, rule: Any, _: Live) -> None:
    client = aws.client("events")
    client.remove_targets(Rule=rule.name, Ids=[rule.name])
    client.put_targets(Rule=rule.name, Targets=[{"Id": "by-hand", "Arn": rule.function_arn}])


EDITS: dict[str, dict[str, Edit]] = {
    "sesv2.configuration_set": {
        "suppressed_reasons": _suppression,
        "sending": _sending,
        "event_destinations": _destination,
    },
    "cognito-idp.user_pool_email": {"EmailConfiguration": _sender},
    "events.rule": {
        "pattern": _rule(EventPattern='{"source": ["by.hand"]}'),
        "schedule": _rule(ScheduleExpression="rate(1 day)"),
        "description": _rule(Description="by hand"),
        "enabled": _rule(State="DISABLED"),
        "targets": _targets,
    },
}
