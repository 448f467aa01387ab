"""What a person and a program read before a deploy: compared with golden files, in text and as JSON.

`make golden` writes them anew; read the difference before you commit it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from studentdb import __version__
from studentdb.errors import StudentDBError
from studentdb.provision.aws import Aws
from studentdb.provision.deployer import Deployer, Source
from studentdb.provision.engine import Plan, Stack
from studentdb.provision.events import silent
from studentdb.provision.resources.log_group import LogGroup
from studentdb.provision.stack import STAGE, stack
from studentdb.provision.stack_settings import StackSettings
from studentdb.ui.errors import show
from studentdb.ui.plan_view import as_data, show_plan
from tests.pictures import PILLOW
from tests.support import Backend
from tests.ui.terminal import in_pipe

GOLDEN = Path(__file__).parent / "golden"
ENV = "golden"
SITE = {"index.html": "<!doctype html><title>School</title>", "app.js": "export const a = 1;", "style.css": "a { }"}


class School:
    """A deployment whose names and contents are the same in every run."""

    def __init__(self, aws: Aws, folder: Path) -> None:
        self.aws = aws
        self.prefix = aws.deployment.prefix
        for name, text in {**{f"site/{key}": text for key, text in SITE.items()}, "functions/app.py": "A = 1"}.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        self._source = Source(folder / "functions", folder / "site", ["GET /api/health"], ["GET /api/users"], PILLOW)

    def deployer(self, declare: Callable[..., Stack] = stack) -> Deployer:
        return Deployer(self.aws, StackSettings(), self._source, silent, declare=declare)

    def deploy(self) -> None:
        assert self.deployer().deploy(lambda _: True) is not None

    def output(self, kind: str, name: str, output: str) -> str:
        live = self.deployer().survey()[f"{kind}/{name}"]
        assert live is not None
        return live.outputs[output]


@pytest.fixture
def school(engine: Backend, tmp_path: Path) -> Any:
    made = School(engine.root(ENV), tmp_path)
    yield made
    made.deployer().teardown(delete_data=True)


def test_first_deploy_and_nothing_to_do(school: School) -> None:
    compare("first-deploy", school.deployer().plan())
    school.deploy()
    compare("nothing-to-do", school.deployer().plan())


def test_changed_by_hand(school: School) -> None:
    """Whatever somebody did in the console stands in the plan, property by property, and is repaired."""
    school.deploy()
    aws, prefix = school.aws, school.prefix
    api = school.output("apigatewayv2.api", f"{prefix}-api", "id")
    aws.client("apigatewayv2").update_stage(
        ApiId=api, StageName=STAGE, DefaultRouteSettings={"ThrottlingBurstLimit": 5000, "ThrottlingRateLimit": 10000}
    )
    aws.client("apigatewayv2").update_api(ApiId=api, CorsConfiguration={"AllowOrigins": ["*"]})
    aws.client("logs").put_retention_policy(logGroupName=f"/aws/lambda/{prefix}-api-read", retentionInDays=1)
    aws.client("lambda").update_function_configuration(FunctionName=f"{prefix}-api-read", MemorySize=128)
    _open_the_policies_of(aws, f"{prefix}-api-read-{aws.region}")
    users = f"{prefix}-users"
    arn = aws.client("dynamodb").describe_table(TableName=users)["Table"]["TableArn"]
    aws.client("dynamodb").tag_resource(ResourceArn=arn, Tags=[{"Key": "studentdb:tool-version", "Value": "0.0.1"}])
    aws.client("dynamodb").update_table(TableName=users, DeletionProtectionEnabled=False)
    bucket, s3 = f"{prefix}-site-{aws.deployment.digest}", aws.client("s3")
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"<h1>Closed</h1>", ContentType="text/html")
    s3.put_object(Bucket=bucket, Key="game.html", Body=b"<h1>Play</h1>", ContentType="text/html")
    s3.delete_object(Bucket=bucket, Key="style.css")
    s3.delete_public_access_block(Bucket=bucket)
    compare("changed-by-hand", school.deployer().plan())
    school.deploy()
    assert not school.deployer().plan()


def _open_the_policies_of(aws: Aws, role: str) -> None:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam = aws.client("iam")
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(everything))


@pytest.mark.slow
def test_replaced(school: School) -> None:
    """An app client with a secret cannot lose it; the secret itself is nobody's business."""
    school.deploy()
    pool = school.output("cognito-idp.user_pool", f"{school.prefix}-users", "id")
    cognito = school.aws.client("cognito-idp")
    client = school.output("cognito-idp.user_pool_client", f"{school.prefix}-app", "id")
    cognito.delete_user_pool_client(UserPoolId=pool, ClientId=client)
    made = cognito.create_user_pool_client(UserPoolId=pool, ClientName=f"{school.prefix}-app", GenerateSecret=True)
    planned = school.deployer().plan()
    compare("replaced", planned)
    assert made["UserPoolClient"]["ClientSecret"] not in json.dumps(as_data(planned))
    school.deploy()
    assert not school.deployer().plan()


@pytest.mark.slow
def test_swept(school: School) -> None:
    """What a version does not want any more."""
    school.deploy()
    old = LogGroup(name=f"/aws/lambda/{school.prefix}-reports", retention_days=30)
    old.create(school.aws)
    deployer = school.deployer(partial(_without, old))
    compare("swept", deployer.plan())
    assert deployer.deploy(lambda _: True) is not None
    assert not deployer.plan()


def _without(old: LogGroup, *arguments: Any, **named: Any) -> Stack:
    declared = stack(*arguments, **named)
    return replace(declared, absent=(*declared.absent, old))


def test_not_possible(school: School) -> None:
    """A table whose key somebody chose differently: it holds data, so it is not thrown away."""
    school.aws.client("dynamodb").create_table(
        TableName=f"{school.prefix}-subjects",
        KeySchema=[{"AttributeName": "title", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "title", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": key, "Value": value} for key, value in school.aws.tags.items()],
    )
    with pytest.raises(StudentDBError) as error:
        school.deployer().plan()
    console, _, err = in_pipe()
    show(console, error.value)
    compare_text("not-possible.txt", err.getvalue())


def compare(name: str, planned: Plan) -> None:
    """With NAME.txt and NAME.json, which `plan` and `plan --json` print."""
    console, out, _ = in_pipe()
    show_plan(console, planned, to="out")
    compare_text(f"{name}.txt", out.getvalue())
    console, out, _ = in_pipe()
    console.json(as_data(planned))
    compare_text(f"{name}.json", out.getvalue())


def compare_text(name: str, text: str) -> None:
    text, file = _lasting(text), GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), f"{name} differs; if it should: make golden"


def _lasting(text: str) -> str:
    """Without what AWS chooses anew each time, what follows from that, and the version."""
    for pattern, name in (
        (r"http://[a-z0-9]+\.cloudfront\.localhost:\d+", "https://SITE"),
        (r"localhost:\d+", "localhost:PORT"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r'(HTTPPort": \{\s+"before": null,\s+"after": )\d+', r"\g<1>80"),
        (r"[0-9a-f]{64}|[0-9a-f]{27} \.\. [0-9a-f]{27}", "SHA256"),
        (r'(?<=")[0-9a-f]{32}(?=")', "MD5"),
        (r"eu-central-1_[A-Za-z0-9]{9}\b", "POOL-ID"),
        (r'(?<=")[A-Za-z0-9]{26}(?=")', "CLIENT-ID"),
        (rf'(?<="){re.escape(__version__)}(?=")', "VERSION"),
    ):
        text = re.sub(pattern, name, text)
    return text
