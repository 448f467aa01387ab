"""Mail switched on, verified, switched off: what a deploy makes of SES, and what it leaves alone.

The engine takes every identity for verified, so an answer that says otherwise is injected where that matters.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from studentdb.commands.mail import missing
from studentdb.provision import engine as provisioning
from studentdb.provision import mail_state
from studentdb.provision.aws import Aws
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.resources.cognito_email import UserPoolEmail
from studentdb.provision.resources.cognito_user_pool import UserPool
from studentdb.provision.resources.sesv2_configuration_set import ConfigurationSet
from studentdb.provision.resources.sesv2_identity import EmailIdentity, UndeclaredIdentities
from tests.flows.deployments import Installation
from tests.lambda_src.ses_events import bounce, complaint
from tests.provision.test_stack import PROD, make
from tests.support import Backend, fresh_env, stranger


@pytest.fixture
def domain() -> str:
    """A domain of one test."""
    return f"{secrets.token_hex(4)}.example"


@pytest.fixture
def school(engine: Backend, domain: str) -> Iterator[Installation]:
    """A deployment with mail, on the engine; it does not exist before the test deploys it."""
    made = Installation.on(engine, fresh_env()).with_settings(mail_from=f"office@{domain}", school_name="Hill School")
    yield made
    made.with_settings(mail_from="").teardown(delete_data=True)


def sender(aws: Aws) -> dict[str, Any]:
    """The pool's own sender."""
    cognito = aws.client("cognito-idp")
    pools = cognito.list_user_pools(MaxResults=60)["UserPools"]
    pool = next(each["Id"] for each in pools if each["Name"] == f"{aws.deployment.prefix}-users")
    found: dict[str, Any] = cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("EmailConfiguration", {})
    return found


def unverified(aws: Aws) -> None:
    """From now on SES has not verified anybody."""

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        if "VerifiedForSendingStatus" in parsed:
            parsed["VerifiedForSendingStatus"] = False

    for operation in ("GetEmailIdentity", "CreateEmailIdentity"):
        aws.client("sesv2").meta.events.register(
            f"after-call.sesv2.{operation}", answer, unique_id=f"unverified-{operation}"
        )


def verified(aws: Aws) -> None:
    """The records are in the DNS now."""
    for operation in ("GetEmailIdentity", "CreateEmailIdentity"):
        aws.client("sesv2").meta.events.unregister(f"after-call.sesv2.{operation}", unique_id=f"unverified-{operation}")


@pytest.mark.slow
def test_from_unverified_to_switched_off(school: Installation, domain: str) -> None:
    """Cognito keeps its own sender until SES has verified ours; the plan is empty as long as nothing changes."""
    aws, prefix = school.aws, school.aws.deployment.prefix
    unverified(aws)
    school.deploy()
    assert not school.deployer.plan()
    assert sender(aws).get("EmailSendingAccount", "COGNITO_DEFAULT") == "COGNITO_DEFAULT"

    verified(aws)
    assert [step.id for step in school.deployer.plan().pending] == [f"cognito-idp.user_pool_email/{prefix}-mail"]
    school.deploy()
    assert not school.deployer.plan()
    assert sender(aws) == {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": aws.arn("ses", f"identity/{domain}"),
        "From": f"Hill School <office@{domain}>",
        "ConfigurationSet": f"{prefix}-mail",
    }

    off = school.with_settings(mail_from="")
    planned = off.deployer.plan()
    assert {step.action for step in planned.pending if "mail" in step.id} == {"delete"}
    assert {step.id for step in planned.pending if step.action != "delete"} == {
        f"{kind}/{prefix}-api-{part}" for kind in ("lambda.function",) for part in ("accounts", "read", "write")
    } | {f"iam.role_policy/api-{part}" for part in ("accounts", "read", "write")}
    off.deploy()
    assert not off.deployer.plan()
    assert sender(aws) == {"EmailSendingAccount": "COGNITO_DEFAULT"}
    assert EmailIdentity(name=domain).read(aws) is None
    named = {"ConfigurationSetName": f"{prefix}-mail"}
    with pytest.raises(aws.client("sesv2").exceptions.NotFoundException):
        aws.client("sesv2").get_configuration_set(**named)
    assert f"{prefix}-mail" not in aws.client("dynamodb").list_tables()["TableNames"]


def test_what_a_deploy_says_is_missing(school: Installation, domain: str) -> None:
    """The records for the DNS, and where to leave the sandbox; nothing when mail goes out."""
    aws = school.aws
    EmailIdentity(name=domain).create(aws)
    assert list(missing(mail_state.read(aws, f"office@{domain}", domain), "eu-central-1")) == []

    unverified(aws)
    aws.client("sesv2").meta.events.register(
        "after-call.sesv2.GetAccount",
        lambda parsed, **_: parsed.update(
            ProductionAccessEnabled=False, SendQuota={"Max24HourSend": 200.0, "MaxSendRate": 1.0}
        ),
    )
    state = mail_state.read(aws, f"office@{domain}", domain)
    assert (state.quota, state.rate, state.sent) == (200, 1.0, 0)
    lines = list(missing(state, "eu-central-1"))
    tokens = aws.client("sesv2").get_email_identity(EmailIdentity=domain)["DkimAttributes"]["Tokens"]
    assert len(tokens) == 3
    assert lines[0] == f"No mail goes out until SES has verified {domain}."
    assert [line.strip() for line in lines if "CNAME" in line] == [
        f"{token}._domainkey.{domain} CNAME {token}.dkim.amazonses.com" for token in tokens
    ]
    assert "SES is in its sandbox: mail reaches verified addresses only, 200 a day." in lines
    assert any("eu-central-1.console.aws.amazon.com" in line for line in lines)


@pytest.mark.slow
def test_another_sender_takes_the_place_of_the_first(school: Installation, domain: str) -> None:
    school.deploy()
    other = school.with_settings(mail_from=f"office@new.{domain}")
    other.deploy()

    assert not other.deployer.plan()
    assert EmailIdentity(name=domain).read(school.aws) is None
    assert sender(school.aws)["SourceArn"].endswith(f"identity/new.{domain}")


@pytest.mark.slow
def test_a_domain_that_was_there_is_used_and_stays(school: Installation, domain: str) -> None:
    """Neither a teardown nor switching mail off touches it, nor does any say that it would."""
    ses = school.aws.client("sesv2")
    ses.create_email_identity(EmailIdentity=domain, Tags=[{"Key": "owner", "Value": "the school"}])
    before = ses.get_email_identity(EmailIdentity=domain)["Tags"]

    school.deploy()
    assert not school.deployer.plan()
    assert f"sesv2.email_identity/{domain}" not in school.deployer.removal(delete_data=True).removed
    school.with_settings(mail_from="").deploy()
    school.deploy()
    school.teardown(delete_data=True)

    assert ses.get_email_identity(EmailIdentity=domain)["Tags"] == before
    assert school.deployer.status().state == "absent"
    ses.delete_email_identity(EmailIdentity=domain)


def test_a_plain_teardown_keeps_what_was_done_in_the_dns(school: Installation, domain: str) -> None:
    school.deploy()
    school.teardown(delete_data=False)

    assert EmailIdentity(name=domain).read(school.aws) is not None
    assert sender(school.aws) == {"EmailSendingAccount": "COGNITO_DEFAULT"}
    assert school.deployer.status().state == "kept data"


@pytest.mark.parametrize("backend", ["engine", "moto"], indirect=True)
def test_somebody_elses_identities_are_not_swept(backend: Backend, domain: str) -> None:
    aws = backend.root()
    other = stranger(aws)
    for name, of in ((f"ours.{domain}", aws), (f"theirs.{domain}", other)):
        EmailIdentity(name=name).create(of)
    swept = UndeclaredIdentities(name="mail", names=(f"new.{domain}",))

    found = swept.read(aws)
    assert found is not None
    assert list(found.properties) == [f"ours.{domain}"]
    swept.delete(aws, found)

    assert swept.read(aws) is None
    theirs = EmailIdentity(name=f"theirs.{domain}").read(aws)
    assert theirs is not None
    assert theirs.borrowed
    provisioning.remove(
        [EmailIdentity(name=f"theirs.{domain}")], {f"sesv2.email_identity/theirs.{domain}": theirs}, aws, lambda _: None
    )
    assert EmailIdentity(name=f"theirs.{domain}").read(aws) is not None
    EmailIdentity(name=f"theirs.{domain}").delete(other, dataclasses.replace(theirs, borrowed=False))


def test_what_a_school_has_set_by_hand_is_theirs_while_mail_is_off(engine: Backend, domain: str) -> None:
    aws = engine.root()
    pool = UserPool(name=f"{aws.deployment.prefix}-users", password_minimum_length=12)
    pool_id = pool.create(aws)["id"]
    by_hand = {"EmailSendingAccount": "DEVELOPER", "SourceArn": aws.arn("ses", f"identity/{domain}")}
    aws.client("cognito-idp").update_user_pool(UserPoolId=pool_id, EmailConfiguration=by_hand)
    off = UserPoolEmail(name="mail", user_pool_id=pool_id, source_arn="", sender="", configuration_set="", wanted=False)

    assert off.read(aws) is None
    live = pool.read(aws)
    assert live is not None
    pool.delete(aws, live)


def test_the_rule_fits_what_ses_sends(engine: Backend) -> None:
    """Of our configuration set and of no other; the event is one as AWS documents it."""
    rule: Any = next(each for each in make(PROD).resources if each.id == f"events.rule/{PROD.prefix}-mail-events")

    def fits(event: dict[str, Any]) -> bool:
        client = engine.root().client("events")
        asked = client.test_event_pattern(EventPattern=json.dumps(rule.pattern), Event=json.dumps(event))
        return bool(asked["Result"])

    assert fits(bounce("a@b.example", configuration_set=f"{PROD.prefix}-mail"))
    assert fits(complaint("a@b.example"))
    assert not fits(bounce("a@b.example", configuration_set="another"))


def test_another_sender_leaves_the_triggers_as_they_are(engine: Backend, domain: str) -> None:
    """COG-04: UpdateUserPool forgets what it is not sent."""
    aws = engine.root()
    pool = UserPool(name=f"{aws.deployment.prefix}-users", password_minimum_length=12)
    pool_id = pool.create(aws)["id"]
    triggers = {"PreSignUp": aws.arn("lambda", "function:theirs")}
    aws.client("cognito-idp").update_user_pool(UserPoolId=pool_id, LambdaConfig=triggers)
    sent: list[Any] = []
    aws.client("cognito-idp").meta.events.register(
        "provide-client-params.cognito-identity-provider.UpdateUserPool", lambda params, **_: sent.append(params)
    )
    arn = aws.arn("ses", f"identity/{domain}")
    UserPoolEmail(
        name="mail", user_pool_id=pool_id, source_arn=arn, sender="a@b.example", configuration_set="mail"
    ).create(aws)

    assert [each["LambdaConfig"] for each in sent] == [triggers]
    live = pool.read(aws)
    assert live is not None
    pool.delete(aws, live)


def test_a_region_without_ses_is_no_obstacle(engine: Backend) -> None:
    """Where mail is off nothing of SES is asked for there (REG-08)."""
    root = engine.root()
    session = boto3.Session("test", "test", region_name="ap-east-2")
    assert "ap-east-2" not in session.get_available_regions("sesv2")
    there = dataclasses.replace(root.deployment, region="ap-east-2")
    aws = Aws(session=session, deployment=there, endpoints=Endpoints("ap-east-2"))

    assert ConfigurationSet(name="mail", event_bus_arn="").read(aws) is None
    assert UndeclaredIdentities(name="mail").read(aws) is None
