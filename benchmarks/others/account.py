"""One empty account on the embedded engine, seen through the counting proxy, and the commands that run against it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from benchmarks import deployment
from benchmarks.clock import REGION, FailedError
from benchmarks.others.proxy import Call, Counting, proxy
from benchmarks.others.tools import QUIET, ROOT_KEY, Tool
from tests.inventory import inventory
from tests.support import Backend

# Nothing here takes a minute on an idle machine.
_BUDGET = 600
_EMPTY_EVENT = b"{}"


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    seconds: float
    code: int
    said: str
    writing: int
    reading: int

    @property
    def complaint(self) -> str:
        """The line that says most about a failure: the last one with the word in it."""
        lines = [line.strip() for line in self.said.splitlines() if line.strip()]
        telling = [line for line in lines if "error" in line.lower() or "fail" in line.lower()]
        return (telling or lines or ["nothing was said"])[-1]


@dataclass(frozen=True)
class Account:
    """An engine with one tool's project beside it."""

    tool: Tool
    folder: Path
    url: str
    env: Mapping[str, str]
    counting: Counting

    def run(self, command: tuple[str, ...], *, kill_after: int = 0) -> Outcome:
        """Run a command of the tool's in its project; `kill_after` so many writing calls, with all its children."""
        self.counting.taken()
        output = self.folder.with_suffix(".out")
        with output.open("wb") as out:
            started = time.perf_counter()
            # In a session of its own: the children go with it.
            child = subprocess.Popen(
                command,
                cwd=self.folder,
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
            if kill_after:
                self.counting.after(kill_after, lambda: _kill(child))
            try:
                code = child.wait(timeout=_BUDGET)
            except subprocess.TimeoutExpired:
                _kill(child)
                code = child.wait()
            seconds = time.perf_counter() - started
        writing, reading = sums(self.counting.taken())
        return Outcome(seconds, code, output.read_text(errors="replace"), writing, reading)

    def ok(self, command: tuple[str, ...]) -> Outcome:
        """Run a command that has to work. Raises FailedError."""
        outcome = self.run(command)
        if outcome.code:
            raise FailedError(f"`{' '.join(command)}` ended with {outcome.code}: {outcome.complaint}\n{outcome.said}")
        return outcome

    def start_over(self) -> None:
        """The project as another machine has it: nothing that an earlier command wrote down."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.tool.lay_out(self.folder)

    def holds(self) -> set[str]:
        """The names of all that is there."""
        aws = Backend("engine", "000000000000", endpoint_url=self.url).root("prod")
        found = set(inventory(aws)) - {"logs/resource policies"}
        found |= {f"apigateway/{api['id']}" for api in self._client("apigateway").get_rest_apis()["items"]}
        stacks = self._client("cloudformation").describe_stacks()["Stacks"]
        found |= {f"cloudformation/{stack['StackName']} {stack['StackStatus']}" for stack in stacks}
        repositories = self._client("ecr").describe_repositories()["repositories"]
        found |= {f"ecr/{repository['repositoryName']}" for repository in repositories}
        s3 = self._client("s3")
        for bucket in s3.list_buckets()["Buckets"]:
            versions = s3.list_object_versions(Bucket=bucket["Name"])
            for kind in ("Versions", "DeleteMarkers"):
                found |= {
                    f"objects/{bucket['Name']}/{object_['Key']} {object_['VersionId']}"
                    for object_ in versions.get(kind, [])
                }
        return found

    def call_functions(self) -> None:
        """Once each, as in the life of any deployment: a function that ran has a log group."""
        functions = self._client("lambda")
        for function in functions.list_functions()["Functions"]:
            functions.invoke(FunctionName=function["FunctionName"], Payload=_EMPTY_EVENT)["Payload"].read()

    def _client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **ROOT_KEY)


@contextmanager
def account(scratch: Path, tool: Tool) -> Iterator[Account]:
    """A new engine, and a new project in the same place as before: what is compiled there stays compiled."""
    with deployment.engine(scratch) as env:
        engine_url = env["AWS_ENDPOINT_URL"]
        counting = Counting()
        with proxy(int(engine_url.rpartition(":")[2]), counting) as port:
            folder = scratch / "projects" / tool.name
            # By number: an SDK then puts a bucket's name into the path, and no name has to be resolved.
            seen = {
                **env,
                **QUIET,
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                "AWS_REGION": REGION,
                "HOME": str(scratch / "home"),
                "STUDENTDB_HOME": str(folder / "home"),
                **tool.given(engine_url),
            }
            found = Account(tool, folder, engine_url, seen, counting)
            found.start_over()
            yield found


def sums(calls: Counter[Call]) -> tuple[int, int]:
    """How many were writing, and how many reading."""
    writing = sum(count for call, count in calls.items() if call.writes)
    return writing, sum(calls.values()) - writing


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
