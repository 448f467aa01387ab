"""The functions after a cold start, with tables as the deployer makes them, and a user pool."""

from __future__ import annotations

import copy
import gc
import importlib
import json
import secrets
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto.backends import get_backend

from studentdb.contract.operation import ROLES
from studentdb.provision.aws import Deployment
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.resources.dynamodb_shape import Attribute
from studentdb.provision.resources.dynamodb_table import Table
from studentdb.provision.stack import stack
from studentdb.provision.stack_settings import StackSettings
from tests.lambda_src.events import event
from tests.pictures import PILLOW
from tests.support import MOTO_ACCOUNT, REGION, Backend

_SECRET = "secret#cursor"
# What moto made the first time: prefix, and tables by their names. To make them takes longer than most tests.
_EMPTY: list[tuple[str, dict[str, Any]]] = []


@dataclass(frozen=True)
class Reply:
    """What came back of the gateway's form."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def fields(self) -> list[str]:
        """The fields that a problem names."""
        return [error["field"] for error in self.body["errors"]]

    @property
    def slug(self) -> str:
        """The kind of a problem."""
        return str(self.body["type"].rpartition(":")[2])


@dataclass(frozen=True)
class Functions:
    """The handlers, the modules that they are made of, the tables and the user pool behind them."""

    read: ModuleType
    write: ModuleType
    dynamodb: Any
    users: str
    index: str
    session: boto3.Session
    endpoint_url: str | None
    monkeypatch: pytest.MonkeyPatch

    @cached_property
    def cognito(self) -> Any:
        """The client of the user pool's service."""
        return _cognito(self.endpoint_url)

    @cached_property
    def s3(self) -> Any:
        """The client of the files' bucket."""
        return self.session.client("s3", endpoint_url=self.endpoint_url)

    @cached_property
    def pool_id(self) -> str:
        """The user pool, made when somebody first needs it: that takes longer than all the rest."""
        return _make_pool(self.cognito)

    @cached_property
    def accounts(self) -> ModuleType:
        """The function that reaches the user pool."""
        self.monkeypatch.setenv("USER_POOL_ID", self.pool_id)
        return importlib.import_module("studentdb_api.accounts")

    @property
    def pool(self) -> ModuleType:
        """What that function asks the user pool with."""
        assert self.accounts
        return importlib.import_module("studentdb_api.pool")

    def send(self, made: dict[str, Any]) -> Reply:
        """Hand an event to the function that the gateway would choose."""
        if made["requestContext"]["http"]["path"].removeprefix("/prod/api/").split("/")[0] == "users":
            handler = self.accounts.handler
        else:
            handler = (self.read if made["routeKey"].startswith("GET ") else self.write).handler
        response = handler(made, None)
        body = response.get("body")
        return Reply(response["statusCode"], response["headers"], None if body is None else json.loads(body))

    def ask(self, method: str, path: str, **more: Any) -> Reply:
        """`send` an `event`."""
        return self.send(event(method, path, **more))

    def add(self, **fields: Any) -> dict[str, Any]:
        """Create a student and return it."""
        wanted = {"identifier": f"S{secrets.token_hex(4)}", "givenName": "Ada", "familyName": "Lovelace"} | fields
        reply = self.ask("POST", "/api/students", body=wanted)
        assert reply.status == 201, reply
        created: dict[str, Any] = reply.body
        return created

    def belongs(self, sub: str, person_id: str, *, disabled: bool = False) -> None:
        """Say whose account it is."""
        item = {"pk": {"S": f"login#{sub}"}, "sk": {"S": "-"}, "id": {"S": person_id}}
        more = {"disabled": {"BOOL": True}} if disabled else {}
        self.dynamodb.put_item(TableName=self.index, Item={**item, **more})

    def audit(self, entity: str = "") -> list[dict[str, Any]]:
        """The acts on one record in their order, or on all."""
        items = self.dynamodb.scan(TableName=self.users.replace("-users", "-audit"), ConsistentRead=True)["Items"]
        acts = [{name: str(*each.values()) for name, each in item.items()} for item in items]
        found = sorted((act for act in acts if act["entity"] == entity or not entity), key=lambda act: act["at"])
        return [act | ({"changes": json.loads(act["changes"])} if "changes" in act else {}) for act in found]

    def locks(self) -> dict[str, str]:
        """Every lock in the index table: key -> holder."""
        items = self.dynamodb.scan(TableName=self.index, ConsistentRead=True)["Items"]
        return {item["pk"]["S"]: item["id"]["S"] for item in items if "id" in item and item["sk"]["S"] == "-"}

    def stored(self) -> list[dict[str, Any]]:
        """Every item of the users table."""
        found: list[dict[str, Any]] = self.dynamodb.scan(TableName=self.users, ConsistentRead=True)["Items"]
        return found

    def empty(self) -> None:
        """Take all records away. From moto's own store: by its API that would cost more than most tests."""
        store = get_backend("dynamodb")[MOTO_ACCOUNT][REGION].tables
        for table in _tables():
            items = store[_named(table, self.users.removesuffix("-users"))].items
            for key in [each for each in items if each.value != _SECRET]:
                del items[key]


def cold_start(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """New tables, and the package imported anew in a function's environment."""
    session, dynamodb = _root(backend.endpoint_url)
    prefix = _put_back(dynamodb) if backend.endpoint_url is None else _make_tables(dynamodb)
    users, index = f"{prefix}-users", f"{prefix}-index"
    dynamodb.put_item(
        TableName=index,
        Item={"pk": {"S": _SECRET}, "sk": {"S": "-"}, "key": {"B": secrets.token_bytes(32)}},
    )
    environment = {
        "TABLE_PREFIX": prefix,
        "MEDIA_BUCKET": f"{prefix}-media",
        "MEDIA_FUNCTION": f"{prefix}-media",
        "MEDIA_QUOTA_MB": "1",
        "S3_ADDRESSING": "virtual" if backend.endpoint_url is None else "path",
        "GRADE_SCALE": StackSettings().grade_scale,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if backend.endpoint_url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", backend.endpoint_url)
    # The function's own boto3.client: one session for all tests, since each would read the service models again.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    read = _imported_anew("studentdb_api.read")
    write = importlib.import_module("studentdb_api.write")
    # A function freezes what it begins with; here that is whatever earlier tests left behind.
    gc.unfreeze()
    return Functions(read, write, dynamodb, users, index, session, backend.endpoint_url, monkeypatch)


@cache
def _cognito(endpoint_url: str | None) -> Any:
    return _root(endpoint_url)[0].client("cognito-idp", endpoint_url=endpoint_url)


def _make_pool(cognito: Any) -> str:
    """With the roles, and sign-in by e-mail as the deployer sets it."""
    pool_id = str(
        cognito.create_user_pool(PoolName=f"users-{secrets.token_hex(4)}", UsernameAttributes=["email"])["UserPool"][
            "Id"
        ]
    )
    for role in ROLES:
        cognito.create_group(UserPoolId=pool_id, GroupName=role)
    return pool_id


@cache
def _root(endpoint_url: str | None) -> tuple[boto3.Session, Any]:
    session = boto3.Session("test", "test", region_name=REGION)
    return session, session.client("dynamodb", endpoint_url=endpoint_url)


def _imported_anew(name: str) -> ModuleType:
    for loaded in [module for module in sys.modules if module.partition(".")[0] == "studentdb_api"]:
        del sys.modules[loaded]
    return importlib.import_module(name)


@cache
def _tables() -> tuple[Table, ...]:
    """As the deployer makes them."""
    made = stack(
        Deployment("prod", REGION, MOTO_ACCOUNT),
        Endpoints(REGION, None),
        # The outbox too; whether anything is put into it is up to the functions' environment.
        StackSettings(mail_from="office@school.example"),
        code=b"",
        site={},
        public_routes=(),
        account_routes=(),
        pillow=PILLOW,
    )
    return tuple(resource for resource in made.resources if isinstance(resource, Table))


def _put_back(dynamodb: Any) -> str:
    """The tables in moto's own store as they were when first made there; returns the prefix of their names."""
    store = get_backend("dynamodb")[MOTO_ACCOUNT][REGION].tables
    if store:
        # Of another cold start in the same moto.
        return _make_tables(dynamodb)
    if not _EMPTY:
        prefix = _make_tables(dynamodb)
        _EMPTY.append((prefix, copy.deepcopy(dict(store))))
    prefix, empty = _EMPTY[0]
    store.update(copy.deepcopy(empty))
    return prefix


def _make_tables(dynamodb: Any) -> str:
    """Under names of their own, whose prefix it returns."""
    prefix = f"t{secrets.token_hex(4)}"
    for table in _tables():
        keys = [
            each for each in (table.hash, table.range, *(k for i in table.indexes for k in (i.hash, i.range))) if each
        ]
        more = [
            {
                "IndexName": index.name,
                "KeySchema": _schema(index.hash, index.range),
                "Projection": {"ProjectionType": index.projection},
            }
            for index in table.indexes
        ]
        dynamodb.create_table(
            TableName=_named(table, prefix),
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind} for name, kind in {k.name: k.type for k in keys}.items()
            ],
            KeySchema=_schema(table.hash, table.range),
            **({"GlobalSecondaryIndexes": more} if more else {}),
        )
    return prefix


def _named(table: Table, prefix: str) -> str:
    return table.name.replace("student-management", prefix, 1)


def _schema(hash_key: Attribute, range_key: Attribute | None) -> list[dict[str, str]]:
    schema = [{"AttributeName": hash_key.name, "KeyType": "HASH"}]
    return schema + ([{"AttributeName": range_key.name, "KeyType": "RANGE"}] if range_key else [])
