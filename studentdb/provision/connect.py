"""From a target to a session: credentials, account and region are settled here, before anything is read."""

from __future__ import annotations

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from studentdb.errors import UsageError
from studentdb.provision.aws import Aws, Deployment
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.failures import explain

# The embedded engine's root key; it opens nothing anywhere else.
_ENGINE_KEY = "test"


def connect(
    *,
    env: str,
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    embedded: bool = False,
    engine_key: bool = False,
) -> Aws:
    """A session for one deployment.

    Credentials come from boto3's usual chain, or with `engine_key` are the embedded engine's own: the user's AWS keys
    are never sent to it. Raises UsageError for an unknown region or profile, NotAllowedError without usable
    credentials, UnavailableError when the endpoint does not answer.
    """
    try:
        if engine_key:
            session = boto3.Session(_ENGINE_KEY, _ENGINE_KEY, region_name=region)
        else:
            session = boto3.Session(profile_name=profile, region_name=region)
        chosen = _known_region(session, endpoint_url)
        sts = session.client(
            "sts",
            region_name=chosen,
            endpoint_url=endpoint_url,
            config=Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}),
        )
        account = str(sts.get_caller_identity()["Account"])
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise explain(error) from error
    return Aws(
        session=session,
        deployment=Deployment(env=env, region=chosen, account=account),
        endpoints=Endpoints(region=chosen, endpoint_url=endpoint_url, embedded=embedded),
    )


def _known_region(session: boto3.Session, endpoint_url: str | None) -> str:
    region = session.region_name
    if region is None:
        if endpoint_url is None:
            raise UsageError(
                "no AWS region is chosen", hint="add --region, e.g. --region eu-central-1, or run `aws configure`"
            )
        region = "us-east-1"
    # Checked here, because a mistyped region otherwise shows as a host name that cannot be resolved.
    # Only the aws partition: CloudFront is in no other (REG-09).
    offered = session.get_available_regions("cognito-idp")
    if region not in offered:
        from difflib import get_close_matches

        close = get_close_matches(region, offered, n=1)
        raise UsageError(
            f"{region} is not an AWS region that offers Cognito",
            why=f"did you mean {close[0]}?" if close else "",
            hint=f"--region {close[0] if close else 'eu-central-1'}",
        )
    return str(region)
