"""One deploy at a time, across machines: lock generations in SSM.

SSM has no compare-and-swap, but `PutParameter(Overwrite=False)` is atomic. So acquiring and taking over are the same
thing: creating `/studentdb/<deployment>/lock/<n+1>`. An owner writes only its own generation; "released" is a value,
not a deletion (a deleted name cannot be made again for 30 s). A dead owner on this machine is taken over at once, one
elsewhere when its lease is over.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from studentdb import machine
from studentdb.errors import LockedError
from studentdb.provision import tags
from studentdb.provision.aws import Aws, error_code, has_code

LEASE = 60.0
HEARTBEAT = 15.0
# How old the knowledge that nobody took over may be when a write begins.
FRESH = 5.0

ACTIONS = (
    "ssm:GetParametersByPath",
    "ssm:PutParameter",
    "ssm:AddTagsToResource",
    "ssm:DeleteParameters",
)


@dataclass(frozen=True)
class Owner:
    """Who holds a generation. `started` is when its process did, against pids that are used again."""

    user: str
    machine: str
    # Tells machines of one name apart.
    hardware: str
    # Where its pid means something.
    namespace: str
    pid: int
    started: str
    command: str
    since: str
    # Tells two runs of one process apart.
    run: str
    released: bool = False

    @property
    def dead(self) -> bool:
        """Whether it surely is gone: only on its own machine can that be known."""
        here = (platform.node(), machine.hardware(), machine.process_namespace())
        return (self.machine, self.hardware, self.namespace) == here and machine.started_at(self.pid) != self.started

    def __str__(self) -> str:
        return f"{self.user} on {self.machine} (process {self.pid}) runs `{self.command}` since {self.since}"


@dataclass(frozen=True)
class Generation:
    """One parameter below the lock's path. `age` is in seconds by the service's own clock."""

    number: int
    owner: Owner
    age: float

    @property
    def held(self) -> bool:
        """Whether the owner still counts."""
        return not (self.owner.released or self.owner.dead or self.age > LEASE)


class Lock:
    """The lock of one deployment. `clock` gives seconds that never go backwards, a suspended machine's included."""

    def __init__(self, aws: Aws, command: str, *, clock: Callable[[], float] = machine.clock) -> None:
        self._aws = aws
        self._clock = clock
        self._path = f"/studentdb/{aws.deployment.prefix}/lock/"
        self._owner = Owner(
            user=getpass.getuser(),
            machine=platform.node(),
            hardware=machine.hardware(),
            namespace=machine.process_namespace(),
            pid=os.getpid(),
            started=machine.started_at(os.getpid()) or "",
            command=command,
            since=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
            run=secrets.token_hex(8),
        )
        self._number = 0
        self._checked = 0.0
        self._lost = False
        self._stop = threading.Event()

    @contextmanager
    def held(self, *, destroy: bool = False) -> Iterator[None]:
        """Hold the lock; every write inside first makes sure that it is still held. Raises LockedError.

        With `destroy`, work that succeeds takes the lock's record with it: nothing else is left to be locked.
        """
        self._acquire()
        beating = threading.Thread(target=self._beat, name="lock", daemon=True)
        beating.start()
        self._aws.before_write.append(self._check)
        finished = False
        try:
            yield
            finished = True
        finally:
            self._aws.before_write.remove(self._check)
            self._stop.set()
            beating.join()
            if destroy and finished and not self._lost:
                self._destroy()
            else:
                self._release()

    def follows(self, before: Generation | None) -> bool:
        """Whether nobody held the lock between a look at it, which saw `before`, and our holding it now."""
        if before is None:
            return self._number == 1
        return before.owner.released and self._number == before.number + 1

    def latest(self) -> Generation | None:
        """The highest generation, held or not."""
        generations = self._generations()
        return generations[-1] if generations else None

    def _acquire(self) -> None:
        deadline = self._clock() + LEASE
        while True:
            generations = self._generations()
            latest = generations[-1] if generations else None
            if latest is not None and latest.held:
                raise LockedError(
                    "another run is working on this deployment",
                    why=str(latest.owner),
                    hint="wait for it; if it died elsewhere, its lock ends by itself within a minute",
                )
            try:
                self._put((latest.number if latest else 0) + 1, create=True)
            except ClientError as error:
                if error_code(error) != "ParameterAlreadyExists":
                    raise
                if not self._is_mine():
                    if self._clock() > deadline:
                        raise
                    # Somebody was faster: look who. Or the name was deleted a moment ago, and is not free yet.
                    self._aws.pause(0.5)
                    continue
            if self._is_overtaken():
                continue  # the list that we began with was old
            self._checked = self._clock()
            # Older generations have said what they had to say.
            self._delete([f"{self._path}{generation.number}" for generation in generations[:-1]])
            return

    def _is_mine(self) -> bool:
        """Whether we hold the newest generation: the answer to its making was lost, and botocore asked again."""
        latest = self.latest()
        if latest is None or latest.owner.run != self._owner.run:
            return False
        self._number = latest.number
        return True

    def _is_overtaken(self) -> bool:
        # Only a higher number says so: a list may lag and not show ours yet.
        latest = self.latest()
        return latest is not None and latest.number > self._number

    def _check(self) -> None:
        if threading.current_thread().name == "lock" or self._stop.is_set():
            return
        if self._clock() - self._checked > FRESH:
            self._lost = self._lost or self._is_overtaken()
            self._checked = self._clock()
        if self._lost:
            raise LockedError(
                "this run was taken over",
                why="it did not show any life for longer than its lease",
                hint="run the command again",
            )

    def _beat(self) -> None:
        while not self._stop.wait(HEARTBEAT):
            # One that fails is not the last: the next one may get through, and the lease covers three.
            with suppress(ClientError, BotoCoreError):
                if self._is_overtaken():
                    self._lost = True
                    return
                self._put(self._number, create=False)

    def _destroy(self) -> None:
        # Our own last: until then nobody else can begin.
        older = [f"{self._path}{each.number}" for each in self._generations() if each.number < self._number]
        self._delete(older)
        self._delete([f"{self._path}{self._number}"])

    def _release(self) -> None:
        if self._lost:
            return  # it is somebody else's now
        self._owner = Owner(**{**asdict(self._owner), "released": True})
        # What went wrong before matters more than this, and the lease ends by itself.
        with suppress(ClientError, BotoCoreError):
            self._put(self._number, create=False)

    def _generations(self) -> list[Generation]:
        found: list[Generation] = []
        token: dict[str, str] = {}
        while True:
            page = self._aws.client("ssm").get_parameters_by_path(Path=self._path, **token)
            now = _server_time(page)
            for parameter in page["Parameters"]:
                age = (now - parameter["LastModifiedDate"]).total_seconds()
                number = int(parameter["Name"].rsplit("/", 1)[1])
                found.append(Generation(number, Owner(**json.loads(parameter["Value"])), age))
            if "NextToken" not in page:
                return sorted(found, key=lambda generation: generation.number)
            token = {"NextToken": page["NextToken"]}

    def _put(self, number: int, *, create: bool) -> None:
        request: dict[str, Any] = {"Tags": tags.as_list(self._aws.tags)} if create else {"Overwrite": True}
        self._aws.retry(
            lambda: self._aws.client("ssm").put_parameter(
                Name=f"{self._path}{number}", Type="String", Value=json.dumps(asdict(self._owner)), **request
            ),
            when=has_code("TooManyUpdates"),
        )
        self._number = number

    def _delete(self, names: list[str]) -> None:
        for start in range(0, len(names), 10):
            self._aws.client("ssm").delete_parameters(Names=names[start : start + 10])


def _server_time(page: dict[str, Any]) -> datetime:
    # The service's clock, so that two laptops with different clocks agree on an age.
    stamp = page["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(stamp) if stamp else datetime.now(UTC)
