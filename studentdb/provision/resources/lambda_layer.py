"""A Lambda layer: a library that functions find beside their own code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from studentdb.provision.aws import LOST_BUDGET, Aws, busy, has_code, ignoring, lost
from studentdb.provision.core import Change, Live, Outputs, Resource, Undeclared

_gone = has_code("ResourceNotFoundException")


@dataclass(frozen=True)
class LayerContent:
    """What is in a layer. `description` names it exactly (256 characters); `build` makes the zip, when it is needed."""

    description: str
    build: Callable[[], bytes] = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Layer(Resource):
    """A layer that has one version, of this content. Output: `arn`, the version's.

    A layer takes no tags: its name, with a hash of account and deployment in it, says whose it is. A version never
    changes, its description neither: other content is another version, and the old one goes when functions moved on
    (LMB-30).
    """

    kind: ClassVar[str] = "lambda.layer"
    volatile: ClassVar[frozenset[str]] = frozenset({"arn"})
    actions: ClassVar = {
        "read": ("lambda:ListLayerVersions",),
        "create": ("lambda:PublishLayerVersion",),
        "update": ("lambda:PublishLayerVersion",),
        "delete": ("lambda:DeleteLayerVersion",),
    }

    content: LayerContent

    def properties(self) -> dict[str, Any]:
        return {"content": self.content.description}

    def read(self, aws: Aws) -> Live | None:
        versions = _versions(aws, self.name)
        if not versions:
            return None
        live = _of(versions, self.content.description) or versions[-1]
        return Live({"content": live.get("Description", "")}, _outputs(live))

    def create(self, aws: Aws) -> Outputs:
        zipped = self.content.build()
        try:
            return self._publish(aws, zipped)
        except (BotoCoreError, ClientError) as error:
            if not lost(error):
                raise
            # Asked for again at once it would be there twice.
            made = aws.look(lambda: _of(_versions(aws, self.name), self.content.description), budget=LOST_BUDGET)
            return self._publish(aws, zipped) if made is None else _outputs(made)

    def _publish(self, aws: Aws, zipped: bytes) -> Outputs:
        client = aws.client("lambda", retries=False)
        made = aws.retry(
            lambda: client.publish_layer_version(
                LayerName=self.name, Description=self.content.description, Content={"ZipFile": zipped}
            ),
            when=busy,
        )
        return _outputs(made)

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        return self.create(aws)

    def delete(self, aws: Aws, live: Live) -> None:
        """All versions: it is gone when it has none."""
        for version in _versions(aws, self.name):
            _delete(aws, self.name, version["Version"])


@dataclass(frozen=True, kw_only=True)
class UndeclaredVersions(Undeclared):
    """Versions of our layer beside the one of this content: of before, by hand, or one that a lost answer left."""

    kind: ClassVar[str] = "lambda.undeclared_layer_versions"
    actions: ClassVar = {"read": ("lambda:ListLayerVersions",), "delete": ("lambda:DeleteLayerVersion",)}

    content: LayerContent

    @property
    def goes_with(self) -> str:
        return f"{Layer.kind}/{self.name}"

    def read(self, aws: Aws) -> Live | None:
        versions = _versions(aws, self.name)
        kept = _of(versions, self.content.description)
        others = [each["Version"] for each in versions if each is not kept]
        return Live({"versions": others}) if others else None

    def delete(self, aws: Aws, live: Live) -> None:
        for version in live.properties["versions"]:
            _delete(aws, self.name, version)


def _versions(aws: Aws, name: str) -> list[dict[str, Any]]:
    """The oldest first; in a survey they are fetched once."""

    def fetch() -> list[dict[str, Any]]:
        pages = aws.client("lambda").get_paginator("list_layer_versions").paginate(LayerName=name)
        try:
            found = [version for page in pages for version in page["LayerVersions"]]
        except ClientError as error:
            if _gone(error):
                return []
            raise
        return sorted(found, key=lambda version: int(version["Version"]))

    return aws.shared(("lambda.layer", name), fetch)


def _of(versions: list[dict[str, Any]], description: str) -> dict[str, Any] | None:
    return next((each for each in versions if each.get("Description") == description), None)


def _outputs(version: dict[str, Any]) -> Outputs:
    return {"arn": version["LayerVersionArn"]}


def _delete(aws: Aws, name: str, version: int) -> None:
    with ignoring("ResourceNotFoundException"):
        aws.retry(
            partial(aws.client("lambda").delete_layer_version, LayerName=name, VersionNumber=version),
            when=has_code("ResourceConflictException"),
        )
