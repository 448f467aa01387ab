"""What every tool does: its stages on an empty account, a kill on the way, and a teardown from another machine."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.clock import FailedError
from benchmarks.others.account import Account, Outcome, account
from benchmarks.others.tools import Tool

FIRST, NOTHING, CODE, TEARDOWN = "first deploy", "deploy, nothing to do", "deploy, code changed", "teardown with data"
STAGES = (FIRST, NOTHING, CODE, TEARDOWN)
# How much of the writing calls of a first deploy is done when it is killed.
KILLED_AT = (0.25, 0.5, 0.75, 1)


@dataclass(frozen=True)
class Killed:
    """A first deploy that was killed after `done` of `of` writing calls, and what came of it."""

    done: int
    of: int
    again: Outcome
    more: Counter[str]
    teardown: Outcome
    left: Counter[str]


@dataclass
class Record:
    """All that was seen of one tool."""

    version: str = ""
    stages: dict[str, list[Outcome]] = field(default_factory=dict)
    set_up: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    killed: list[Killed] = field(default_factory=list)
    elsewhere: tuple[Outcome, Counter[str]] | None = None


def timed(scratch: Path, tool: Tool, record: Record) -> None:
    """All stages once, on a new account. Raises FailedError."""
    with account(scratch, tool) as here:
        before = _set_up(here, record)
        stages = {FIRST: here.ok(tool.deploy)}
        record.made = kinds(here.holds() - before)
        stages[NOTHING] = here.ok(tool.deploy)
        tool.change(here.folder)
        stages[CODE] = here.ok(tool.deploy)
        here.call_functions()
        stages[TEARDOWN] = here.ok(tool.teardown)
        record.left = kinds(here.holds() - before)
    for stage, outcome in stages.items():
        record.stages.setdefault(stage, []).append(outcome)


def killed(scratch: Path, tool: Tool, record: Record, share: float) -> None:
    """A first deploy that gets no further than `share`; the next one; and a teardown."""
    of = record.stages[FIRST][0].writing
    done = max(1, round(of * share))
    with account(scratch, tool) as here:
        before = _set_up(here, record)
        if here.run(tool.deploy, kill_after=done).code != -signal.SIGKILL:
            raise FailedError(f"the deploy was over before {done} writing calls were done")
        again = here.run(tool.deploy)
        more = kinds(here.holds() - before) - record.made
        teardown = here.run(tool.teardown)
        record.killed.append(Killed(done, of, again, more, teardown, kinds(here.holds() - before)))


def elsewhere(scratch: Path, tool: Tool, record: Record) -> None:
    """A teardown from a checkout that has not deployed."""
    with account(scratch, tool) as here:
        before = _set_up(here, record)
        here.ok(tool.deploy)
        here.start_over()
        outcome = here.run(tool.teardown)
        record.elsewhere = (outcome, kinds(here.holds() - before))


def kinds(names: set[str]) -> Counter[str]:
    """How many there are of each kind."""
    return Counter(_kind(name) for name in names)


def _kind(name: str) -> str:
    service, _, rest = name.partition("/")
    match service:
        case "iam" | "cloudfront":
            # "role NAME", "origin access control NAME": all but the name.
            return rest.rpartition(" ")[0]
        case "logs":
            return "log group"
        case "objects":
            return f"object in {'the bootstrap bucket' if rest.startswith('cdk-') else 'a bucket'}"
        case "ssm":
            return "lock generation" if "/lock/" in rest else "parameter"
        case "cloudformation":
            return f"stack in {rest.rpartition(' ')[2]}"
        case _:
            return _NOUNS[service]


_NOUNS = {
    "dynamodb": "table",
    "lambda": "function",
    "apigatewayv2": "HTTP API",
    "apigateway": "REST API",
    "cognito-idp": "user pool",
    "s3": "bucket",
    "ecr": "image repository",
}


def _set_up(here: Account, record: Record) -> set[str]:
    empty = here.holds()
    if here.tool.setup:
        here.ok(here.tool.setup)
    before = here.holds()
    record.set_up = kinds(before - empty)
    return before
