"""Mail switched on: the outbox's stream, and what SES was asked to send."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lambda_src.functions import Functions

SENDER = "office@school.example"
SITE = "https://d111111abcdef8.cloudfront.net"


@dataclass
class Context:
    """What Lambda hands to a handler: how much time is left, in milliseconds."""

    left: int = 120_000

    def get_remaining_time_in_millis(self) -> int:
        return self.left


@dataclass
class Mailbox:
    """`refuse` may raise for an address; what is `sent` SES has taken."""

    api: Functions
    feed: ModuleType
    sent: list[dict[str, Any]] = field(default_factory=list)
    refuse: Callable[[str], None] = lambda _: None
    context: Context = field(default_factory=Context)

    @property
    def table(self) -> str:
        return self.api.users.replace("-users", "-mail")

    @property
    def to(self) -> Counter[str]:
        """How many mails each address has got."""
        return Counter(mail["Destination"]["ToAddresses"][0] for mail in self.sent)

    def waiting(self) -> dict[str, dict[str, Any]]:
        """The outbox."""
        items = self.api.dynamodb.scan(TableName=self.table, ConsistentRead=True)["Items"]
        return {item["sk"]["S"]: item for item in items}

    def changed(self, *names: str, event: str = "MODIFY") -> None:
        """Records of the stream about these items."""
        records = [
            {"eventName": event, "dynamodb": {"Keys": {"pk": {"S": "outbox"}, "sk": {"S": name}}}} for name in names
        ]
        self.feed.handler({"Records": records}, self.context)

    def follow(self, *, times: int = 1) -> int:
        """The stream, to its end: whatever has changed since the last record is one. Each comes so many times."""
        seen: dict[str, dict[str, Any]] = {}
        rounds = 0
        while True:
            now = self.waiting()
            news = [name for name, item in now.items() if seen.get(name) != item]
            if not news:
                return rounds
            seen, rounds = now, rounds + 1
            for _ in range(times):
                self.changed(*news)

    def wake(self, *, after: int = 0) -> None:
        """The schedule, as if so many seconds had passed."""
        for item in self.waiting().values():
            for name in ("after", "touched"):
                if name in item:
                    item[name] = {"N": str(int(item[name]["N"]) - after)}
            self.api.dynamodb.put_item(TableName=self.table, Item=item)
        self.feed.handler({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}, self.context)


def switched_on(api: Functions, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """The functions as they are where the school sends mail."""
    environment = {
        "MAIL_FROM": SENDER,
        "SCHOOL_NAME": "Hill School",
        "SITE_URL": SITE,
        "CONFIGURATION_SET": "student-management-mail",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    feed = importlib.import_module("studentdb_api.mail_feed")
    client = feed.mail_sending.client
    box = Mailbox(api, feed)
    api.session.client("ses", endpoint_url=api.endpoint_url).verify_email_identity(EmailAddress=SENDER)
    asked: list[dict[str, Any]] = []

    def ask(params: dict[str, Any], **_: Any) -> None:
        asked.append(params)
        box.refuse(params["Destination"]["ToAddresses"][0])

    client.meta.events.register("provide-client-params.sesv2.SendEmail", ask)
    client.meta.events.register(
        "after-call.sesv2.SendEmail",
        lambda http_response, **_: box.sent.append(asked[-1]) if http_response.status_code == 200 else None,
    )
    return box


def refusal(code: str, message: str) -> ClientError:
    """What SES answers."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "SendEmail")
