"""What compares studentdb with other deployers counts, kills and divides rightly. No other tool is fetched or timed."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import clock, deployment
from benchmarks.counted import READS
from benchmarks.others import report
from benchmarks.others.__main__ import BEGIN, END, measured, replaced
from benchmarks.others.account import Outcome, sums
from benchmarks.others.job import CODE, FIRST, NOTHING, STAGES, TEARDOWN, Killed, Record, killed, kinds
from benchmarks.others.proxy import Call, Counting, call, proxy
from benchmarks.others.tools import PROJECTS, TOOLS, Npm, StudentDB, Tool, UnavailableError

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20250101/eu-central-1/{}/aws4_request, SignedHeaders=host, Signature=0"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def headers(service: str, **more: str) -> dict[str, str]:
    return {"authorization": SIGNED.format(service), **{name.replace("_", "-"): text for name, text in more.items()}}


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (
            call("POST", "/", headers("dynamodb", x_amz_target="DynamoDB_20120810.CreateTable"), b"{}"),
            Call("dynamodb", "CreateTable", writes=True),
        ),
        (
            call("POST", "/", headers("dynamodb", x_amz_target="DynamoDB_20120810.DescribeTable"), b"{}"),
            Call("dynamodb", "DescribeTable", writes=False),
        ),
        (
            call("POST", "/", headers("iam", content_type=FORM), b"Version=2010-05-08&Action=PutRolePolicy"),
            Call("iam", "PutRolePolicy", writes=True),
        ),
        (
            call("POST", "/", headers("sts", content_type=FORM), b"Action=AssumeRole"),
            Call("sts", "AssumeRole", writes=False),
        ),
        (
            call("GET", "/?Action=ListStacks", headers("cloudformation"), b""),
            Call("cloudformation", "ListStacks", False),
        ),
        (
            call("POST", "/service/CloudTrail/operation/LookupEvents", headers("cloudtrail"), b""),
            Call("cloudtrail", "LookupEvents", writes=False),
        ),
        (call("POST", "/2015-03-31/functions", headers("lambda"), b"{}"), Call("lambda", "POST", writes=True)),
        (call("HEAD", "/bucket/key", headers("s3"), b""), Call("s3", "HEAD", writes=False)),
        # A stored file is no form, whatever stands in it.
        (call("PUT", "/bucket/key", headers("s3"), b"Action=GetUser"), Call("s3", "PUT", writes=True)),
        (call("GET", "/.well-known/jwks.json", {}, b""), Call("unsigned", "GET", writes=False)),
    ],
    ids=lambda value: f"{value.service}.{value.operation}",
)
def test_a_request_is_named_and_sorted(found: Call, wanted: Call) -> None:
    assert found == wanted


def test_something_is_done_once_after_so_many_writes() -> None:
    counting, done = Counting(), []
    counting.after(2, lambda: done.append(sum(counting.taken().values())))
    for writes in (False, True, False, True, True):
        counting.done(Call("s3", "PUT" if writes else "GET", writes))
    assert done == [4]
    assert sums(counting.taken()) == (1, 0)


@pytest.mark.slow
@pytest.mark.engine
def test_the_proxy_counts_as_botocore_does(tmp_path: Path) -> None:
    counting, output = Counting(), tmp_path / "calls.json"
    with (
        deployment.engine(tmp_path) as env,
        proxy(int(env["AWS_ENDPOINT_URL"].rpartition(":")[2]), counting) as port,
    ):
        env["AWS_ENDPOINT_URL"] = f"http://localhost:{port}"
        command = deployment.arguments(deployment.FLOOR, "first deploy", env)
        clock.run(("-m", "benchmarks.counted", str(output), "0", *command), env)
    sent: dict[str, int] = json.loads(output.read_text())
    reading = sum(count for name, count in sent.items() if name.partition(".")[2].startswith(READS))
    assert reading > 0
    assert sums(counting.taken()) == (sum(sent.values()) - reading, reading)


_PARAMETERS = """
import sys, boto3
ssm = boto3.client("ssm")
for name in ("/a", "/b", "/c", "/d"):
    if sys.argv[1] == "deploy":
        ssm.put_parameter(Name=name, Value="x", Type="String")
    else:
        ssm.delete_parameter(Name=name)
"""


class Forgetful(Tool):
    """Makes four parameters, and does not go on where some of them are there."""

    name = "forgetful"
    deploy = (sys.executable, "-c", _PARAMETERS, "deploy")
    teardown = (sys.executable, "-c", _PARAMETERS, "teardown")

    def install(self) -> str:
        return "1"

    def lay_out(self, folder: Path) -> None:
        folder.mkdir(parents=True)


@pytest.mark.slow
@pytest.mark.engine
def test_a_kill_comes_after_exactly_so_many_writes(tmp_path: Path) -> None:
    tool, seen = Forgetful(), Record()
    seen.stages[FIRST] = [outcome(1, 4)]
    seen.made = Counter({"parameter": 4})
    killed(tmp_path, tool, seen, 0.5)
    (found,) = seen.killed
    assert (found.done, found.of) == (2, 4)
    assert "ParameterAlreadyExists" in found.again.complaint
    assert (found.again.code, found.again.writing) == (1, 1)
    # Of four there were two, so that the teardown does not find the third.
    assert "ParameterNotFound" in found.teardown.complaint
    assert (found.more, found.left) == (Counter(), Counter())


def outcome(seconds: float, writing: int = 0, *, code: int = 0, said: str = "") -> Outcome:
    return Outcome(seconds, code, said, writing, 2 * writing)


def record(factor: float) -> Record:
    """Three runs of every stage, the middle one taking `factor` times 1, 2, 3 and 4 seconds."""
    stages = {
        stage: [outcome(factor * seconds * spread, 10) for spread in (0.5, 1, 7)]
        for stage, seconds in zip(STAGES, (1, 2, 3, 4), strict=True)
    }
    return Record("1.0", stages)


def test_ratios_are_those_of_the_medians() -> None:
    rows = report.times({"ours": record(1), "theirs": record(5)})
    assert rows == [
        [FIRST, "1.0 (0.5-7.0), 1.0x", "5.0 (2.5-35.0), 5.0x"],
        [NOTHING, "2.0 (1.0-14.0), 1.0x", "10.0 (5.0-70.0), 5.0x"],
        [CODE, "3.0 (1.5-21.0), 1.0x", "15.0 (7.5-105.0), 5.0x"],
        [TEARDOWN, "4.0 (2.0-28.0), 1.0x", "20.0 (10.0-140.0), 5.0x"],
    ]
    assert report.calls({"ours": record(1)})[0] == [FIRST, "10 + 20"]


def test_the_report_says_what_failed_and_what_is_missing() -> None:
    ours, theirs = record(1), record(2)
    failed = outcome(1, code=1, said="deploying\nError: in /srv/a/b: the stack | is stuck\n\nGoodbye\n")
    theirs.killed = [
        Killed(3, 12, failed, Counter(), outcome(1), Counter({"REST API": 2, "response headers policy": 2}))
    ]
    theirs.elsewhere = (outcome(1), Counter({"role": 1}))
    text = report.report(
        "here", {tool.name: tool() for tool in TOOLS}, {"studentdb": ours, "chalice": theirs}, {"cdk": "no npm"}
    )
    assert (
        "| chalice | 3 of 12 | fails (1): Error: in …: the stack / is stuck | nothing | done "
        "| 2 REST APIs, 2 response headers policies |" in text
    )
    assert "| left by a teardown from another machine | not tried | done; 1 role |" in text
    assert "Not measured: cdk: no npm." in text
    widths = {len(line.split("|")) for line in text.splitlines() if line.startswith("|")}
    assert widths == {5, 8}


def test_things_are_counted_by_their_kind() -> None:
    found = {
        "iam/role student-management-api-read",
        "iam/role student-management-api-write",
        "logs//aws/lambda/a",
        "ssm//studentdb/prod@eu-central-1/lock/2",
        "cloudformation/student-management ROLLBACK_COMPLETE",
        "objects/cdk-hnb659fds-assets/a.zip 1",
    }
    assert report.counted(kinds(found)) == (
        "1 lock generation, 1 log group, 1 object in the bootstrap bucket, 2 roles, 1 stack in ROLLBACK_COMPLETE"
    )


def test_results_replace_earlier_ones_and_nothing_else() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replaced(replaced(page, "new\n"), "newer\n") == f"before\n{BEGIN}\n\nnewer\n\n{END}\nafter\n"
    with pytest.raises(ValueError, match="the page has no"):
        replaced("before", "new")


def test_a_tool_that_cannot_be_had_is_named_with_the_reason(tmp_path: Path) -> None:
    class Absent(StudentDB):
        name = "absent"

        def install(self) -> str:
            raise UnavailableError("it is gone")

    assert measured([Absent()], tmp_path, 1) == ({}, {"absent": "installing: it is gone"})


@pytest.mark.parametrize("tool", [tool() for tool in TOOLS], ids=lambda tool: tool.name)
def test_a_project_holds_code_that_can_be_changed(tool: Tool, tmp_path: Path) -> None:
    for name in ("one", "two"):
        tool.lay_out(tmp_path / name)
    tool.change(tmp_path / "two")
    differing = [
        path.relative_to(tmp_path / "one")
        for path in sorted((tmp_path / "one").rglob("*"))
        if path.is_file() and path.read_bytes() != (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
    ]
    assert differing == [Path(tool.code) / "read.py"]


def test_versions_are_exact_and_from_nowhere_in_particular() -> None:
    for tool in TOOLS:
        if issubclass(tool, Npm):
            wanted = json.loads((PROJECTS / tool.name / "package.json").read_text())["dependencies"]
            assert wanted
            assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert list(PROJECTS.rglob("package-lock.json")) == []
