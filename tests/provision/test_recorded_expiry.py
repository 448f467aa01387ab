"""Tables whose items expire: AWS's answers, where the engine's and moto's differ."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from studentdb.errors import UnavailableError
from studentdb.provision.aws import Aws
from studentdb.provision.failures import explain
from studentdb.provision.resources.dynamodb_shape import Attribute
from studentdb.provision.resources.dynamodb_table import Table
from tests.provision.injected import in_virtual_time
from tests.provision.lifecycle import read
from tests.provision.wire import Wire
from tests.support import Backend

ONCE_AN_HOUR = "Time to live has been modified multiple times within a fixed interval"


@pytest.fixture
def aws(engine: Backend) -> Aws:
    """On moto a call that is refused by the wire is done all the same."""
    return in_virtual_time(engine.root())


def _table(aws: Aws, time_to_live: str = "expires") -> Table:
    return Table(name=f"{aws.deployment.prefix}-notifications", hash=Attribute("id", "N"), time_to_live=time_to_live)


def _by_hand(aws: Aws, attribute: str, *, enabled: bool) -> None:
    wanted = {"Enabled": enabled, "AttributeName": attribute}
    aws.client("dynamodb").update_time_to_live(TableName=_table(aws).name, TimeToLiveSpecification=wanted)


def test_a_new_table_expires_before_it_has_backups(aws: Aws) -> None:
    """DDB-05: the other way round the one would wait for the other."""
    wire = Wire(aws, "dynamodb")
    _table(aws).create(aws)
    order = list(wire.sent)
    assert order.index("UpdateTimeToLive") < order.index("UpdateContinuousBackups")
    assert read(_table(aws), aws).properties["time_to_live"] == "expires"


def test_backups_that_are_being_enabled_are_waited_for(aws: Aws) -> None:
    """DDB-05."""
    wire = Wire(aws, "dynamodb")
    wire.refuse(
        "UpdateTimeToLive", "ValidationException", "Backups are being enabled for the table. Please retry later"
    )
    _table(aws).create(aws)
    assert wire.sent["UpdateTimeToLive"] == 2


def test_on_its_way_is_on(aws: Aws) -> None:
    """AWS takes up to an hour until it says ENABLED; nothing is left to do meanwhile."""
    table = _table(aws)
    table.create(aws)
    Wire(aws, "dynamodb").alter(
        "DescribeTimeToLive", lambda parsed: parsed["TimeToLiveDescription"].update(TimeToLiveStatus="ENABLING")
    )
    assert table.diff(read(table, aws)) == ()


def test_on_its_way_out_is_off(aws: Aws) -> None:
    table = _table(aws)
    table.create(aws)
    Wire(aws, "dynamodb").alter(
        "DescribeTimeToLive", lambda parsed: parsed["TimeToLiveDescription"].update(TimeToLiveStatus="DISABLING")
    )
    assert [change.property for change in table.diff(read(table, aws))] == ["time_to_live"]


def test_a_lost_answer(aws: Aws) -> None:
    """DDB-06: botocore's second attempt is refused, since the first one has done it."""
    table = _table(aws)
    table.create(aws)
    live = read(_table(aws, ""), aws)
    wire = Wire(aws, "dynamodb")
    # Read as off just before, and on by the time it is to be turned on.
    wire.alter("DescribeTimeToLive", lambda parsed: parsed["TimeToLiveDescription"].update(TimeToLiveStatus="DISABLED"))
    wire.refuse("UpdateTimeToLive", "ValidationException", "TimeToLive is already enabled")
    table.update(aws, live, _table(aws, "").diff(live))
    assert wire.sent["UpdateTimeToLive"] == 1


def test_what_cannot_be_right_is_an_error(aws: Aws) -> None:
    wire = Wire(aws, "dynamodb")
    wire.refuse("UpdateTimeToLive", "ValidationException", "1 validation error detected")
    with pytest.raises(ClientError):
        _table(aws).create(aws)


def test_another_attribute_takes_two_deploys(aws: Aws) -> None:
    """DDB-07, DDB-08: the old one goes, and an hour later the new one comes."""
    table = _table(aws)
    table.create(aws)
    _by_hand(aws, "expires", enabled=False)
    _by_hand(aws, "updatedAt", enabled=True)
    live = read(table, aws)
    assert live.properties["time_to_live"] == "updatedAt"
    wire = Wire(aws, "dynamodb")
    # The first of the two calls goes through, and the second is too soon.
    wire.alter("UpdateTimeToLive", lambda _: wire.refuse("UpdateTimeToLive", "ValidationException", ONCE_AN_HOUR))

    with pytest.raises(ClientError) as refused:
        table.update(aws, live, table.diff(live))

    told = explain(refused.value)
    assert isinstance(told, UnavailableError)
    assert told.hint == "wait an hour, then run the same command again: it goes on from here"
    live = read(table, aws)
    assert live.properties["time_to_live"] == ""
    table.update(aws, live, table.diff(live))
    assert table.diff(read(table, aws)) == ()
