"""The one way to AWS: clients, identity, bounded retries and waits.

Errors are classified by code first and by message only where AWS gives one code to many causes. Nothing here sleeps
between steps: a wait polls, a retry is for a named error, and both have a budget in seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from studentdb import __version__
from studentdb.errors import CancelledError, StudentDBError
from studentdb.provision import requests, tags
from studentdb.provision.connection import check_on_the_wire, kept_back
from studentdb.provision.endpoints import Endpoints

T = TypeVar("T")

# IAM is eventually consistent; one measured deploy needed more than 48 s.
PROPAGATION_BUDGET = 120.0
# How long to look for what a create says exists already: reads lag behind it.
EXISTING_BUDGET = 30.0
# How long to look for what a create may have made whose answer was lost, before it is asked for a second one.
LOST_BUDGET = 5.0

# How engines say that they do not know a call, besides with HTTP 501: the codes of the better ones, and what botocore
# makes of a web server's page, which holds no code.
_UNKNOWN = frozenset(
    {"InvalidAction", "NotImplemented", "UnknownOperation", "UnknownOperationException", "UnsupportedOperation"}
)
_PAGES = frozenset({"400", "404", "405", "500"})

# How the names of operations that only read begin; every other operation counts as a write.
_READS = ("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan")


@dataclass(frozen=True)
class Deployment:
    """One installation of the product: an environment in one account and region.

    Env `prod` uses the names of the owner's documents as they are, env NAME uses `student-management-NAME-…`.
    """

    env: str
    region: str
    account: str

    @property
    def prefix(self) -> str:
        """What every name begins with."""
        return "student-management" if self.env == "prod" else f"student-management-{self.env}"

    @property
    def id(self) -> str:
        """Unique in the account; the value of the deployment tag."""
        # Of the separators only these are documented for every service's tags: `.`, `_`, `:`, `/`, `=`, `+`, `-`.
        return f"{self.prefix}/{self.region}"

    @property
    def digest(self) -> str:
        """12 hex characters that are unique to account and deployment, for names that carry no tags or are global."""
        return sha256(f"{self.account}/{self.id}".encode()).hexdigest()[:12]


def _cancel_event() -> threading.Event:
    return threading.Event()


@dataclass(frozen=True)
class Aws:
    """A session bound to a deployment and to where AWS is (`endpoints`)."""

    session: boto3.Session
    deployment: Deployment
    endpoints: Endpoints
    cancelled: threading.Event = field(default_factory=_cancel_event)
    # Called before every call that writes; the lock uses it to stop an owner that was taken over.
    before_write: list[Callable[[], None]] = field(default_factory=list)
    # The seconds that budgets are counted in; a replay of AWS's behaviour brings its own, and a `cancelled` to match.
    now: Callable[[], float] = time.monotonic
    _clients: dict[tuple[str, str, bool], Any] = field(default_factory=dict)
    _client_lock: threading.Lock = field(default_factory=threading.Lock)
    _shared: list[dict[tuple[str, ...], Future[Any]]] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    # Whether what this thread sends at the moment is a write.
    _sending: threading.local = field(default_factory=threading.local)

    @cached_property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov` (REG-09)."""
        return str(self.session.get_partition_for_region(self.deployment.region))

    @property
    def region(self) -> str:
        """The deployment's region."""
        return self.deployment.region

    @property
    def account(self) -> str:
        """The 12-digit account id."""
        return self.deployment.account

    @property
    def tags(self) -> dict[str, str]:
        """The tags that every resource of the deployment carries."""
        return {tags.DEPLOYMENT: self.deployment.id}

    def owns(self, found: dict[str, str]) -> bool:
        """Whether these tags are this deployment's."""
        return found.get(tags.DEPLOYMENT) == self.deployment.id

    def client(self, service: str, *, retries: bool = True, region: str | None = None) -> Any:
        """A thread-safe boto3 client, made once.

        `retries=False` is for creates without an idempotency token: after a lost answer botocore would make a second
        one (X-06), so the resource looks again instead.
        """
        key = (service, region or self.region, retries)
        # boto3.Session is not thread-safe; clients are.
        with self._client_lock:
            if key not in self._clients:
                self._clients[key] = self.session.client(
                    service,
                    region_name=region or self.region,
                    endpoint_url=self.endpoints.endpoint_url,
                    config=Config(
                        # `Rate exceeded` comes with HTTP 400 and many names; botocore knows them.
                        retries={"mode": "standard", "total_max_attempts": self._attempts(service) if retries else 1},
                        # us-east-1 would fall back to SigV2 for presigned URLs on a custom endpoint.
                        signature_version="s3v4" if service == "s3" else None,
                        s3={"addressing_style": self.endpoints.s3_addressing} if service == "s3" else None,
                        max_pool_connections=32,
                        connect_timeout=5,
                        read_timeout=10 if service == "ssm" else 60,
                        user_agent_extra=f"studentdb/{__version__}",
                    ),
                )
                events = self._clients[key].meta.events
                events.register_first("provide-client-params", requests.check)
                events.register_first("before-send", self._before_send)
                # Before the handler for one service, which comes first by being more specific.
                events.register_first(f"needs-retry.{events_name(self._clients[key])}", _is_no_throttle)
                check_on_the_wire(self._clients[key], self._check_write)
                # Here, once: asked for by many threads at the same time, botocore reads the list of all its services
                # in each of them, which costs a survey more than its requests do.
                made = self._clients[key]
                made.can_paginate(next(iter(made.meta.method_to_api_mapping)))
            return self._clients[key]

    def _attempts(self, service: str) -> int:
        # Where a 500 may mean that the call is not known, ten attempts would take a minute to say so.
        if self.endpoints.stands_in:
            return 3
        # Several tries of the lock's heartbeat have to fit into a lease, and nothing else is in SSM.
        return 4 if service == "ssm" else 10

    def _before_send(self, event_name: str, **_: Any) -> None:
        # `before-send.<service>.<Operation>`: for botocore's own repetitions as well as for the first try.
        self._sending.write = not event_name.rsplit(".", 1)[1].startswith(_READS)
        self._check_write()

    def _check_write(self) -> None:
        if not self._sending.write:
            return
        for check in self.before_write:
            check()
        # The check may have sent something itself.
        self._sending.write = True

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """Inside, `shared` fetches each thing once. For a survey: nothing is written meanwhile."""
        with self._guard:
            self._shared.append({})
        try:
            yield
        finally:
            with self._guard:
                self._shared.pop()

    def shared(self, key: tuple[str, ...], fetch: Callable[[], T]) -> T:
        """`fetch()`, once per `key` inside `sharing`: what several resources look into, such as an API's routes.

        API Gateway takes 10 calls a second (AGW-02).
        """
        with self._guard:
            held: dict[tuple[str, ...], Future[Any]] = self._shared[-1] if self._shared else {}
            mine = key not in held
            found = held.setdefault(key, Future())
        if mine:
            try:
                found.set_result(fetch())
            except Exception as error:
                found.set_exception(error)
        result: T = found.result()
        return result

    def lacks(self, error: Exception) -> str:
        """The call that an engine in AWS's place does not know; empty for other errors, and always on AWS."""
        if not self.endpoints.stands_in:
            return ""
        if isinstance(error, ResponseParserError):
            return "a call (its answer is none of this service)"
        return error.operation_name if isinstance(error, ClientError) and unknown_call(error) else ""

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
        """An ARN in this deployment's partition, region and account."""
        return ":".join(
            (
                "arn",
                self.partition,
                service,
                self.region if region else "",
                self.account if account else "",
                resource,
            )
        )

    def pause(self, seconds: float) -> None:
        """Sleep that Ctrl-C ends. Raises CancelledError."""
        if self.cancelled.wait(seconds):
            raise CancelledError("interrupted")

    def retry(
        self,
        call: Callable[[], T],
        *,
        when: Callable[[ClientError], bool],
        budget: float = PROPAGATION_BUDGET,
        quickest: float = 0.25,
    ) -> T:
        """`call()`, again while it fails with an error that `when` accepts; `quickest` s apart at first, 2 s at most.

        Raises the last error after `budget` seconds.
        """
        started = self.now()
        while True:
            waited = self.now() - started
            delay = _step(waited, at_least=quickest, at_most=2.0)
            try:
                return call()
            except ClientError as error:
                if not when(error) or waited + delay > budget:
                    raise
            self.pause(delay)

    def wait(
        self, poll: Callable[[], T | None], *, what: str, budget: float, quickest: float = 0.1, slowest: float = 2.0
    ) -> T:
        """Poll until `poll` returns something other than None, from `quickest` upwards to `slowest` seconds apart.

        Raises StudentDBError after `budget` seconds.
        """
        found = self.look(poll, budget=budget, quickest=quickest, slowest=slowest)
        if found is None:
            raise StudentDBError(
                f"{what} did not happen within {budget:.0f} s",
                hint="run the same command again: it goes on from here",
            )
        return found

    def look(
        self, poll: Callable[[], T | None], *, budget: float, quickest: float = 0.1, slowest: float = 2.0
    ) -> T | None:
        """As `wait`, for what may well not be there: None after `budget` seconds."""
        started = self.now()
        while True:
            waited = self.now() - started
            delay = _step(waited, at_least=quickest, at_most=slowest)
            found = poll()
            if found is not None or waited + delay > budget:
                return found
            self.pause(delay)


def events_name(client: Any) -> str:
    """What botocore's events call the client's service."""
    return str(client.meta.service_model.service_id.hyphenize())


def _step(waited: float, *, at_least: float, at_most: float) -> float:
    """How long until the next look: a tenth of the time that it took so far, so that little is lost at the end."""
    return max(at_least, min(waited / 10, at_most))


def _is_no_throttle(response: tuple[Any, dict[str, Any]] | None, **_: Any) -> bool | None:
    """For botocore's `needs-retry`: False ends it, None leaves it to botocore's own rules.

    botocore takes LimitExceededException for throttling and would pause up to 20 s for it, time and again. It is a
    quota, which no pause mends, or says that DynamoDB makes enough tables just now, which the table waits for (DDB-02).
    """
    code = response[1].get("Error", {}).get("Code") if response else None
    return False if code == "LimitExceededException" else None


def error_code(error: ClientError) -> str:
    """The service's error code, e.g. `ResourceNotFoundException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def error_message(error: ClientError) -> str:
    """The service's message."""
    return str(error.response.get("Error", {}).get("Message", ""))


def unknown_call(error: ClientError) -> bool:
    """Whether an engine that stands in for AWS says that it lacks the call."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    # An answer to HEAD has no body and so never the service's own code.
    is_page = error_code(error) in _PAGES and not error.operation_name.startswith("Head")
    return is_page or status == 501 or error_code(error) in _UNKNOWN


def has_code(*codes: str) -> Callable[[ClientError], bool]:
    """A predicate for `Aws.retry`: the error's code is one of these."""
    return lambda error: error_code(error) in codes


def busy(error: ClientError) -> bool:
    """Another change is under way, or there were too many calls: nothing was done, and a moment later it will be.

    For API Gateway, which takes one control call at a time per API (AGW-01) and ten a second per account (AGW-02), for
    Cognito, and for Lambda where botocore may not send a call again.
    """
    # API Gateway's code for "already exists" too.
    if error_code(error) == "ConflictException":
        return "try again later" in error_message(error)
    return error_code(error) in ("ConcurrentModificationException", "TooManyRequestsException")


def lost(error: Exception) -> bool:
    """Whether the call may have done its work all the same, so that only another look tells (X-06)."""
    if isinstance(error, StudentDBError) or kept_back(error):
        return False  # ours, from before it was sent: the lock is somebody else's
    if isinstance(error, ClientError):
        return bool(error.response["ResponseMetadata"].get("HTTPStatusCode", 0) >= 500)
    return True


@contextmanager
def ignoring(*codes: str) -> Iterator[None]:
    """Run a delete; an error with one of these codes means that it is gone already (X-11)."""
    try:
        yield
    except ClientError as error:
        if error_code(error) not in codes:
            raise
