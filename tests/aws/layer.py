"""The layer between boto3's clients and a backend that is AWS in everything but its manners.

It listens to botocore's own events on one session, so it sits in front of the embedded engine and of moto alike and
nothing in the product knows of it. A `Behaviour` looks at each request before it is sent and may answer in the
backend's stead, and at each good answer and may alter it; it names the rows of the list of AWS's behaviours that it
stands for.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import botocore.endpoint
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from studentdb.provision.aws import Aws
from tests.aws import answers
from tests.aws.clock import Cancelled, Clock
from tests.aws.trace import Trace
from tests.support import session


@dataclass
class Call:
    """One request, as a client of the API sees it; `before` and `after` share it."""

    service: str
    operation: str
    params: dict[str, Any]

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return not self.operation.startswith(("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan"))


@dataclass(frozen=True)
class Refusal:
    """AWS says no. `until` is when it will say something else, if that is only a matter of time."""

    code: str
    message: str = ""
    status: int = 400
    until: float | None = None


@dataclass(frozen=True)
class Instead:
    """AWS says this, and the backend is not asked."""

    body: dict[str, Any] | None = None
    until: float | None = None


class Behaviour:
    """Something that AWS does and its stand-ins do not.

    Subclasses may keep state; the layer calls them one at a time.
    """

    # Rows of the list of AWS's behaviours.
    ids: ClassVar[tuple[str, ...]] = ()
    # As in botocore's event names.
    service: ClassVar[str] = ""

    def __init__(self) -> None:
        self.layer: Layer

    @property
    def now(self) -> float:
        """The time, in virtual seconds."""
        return self.layer.clock()

    def sees(self, call: Call) -> bool:
        """Whether it is asked about this call."""
        return call.service == self.service

    def asked(self, call: Call) -> None:
        """The call is about to be made; its parameters may be altered."""

    def before(self, call: Call) -> Refusal | Instead | None:
        """What AWS answers in the backend's stead; None lets the call through. Asked at each of botocore's attempts."""

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        """The backend has done it; `answer` may be altered."""

    def bite(self, until: float | None = None) -> None:
        """Say that an answer was altered. `until`: when it would not have been any more."""
        self.layer.fired[type(self).__name__] += 1
        if until is not None:
            self.layer.trace.blocked(self.now, until)


class After(Behaviour):
    """For `seconds` after one of `causes`, calls in `refused` that name the same thing get a refusal.

    `key` is the parameter that names it.
    """

    causes: ClassVar[tuple[str, ...]] = ()
    refused: ClassVar[tuple[str, ...]] = ()
    key: ClassVar[str] = ""
    seconds: ClassVar[float] = 0.0
    code: ClassVar[str] = ""
    message: ClassVar[str] = ""
    status: ClassVar[int] = 400

    def __init__(self) -> None:
        self.until: dict[str, float] = {}

    def named(self, call: Call) -> str:
        """The thing that the call is about."""
        return str(call.params.get(self.key, ""))

    def caused(self, call: Call, answer: dict[str, Any]) -> str:
        """The thing for which the time begins."""
        return self.named(call)

    def refuses(self, call: Call) -> bool:
        """Whether this call is one of those."""
        return call.operation in self.refused

    def before(self, call: Call) -> Refusal | Instead | None:
        until = self.until.get(self.named(call), 0.0)
        if self.now >= until or not self.refuses(call):
            return None
        return Refusal(self.code, self.message.format(self.named(call)), self.status, until)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation in self.causes:
            self.until[self.caused(call, answer)] = self.now + self.seconds


class Unlisted(Behaviour):
    """For `seconds` after one of `causes` the list that `listing` gives does not show what was made."""

    causes: ClassVar[tuple[str, ...]] = ()
    listing: ClassVar[str] = ""
    seconds: ClassVar[float] = 0.0

    def __init__(self) -> None:
        self.until: dict[str, float] = {}

    def made(self, call: Call, answer: dict[str, Any]) -> str:
        """What the list would show it as."""
        raise NotImplementedError

    def items(self, answer: dict[str, Any]) -> list[Any]:
        """The list itself, in the answer."""
        raise NotImplementedError

    def shown(self, item: Any) -> str:
        """What an item is."""
        raise NotImplementedError

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation in self.causes:
            self.until[self.made(call, answer)] = self.now + self.seconds
        if call.operation != self.listing:
            return
        items = self.items(answer)
        late = [item for item in items if self.now < self.until.get(self.shown(item), 0.0)]
        for item in late:
            items.remove(item)
            self.bite(self.until[self.shown(item)])


class _Here(threading.local):
    """The thread's calls: the lock asks for its generation in the middle of another call."""

    def __init__(self) -> None:
        self.calls: list[Call] = []


@dataclass
class Layer:
    """`behaviours` in front of the backend of `aws`; `latency` is what every call takes, in virtual seconds.

    `aws` is replaced by one whose clients pass through the layer and whose clock is the layer's.
    """

    backend: Aws
    behaviours: list[Behaviour]
    latency: float = 0.0
    clock: Clock = field(default_factory=Clock)
    fired: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    # What AWS takes without a word and pays back later.
    wrongs: list[str] = field(default_factory=list)
    # Calls that reached the backend and are not back yet.
    under_way: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.trace = Trace(self.clock)
        self._guard = threading.RLock()
        self._here = _Here()
        self._due: list[tuple[float, Callable[[], None]]] = []
        for behaviour in self.behaviours:
            behaviour.layer = self
        credentials = self.backend.session.get_credentials().get_frozen_credentials()
        own = session(credentials.access_key, credentials.secret_key, region=self.backend.region)
        own.events.register_first("provide-client-params", self._called)
        own.events.register_last("before-call", self._begins)
        own.events.register_first("before-send", self._before_send)
        own.events.register_first("after-call", self._ends)
        own.events.register_first("after-call-error", self._fails)
        self.aws = Aws(
            session=own,
            deployment=self.backend.deployment,
            endpoints=self.backend.endpoints,
            cancelled=Cancelled(self.clock, self.trace.paused),
            now=self.clock,
        )

    def another_run(self) -> Aws:
        """As a new process would have it: clients and shared knowledge are new, AWS is the same."""
        self.aws = dataclasses.replace(
            self.aws, cancelled=Cancelled(self.clock, self.trace.paused), before_write=[], _clients={}, _shared=[]
        )
        return self.aws

    @contextmanager
    def running(self) -> Iterator[None]:
        """Inside, virtual time passes; botocore's own pauses between its attempts are virtual too."""
        real = botocore.endpoint.time
        botocore.endpoint.time = self._Time(self)
        try:
            with self.clock.running():
                yield
        finally:
            botocore.endpoint.time = real

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """AWS does `what` by itself after `seconds`."""
        with self._guard:
            self._due.append((self.clock() + seconds, what))

    def settle(self, seconds: float) -> None:
        """Nobody calls for `seconds`; AWS goes on by itself."""
        self.clock.pass_(seconds)
        self._do_due()

    def raw(self, service: str) -> Any:
        """A client that does not pass through the layer."""
        region = "us-east-1" if service == "cloudfront" else None
        return self.backend.client(service, region=region)

    class _Time:
        """For botocore's endpoint, in place of the module `time`."""

        def __init__(self, layer: Layer) -> None:
            self._layer = layer

        def sleep(self, seconds: float) -> None:
            self._layer._pass(seconds)

        def __getattr__(self, name: str) -> Any:
            import time

            return getattr(time, name)

    def _pass(self, seconds: float) -> None:
        """Let time pass, in the middle of a call as well."""
        if self._here.calls:
            self.clock.end()
        try:
            self.clock.sleep(seconds)
        finally:
            if self._here.calls:
                self.clock.begin()

    def _called(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        call = Call(model.service_model.service_id.hyphenize(), model.name, params)
        context["call"] = call
        with self._guard:
            for behaviour in self.behaviours:
                if behaviour.sees(call):
                    behaviour.asked(call)

    def _begins(self, context: dict[str, Any], **_: Any) -> None:
        if not self._here.calls:
            self.clock.begin()
        self._here.calls.append(context["call"])

    def _before_send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        call = self._here.calls[-1]
        if self.latency:
            self.trace.blocked(self.clock(), self.clock() + self.latency)
            self._pass(self.latency)
        self._do_due()
        with self._guard:
            self.sent[f"{call.service}.{call.operation}"] += 1
            for behaviour in self.behaviours:
                if not behaviour.sees(call):
                    continue
                verdict = behaviour.before(call)
                if verdict is not None:
                    behaviour.bite(verdict.until)
                    return _in_words(request, call.service, verdict)
            self.under_way.append(call)
        return None

    def _ends(self, parsed: dict[str, Any], http_response: Any, **_: Any) -> None:
        call = self._here.calls[-1]
        try:
            if http_response.status_code < 300:
                with self._guard:
                    for behaviour in self.behaviours:
                        if behaviour.sees(call):
                            behaviour.after(call, parsed)
        finally:
            self._over()

    def _fails(self, **_: Any) -> None:
        self._over()

    def _over(self) -> None:
        call = self._here.calls.pop()
        with self._guard:
            self.under_way = [other for other in self.under_way if other is not call]
        if not self._here.calls:
            self.clock.end()

    def _do_due(self) -> None:
        with self._guard:
            due = sorted((at, n) for n, (at, _) in enumerate(self._due) if at <= self.clock())
            chosen = [self._due[n][1] for _, n in due]
            self._due = [item for n, item in enumerate(self._due) if n not in {n for _, n in due}]
            for what in chosen:
                what()


def _in_words(request: AWSPreparedRequest, service: str, verdict: Refusal | Instead) -> AWSResponse:
    if isinstance(verdict, Refusal):
        return answers.error(request, service, verdict.code, verdict.message, verdict.status)
    return answers.empty_answer(request) if verdict.body is None else answers.json_answer(request, verdict.body)
