"""CloudFront: what is made spreads for minutes, what is referred to stays in use, versions go stale."""

from __future__ import annotations

from typing import Any

from tests.aws.layer import After, Behaviour, Call, Refusal, Unlisted

_CREATE = ("CreateDistribution", "CreateDistributionWithTags")


def config_of(call: Call) -> dict[str, Any]:
    """The DistributionConfig of a create or an update."""
    with_tags = call.params.get("DistributionConfigWithTags", {})
    found: dict[str, Any] = call.params.get("DistributionConfig") or with_tags["DistributionConfig"]
    return found


class Spreading(Behaviour):
    """A distribution is InProgress for minutes after every change; only a disabled, deployed one is deleted.

    Right after a change its status is still the old one.
    """

    ids = ("CF-01", "CF-04", "CF-33")
    service = "cloudfront"
    seconds = 165.0
    shows_after = 1.0

    def __init__(self) -> None:
        self._changed: dict[str, float] = {}

    def _until(self, distribution: str) -> float:
        return self._changed[distribution] + self.seconds if distribution in self._changed else 0.0

    def before(self, call: Call) -> Refusal | None:
        if call.operation != "DeleteDistribution":
            return None
        until = self._until(call.params["Id"])
        live = self.layer.raw("cloudfront").get_distribution(Id=call.params["Id"])["Distribution"]
        if self.now >= until and not live["DistributionConfig"]["Enabled"]:
            return None
        words = "The distribution you are trying to delete has not been disabled."
        return Refusal("DistributionNotDisabled", words, 409, until)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation in (*_CREATE, "UpdateDistribution"):
            found = answer["Distribution"]
            self._changed[found["Id"]] = self.now
            found["Status"] = "InProgress"
        if call.operation == "GetDistribution":
            self._alter(answer["Distribution"])
        if call.operation == "ListDistributions":
            for item in answer["DistributionList"].get("Items", ()):
                self._alter(item)

    def _alter(self, found: dict[str, Any]) -> None:
        until = self._until(found["Id"])
        if self.now < until:
            is_new = self.now < self._changed[found["Id"]] + self.shows_after
            found["Status"] = "Deployed" if is_new else "InProgress"
            self.bite(until)


class StaleVersion(Behaviour):
    """Once after each change CloudFront has written to the distribution itself, and the version just read is old."""

    ids = ("CF-02",)
    service = "cloudfront"

    def __init__(self) -> None:
        self._written: set[str] = set()

    def before(self, call: Call) -> Refusal | None:
        name = call.params.get("Id", "")
        if call.operation not in ("UpdateDistribution", "DeleteDistribution") or name not in self._written:
            return None
        self._written.discard(name)
        words = "The request failed because it didn't meet the preconditions in one or more request-header fields."
        return Refusal("PreconditionFailed", words, 412)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation in (*_CREATE, "UpdateDistribution"):
            self._written.add(answer["Distribution"]["Id"])


class ReferenceUsed(Behaviour):
    """A caller reference serves once in the life of an account."""

    ids = ("CF-05", "X-06")
    service = "cloudfront"

    def __init__(self) -> None:
        self._used: set[str] = set()

    def before(self, call: Call) -> Refusal | None:
        if call.operation not in _CREATE or config_of(call)["CallerReference"] not in self._used:
            return None
        words = "The caller reference that you are using to create a distribution is associated with another one."
        return Refusal("DistributionAlreadyExists", words, 409)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation in _CREATE:
            self._used.add(config_of(call)["CallerReference"])


class WholeConfig(Behaviour):
    """An update has to be the whole configuration, with the caller reference of before."""

    ids = ("CF-03",)
    service = "cloudfront"

    def before(self, call: Call) -> Refusal | None:
        if call.operation != "UpdateDistribution":
            return None
        live = self.layer.raw("cloudfront").get_distribution_config(Id=call.params["Id"])["DistributionConfig"]
        sent = config_of(call)
        missing = sorted(set(live) - set(sent))
        if not missing and sent["CallerReference"] == live["CallerReference"]:
            return None
        return Refusal("IllegalUpdate", f"The update contains modifications that are not allowed: {missing}")


class NewPart(Behaviour):
    """An access control or a headers policy just made is unknown to a new distribution."""

    ids = ("X-10",)
    service = "cloudfront"
    seconds = 1.2

    def __init__(self) -> None:
        self._known: dict[str, float] = {}

    def before(self, call: Call) -> Refusal | None:
        if call.operation not in _CREATE:
            return None
        access, headers = _parts(config_of(call))
        for part, code, status in (
            (access, "InvalidOriginAccessControl", 400),
            (headers, "NoSuchResponseHeadersPolicy", 404),
        ):
            until = max((self._known.get(each, 0.0) for each in part), default=0.0)
            if self.now < until:
                return Refusal(code, "It does not exist.", status, until)
        return None

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        for kind in ("OriginAccessControl", "ResponseHeadersPolicy"):
            if call.operation == f"Create{kind}":
                self._known[answer[kind]["Id"]] = self.now + self.seconds


class PartInUse(Behaviour):
    """What a distribution refers to is in use, and for a while after its end."""

    ids = ("CF-10", "CF-11")
    service = "cloudfront"
    seconds = 4.0

    def __init__(self) -> None:
        self._users: dict[str, set[str]] = {}
        self._free: dict[str, float] = {}

    def before(self, call: Call) -> Refusal | None:
        kind = call.operation.removeprefix("Delete")
        if kind not in ("OriginAccessControl", "ResponseHeadersPolicy") or kind == call.operation:
            return None
        used = any(call.params["Id"] in parts for parts in self._users.values())
        until = self._free.get(call.params["Id"], 0.0)
        if not used and self.now >= until:
            return None
        return Refusal(f"{kind}InUse", "It is attached to one or more distributions.", 409, None if used else until)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation in (*_CREATE, "UpdateDistribution"):
            access, headers = _parts(config_of(call))
            self._users[answer["Distribution"]["Id"]] = access | headers
        if call.operation == "DeleteDistribution":
            for part in self._users.pop(call.params["Id"], ()):
                self._free[part] = self.now + self.seconds


class TooManyInvalidations(Behaviour):
    """15 invalidations with a wildcard may be in progress at once."""

    ids = ("CF-27", "CF-28")
    service = "cloudfront"
    seconds = 20.0
    limit = 15

    def __init__(self) -> None:
        self._ends: list[float] = []

    def before(self, call: Call) -> Refusal | None:
        self._ends = [end for end in self._ends if end > self.now]
        if call.operation != "CreateInvalidation" or len(self._ends) < self.limit:
            return None
        return Refusal(
            "TooManyInvalidationsInProgress", "Processing your request will exceed the limit.", 400, min(self._ends)
        )

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation == "CreateInvalidation":
            self._ends.append(self.now + self.seconds)


class DistributionUnlisted(Unlisted):
    """A new distribution is not listed at once."""

    ids = ("X-10",)
    service = "cloudfront"
    causes, listing, seconds = _CREATE, "ListDistributions", 2.0

    def made(self, call: Call, answer: dict[str, Any]) -> str:
        return str(answer["Distribution"]["Id"])

    def items(self, answer: dict[str, Any]) -> list[Any]:
        found: list[Any] = answer["DistributionList"].get("Items", [])
        return found

    def shown(self, item: Any) -> str:
        return str(item["Id"])


class NotTaggable(After):
    """The tags of a new distribution cannot be reached at once."""

    ids = ("X-10",)
    service = "cloudfront"
    causes, refused = _CREATE, ("TagResource", "ListTagsForResource")
    key, seconds = "Resource", 1.0
    code, message, status = "NoSuchResource", "A resource that was specified is not valid.", 404

    def caused(self, call: Call, answer: dict[str, Any]) -> str:
        return str(answer["Distribution"]["ARN"])


class Redirected(Behaviour):
    """Through a new bucket's global name visitors are sent elsewhere (307) for a day: taken without a word."""

    ids = ("S3-25", "CF-32")
    service = "cloudfront"

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation not in _CREATE:
            return
        for origin in config_of(call)["Origins"]["Items"]:
            if origin["DomainName"].endswith(".s3.amazonaws.com"):
                self.layer.wrongs.append(f"visitors of {origin['DomainName']} get 307")
                self.bite()


def _parts(config: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Ids of the access controls and of the headers policies that a configuration refers to."""
    places = [config["DefaultCacheBehavior"], *config.get("CacheBehaviors", {}).get("Items", ())]
    access = {origin.get("OriginAccessControlId", "") for origin in config["Origins"]["Items"]}
    return access - {""}, {place.get("ResponseHeadersPolicyId", "") for place in places} - {""}


def behaviours() -> list[Behaviour]:
    """All of CloudFront's."""
    return [
        NewPart(),
        ReferenceUsed(),
        NotTaggable(),
        Spreading(),
        StaleVersion(),
        WholeConfig(),
        PartInUse(),
        TooManyInvalidations(),
        DistributionUnlisted(),
        Redirected(),
    ]
