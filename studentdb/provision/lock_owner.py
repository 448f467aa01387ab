"""Who holds the lock, as it stands in a generation, and whether that still counts."""

from __future__ import annotations

import getpass
import json
import os
import platform
import secrets
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, Self

from studentdb import machine

# Seconds without a sign of life after which anybody may take over, by the service's clock.
LEASE = 60.0

# `alive` and `dead` are known of this machine only; `elsewhere` showed life within its lease, `expired` did not.
State = Literal["free", "alive", "elsewhere", "dead", "expired"]


@dataclass(frozen=True)
class Owner:
    """A run that holds, or held, a generation. `started` is when its process did, against pids that are used again."""

    user: str = "somebody"
    machine: str = "an unknown machine"
    # Tells machines of one name apart.
    hardware: str = ""
    # Since when that machine runs.
    boot: str = ""
    # Where its pid means something.
    namespace: str = ""
    pid: int = 0
    started: str = ""
    command: str = "?"
    since: str = "?"
    # Tells two runs of one process apart.
    run: str = ""
    lease: float = LEASE
    released: bool = False

    @classmethod
    def here(cls, command: str, lease: float) -> Self:
        """This process."""
        return cls(
            user=getpass.getuser(),
            machine=platform.node(),
            hardware=machine.hardware(),
            boot=machine.boot_id(),
            namespace=machine.process_namespace(),
            pid=os.getpid(),
            started=machine.started_at(os.getpid()) or "",
            command=command,
            since=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
            run=secrets.token_hex(8),
            lease=lease,
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """What any version's `json` gave; where that cannot be read, somebody who counts until the lease ends."""
        try:
            found: dict[str, Any] = json.loads(text)
            known = {field.name: found[field.name] for field in fields(cls) if field.name in found}
        except (ValueError, TypeError):
            return cls()
        return cls(**known | {"lease": min(known.get("lease", LEASE), LEASE)})

    def json(self) -> str:
        """What `parse` reads."""
        return json.dumps(asdict(self))

    def runs(self, me: Owner) -> bool | None:
        """Whether its process still does; None where that cannot be known from where `me` is."""
        if (self.machine, self.hardware) != (me.machine, me.hardware):
            return None
        if self.boot != me.boot:
            # The machine was started again since; or they are containers of one image on two machines.
            return None if machine.is_container(self.namespace) or machine.is_container(me.namespace) else False
        if self.namespace != me.namespace or not self.started:
            return None
        return machine.started_at(self.pid) == self.started

    def __str__(self) -> str:
        return f"{self.user} on {self.machine} (process {self.pid}) runs `{self.command}` since {self.since}"


@dataclass(frozen=True)
class Generation:
    """One parameter below the lock's path, as `me` sees it. `age`: seconds since its last sign of life."""

    number: int
    owner: Owner
    age: float
    me: Owner

    @property
    def state(self) -> State:
        """What is known of its owner."""
        if self.owner.released:
            return "free"
        if self.age > self.owner.lease:
            return "expired"
        runs = self.owner.runs(self.me)
        if runs is None:
            return "elsewhere"
        return "alive" if runs else "dead"

    @property
    def held(self) -> bool:
        """Whether the owner still counts."""
        return self.state in ("alive", "elsewhere")
