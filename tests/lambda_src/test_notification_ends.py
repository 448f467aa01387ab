"""Notifications that are over or withdrawn, repeated requests, and ids that two want at once."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lambda_src.events import ADMIN, event, public_event
from tests.lambda_src.functions import Functions
from tests.lambda_src.test_notifications import ADA, BOB, EVE, MATHS, PATH, School

AT = "2026-11-01T10:00:00.000Z"


@pytest.mark.parametrize(
    ("now", "seen"),
    [("2026-11-01T09:59:59.999Z", True), ("2026-11-01T10:00:00.000Z", False), ("2026-11-01T10:00:00.001Z", False)],
)
def test_over_from_the_moment_on(api: Functions, now: str, *, seen: bool) -> None:
    notifications = sys.modules["studentdb_api.notifications"]
    ends = {"sort_key": "2026-10-01T00:00:00.000Z#1", "expiresAt": AT}
    stays = {"sort_key": "2026-09-01T00:00:00.000Z#2"}

    assert list(notifications.merged([[ends], [stays]], now)) == ([ends] if seen else []) + [stays]


def test_what_is_over_is_nowhere(api_anywhere: Functions) -> None:
    school = School(api_anywhere)
    for audience, number in (("public", 1), ("everyone", 2)):
        school.store(audience, AT, number, expiresAt="2026-11-02T10:00:00.000Z")
    for audience, number in (("public", 3), ("everyone", 4)):
        school.store(audience, AT, number, expiresAt="2999-11-02T10:00:00.000Z")

    assert school.titles(ADA) == ["everyone 4", "public 3"]
    assert school.unread(ADA) == (2, False)
    assert [school.ask(ADMIN, "GET", f"{PATH}/{each}").status for each in (2, 4)] == [404, 200]
    public = school.api.send(public_event("/api/public/notifications")).body["publicNotifications"]
    assert [each["title"] for each in public] == ["public 3"]
    sent = school.ask(ADMIN, "GET", PATH, query={"audience": "everyone"}).body["notifications"]
    assert [each["title"] for each in sent] == ["everyone 4"]
    assert school.ask(ADA, "POST", "/api/me/read-notifications", body={"id": "2"}).status == 404


def test_a_mark_goes_with_its_notification(api: Functions) -> None:
    school = School(api)
    made = school.send("everyone", expiresAt="2999-01-01T00:00:00Z").body
    school.ask(ADA, "POST", "/api/me/read-notifications", body={"id": made["id"]})

    items = api.dynamodb.scan(TableName=api.index)["Items"]
    ends = {item["pk"]["S"]: item["expires"] for item in items if "expires" in item}

    assert ends == {f"notification#{made['id']}": {"N": "32472144000"}, f"read#{ADA}": {"N": "32472144000"}}


def test_withdrawn(api_anywhere: Functions) -> None:
    school = School(api_anywhere)
    sent = school.send("public", title="Wrong").body
    one = f"{PATH}/{sent['id']}"

    assert school.ask(ADMIN, "DELETE", one).status == 204

    assert school.titles(ADA) == []
    assert school.unread(ADA) == (0, False)
    assert school.api.send(public_event("/api/public/notifications")).body["publicNotifications"] == []
    for who in (ADA, ADMIN):
        assert school.ask(who, "GET", one).status == 404
    assert school.ask(ADMIN, "DELETE", one).status == 404
    told = school.api.audit(f"notification#{sent['id']}")
    assert [each["operation"] for each in told] == ["create_notification", "delete_notification"]
    assert told[0]["changes"]["title"] == {"before": None, "after": "Wrong"}
    assert told[1]["changes"]["title"] == {"before": "Wrong", "after": None}
    assert not [lock for lock in school.api.locks() if lock.startswith("notification#")]


def test_only_the_sender_and_admins_withdraw(api: Functions) -> None:
    school = School(api)
    by_admin, by_eve = school.send(f"class#{MATHS}").body["id"], school.send(f"class#{MATHS}", by=EVE).body["id"]

    assert [school.ask(who, "DELETE", f"{PATH}/{by_eve}").status for who in (ADA, BOB)] == [403, 403]
    assert school.ask(EVE, "DELETE", f"{PATH}/{by_admin}").status == 404
    assert school.ask(EVE, "DELETE", f"{PATH}/{by_eve}").status == 204
    by_eve = school.send(f"class#{MATHS}", by=EVE).body["id"]
    assert school.ask(ADMIN, "DELETE", f"{PATH}/{by_eve}").status == 204


def test_withdrawn_from_eight_sides(api_on_engine: Functions) -> None:
    school = School(api_on_engine)
    made = school.send("everyone").body["id"]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(api_on_engine.send, [event("DELETE", f"{PATH}/{made}")] * 8))

    assert sorted(reply.status for reply in replies) == [204] + [404] * 7
    assert len(api_on_engine.audit(f"notification#{made}")) == 2


BODY = {"audience": "everyone", "title": "T", "body": "B"}


def test_a_repeated_request_sends_one(api_on_engine: Functions) -> None:
    school = School(api_on_engine)
    asked: dict[str, Any] = {"body": BODY, "headers": {"idempotency-key": "k"}}
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(api_on_engine.send, [event("POST", PATH, **asked) for _ in range(8)]))
    other = school.ask(ADMIN, "POST", PATH, body=BODY | {"title": "X"}, headers={"idempotency-key": "k"})

    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert (other.status, other.slug) == (422, "idempotency-key-reused")
    assert school.titles(ADA) == ["T"]


def test_an_id_that_somebody_has_is_passed_over(api_anywhere: Functions) -> None:
    """Also by one of another time, which the table's key would let through."""
    school = School(api_anywhere)
    changes = sys.modules["studentdb_api.notification_changes"]
    request = sys.modules["studentdb_api.request"].Request(
        "create_notification",
        sys.modules["studentdb_api.auth"].Caller(ADMIN, ("admin",)),
        frozenset({"any"}),
        {},
        {},
        {},
        {},
        person_id=ADMIN,
    )
    made = [changes.sent(request, BODY, "", ids)["id"] for ids in ([7, 8], [7, 8, 9], [7, 8, 9])]

    assert made == [7, 8, 9]
    with pytest.raises(sys.modules["studentdb_api.problems"].Busy):
        changes.sent(request, BODY, "", [7, 8, 9])
    assert len(school.titles(ADA)) == 3


def test_one_id_from_eight_sides(api_on_engine: Functions) -> None:
    school = School(api_on_engine)
    changes = sys.modules["studentdb_api.notification_changes"]
    caller = sys.modules["studentdb_api.auth"].Caller(ADMIN, ("admin",))
    new = sys.modules["studentdb_api.request"].Request

    def send(number: int) -> int:
        request = new("create_notification", caller, frozenset({"any"}), {}, {}, {}, {}, f"r{number}", ADMIN)
        made: int = changes.sent(request, BODY, "", range(1, 9))["id"]
        return made

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(send, range(8)))

    assert sorted(made) == list(range(1, 9))
    assert len(school.titles(ADA)) == 8
