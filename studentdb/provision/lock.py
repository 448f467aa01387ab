"""One deploy at a time, across machines: lock generations in SSM.

SSM has no compare-and-swap, but `PutParameter(Overwrite=False)` is atomic. So acquiring and taking over are the same
thing: creating `/studentdb/<deployment>/lock/<n+1>`. An owner writes only its own generation; "released" is a value,
not a deletion (a deleted name cannot be made again for 30 s). A dead owner on this machine is taken over at once, one
elsewhere when its lease is over.

An owner stops by itself before anybody may take over: before each write its own clock has to say that the lease still
runs. That costs no call. A release that a person ordered is the one case that the clock does not know; the owner finds
it in the list, which it reads again every few seconds, and who releases waits for that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from studentdb import machine
from studentdb.errors import LockedError, StudentDBError
from studentdb.provision import tags
from studentdb.provision.aws import Aws, error_code, has_code
from studentdb.provision.lock_owner import LEASE, Generation, Owner

# How old the knowledge that nobody took over may be when a write begins.
FRESH = LEASE / 12

ACTIONS = (
    "ssm:GetParametersByPath",
    "ssm:PutParameter",
    "ssm:AddTagsToResource",
    "ssm:DeleteParameters",
)


class Lock:
    """The lock of one deployment.

    `clock` gives seconds that never go backwards, a suspended machine's included. `lease`, in seconds, stands in the
    generation: others go by it.
    """

    def __init__(
        self, aws: Aws, command: str, *, lease: float = LEASE, clock: Callable[[], float] = machine.clock
    ) -> None:
        self._aws = aws
        self._clock = clock
        self._path = f"/studentdb/{aws.deployment.prefix}/lock/"
        self._owner = Owner.here(command, lease)
        self._lease = lease
        self._number = 0
        # When the newest sign of life that arrived was sent, and when the newest list was asked for. Both are the
        # times before the call: a process that was stopped during one learns nothing about now from its answer.
        self._renewed = 0.0
        self._looked = 0.0
        self._successor: Owner | None = None
        self._stop = threading.Event()

    @contextmanager
    def held(self, *, destroy: bool = False) -> Iterator[None]:
        """Hold the lock; every write inside first makes sure that it is still held. Raises LockedError.

        With `destroy`, work that succeeds takes the lock's record with it: nothing else is left to be locked.
        """
        needless = self._acquire()
        beating = threading.Thread(target=self._beat, name="lock", daemon=True)
        beating.start()
        self._aws.before_write.append(self._check)
        finished = False
        try:
            self._delete(needless)
            yield
            finished = True
        finally:
            self._stop.set()
            beating.join()
            try:
                if destroy and finished:
                    self._destroy()
                else:
                    # What went wrong before matters more, and the lease ends by itself. One that was lost is not ours.
                    with suppress(ClientError, BotoCoreError, StudentDBError):
                        self._release()
            finally:
                self._aws.before_write.remove(self._check)

    def follows(self, before: Generation | None) -> bool:
        """Whether nobody held the lock between a look at it, which saw `before`, and our holding it now."""
        if before is None:
            return self._number == 1
        return before.owner.released and self._number == before.number + 1

    def latest(self) -> Generation | None:
        """The highest generation, held or not."""
        generations = self._generations()
        return generations[-1] if generations else None

    def release(self, seen: Generation) -> None:
        """Make the lock free although the owner of `seen` did not release it, which writes nothing more.

        Takes some seconds where that owner may still run: it has to notice first. Raises LockedError where it does run,
        on this machine, and where somebody else holds the lock by now.
        """
        self.refuse_living(seen)
        self._acquire(over=seen)
        if seen.held:
            # It may have looked a moment ago, and the list that it looks at next may lag.
            self._aws.pause(seen.owner.lease / 6)
        self._raise_if_over()
        self._release()

    def refuse_living(self, seen: Generation) -> None:
        """Raise LockedError where the owner surely runs: then it can be stopped itself."""
        if seen.state == "alive":
            raise LockedError(
                "the lock is not released",
                why=f"process {seen.owner.pid} runs on this machine",
                hint=f"wait for it, or stop it: kill {seen.owner.pid}",
            )

    def _acquire(self, *, over: Generation | None = None) -> list[str]:
        """Take the next generation, also from the living owner of `over`; returns the names of needless older ones."""
        began = self._clock()
        while True:
            generations = self._generations()
            latest = generations[-1] if generations else None
            if latest is not None and latest.owner.run == self._owner.run:
                # The answer to our making it was lost, and botocore asked again.
                self._number, self._renewed = latest.number, began
            elif latest is not None and latest.held and (over is None or over.number != latest.number):
                raise LockedError(
                    "another run is working on this deployment",
                    why=str(latest.owner),
                    hint="studentdb lock show  (a run that died elsewhere holds the lock for a minute at most)",
                )
            elif not self._create(latest.number + 1 if latest else 1, until=began + LEASE):
                continue
            if not self._is_overtaken():
                # The last but one stays: a list that lags must not be empty, or somebody would begin with 1 again.
                return [f"{self._path}{each.number}" for each in generations if each.number < self._number - 1]

    def _create(self, number: int, *, until: float) -> bool:
        try:
            self._put(number, create=True)
        except ClientError as error:
            if error_code(error) != "ParameterAlreadyExists" or self._clock() > until:
                raise
            # Somebody was faster: look who. Or the name was deleted a moment ago, and is not free yet.
            self._aws.pause(0.5)
            return False
        return True

    def _is_overtaken(self) -> bool:
        """Whether somebody took over, by a list asked for now. Only a higher number says so: ours may not show yet."""
        began = self._clock()
        latest = self.latest()
        if latest is not None and latest.number > self._number:
            self._successor = latest.owner
            return True
        self._looked = began
        return False

    def _check(self) -> None:
        """Before each write: raises LockedError unless nobody can have taken over."""
        self._raise_if_over()
        # The heartbeat looks anyway. A look that took too long says nothing about now.
        while threading.current_thread().name != "lock" and self._clock() - self._looked > self._lease / 12:
            self._is_overtaken()
            self._raise_if_over()

    def _raise_if_over(self) -> None:
        if self._successor is not None:
            what, why = "this run was taken over", f"{self._successor}"
        elif self._clock() - self._renewed > self._lease * 5 / 6:
            # Others may take over after the whole lease; a write that begins now needs time to arrive.
            what = "this run lost its lock"
            why = f"it gave no sign of life for longer than its lease of {self._lease:.0f} s"
        else:
            return
        raise LockedError(what, why=why, hint=f"{self._owner.command}  (it goes on from here)")

    def _beat(self) -> None:
        # Three that fail are none too many: the next one may get through.
        while not self._stop.wait(self._lease / 4):
            with suppress(ClientError, BotoCoreError, StudentDBError):
                if self._is_overtaken():
                    return
                self._put(self._number, create=False)

    def _destroy(self) -> None:
        # Our own last: until then nobody else can begin.
        older = [f"{self._path}{each.number}" for each in self._generations() if each.number < self._number]
        self._delete(older)
        self._delete([f"{self._path}{self._number}"])

    def _release(self) -> None:
        self._owner = replace(self._owner, released=True)
        self._put(self._number, create=False)

    def _generations(self) -> list[Generation]:
        found: list[Generation] = []
        token: dict[str, str] = {}
        while True:
            page = self._aws.client("ssm").get_parameters_by_path(Path=self._path, **token)
            for parameter in page["Parameters"]:
                age = _age(parameter["LastModifiedDate"], page)
                number = int(parameter["Name"].rsplit("/", 1)[1])
                found.append(Generation(number, Owner.parse(parameter["Value"]), age, self._owner))
            if "NextToken" not in page:
                return sorted(found, key=lambda generation: generation.number)
            token = {"NextToken": page["NextToken"]}

    def _put(self, number: int, *, create: bool) -> None:
        began = self._clock()
        request: dict[str, Any] = {"Tags": tags.as_list(self._aws.tags)} if create else {"Overwrite": True}
        self._aws.retry(
            lambda: self._aws.client("ssm").put_parameter(
                Name=f"{self._path}{number}", Type="String", Value=self._owner.json(), **request
            ),
            when=has_code("TooManyUpdates"),
        )
        self._number, self._renewed = number, began

    def _delete(self, names: list[str]) -> None:
        for start in range(0, len(names), 10):
            self._aws.client("ssm").delete_parameters(Names=names[start : start + 10])


def _age(modified: datetime, page: dict[str, Any]) -> float:
    # Both by the service's clock, so that laptops with different clocks agree. Whoever hides it hides that a lease is
    # over: the owner is believed then, and a person decides.
    now = page["ResponseMetadata"]["HTTPHeaders"].get("date")
    return (parsedate_to_datetime(now) - modified).total_seconds() if now else 0.0
