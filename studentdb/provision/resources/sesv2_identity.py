"""Who may be a mail's sender: a domain or an address that SES has verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision import tags
from studentdb.provision.aws import EXISTING_BUDGET, Aws, error_code, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource, Undeclared

_GONE = "NotFoundException"


def has_ses(aws: Aws) -> bool:
    """Whether the region has SES. Not every one does, and most schools send no mail (REG-08)."""
    return aws.endpoints.endpoint_url is not None or aws.region in aws.session.get_available_regions("sesv2")


@dataclass(frozen=True, kw_only=True)
class EmailIdentity(Resource):
    """The domain or the address `name`. Outputs: `arn`, and `verified_arn`, which is "" until SES has verified it.

    Verifying is somebody's work in the DNS, or a click in a mail, and nothing waits for it (SES-04). One that is there
    without our tag is used as it is: schools have often verified their domain. Nothing in it is ours to declare.
    """

    kind: ClassVar[str] = "sesv2.email_identity"
    # People's work in the DNS: a new one would have other keys.
    stateful: ClassVar[bool] = True
    actions: ClassVar = {
        "read": ("ses:GetEmailIdentity",),
        "create": ("ses:CreateEmailIdentity", "ses:TagResource"),
        "delete": ("ses:DeleteEmailIdentity",),
    }

    def properties(self) -> dict[str, Any]:
        return {}

    def read(self, aws: Aws) -> Live | None:
        found = identity(aws, self.name)
        if found is None:
            return None
        return Live({}, self._outputs(aws, found), borrowed=not is_ours(aws, found))

    def create(self, aws: Aws) -> Outputs:
        try:
            made = aws.client("sesv2").create_email_identity(EmailIdentity=self.name, Tags=tags.as_list(aws.tags))
        except ClientError as error:
            if error_code(error) != "AlreadyExistsException":
                raise
            # Ours, of a lost answer, or somebody else's: both are used (SES-03).
            live = aws.look(lambda: self.read(aws), budget=EXISTING_BUDGET)
            if live is None:
                raise
            return live.outputs
        return self._outputs(aws, made)

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        return live.outputs

    def delete(self, aws: Aws, live: Live) -> None:
        if not live.borrowed:
            with ignoring(_GONE):
                aws.client("sesv2").delete_email_identity(EmailIdentity=self.name)

    def _outputs(self, aws: Aws, found: dict[str, Any]) -> Outputs:
        arn = _arn(aws, self.name)
        return {"arn": arn, "verified_arn": arn if found.get("VerifiedForSendingStatus") else ""}


@dataclass(frozen=True, kw_only=True)
class UndeclaredIdentities(Undeclared):
    """Identities with our tag beside `names`: of an earlier sender, or of all mail when that is switched off.

    `name` is only ours. Output: `arn`, for what must be gone before them.
    """

    kind: ClassVar[str] = "sesv2.undeclared_identities"
    actions: ClassVar = {
        "read": ("ses:ListEmailIdentities", "ses:GetEmailIdentity", "ses:ListTagsForResource"),
        "delete": ("ses:DeleteEmailIdentity",),
    }

    names: tuple[str, ...] = ()

    def read(self, aws: Aws) -> Live | None:
        if not has_ses(aws):
            return None
        found = {name: "identity" for name in self._all(aws) if name not in self.names and self._is_ours(aws, name)}
        return Live(found, {"arn": ""}) if found else None

    def delete(self, aws: Aws, live: Live) -> None:
        for name in live.properties:
            with ignoring(_GONE):
                aws.client("sesv2").delete_email_identity(EmailIdentity=name)

    def _all(self, aws: Aws) -> Iterator[str]:
        token: dict[str, str] = {}
        while True:
            answer = aws.client("sesv2").list_email_identities(PageSize=1000, **token)
            yield from (each["IdentityName"] for each in answer.get("EmailIdentities", []))
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def _is_ours(self, aws: Aws, name: str) -> bool:
        found = identity(aws, name)
        return found is not None and is_ours(aws, found)


def identity(aws: Aws, name: str) -> dict[str, Any] | None:
    """What SES says of an identity, None where there is none."""
    try:
        found: dict[str, Any] = aws.client("sesv2").get_email_identity(EmailIdentity=name)
    except ClientError as error:
        if error_code(error) == _GONE:
            return None
        raise
    return found


def is_ours(aws: Aws, found: dict[str, Any]) -> bool:
    """Whether it carries this deployment's tag."""
    return aws.owns(tags.from_list(found.get("Tags", [])))


def _arn(aws: Aws, name: str) -> str:
    return aws.arn("ses", f"identity/{name}")
