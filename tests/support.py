"""Where the tests run: a backend is an AWS that is not AWS, with its root credentials and users made from it."""

from __future__ import annotations

import dataclasses
import json
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import boto3
import botocore.session

from studentdb.provision.aws import Aws, Deployment
from studentdb.provision.endpoints import Endpoints

REGION = "eu-central-1"
MOTO_ACCOUNT = "123456789012"
# The longest env that the settings allow, in the longest region in which there may be a deployment (connect.py).
LONGEST = Deployment(
    "n234567890123456", max(boto3.Session().get_available_regions("cognito-idp"), key=len), MOTO_ACCOUNT
)


# Reading botocore's descriptions of the services takes ten times as long as all that is done with them.
_DESCRIPTIONS = botocore.session.get_session().get_component("data_loader")


def session(key: str = "test", secret: str = "test", *, region: str = REGION) -> boto3.Session:
    """Credentials, root's by default, whose clients are made quickly."""
    core = botocore.session.get_session()
    core.register_component("data_loader", _DESCRIPTIONS)
    return boto3.Session(key, secret, region_name=region, botocore_session=core)


@dataclass(frozen=True)
class Backend:
    """`name` is engine or moto; `enforces_iam` says whether a user is held to its policy."""

    name: str
    account: str
    endpoint_url: str | None = None
    enforces_iam: bool = False

    def root(self, env: str = "") -> Aws:
        """All rights, for the deployment `env` (a fresh one by default)."""
        return self.aws(env or fresh_env(), session())

    def aws(self, env: str, of: boto3.Session) -> Aws:
        """A session bound to a deployment of this backend."""
        return Aws(
            session=of,
            deployment=Deployment(env=env, region=REGION, account=self.account),
            endpoints=Endpoints(REGION, self.endpoint_url, embedded=self.endpoint_url is not None),
        )

    def limited_to(self, actions: Iterable[str], *, env: str = "") -> Aws:
        """A new IAM user's rights: exactly `actions`, on everything (moto does not enforce them)."""
        root = self.root(env)
        if not self.enforces_iam:
            return root
        iam = root.client("iam")
        user = f"limited-{secrets.token_hex(6)}"
        iam.create_user(UserName=user)
        statement = {"Effect": "Allow", "Action": sorted(set(actions)), "Resource": "*"}
        iam.put_user_policy(
            UserName=user,
            PolicyName="exactly-these",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        key = iam.create_access_key(UserName=user)["AccessKey"]
        return self.aws(root.deployment.env, session(key["AccessKeyId"], key["SecretAccessKey"]))


def free_port() -> int:
    """One that nobody takes while an engine is down for a moment: other tests' engines begin at 4566."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fresh_env() -> str:
    """A deployment name that no other test uses."""
    return f"t{secrets.token_hex(4)}"


def stranger(aws: Aws) -> Aws:
    """The same rights, on behalf of another deployment: what it makes carries other tags."""
    other = dataclasses.replace(aws.deployment, env=f"{aws.deployment.env}-other")
    return Aws(session=aws.session, deployment=other, endpoints=aws.endpoints)
