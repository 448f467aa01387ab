"""Errors as RFC 9457 has them: raise one anywhere and the router answers it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

# {"field": path, "message": text, "holder": {...} where somebody has the value already,
# "current": what stands there now, where somebody else has changed it}
FieldError = dict[str, Any]

# A body of nothing but unknown fields must not be answered with thousands of errors.
MOST_ERRORS = 50


class Problem(Exception):  # noqa: N818 - the RFC's word
    """An answer other than success. `detail` and `errors` go to the client: no text of other people's records."""

    status = 500
    slug = "internal"
    title = "Something went wrong on our side"

    def __init__(self, detail: str = "", errors: Sequence[FieldError] = ()) -> None:
        super().__init__(self.slug)
        self.detail = detail
        self.errors = list(errors[:MOST_ERRORS])

    def headers(self) -> dict[str, str]:
        """Headers that belong to this kind of answer."""
        return {}

    def members(self) -> dict[str, Any]:
        """What this kind of answer says beside the usual (RFC 9457, 3.2)."""
        return {}

    def response(self, request_id: str) -> dict[str, Any]:
        """The gateway's form of this answer."""
        body = {
            "type": f"urn:studentdb:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "errors": self.errors,
            "requestId": request_id,
            **self.members(),
        }
        headers = {"content-type": "application/problem+json", "cache-control": "no-store", **self.headers()}
        return {"statusCode": self.status, "headers": headers, "body": json.dumps(body, separators=(",", ":"))}


class Invalid(Problem):
    """The request breaks a rule of the contract; `errors` says which field and why."""

    status, slug, title = 400, "invalid", "The request is not valid"


class Unauthenticated(Problem):
    """There is no usable access token."""

    status, slug, title = 401, "unauthenticated", "Sign in first"

    def headers(self) -> dict[str, str]:
        return {"www-authenticate": 'Bearer error="invalid_token"'}


class NotAllowed(Problem):
    """The person is known and may not do this."""

    status, slug, title = 403, "not-allowed", "You may not do this"


class NotApproved(NotAllowed):
    """Somebody has signed up, and no admin has decided yet: the account is in no group."""

    slug, title = "not-approved", "Your account waits for approval"


class MfaRequired(Problem):
    """The school wants a second factor of accounts in this role, and this one has none."""

    status, slug, title = 403, "mfa-required", "Your role needs a second factor"


class NotFound(Problem):
    """No such thing, or none that concerns this operation."""

    status, slug, title = 404, "not-found", "There is no such thing"


class MethodNotAllowed(Problem):
    """The path exists, not with this method."""

    status, slug, title = 405, "method-not-allowed", "This cannot be done here"

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = ", ".join(allowed)
        super().__init__(f"allowed here: {self._allowed}")

    def headers(self) -> dict[str, str]:
        return {"allow": self._allowed}


class Duplicate(Problem):
    """A value that must be unique is somebody else's; `errors` names field and holder."""

    status, slug, title = 409, "duplicate", "Somebody has this already"


class VersionConflict(Problem):
    """The record has changed since it was read."""

    status, slug, title = 409, "version-conflict", "The record has changed in the meantime"

    def __init__(self, current: int, changed: Mapping[str, Any]) -> None:
        """`changed` is what was changed in between, and what stands there now."""
        errors = [
            {"field": name, "message": "was cleared" if value is None else "was changed", "current": value}
            for name, value in changed.items()
        ]
        super().__init__(
            f"it is at version {current} now: read it again and decide again",
            [{"field": "version", "message": f"the current version is {current}"}, *errors],
        )


class ClassFull(Problem):
    """All places of a class are taken."""

    status, slug, title = 409, "class-full", "The class is full"


class Overlap(Problem):
    """Two times that cannot both be: of a person in a class, or of two classes in a person's week."""

    status, slug, title = 409, "overlap", "The times overlap"


class EditConflict(VersionConflict):
    """Some of the records are not as the caller has read them; `errors` says what stands there now."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        Problem.__init__(self, "read it again and decide again", errors)


class TermLocked(Problem):
    """The class's academic session takes no scores."""

    status, slug, title = 409, "term-locked", "The term is closed for scores"

    def __init__(self) -> None:
        super().__init__("an admin closed the term of this class, and an admin can open it, with a reason")


class HasResults(Problem):
    """What the scores of a line item mean does not change any more."""

    status, slug, title = 409, "has-results", "There are scores already"


class Referred(Problem):
    """Others refer to the record, so it is not deleted. `referrers` says which: kind, id, title."""

    status, slug, title = 409, "referred", "Others need this"

    def __init__(self, referrers: Sequence[dict[str, str]]) -> None:
        # The list may lag behind what was found out by a count.
        super().__init__("remove what refers to it first" if referrers else "something that was just made refers to it")
        self.referrers = list(referrers)

    def members(self) -> dict[str, Any]:
        return {"referrers": self.referrers}


class TooLarge(Problem):
    """The body is larger than any request of the contract can be."""

    status, slug, title = 413, "too-large", "The request is too large"


class KeyReused(Problem):
    """An Idempotency-Key came again with other content."""

    status, slug, title = 422, "idempotency-key-reused", "This Idempotency-Key was used for another request"


class QuotaUsedUp(Problem):
    """Somebody's files are as large as they may be."""

    status, slug, title = 409, "quota-used-up", "There is no room left for your files"

    def __init__(self, megabytes: int) -> None:
        super().__init__(f"all of them may have {megabytes} MB: delete some first")


class MediaConflict(Problem):
    """A file is not in the state for this."""

    status, slug, title = 409, "media-conflict", "The file is not in the state for this"


class Busy(Problem):
    """The database could not do it just now; asking again is right."""

    status, slug, title = 503, "busy", "Too much is happening at once"

    def headers(self) -> dict[str, str]:
        return {"retry-after": "1"}


class OwnAccount(Problem):
    """Nobody takes rights away from himself, so an admin always remains."""

    status, slug, title = 409, "own-account", "This is your own account"


class Waiting(Problem):
    """What is done to accounts with a role cannot be done to one that nobody has approved."""

    status, slug, title = 409, "waits-for-approval", "The account waits for approval"

    def __init__(self) -> None:
        super().__init__("approve or refuse the registration first")


class Decided(Problem):
    """Somebody has decided already."""

    status, slug, title = 409, "decided", "This is decided already"


class MailRefused(Problem):
    """Everything was done but the mail, which the service does not take now."""

    status, slug, title = 409, "mail-refused", "No mail was sent"


class MailLimit(MailRefused):
    """No more mail to anybody goes out for now."""

    slug = "mail-limit"
