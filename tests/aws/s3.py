"""S3: buckets that are seen late and forgotten late, settings that collide, deletions that leave something."""

from __future__ import annotations

from typing import Any

from tests.aws.layer import After, Behaviour, Call, Instead, Refusal

_SETTINGS = (
    "DeleteBucketPolicy",
    "PutBucketEncryption",
    "PutBucketLifecycleConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutPublicAccessBlock",
)


class _AfterBucket(After):
    service = "s3"
    key = "Bucket"


class BucketNotVisible(_AfterBucket):
    """A new bucket is unknown, and to writes a little longer."""

    ids = ("S3-06", "X-10")
    causes, seconds = ("CreateBucket",), 0.6
    code, message, status = "NoSuchBucket", "The specified bucket does not exist", 404

    def refuses(self, call: Call) -> bool:
        return call.operation != "CreateBucket"


class BucketNotWritable(_AfterBucket):
    """Each subresource finds out about the bucket for itself."""

    ids = ("S3-06",)
    causes, refused, seconds = ("CreateBucket",), (*_SETTINGS, "PutObject"), 1.4
    code, message, status = "NoSuchBucket", "The specified bucket does not exist", 404


class SettingsAtOnce(_AfterBucket):
    """Two settings in quick succession."""

    ids = ("S3-07", "S3-37", "X-12")
    causes, refused, seconds = _SETTINGS, _SETTINGS, 0.6
    code, status = "OperationAborted", 409
    message = "A conflicting conditional operation is currently in progress against this resource. Please try again."

    def before(self, call: Call) -> Refusal | Instead | None:
        at_once = [
            other for other in self.layer.under_way if self.refuses(other) and self.named(other) == self.named(call)
        ]
        if self.refuses(call) and at_once:
            return Refusal(self.code, self.message, self.status)
        return super().before(call)


class BucketNameTaken(_AfterBucket):
    """The name of a deleted bucket is not free at once."""

    ids = ("S3-05",)
    causes, refused, seconds = ("DeleteBucket",), ("CreateBucket",), 20.0
    code, message, status = SettingsAtOnce.code, SettingsAtOnce.message, 409


class BucketStillThere(_AfterBucket):
    """A deleted bucket still answers."""

    ids = ("S3-19",)
    causes, refused, seconds = ("DeleteBucket",), ("HeadBucket",), 1.5

    def before(self, call: Call) -> Refusal | Instead | None:
        verdict = super().before(call)
        return Instead(until=verdict.until) if verdict else None


class LifecycleLate(_AfterBucket):
    """Lifecycle rules are read back later."""

    ids = ("S3-21",)
    causes, refused = ("PutBucketLifecycleConfiguration",), ("GetBucketLifecycleConfiguration",)
    seconds, status = 2.0, 404
    code, message = "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"


class LateObject(Behaviour):
    """Somebody's upload, or a log, arrives after the bucket was emptied: once in the life of a bucket."""

    ids = ("S3-13", "S3-15", "S3-16")
    service = "s3"

    def __init__(self) -> None:
        self._due: set[str] = set()

    def before(self, call: Call) -> None:
        bucket = call.params.get("Bucket", "")
        if call.operation == "DeleteBucket" and bucket in self._due:
            self._due.remove(bucket)
            self.layer.raw("s3").put_object(Bucket=bucket, Key="late", Body=b"")
            self.layer.raw("s3").delete_object(Bucket=bucket, Key="late")
            self.bite()

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation == "CreateBucket":
            self._due.add(call.params["Bucket"])


class HalfDeleted(Behaviour):
    """DeleteObjects says 200 and names a key that it could not delete: once in the life of a bucket."""

    ids = ("S3-17",)
    service = "s3"

    def __init__(self) -> None:
        self._done: set[str] = set()
        self._left: dict[int, dict[str, Any]] = {}

    def asked(self, call: Call) -> None:
        if call.operation != "DeleteObjects" or call.params["Bucket"] in self._done:
            return
        objects = call.params["Delete"]["Objects"]
        if len(objects) > 1:
            self._done.add(call.params["Bucket"])
            self._left[id(call)] = objects.pop()

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        left = self._left.pop(id(call), None)
        if left is not None:
            words = "We encountered an internal error. Please try again."
            answer.setdefault("Errors", []).append({**left, "Code": "InternalError", "Message": words})
            self.bite()


def behaviours() -> list[Behaviour]:
    """All of S3's."""
    return [
        BucketNameTaken(),
        BucketNotVisible(),
        BucketNotWritable(),
        SettingsAtOnce(),
        BucketStillThere(),
        LifecycleLate(),
        LateObject(),
        HalfDeleted(),
    ]
