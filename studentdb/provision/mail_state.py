"""What SES says of a deployment's mail: whether the sender is verified, and what the account may send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from studentdb.provision.aws import Aws
from studentdb.provision.failures import explain
from studentdb.provision.resources.sesv2_identity import identity

# What `read` calls.
ACTIONS = ("ses:GetAccount", "ses:GetEmailIdentity")
# Where the keys of Easy DKIM are, unless SES names another place.
_KEYS = "dkim.amazonses.com"


@dataclass(frozen=True)
class DnsRecord:
    """A CNAME that has to be in the DNS."""

    name: str
    value: str


@dataclass(frozen=True)
class MailState:
    """`name` is what SES verifies: a domain or an address. `records` verify a domain; an address has none.

    `production` False is the sandbox: mail reaches verified addresses only. Quota and `sent` are those of the account,
    of 24 hours; `rate` is in mails a second.
    """

    sender: str
    name: str
    verified: bool
    records: tuple[DnsRecord, ...]
    production: bool
    sending: bool
    quota: int
    sent: int
    rate: float


def read(aws: Aws, sender: str, name: str) -> MailState:
    """Of `sender`, an address, and the identity `name` that it is verified by. Raises StudentDBError."""
    try:
        found = identity(aws, name) or {}
        account = aws.client("sesv2").get_account()
    except (BotoCoreError, ClientError) as error:
        raise explain(error, kind="sesv2.email_identity") from error
    quota = account.get("SendQuota", {})
    return MailState(
        sender=sender,
        name=name,
        verified=bool(found.get("VerifiedForSendingStatus")),
        records=_records(name, found.get("DkimAttributes", {})) if "@" not in name else (),
        production=bool(account.get("ProductionAccessEnabled")),
        sending=bool(account.get("SendingEnabled")),
        quota=int(quota.get("Max24HourSend", 0)),
        sent=int(quota.get("SentLast24Hours", 0)),
        rate=float(quota.get("MaxSendRate", 0)),
    )


def _records(domain: str, dkim: dict[str, Any]) -> tuple[DnsRecord, ...]:
    zone = dkim.get("SigningHostedZone") or _KEYS
    tokens = dkim.get("Tokens", [])
    return tuple(DnsRecord(f"{token}._domainkey.{domain}", f"{token}.{zone}") for token in tokens)
