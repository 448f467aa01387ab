"""The deployers that are compared: how each is had, what its project consists of, and its commands."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import boto3

from benchmarks.clock import REGION, ROOT

PROJECTS = Path(__file__).with_name("projects")
# Ignored by git like every .venv of this tree; none of it gets into the product's lock.
CACHE = ROOT / ".venv-others"
_INSTALL_BUDGET = 900


class UnavailableError(Exception):
    """A tool cannot be had on this machine; the text says why."""


class Tool(ABC):
    """One deployer. What it lacks of the job, and what it needs here that it would not on AWS, is said in `notes`."""

    name: ClassVar[str]
    notes: ClassVar[tuple[str, ...]] = ()
    # Once per account and region.
    setup: tuple[str, ...] = ()
    deploy: tuple[str, ...]
    teardown: tuple[str, ...]
    # Where a project has the functions' package.
    code: ClassVar[str] = "studentdb_api"

    @abstractmethod
    def install(self) -> str:
        """Have it, and say which versions. Raises UnavailableError."""

    def lay_out(self, folder: Path) -> None:
        """A new project, as another person's checkout has it."""
        shutil.copytree(PROJECTS / self.name, folder)
        shutil.copytree(ROOT / "lambda_src" / "studentdb_api", folder / self.code, ignore=_NO_CACHES)

    def change(self, folder: Path) -> None:
        """Another version of the functions' code, and of nothing else."""
        with (folder / self.code / "read.py").open("a") as module:
            module.write("# changed\n")

    def given(self, url: str) -> dict[str, str]:  # noqa: ARG002
        """Makes what has to be there first and is not the tool's to make; what of it the tool has to be told."""
        return {}


class StudentDB(Tool):
    """The product, from a copy of this checkout, so that its functions can be changed."""

    name = "studentdb"
    deploy = (sys.executable, "-m", "studentdb", "deploy", "--yes", "--json")
    teardown = (sys.executable, "-m", "studentdb", "teardown", "--delete-data", "--yes")
    code = "lambda_src/studentdb_api"

    def install(self) -> str:
        """It is here."""
        return f"this checkout, boto3 {boto3.__version__}"

    def lay_out(self, folder: Path) -> None:
        """What the wheel holds."""
        for part in ("studentdb", "lambda_src", "site"):
            shutil.copytree(ROOT / part, folder / part, ignore=_NO_CACHES)


class Chalice(Tool):
    """A Python deployer that calls AWS itself, as the product does."""

    name = "chalice"
    pinned = "chalice==1.34.0"
    notes = (
        "has no tables, user pool, bucket, distribution or log groups: it makes two functions, their roles and an API",
        "a REST API instead of an HTTP API; all its routes lead to one function; the second function has none",
        "the user pool of its authorizer is made beforehand and is not measured",
        "the embedded engine lacks PutRestApi: the counting proxy answers it with the API as it is, which it stays "
        "in these stages; and it answers chalice's empty minimumCompressionSize in a way that botocore cannot read, "
        "so a size is set",
    )
    code = "vendor/studentdb_api"
    _binary = str(CACHE / "chalice" / "bin" / "chalice")
    deploy = (_binary, "deploy", "--stage", "prod")
    teardown = (_binary, "delete", "--stage", "prod")

    def install(self) -> str:
        """Into an environment of its own."""
        home = CACHE / "chalice"
        pip = (str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
        if not _marked(home, self.pinned):
            shutil.rmtree(home, ignore_errors=True)
            _done((sys.executable, "-m", "venv", str(home)))
            _done((*pip, "install", "--quiet", self.pinned))
            _mark(home, self.pinned)
        listed = json.loads(_done((*pip, "list", "--format", "json")))
        versions = {found["name"]: found["version"] for found in listed}
        return f"chalice {versions['chalice']}, botocore {versions['botocore']}"

    def given(self, url: str) -> dict[str, str]:
        """A user pool."""
        cognito = boto3.client("cognito-idp", endpoint_url=url, region_name=REGION, **ROOT_KEY)
        return {"POOL_ARN": cognito.create_user_pool(PoolName="student-management-users")["UserPool"]["Arn"]}


class Npm(Tool):
    """One that comes from npm, in the versions of its project's package.json."""

    def install(self) -> str:
        """Into a folder of its own, which the project links to."""
        npm = shutil.which("npm")
        if npm is None:
            raise UnavailableError("npm is not installed")
        wanted = (PROJECTS / self.name / "package.json").read_text()
        if not _marked(self.home, wanted):
            shutil.rmtree(self.home, ignore_errors=True)
            self.home.mkdir(parents=True)
            (self.home / "package.json").write_text(wanted)
            _done((npm, "install", "--no-audit", "--no-fund", "--no-package-lock"), self.home)
            _mark(self.home, wanted)
        versions = [f"{name} {version}" for name, version in json.loads(wanted)["dependencies"].items()]
        return ", ".join([*versions, f"Node {_done(('node', '--version')).strip().removeprefix('v')}"])

    @property
    def home(self) -> Path:
        """Where it is installed."""
        return CACHE / self.name

    def lay_out(self, folder: Path) -> None:
        """With the installed packages linked in."""
        super().lay_out(folder)
        (folder / "node_modules").symlink_to(self.home / "node_modules")


class Cdk(Npm):
    """A program that writes a CloudFormation template."""

    name = "cdk"
    _binary = "node_modules/.bin/cdk"
    setup = (_binary, "--no-notices", "bootstrap")
    deploy = (_binary, "--no-notices", "deploy", "--require-approval", "never", "--progress", "events")
    teardown = (_binary, "--no-notices", "destroy", "--force")
    code = "lambda_src/studentdb_api"
    notes = (
        "CloudFormation makes the resources, inside the engine: its own calls are not counted, and it is much faster "
        "there than on AWS",
        "no site files (its BucketDeployment runs a function with the AWS CLI from a layer in /opt, which the engine "
        "does not have), no signing key, no CORS of the site's own address (a cycle in a template)",
        "no deletion protection, and RemovalPolicy.DESTROY: `cdk destroy` would leave tables and pool otherwise",
        "the caller's own credentials (CliCredentialsStackSynthesizer): the engine denies the bootstrap's role the "
        "bootstrap's bucket",
        "`cdk bootstrap`, once per account and region, is not in the times",
    )


class Serverless(Npm):
    """CloudFormation with short forms for functions and their API. Version 4 needs an account with its maker."""

    name = "serverless"
    _binary = "node_modules/.bin/serverless"
    deploy = (_binary, "deploy")
    teardown = (_binary, "remove")
    notes = (
        "CloudFormation makes the resources, as with cdk; what is not functions and API is written as CloudFormation",
        "no site files, no signing key, no deletion protection, no stage but $default; Python 3.11, its newest",
        "version 3, the last that needs no account with its maker; its SDK (version 2) gets the engine's address from "
        "a plugin of the project",
    )


TOOLS: tuple[type[Tool], ...] = (StudentDB, Chalice, Cdk, Serverless)
# The engine's root key.
ROOT_KEY = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
# What they would do besides the job: measure their users, look for news.
QUIET = {
    "CI": "true",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "SLS_TELEMETRY_DISABLED": "1",
    "SLS_NOTIFICATIONS_MODE": "off",
    "NODE_NO_WARNINGS": "1",
}
_NO_CACHES = shutil.ignore_patterns("__pycache__")


def _marked(home: Path, wanted: str) -> bool:
    mark = home / ".installed"
    return mark.is_file() and mark.read_text() == wanted


def _mark(home: Path, wanted: str) -> None:
    (home / ".installed").write_text(wanted)


def _done(command: tuple[str, ...], folder: Path = ROOT) -> str:
    """Its stdout. Raises UnavailableError, without the output: that would name the registry in use."""
    what = " ".join(Path(part).name if "/" in part else part for part in command)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=_INSTALL_BUDGET)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"`{what}`: {type(error).__name__}") from error
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        raise UnavailableError(f"`{what}` ended with {done.returncode}")
    return done.stdout
