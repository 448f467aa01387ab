"""How mail goes out: what is suppressed, and where SES tells of bounces and complaints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision import tags
from studentdb.provision.aws import EXISTING_BUDGET, Aws, error_code, ignoring
from studentdb.provision.core import Change, Live, NotOursError, Outputs, Resource
from studentdb.provision.resources.sesv2_identity import has_ses

_GONE = "NotFoundException"
_EXISTS = "AlreadyExistsException"
_EVENTS = "events"


@dataclass(frozen=True, kw_only=True)
class ConfigurationSet(Resource):
    """SES suppresses what bounced for good or was complained of, and tells EventBridge. Outputs: `name`, `arn`."""

    kind: ClassVar[str] = "sesv2.configuration_set"
    actions: ClassVar = {
        "read": (
            "ses:GetConfigurationSet",
            "ses:GetConfigurationSetEventDestinations",
            "ses:ListTagsForResource",
        ),
        "create": (
            "ses:CreateConfigurationSet",
            "ses:CreateConfigurationSetEventDestination",
            "ses:TagResource",
        ),
        "update": (
            "ses:PutConfigurationSetSuppressionOptions",
            "ses:PutConfigurationSetSendingOptions",
            "ses:CreateConfigurationSetEventDestination",
            "ses:UpdateConfigurationSetEventDestination",
            "ses:DeleteConfigurationSetEventDestination",
        ),
        "delete": ("ses:DeleteConfigurationSet",),
    }

    event_bus_arn: str

    def properties(self) -> dict[str, Any]:
        return {
            "suppressed_reasons": ["BOUNCE", "COMPLAINT"],
            "sending": True,
            "event_destinations": {_EVENTS: ["BOUNCE", "COMPLAINT", self.event_bus_arn, True]},
        }

    def read(self, aws: Aws) -> Live | None:
        if not has_ses(aws):
            return None
        client, named = aws.client("sesv2"), {"ConfigurationSetName": self.name}
        try:
            found = client.get_configuration_set(**named)
            destinations = client.get_configuration_set_event_destinations(**named).get("EventDestinations", [])
        except ClientError as error:
            if error_code(error) == _GONE:
                return None
            raise
        if not aws.owns(tags.from_list(found.get("Tags", []))):
            raise NotOursError(self.kind, self.name, "it does not carry this deployment's tag")
        return Live(
            {
                "suppressed_reasons": sorted(found.get("SuppressionOptions", {}).get("SuppressedReasons", [])),
                "sending": found.get("SendingOptions", {}).get("SendingEnabled", True),
                "event_destinations": {each["Name"]: _shape(each) for each in destinations},
            },
            self._outputs(aws),
        )

    def create(self, aws: Aws) -> Outputs:
        try:
            aws.client("sesv2").create_configuration_set(
                ConfigurationSetName=self.name,
                SuppressionOptions=self._suppression(),
                SendingOptions={"SendingEnabled": True},
                Tags=tags.as_list(aws.tags),
            )
        except ClientError as error:
            live = aws.look(lambda: self.read(aws), budget=EXISTING_BUDGET) if error_code(error) == _EXISTS else None
            if live is None:
                raise
            return self.update(aws, live, self.diff(live))
        self._put_destination(aws, there=False)
        return self._outputs(aws)

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        client, named = aws.client("sesv2"), {"ConfigurationSetName": self.name}
        differing = {change.property for change in changes}
        if "suppressed_reasons" in differing:
            client.put_configuration_set_suppression_options(**named, **self._suppression())
        if "sending" in differing:
            client.put_configuration_set_sending_options(**named, SendingEnabled=True)
        if "event_destinations" in differing:
            found = live.properties["event_destinations"]
            for other in found.keys() - {_EVENTS}:
                with ignoring(_GONE):
                    client.delete_configuration_set_event_destination(**named, EventDestinationName=other)
            if found.get(_EVENTS) != self.properties()["event_destinations"][_EVENTS]:
                self._put_destination(aws, there=_EVENTS in found)
        return live.outputs

    def delete(self, aws: Aws, live: Live) -> None:
        # Its destinations go with it.
        with ignoring(_GONE):
            aws.client("sesv2").delete_configuration_set(ConfigurationSetName=self.name)

    def _put_destination(self, aws: Aws, *, there: bool) -> None:
        client = aws.client("sesv2")
        wanted = {
            "ConfigurationSetName": self.name,
            "EventDestinationName": _EVENTS,
            "EventDestination": {
                "Enabled": True,
                "MatchingEventTypes": ["BOUNCE", "COMPLAINT"],
                "EventBridgeDestination": {"EventBusArn": self.event_bus_arn},
            },
        }
        if not there:
            try:
                client.create_configuration_set_event_destination(**wanted)
            except ClientError as error:
                # After a lost answer botocore's next attempt finds that of the first.
                if error_code(error) != _EXISTS:
                    raise
            else:
                return
        client.update_configuration_set_event_destination(**wanted)

    def _suppression(self) -> dict[str, Any]:
        return {"SuppressedReasons": self.properties()["suppressed_reasons"]}

    def _outputs(self, aws: Aws) -> Outputs:
        return {"name": self.name, "arn": aws.arn("ses", f"configuration-set/{self.name}")}


def _shape(destination: dict[str, Any]) -> list[Any]:
    """What it is told of, where, and whether."""
    bus = destination.get("EventBridgeDestination", {}).get("EventBusArn", "")
    return [*sorted(destination["MatchingEventTypes"]), bus, destination["Enabled"]]
