"""Sending one mail through SES, and what its refusals mean."""

from __future__ import annotations

import os
import time
from email.utils import formataddr
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from studentdb_api.mail_texts import Message

# None of botocore's own retries: after a lost answer they would send a second mail.
client: Any = boto3.client(
    "sesv2", config=Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})
)

# Seconds between tries where the account's rate is reached, and how many there are: the sandbox takes one a second.
_PAUSE = 1.0
_TRIES = 5
# Seconds until the next look: after a failure that may pass, and where something outside has to change (the daily
# quota, which frees itself all day long; an address that is not verified yet).
SOON, LATER = 300, 3600
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException"})
_CLOSED = frozenset({"AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException"})
_REFUSED = frozenset({"MessageRejected", "BadRequestException", "ValidationException", "InvalidParameterValue"})


class NotNowError(Exception):
    """No mail goes out for the next `wait` seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__("not now")
        self.wait = wait


def send(address: str, message: Message) -> bool:
    """Whether SES took it; False where it never will (a recipient who is not verified, in the sandbox).

    Raises NotNowError.
    """
    for _ in range(_TRIES):
        try:
            client.send_email(**_request(address, message))
        except ClientError as error:
            if _is_rate(error):
                time.sleep(_PAUSE)
                continue
            if _is_about_recipient(error):
                return False
            raise NotNowError(_wait(error)) from error
        except BotoCoreError as error:
            raise NotNowError(SOON) from error
        return True
    raise NotNowError(SOON)


def allow_again(address: str) -> None:
    """Take it from the list of addresses that SES itself sends nothing to any more."""
    try:
        client.delete_suppressed_destination(EmailAddress=address)
    except client.exceptions.NotFoundException:
        return  # it was not in it


def _request(address: str, message: Message) -> dict[str, Any]:
    def text(data: str) -> dict[str, str]:
        return {"Data": data, "Charset": "UTF-8"}

    return {
        "FromEmailAddress": formataddr((os.environ["SCHOOL_NAME"], os.environ["MAIL_FROM"])),
        "Destination": {"ToAddresses": [address]},
        "ConfigurationSetName": os.environ["CONFIGURATION_SET"],
        "Content": {
            "Simple": {
                "Subject": text(message.subject),
                "Body": {"Text": text(message.text), "Html": text(message.html)},
                # RFC 3834: nobody's holiday answers a machine.
                "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
            }
        },
    }


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", "")).lower()


def _is_daily(error: ClientError) -> bool:
    return _code(error) in _THROTTLED and ("daily" in _message(error) or _code(error) == "LimitExceededException")


def _is_rate(error: ClientError) -> bool:
    # One code for both, told apart by the words (SES-02).
    return _code(error) in _THROTTLED and not _is_daily(error)


def _is_about_recipient(error: ClientError) -> bool:
    # It lists the addresses that are not verified (SES-01): the sender's is no recipient's fault.
    return _code(error) in _REFUSED and os.environ["MAIL_FROM"].lower() not in _message(error)


def _wait(error: ClientError) -> int:
    return LATER if _is_daily(error) or _code(error) in _CLOSED | _REFUSED else SOON
