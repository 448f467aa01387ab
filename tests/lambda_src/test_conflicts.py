"""Many at once: one wins, the others are told; what is transient is tried again."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.stub import Stubber

from tests.lambda_src.events import event
from tests.lambda_src.functions import Functions

ADA = {"identifier": "S1", "givenName": "Ada", "familyName": "Lovelace", "email": "ada@x.edu"}


def at_once(api: Functions, events: list[dict[str, Any]]) -> Counter[int]:
    with ThreadPoolExecutor(len(events)) as pool:
        return Counter(reply.status for reply in pool.map(api.send, events))


def test_same_student_from_eight_sides(api_on_engine: Functions) -> None:
    made = [event("POST", "/api/students", body=ADA | {"username": f"u{n}"}) for n in range(8)]

    assert at_once(api_on_engine, made) == {201: 1, 409: 7}
    assert len(api_on_engine.stored()) == 1
    assert len(api_on_engine.locks()) == 3


def test_same_request_from_eight_sides(api_on_engine: Functions) -> None:
    made = [event("POST", "/api/students", body=ADA, headers={"idempotency-key": "k"}) for _ in range(8)]

    assert at_once(api_on_engine, made) == {201: 8}
    assert len(api_on_engine.stored()) == 1


def test_same_email_taken_from_eight_sides(api_on_engine: Functions) -> None:
    students = [api_on_engine.add(email=f"s{n}@x.edu") for n in range(8)]
    body = {"version": 1, "email": "wanted@x.edu"}

    found = at_once(api_on_engine, [event("PATCH", f"/api/students/{one['id']}", body=body) for one in students])

    assert found == {200: 1, 409: 7}
    assert len(api_on_engine.stored()) == 8
    assert len([lock for lock in api_on_engine.locks() if lock.startswith("email#")]) == 8


def test_one_version_changed_from_eight_sides(api_on_engine: Functions) -> None:
    student = api_on_engine.add(email="ada@x.edu")
    path = f"/api/students/{student['id']}"
    made = [event("PATCH", path, body={"version": 1, "email": f"e{n}@x.edu"}) for n in range(8)]

    assert at_once(api_on_engine, made) == {200: 1, 409: 7}
    assert [item["version"]["N"] for item in api_on_engine.stored()] == ["2"]
    assert len(api_on_engine.locks()) == 2


def account(stub: Stubber) -> None:
    """Every request first asks whose account it is."""
    stub.add_response("get_item", {})


def cancelled(stub: Stubber, *codes: str) -> None:
    """The next transaction is answered as DynamoDB does when these reasons stand in its way."""
    stub.add_client_error(
        "transact_write_items",
        service_error_code="TransactionCanceledException",
        modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
    )


def test_transaction_conflict_is_tried_again(api: Functions) -> None:
    from studentdb_api import dynamodb

    with Stubber(dynamodb.client) as stub:
        account(stub)
        cancelled(stub, "None", "TransactionConflict", "None")
        cancelled(stub, "ConditionalCheckFailed", "TransactionConflict", "None")
        stub.add_response("transact_write_items", {})
        assert api.ask("POST", "/api/students", body=ADA).status == 201
        stub.assert_no_pending_responses()


def test_transaction_conflict_without_end_is_a_503(api: Functions) -> None:
    from studentdb_api import dynamodb, transactions

    with Stubber(dynamodb.client) as stub:
        account(stub)
        for _ in range(transactions.ATTEMPTS):
            cancelled(stub, "TransactionConflict")
        reply = api.ask("POST", "/api/students", body=ADA)

    assert (reply.status, reply.slug, reply.headers["retry-after"]) == (503, "busy", "1")


def test_a_reason_that_nobody_expects_is_a_500(api: Functions) -> None:
    from studentdb_api import dynamodb

    with Stubber(dynamodb.client) as stub:
        account(stub)
        cancelled(stub, "ItemCollectionSizeLimitExceeded", "None")
        reply = api.ask("POST", "/api/students", body=ADA)

    assert (reply.status, reply.slug) == (500, "internal")


def test_throttling_is_a_503(api: Functions) -> None:
    from studentdb_api import dynamodb

    with Stubber(dynamodb.client) as stub:
        account(stub)
        stub.add_client_error("query", service_error_code="ThrottlingException", http_status_code=400)
        reply = api.ask("GET", "/api/students")

    assert (reply.status, reply.slug) == (503, "busy")


def test_read_in_the_middle_of_an_email_change(api: Functions) -> None:
    from studentdb_api import dynamodb

    student = api.add(email="a@x.edu")
    old = api.stored()[0]
    new = old | {"email": {"S": "b@x.edu"}, "version": {"N": "2"}}
    path = f"/api/students/{student['id']}"
    with Stubber(dynamodb.client) as stub:
        account(stub)
        stub.add_response("query", {"Items": []})
        stub.add_response("query", {"Items": [new]})
        stub.add_response("put_item", {})
        account(stub)
        stub.add_response("query", {"Items": [new, old]})
        stub.add_response("put_item", {})
        seen = [api.ask("GET", path).body["email"], api.ask("GET", path).body["email"]]

    assert seen == ["b@x.edu", "b@x.edu"]


def test_holder_who_has_just_gone(api: Functions) -> None:
    from studentdb_api import dynamodb

    with Stubber(dynamodb.client) as stub:
        account(stub)
        stub.add_client_error(
            "transact_write_items",
            service_error_code="TransactionCanceledException",
            modeled_fields={
                "CancellationReasons": [
                    {"Code": "None"},
                    {"Code": "ConditionalCheckFailed", "Item": {"id": {"S": "gone"}}},
                    {"Code": "None"},
                ]
            },
        )
        stub.add_response("query", {"Items": []})
        stub.add_response("query", {"Items": []})
        reply = api.ask("POST", "/api/students", body=ADA)

    assert reply.status == 409
    assert reply.body["errors"] == [{"field": "identifier", "message": "belongs to another person"}]
