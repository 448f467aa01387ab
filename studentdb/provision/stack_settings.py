"""What a school may choose about its deployment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StackSettings:
    """What a school may choose about its deployment."""

    password_minimum_length: int = 12
    log_retention_days: int = 90
    api_burst: int = 50
    api_rate: int = 100
    # The school's own fields of people, as JSON.
    custom_fields: str = ""
    # Whether people may sign up themselves, and from which e-mail domains; from any where there are none.
    self_registration: bool = False
    self_registration_domains: tuple[str, ...] = ()
    # Roles, with a blank between them, whose accounts need a second factor.
    mfa_required_roles: str = ""
    grade_scale: str = "A 90, B 80, C 70, D 60, F 0"
    school_name: str = "Student management"
    # The address that mails come from; "" for no mail at all.
    mail_from: str = ""
    # What SES verifies of it: domain or address.
    mail_identity: str = "domain"
    media_quota_mb: int = 1000
    # The ARN of a KMS key of the school's; "" for the one that AWS manages.
    media_kms_key: str = ""
