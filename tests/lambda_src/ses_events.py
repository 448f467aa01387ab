"""What SES tells EventBridge, in the form of AWS's documentation (Amazon SES Developer Guide, event data)."""

from __future__ import annotations

from typing import Any


def bounce(
    address: str, kind: str = "Permanent", *, configuration_set: str = "student-management-mail"
) -> dict[str, Any]:
    """A bounce; `kind` is Permanent, Transient or Undetermined."""
    return _event(
        "Email Bounced",
        address,
        configuration_set,
        {
            "eventType": "Bounce",
            "bounce": {
                "feedbackId": "0107018d5e5d9e6a-1d2c3b4a-0000-4000-8000-000000000000-000000",
                "bounceType": kind,
                "bounceSubType": "General",
                "bouncedRecipients": [
                    {
                        "emailAddress": address,
                        "action": "failed",
                        "status": "5.1.1",
                        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                    }
                ],
                "timestamp": "2026-11-20T08:41:02.669Z",
                "reportingMTA": "dns; mta.example.com",
            },
        },
    )


def complaint(address: str, feedback: str = "abuse") -> dict[str, Any]:
    """A complaint; `feedback` is what the mailbox's provider calls it."""
    return _event(
        "Email Complaint Received",
        address,
        "student-management-mail",
        {
            "eventType": "Complaint",
            "complaint": {
                "feedbackId": "0107018d5e5d9e6a-1d2c3b4a-0000-4000-8000-000000000001-000000",
                "complaintSubType": None,
                "complainedRecipients": [{"emailAddress": address}],
                "timestamp": "2026-11-20T08:41:02.669Z",
                "userAgent": "Amazon SES Mailbox Simulator",
                "complaintFeedbackType": feedback,
                "arrivalDate": "2026-11-20T08:41:02.669Z",
            },
        },
    )


def _event(detail_type: str, address: str, configuration_set: str, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "8a4bfd3e-0a1b-4c5d-9e6f-000000000000",
        "detail-type": detail_type,
        "source": "aws.ses",
        "account": "123456789012",
        "time": "2026-11-20T08:41:02Z",
        "region": "eu-central-1",
        "resources": [f"arn:aws:ses:eu-central-1:123456789012:configuration-set/{configuration_set}"],
        "detail": {
            **more,
            "mail": {
                "timestamp": "2026-11-20T08:40:02.012Z",
                "source": "Hill School <office@school.example>",
                "sourceArn": "arn:aws:ses:eu-central-1:123456789012:identity/school.example",
                "sendingAccountId": "123456789012",
                "messageId": "0107018d5e5d9e6a-1d2c3b4a-0000-4000-8000-000000000002-000000",
                "destination": [address],
                "headersTruncated": False,
                "headers": [{"name": "To", "value": address}],
                "commonHeaders": {"to": [address]},
                "tags": {
                    "ses:configuration-set": [configuration_set],
                    "ses:source-ip": ["192.0.2.0"],
                    "ses:from-domain": ["school.example"],
                    "ses:caller-identity": ["student-management-mail"],
                },
            },
        },
    }
