"""A deployment's life: made, looked at, made again without a write, repaired, kept, adopted, gone."""

from __future__ import annotations

import getpass
import json
import os
import platform
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from studentdb import machine, pillow_layer
from studentdb.bundle import find
from studentdb.custom_fields import variable
from studentdb.provision.aws import Aws
from studentdb.provision.deployer import Deployer, Source
from studentdb.provision.events import Emit, Event, silent
from studentdb.provision.lock import Lock
from studentdb.provision.resources.lambda_layer import LayerContent
from studentdb.provision.stack_settings import StackSettings
from studentdb.settings import load
from tests.command_line import CommandLine, Deployed
from tests.flows.conftest import ADMIN, PASSWORD, School
from tests.inventory import inventory
from tests.pictures import PILLOW
from tests.support import REGION, Backend

READS = ("Describe", "Get", "Head", "List")


def test_a_life(school: School) -> None:
    """plan, deploy, deploy, drift, deploy, teardown, deploy: with the same students and accounts at the end."""
    planned = school.run("plan", "--json")
    assert planned.code == 8
    assert {change["action"] for change in planned.data["changes"]} == {"create"}
    assert planned.data["unchanged"] == 0

    first = school.ok("deploy", "--yes", "--json").data
    assert sorted(first) == ["api_url", "client_id", "deployment", "region", "site_url", "user_pool_id"]
    assert first["deployment"].startswith(f"{school.env}@{REGION} via http://localhost:")
    assert first["region"] == REGION
    assert school.run("plan").code == 0

    before = school.inventory()
    again = school.ok("deploy", "--json")
    assert again.data == first
    assert "Nothing to do" in again.err
    assert school.inventory() == before

    _drift(school, first["user_pool_id"])
    _teardown_and_back(school, first)


def _drift(school: School, user_pool_id: str) -> None:
    """Changed by hand: the plan names the properties, a deploy repairs them and nothing else."""
    intact = school.inventory()
    function = f"{school.prefix}-api-read"
    school.root.client("lambda").update_function_configuration(FunctionName=function, MemorySize=128)
    school.root.client("logs").put_retention_policy(logGroupName=f"/aws/lambda/{function}", retentionInDays=1)
    school.root.client("cognito-idp").delete_group(GroupName="lecturer", UserPoolId=user_pool_id)
    planned = school.run("plan", "--json")
    assert planned.code == 8
    changes = {(each["action"], each["kind"]): each["properties"] for each in planned.data["changes"]}
    assert set(changes) == {
        ("update", "lambda.function"),
        ("update", "logs.log_group"),
        ("create", "cognito-idp.group"),
    }
    assert {"before": 128, "after": 512} in changes["update", "lambda.function"].values()
    status = school.ok("status", "--json").data
    assert (status["state"], status["changes"]) == ("incomplete", planned.data["changes"])
    assert "memory_mb: 128 -> 512" in school.ok("status").out
    text = school.run("plan").out
    assert "128 -> 512" in text
    assert "1 -> 90" in text
    school.ok("deploy", "--yes")
    assert school.run("plan").code == 0
    changed = {name for name, found in school.inventory().items() if found != intact.get(name)}
    services = {name.partition("/")[0] for name in changed}
    assert services == {"lambda", "cognito-idp", "ssm"}


def _teardown_and_back(school: School, first: dict[str, str]) -> None:
    """A plain teardown keeps people's data; the next deploy goes on with it."""
    school.sign_in()
    school.ok("students add", "--number", "S1", "--given-name", "Ada", "--family-name", "Lovelace")
    listed = school.ok("students list", "--json").data
    data = {name: found for name, found in school.inventory().items() if name.startswith(f"dynamodb/{school.prefix}")}

    bucket, file = f"{school.prefix}-media-{school.root.deployment.digest}", b"Read chapter one.\n"
    s3 = school.root.client("s3")
    s3.put_object(Bucket=bucket, Key="kept.txt", Body=file)
    s3.put_object(Bucket=bucket, Key="kept.txt", Body=file)
    s3.delete_object(Bucket=bucket, Key="kept.txt")

    removed = school.ok("teardown", "--yes", "--json")
    assert len(data) == sum(node.startswith("dynamodb.table/") for node in removed.data["kept"])
    assert f"dynamodb.table/{school.prefix}-users" in removed.data["kept"]
    assert f"apigatewayv2.api/{school.prefix}-api" in removed.data["removed"]
    assert f"dynamodb.table/{school.prefix}-users" in removed.err
    assert f"cognito-idp.user_pool/{school.prefix}-users" in removed.err
    assert "add --delete-data" in removed.err
    left = {name: found for name, found in school.inventory().items() if school.prefix in name}
    assert {name.partition("/")[0] for name in left} == {"dynamodb", "cognito-idp", "ssm", "s3"}
    assert {name: left[name] for name in data} == data
    assert school.ok("status", "--json").data["state"] == "kept data"

    back = school.ok("deploy", "--yes", "--json").data
    assert back["user_pool_id"] == first["user_pool_id"]
    school.ok("login", ADMIN, "--password-stdin", stdin=PASSWORD)
    assert school.ok("students list", "--json").data == listed
    versions = s3.list_object_versions(Bucket=bucket)
    assert (len(versions["Versions"]), len(versions["DeleteMarkers"])) == (2, 1)
    (origin,) = s3.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["AllowedOrigins"]
    assert origin == back["site_url"]
    assert s3.get_bucket_notification_configuration(Bucket=bucket)["LambdaFunctionConfigurations"]


def test_a_second_deploy_makes_no_call_that_writes(deployed: Deployed, engine: Backend) -> None:
    session = boto3.Session("test", "test", region_name=REGION)
    calls: list[str] = []
    session.events.register("before-call", lambda model, **_: calls.append(model.name))
    # The school's own fields stand in the folder in which it was deployed.
    own = load({}, {}, deployed.command_line.home)
    settings = StackSettings(
        custom_fields=variable(own.custom_fields),
        self_registration=own.self_registration,
        self_registration_domains=own.self_registration_domains,
    )
    deployer = _deployer(engine.aws("prod", session), settings=settings, pillow=pillow_layer.installed())
    outcome = deployer.deploy(lambda plan: pytest.fail(f"something to do: {[str(each) for each in plan.pending]}"))
    assert outcome is not None
    assert len(calls) > 40
    assert [call for call in calls if not call.startswith(READS)] == []


@pytest.mark.slow
def test_new_code_is_one_call_for_each_function(school: School, engine: Backend, tmp_path: Path) -> None:
    """Beside the lock's own: making it, saying that it is released, removing what said so before."""
    functions = Path(shutil.copytree(find().lambda_src, tmp_path / "functions"))
    assert _deployer(school.root, functions=functions).deploy(lambda plan: True) is not None
    (functions / "new.py").write_text("NEW = True\n")
    session = boto3.Session("test", "test", region_name=REGION)
    calls: list[str] = []
    session.events.register("before-call", lambda model, **_: calls.append(model.name))
    outcome = _deployer(engine.aws(school.env, session), functions=functions).deploy(lambda plan: True)
    assert outcome is not None
    assert {step.resource.kind for step in outcome.plan.pending} == {"lambda.function"}
    writes = Counter(call for call in calls if not call.startswith(READS))
    assert writes.pop("UpdateFunctionCode") == 6
    assert set(writes) <= {"PutParameter", "DeleteParameters"}


def _deployer(
    aws: Aws,
    emit: Emit = silent,
    settings: StackSettings | None = None,
    clock: Callable[[], float] = machine.clock,
    functions: Path | None = None,
    pillow: LayerContent = PILLOW,
) -> Deployer:
    bundle = find()
    source = Source(
        functions=functions or bundle.lambda_src,
        site=bundle.site,
        public_routes=bundle.public_routes,
        account_routes=bundle.account_routes,
        pillow=pillow,
    )
    return Deployer(aws, settings or StackSettings(), source, emit, clock=clock)


@pytest.mark.slow
def test_a_survey_is_made_again_under_the_lock_where_it_could_be_old(school: School) -> None:
    aws, now, surveys = school.root, [0.0], 0

    def count(event: Event) -> None:
        nonlocal surveys
        surveys += (event.kind, event.action, event.phase) == ("apigatewayv2.api", "read", "done")

    def deploy(days: int, meanwhile: Callable[[], object]) -> int:
        nonlocal surveys
        surveys = 0
        settings = StackSettings(log_retention_days=days)
        deployer = _deployer(aws, count, settings, clock=lambda: now[0])
        assert deployer.deploy(lambda plan: meanwhile() is None) is not None
        return surveys

    def another_run() -> None:
        with Lock(aws, "another").held():
            pass

    def a_long_thought() -> None:
        now[0] += 60

    assert deploy(30, lambda: None) == 1
    assert deploy(60, lambda: None) == 1
    assert deploy(90, another_run) == 2
    assert deploy(30, a_long_thought) == 2
    surveys = 0
    _deployer(aws, count).teardown(delete_data=True)
    assert surveys == 1


@pytest.mark.slow
def test_two_deployments_side_by_side(deployed: Deployed, school: School, engine: Backend, tmp_path: Path) -> None:
    """What one does leaves the other as it is, to the last row and time stamp; a person of both has to choose."""
    other = engine.root("prod")
    before = inventory(other)
    site_url = school.ok("deploy", "--yes", "--json").data["site_url"]
    school.sign_in()
    ada = ("--number", "SIDE-1", "--given-name", "Ada", "--family-name", "Sidebyside")
    school.ok("students add", *ada)
    assert "Sidebyside" not in deployed.cli("students", "list")

    person = CommandLine(tmp_path / "person")
    person.ok("login", ADMIN, "--site", site_url, "--password-stdin", stdin=PASSWORD)
    email, password = deployed.admin_email, deployed.admin_password
    person.ok("login", email, "--site", deployed.site_url, "--password-stdin", stdin=password)
    unclear = person.run("students", "delete", "SIDE-1", "--yes")
    assert unclear.code == 2
    assert "which deployment is meant is not clear" in unclear.err
    assert deployed.site_url in unclear.err
    assert site_url in unclear.err
    person.ok("use", site_url)
    assert "* " in person.ok("use")
    assert f"At {school.env}@{REGION}" in person.run("students", "delete", "SIDE-1", "--yes").err
    assert json.loads(person.ok("whoami", "--json"))["site_url"] == site_url
    assert json.loads(person.ok("whoami", "--json", "--env", "prod"))["site_url"] == deployed.site_url

    school.ok("teardown", "--delete-data", "--yes")
    assert inventory(other) == before


def test_what_is_not_ours_is_refused_before_the_first_write(school: School) -> None:
    """A table and a bucket of exactly our names, with somebody else's things in them."""
    root = school.root
    dynamodb, s3 = root.client("dynamodb"), root.client("s3")
    table, bucket = f"{school.prefix}-classes", f"{school.prefix}-site-{root.deployment.digest}"
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="thesis.txt", Body=b"somebody's only copy")
    before = school.inventory()
    for command in (("deploy", "--yes"), ("teardown", "--delete-data", "--yes")):
        refused = school.run(*command)
        assert refused.code == 1, refused.err
        assert f"{table} exists and does not belong to this deployment" in refused.err
        assert f"{bucket} exists and does not belong to this deployment" in refused.err
        assert "hint: choose another name with --env NAME" in refused.err
        assert school.inventory() == before
    dynamodb.delete_table(TableName=table)
    s3.delete_object(Bucket=bucket, Key="thesis.txt")
    s3.delete_bucket(Bucket=bucket)


@pytest.mark.slow
def test_a_run_elsewhere_and_nobody_to_ask(school: School) -> None:
    """Who holds the lock, where and since when; no question where nobody could answer; nothing done in both cases."""
    before = school.inventory()
    with Lock(school.root, "studentdb teardown").held():
        locked = school.run("deploy", "--yes")
    assert locked.code == 7
    assert "runs `studentdb teardown` since 2" in locked.err
    unanswered = school.run("deploy")
    assert unanswered.code == 2
    assert "hint: add --yes" in unanswered.err
    assert set(school.inventory()) == {*before, f"ssm//studentdb/{school.prefix}/lock/1"}

    school.ok("deploy", "--yes")
    deployed = _without_locks(school)
    with Lock(school.root, "studentdb deploy").held():
        # An empty plan takes no lock and minds nobody's.
        assert "Nothing to do" in school.ok("deploy").err
        locked = school.run("teardown", "--delete-data", "--yes")
    assert locked.code == 7
    assert f"{getpass.getuser()} on {platform.node()} (process {os.getpid()})" in locked.err
    unanswered = school.run("teardown", "--delete-data")
    assert unanswered.code == 2
    assert "hint: add --yes" in unanswered.err
    assert _without_locks(school) == deployed

    assert "35 days" in school.ok("teardown", "--delete-data", "--yes").err
    again = school.ok("teardown", "--delete-data", "--yes")
    assert "There is nothing to remove." in again.err
    assert "35 days" not in again.err


def _without_locks(school: School) -> dict[str, Any]:
    return {name: found for name, found in school.inventory().items() if not name.startswith("ssm/")}
