"""An owner that lost the lock, or may have, writes nothing more; a person may end a hold."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, HTTPClientError

from studentdb.errors import LockedError
from studentdb.provision.aws import Aws
from studentdb.provision.failures import explain
from studentdb.provision.lock import FRESH, Lock
from studentdb.provision.lock_owner import LEASE, Generation, Owner

QUICK = 6.0


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def sent(aws: Aws, service: str) -> list[str]:
    """What leaves for this service from here on."""
    operations: list[str] = []
    # Last: after the lock's own check.
    aws.client(service).meta.events.register_last(
        "before-send", lambda event_name, **_: operations.append(event_name.rpartition(".")[2])
    )
    return operations


def write(aws: Aws) -> None:
    aws.client("logs").create_log_group(logGroupName=f"/{aws.deployment.prefix}")


def latest(aws: Aws) -> Generation:
    found = Lock(aws, "x").latest()
    assert found is not None
    return found


def another_laptop(aws: Aws) -> Aws:
    return Aws(session=aws.session, deployment=aws.deployment, endpoints=aws.endpoints)


def take_over(aws: Aws, number: int) -> None:
    """As a laptop elsewhere does."""
    aws = another_laptop(aws)
    owner = dataclasses.replace(Owner.here("studentdb teardown", LEASE), machine="elsewhere")
    name = f"/studentdb/{aws.deployment.prefix}/lock/{number}"
    aws.client("ssm").put_parameter(Name=name, Value=owner.json(), Type="String")


def test_within_lease_and_look_a_write_costs_no_call(aws: Aws) -> None:
    clock = Clock()
    with Lock(aws, "studentdb deploy", clock=clock).held():
        calls = sent(aws, "ssm")
        clock.now += FRESH - 1
        write(aws)
        assert calls == []
        clock.now += 2
        aws.client("logs").delete_log_group(logGroupName=f"/{aws.deployment.prefix}")
        assert calls == ["GetParametersByPath"]


def test_after_its_lease_an_owner_writes_nothing_whether_or_not_somebody_took_over(aws: Aws) -> None:
    clock = Clock()
    with Lock(aws, "studentdb deploy", clock=clock).held():
        calls = sent(aws, "ssm"), sent(aws, "logs")
        clock.now += LEASE - 1  # a write that begins now might arrive when somebody else holds the lock
        with pytest.raises(LockedError, match="no sign of life for longer than its lease of 60 s") as error:
            write(aws)
    assert error.value.hint.startswith("studentdb deploy ")
    # Not even that it is released, which is for others to find out.
    assert calls == ([], [])
    assert latest(aws).state == "alive"


def test_an_owner_that_was_taken_over_writes_nothing_more(aws: Aws) -> None:
    clock = Clock()
    with Lock(aws, "studentdb deploy", clock=clock).held():
        take_over(aws, 2)
        clock.now += FRESH + 1
        calls = sent(aws, "logs")
        with pytest.raises(LockedError, match=r"taken over: .* on elsewhere"):
            write(aws)
        with pytest.raises(LockedError, match="taken over"):
            write(aws)
    assert calls == []
    assert latest(aws).state == "elsewhere"  # only the owner releases


def test_taken_over_and_torn_down_meanwhile(aws: Aws) -> None:
    """No generation is left that could say so."""
    clock = Clock()
    with Lock(aws, "studentdb deploy", clock=clock).held():
        take_over(aws, 2)
        for number in (1, 2):
            aws.client("ssm").delete_parameter(Name=f"/studentdb/{aws.deployment.prefix}/lock/{number}")
        clock.now += LEASE
        with pytest.raises(LockedError):
            write(aws)
    assert Lock(aws, "x").latest() is None


@pytest.mark.parametrize("during", ["GetParametersByPath", "PutParameter"])
def test_stopped_while_an_answer_was_under_way(aws: Aws, during: str) -> None:
    """What a call that began before the stop says is not about now."""
    clock = Clock()

    def stop(**_: object) -> None:
        take_over(aws, 2)
        clock.now += LEASE + 1

    lock = Lock(aws, "studentdb deploy", lease=QUICK if during == "PutParameter" else LEASE, clock=clock)
    with lock.held():
        _once(aws, f"after-call.ssm.{during}", stop)
        if during == "PutParameter":
            _wait_for(aws, lambda: clock.now > 1000 + LEASE)  # the heartbeat's
        else:
            clock.now += FRESH + 1
        with pytest.raises(LockedError):
            write(aws)
    assert latest(aws).number == 2


def test_a_look_that_takes_long_is_made_again(aws: Aws) -> None:
    clock = Clock()

    def take_long(**_: object) -> None:
        clock.now += FRESH + 1

    with Lock(aws, "studentdb deploy", clock=clock).held():
        _once(aws, "after-call.ssm.GetParametersByPath", take_long)
        clock.now += FRESH + 1
        calls = sent(aws, "ssm")
        write(aws)
    assert calls[:2] == ["GetParametersByPath", "GetParametersByPath"]


def test_a_repetition_of_botocore_is_checked_as_well(aws: Aws) -> None:
    clock = Clock()
    attempts: list[str] = []

    def lose_the_answer(**_: object) -> None:
        attempts.append("sent")
        clock.now += LEASE
        raise ConnectionClosedError(endpoint_url="https://logs")

    with Lock(aws, "studentdb deploy", clock=clock).held():
        # At this level the lock's own check comes first.
        aws.client("logs").meta.events.register_last("before-send", lose_the_answer)
        with pytest.raises(LockedError):
            write(aws)
    assert attempts == ["sent"]


@pytest.mark.parametrize("backend", ["engine"], indirect=True)  # moto has no connections
@pytest.mark.parametrize("retries", [True, False])
def test_stopped_between_the_check_and_the_sending(aws: Aws, *, retries: bool) -> None:
    clock = Clock()
    logs, name = aws.client("logs", retries=retries), f"/{aws.deployment.prefix}"

    def stop(**_: object) -> None:
        clock.now += LEASE

    with Lock(aws, "studentdb deploy", clock=clock).held():
        logs.meta.events.register_last("before-send", stop)
        with pytest.raises((LockedError, HTTPClientError)) as error:
            logs.create_log_group(logGroupName=name)
    assert isinstance(explain(error.value), LockedError)
    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] == []


def test_signs_of_life_that_do_not_arrive_end_the_hold(aws: Aws) -> None:
    clock = Clock()

    def lose(event_name: str, **_: object) -> None:
        if event_name.endswith(".PutParameter"):
            clock.now += QUICK
            raise ConnectionClosedError(endpoint_url="https://ssm")

    with Lock(aws, "studentdb deploy", lease=QUICK, clock=clock).held():
        aws.client("ssm").meta.events.register_last("before-send", lose)
        _wait_for(aws, lambda: clock.now > 1000 + QUICK * 5 / 6)
        with pytest.raises(LockedError, match="no sign of life"):
            write(aws)


def test_release_of_a_dead_owner_is_one_more_generation(aws: Aws) -> None:
    with Lock(aws, "studentdb deploy").held():
        pass
    dead = dataclasses.replace(latest(aws).owner, started="earlier", released=False)
    aws.client("ssm").put_parameter(Name=f"/studentdb/{aws.deployment.prefix}/lock/2", Value=dead.json(), Type="String")
    seen = latest(aws)
    assert (seen.number, seen.state) == (2, "dead")
    Lock(aws, "studentdb lock release").release(seen)
    assert (latest(aws).number, latest(aws).state) == (3, "free")


def test_release_of_an_owner_elsewhere_gives_it_time_to_notice(aws: Aws) -> None:
    clock = Clock()
    with Lock(aws, "studentdb deploy", lease=QUICK, clock=clock).held():
        seen = _from_elsewhere(latest(aws))
        other = another_laptop(aws)
        took = _time_of(other, "PutParameter", lambda: Lock(other, "studentdb lock release").release(seen))
        assert took >= QUICK / 6
        clock.now += QUICK / 12 + 0.1
        with pytest.raises(LockedError, match=r"taken over: .*studentdb lock release"):
            write(aws)
    assert (latest(aws).number, latest(aws).state) == (2, "free")
    with Lock(aws, "studentdb deploy").held():
        write(aws)


def test_nobody_else_begins_while_the_former_owner_may_still_write(aws: Aws) -> None:
    refused: list[LockedError] = []

    def try_to_begin(**_: object) -> None:
        with pytest.raises(LockedError) as error, Lock(another_laptop(aws), "studentdb deploy").held():
            raise AssertionError("both hold it")
        refused.append(error.value)

    with Lock(aws, "studentdb deploy", lease=QUICK).held():
        seen = _from_elsewhere(latest(aws))
        other = another_laptop(aws)
        _once(other, "after-call.ssm.PutParameter", try_to_begin)
        Lock(other, "studentdb lock release").release(seen)
    assert "studentdb lock release" in refused[0].why


def test_release_of_the_living_and_of_what_is_somebody_elses_by_now(aws: Aws) -> None:
    with Lock(aws, "studentdb deploy").held():
        other, seen = another_laptop(aws), latest(aws)
        with pytest.raises(LockedError, match="runs on this machine"):
            Lock(other, "studentdb lock release").release(seen)
        take_over(other, 2)
        with pytest.raises(LockedError, match="on elsewhere"):
            Lock(other, "studentdb lock release").release(_from_elsewhere(seen))
    assert latest(aws).number == 2


def _from_elsewhere(seen: Generation) -> Generation:
    return dataclasses.replace(seen, me=dataclasses.replace(seen.me, machine="another"))


def _once(aws: Aws, event: str, act: Callable[..., None]) -> None:
    first = iter((True,))
    aws.client("ssm").meta.events.register(event, lambda **_: act() if next(first, None) else None)


def _wait_for(aws: Aws, happened: Callable[[], bool]) -> None:
    aws.wait(lambda: happened() or None, what="it", budget=30)


def _time_of(aws: Aws, operation: str, act: Callable[[], Any]) -> float:
    """Seconds from the first to the last call of `operation`."""
    times: list[float] = []
    aws.client("ssm").meta.events.register(f"before-send.ssm.{operation}", lambda **_: times.append(time.monotonic()))
    act()
    return times[-1] - times[0]
