"""Every call that writes, as it is sent, with a name that is the same in every run; and what is done to one of them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from studentdb.provision.aws import Deployment
from studentdb.provision.events import Event

# How the names of operations that only read begin.
READS = ("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan")
# Uploads run in threads of their own, which do not know for whom.
_IN_THREADS = {"s3.PutObject": "s3.objects"}


@dataclass(frozen=True)
class Call:
    """`operation` is botocore's `<service>.<Operation>`, `name` the resource's (of uploads and locks, the key).

    `turn` tells calls apart that have both in common, from 1.
    """

    operation: str
    name: str
    turn: int

    def __str__(self) -> str:
        again = f" ({self.turn})" if self.turn > 1 else ""
        return f"{self.operation} {self.name}".strip() + again


@dataclass(frozen=True)
class Doing:
    """The resource's kind and the verb in which a call is made; the lock's own calls are `lock`'s."""

    kind: str
    verb: str
    name: str = ""


# Sees a call before each attempt: an answer in its place, an exception, or None to let it through.
Meddle = Callable[[Call, Doing, AWSPreparedRequest], AWSResponse | None]


class Calls:
    """Shows every call of `session` that writes to `meddle`. Has to be made before the session's first client.

    `emit` belongs to the deployer: it says which resource a thread is busy with.
    """

    def __init__(self, session: boto3.Session, deployment: Deployment, meddle: Meddle) -> None:
        self._deployment = deployment
        self._meddle = meddle
        self._turns: Counter[tuple[str, str]] = Counter()
        self._guard = threading.Lock()
        self._thread = threading.local()
        session.events.register("before-parameter-build", self._begins)
        session.events.register("before-send", self._is_sent)

    def emit(self, event: Event) -> None:
        """Remember what this thread does."""
        self._thread.doing = Doing(event.kind, event.action, event.name) if event.phase == "start" else None

    def _begins(self, event_name: str, params: Mapping[str, Any], **_: Any) -> None:
        operation = event_name.partition(".")[2]
        self._calls_of_this_thread().pop(operation, None)
        if operation.partition(".")[2].startswith(READS):
            return
        # A teardown's last look finds one only where a function's late line brought it back: not in every run.
        if operation == "cloudwatch-logs.DeleteLogGroup" and self._of_this_thread() is None:
            return
        name = self._name(params)
        with self._guard:
            self._turns[operation, name] += 1
            self._calls_of_this_thread()[operation] = Call(operation, name, self._turns[operation, name])

    def _is_sent(self, event_name: str, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        call = self._calls_of_this_thread().get(event_name.partition(".")[2])
        return None if call is None else self._meddle(call, self._doing(call), request)

    def _doing(self, call: Call) -> Doing:
        if call.operation.startswith("ssm."):
            return Doing("lock", call.operation.partition(".")[2])
        return self._of_this_thread() or Doing(_IN_THREADS[call.operation], "?")

    def _calls_of_this_thread(self) -> dict[str, Call]:
        """By operation: between the beginning of a call and its sending, this thread may look at the lock."""
        begun: dict[str, Call] | None = getattr(self._thread, "calls", None)
        if begun is None:
            begun = self._thread.calls = {}
        return begun

    def _of_this_thread(self) -> Doing | None:
        doing: Doing | None = getattr(self._thread, "doing", None)
        return doing

    def _name(self, params: Mapping[str, Any]) -> str:
        doing, key = self._of_this_thread(), params.get("Key")
        # In DynamoDB a key is no string.
        name = key if isinstance(key, str) else doing.name if doing else str(params.get("Name", ""))
        for its_own in (self._deployment.digest, self._deployment.prefix):
            name = name.replace(its_own, "…")
        return name
