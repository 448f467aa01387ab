"""The lock: one owner at a time, and owners that are gone are taken over."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from studentdb.errors import LockedError
from studentdb.provision.aws import Aws
from studentdb.provision.lock import FRESH, Lock
from studentdb.provision.lock_owner import LEASE, Owner


def _path(aws: Aws, generation: int) -> str:
    return f"/studentdb/{aws.deployment.prefix}/lock/{generation}"


def _owner(aws: Aws, generation: int) -> Owner:
    value = aws.client("ssm").get_parameter(Name=_path(aws, generation))["Parameter"]["Value"]
    return Owner(**json.loads(value))


def _pretend(aws: Aws, generation: int, change: Callable[[Owner], Owner]) -> None:
    """Overwrite a generation's owner, as if another process had written it."""
    owner = change(_owner(aws, generation))
    aws.client("ssm").put_parameter(
        Name=_path(aws, generation), Value=json.dumps(dataclasses.asdict(owner)), Type="String", Overwrite=True
    )


def test_second_owner_is_told_who_where_and_since(aws: Aws) -> None:
    with Lock(aws, "studentdb deploy").held():
        with pytest.raises(LockedError) as error, Lock(aws, "studentdb teardown").held():
            raise AssertionError("both hold it")
        assert "studentdb deploy" in error.value.why
        assert str(os.getpid()) in error.value.why
        assert "since 20" in error.value.why
    assert _owner(aws, 1).released


def test_released_lock_is_taken_as_the_next_generation(aws: Aws) -> None:
    for _ in range(3):
        with Lock(aws, "studentdb deploy").held():
            pass
    latest = Lock(aws, "x").latest()
    assert latest is not None
    assert (latest.number, latest.held) == (3, False)


def test_destroy_leaves_nothing(aws: Aws) -> None:
    with Lock(aws, "studentdb deploy").held():
        pass
    with Lock(aws, "studentdb teardown").held(destroy=True):
        pass
    assert Lock(aws, "x").latest() is None
    found = aws.client("ssm").get_parameters_by_path(Path=f"/studentdb/{aws.deployment.prefix}/", Recursive=True)
    assert found["Parameters"] == []


def test_a_teardown_that_fails_keeps_the_record(aws: Aws) -> None:
    with pytest.raises(RuntimeError), Lock(aws, "studentdb teardown").held(destroy=True):
        raise RuntimeError
    assert _owner(aws, 1).released


def test_lost_answer_to_our_own_acquiring(aws: Aws) -> None:
    seen: list[str] = []

    def ask_again_after_the_first(**_: object) -> float | None:
        seen.append("asked")
        return 0.0 if len(seen) == 1 else None

    aws.client("ssm").meta.events.register_first("needs-retry.ssm.PutParameter", ask_again_after_the_first)
    with Lock(aws, "studentdb deploy").held():
        assert not _owner(aws, 1).released
    assert len(seen) > 1
    assert _owner(aws, 1).released


def test_a_list_that_lags_is_no_takeover(aws: Aws) -> None:
    now = [0.0]
    with Lock(aws, "studentdb deploy", clock=lambda: now[0]).held():
        _hide(aws, 1, times=2)
        now[0] += FRESH + 1
        aws.client("logs").create_log_group(logGroupName=f"/{aws.deployment.prefix}")


def test_a_list_that_lags_does_not_make_a_second_owner(aws: Aws) -> None:
    for _ in range(3):
        with Lock(aws, "studentdb deploy").held():
            pass
    with Lock(aws, "studentdb deploy").held():
        _hide(aws, 4, times=3)
        with pytest.raises(LockedError, match="another run"), Lock(aws, "studentdb teardown").held():
            raise AssertionError("both hold it")
        assert _numbers(aws) == [3, 4]


def _hide(aws: Aws, generation: int, *, times: int) -> None:
    """The next lists do not show it yet."""
    lists = iter(range(times))

    def hide(parsed: dict[str, Any], **_: object) -> None:
        if next(lists, None) is not None:
            parsed["Parameters"] = [p for p in parsed["Parameters"] if p["Name"] != _path(aws, generation)]

    aws.client("ssm").meta.events.register("after-call.ssm.GetParametersByPath", hide)


def _numbers(aws: Aws) -> list[int]:
    found = aws.client("ssm").get_parameters_by_path(Path=_path(aws, 1).rpartition("/")[0])["Parameters"]
    return sorted(int(each["Name"].rpartition("/")[2]) for each in found)


def test_error_inside_is_not_hidden_by_the_release(aws: Aws) -> None:
    def refuse(**_: object) -> None:
        raise NoCredentialsError  # which botocore does not try again

    with pytest.raises(KeyError), Lock(aws, "studentdb deploy").held():
        aws.client("ssm").meta.events.register_first("before-send.ssm.PutParameter", refuse)
        raise KeyError


def test_dead_owner_on_this_machine_is_taken_over_at_once(aws: Aws) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    _somebody_holds_it(aws, pid=gone.pid)
    with Lock(aws, "studentdb deploy").held():
        assert not _owner(aws, 2).released


def test_owner_elsewhere_is_believed_until_its_lease_ends_by_the_services_clock(aws: Aws) -> None:
    _somebody_holds_it(aws, machine="elsewhere")
    with pytest.raises(LockedError, match="elsewhere"), Lock(aws, "studentdb deploy").held():
        raise AssertionError("both hold it")
    # Whatever this machine's clock says: only the service's date counts.
    _let_the_service_say(aws, datetime.now(UTC) + timedelta(seconds=LEASE + 2))
    with Lock(aws, "studentdb deploy").held():
        assert not _owner(aws, 2).released


def test_without_the_services_date_the_owner_is_believed(aws: Aws) -> None:
    _somebody_holds_it(aws, machine="elsewhere")
    _let_the_service_say(aws, None)
    latest = Lock(aws, "x").latest()
    assert latest is not None
    assert (latest.state, latest.age) == ("elsewhere", 0)


def _somebody_holds_it(aws: Aws, **who: Any) -> None:
    """Generation 1 is another process's."""
    with Lock(aws, "studentdb deploy").held():
        pass
    _pretend(aws, 1, lambda owner: dataclasses.replace(owner, **{"run": "another", "released": False, **who}))


def _let_the_service_say(aws: Aws, now: datetime | None) -> None:
    def say(parsed: dict[str, Any], **_: object) -> None:
        headers = parsed["ResponseMetadata"]["HTTPHeaders"]
        headers.pop("date", None)
        if now is not None:
            headers["date"] = format_datetime(now, usegmt=True)

    aws.client("ssm").meta.events.register("after-call.ssm.GetParametersByPath", say)


def test_two_that_begin_at_once_do_not_both_win(aws: Aws) -> None:
    won: list[str] = []
    lost: list[LockedError] = []
    together = threading.Barrier(4)
    done = threading.Barrier(4)

    def run(name: str) -> None:
        lock = Lock(aws, name)
        together.wait()
        try:
            with lock.held():
                won.append(name)
                done.wait()
        except LockedError as error:
            lost.append(error)
            done.wait()

    threads = [threading.Thread(target=run, args=(f"deploy {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 3)
