"""What is in our HTTP API beside what is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from studentdb.provision.aws import Aws, busy, ignoring
from studentdb.provision.core import Live, Undeclared, giver
from studentdb.provision.resources.apigateway_route import children

# noun -> the field with the name, the one with the id. Routes first: an integration in use cannot be deleted.
_NOUNS = {
    "route": ("RouteKey", "RouteId"),
    "integration": ("Description", "IntegrationId"),
    "authorizer": ("Name", "AuthorizerId"),
    "stage": ("StageName", "StageName"),
}


@dataclass(frozen=True, kw_only=True)
class UndeclaredChildren(Undeclared):
    """Routes, integrations, authorizers and stages beside those that `names` has, by noun.

    A second one of a declared name, left by a lost answer, is one too.
    """

    kind: ClassVar[str] = "apigatewayv2.undeclared"
    identity: ClassVar[tuple[str, ...]] = ("name", "api_id")
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "read": ("apigateway:GET",),
        "delete": ("apigateway:DELETE",),
    }

    api_id: str
    names: Mapping[str, tuple[str, ...]]

    @property
    def lane(self) -> str:
        return f"api:{self.api_id}"

    @property
    def goes_with(self) -> str:
        return giver(self.api_id)

    def read(self, aws: Aws) -> Live | None:
        properties: dict[str, list[str]] = {}
        ids: dict[str, str] = {}
        with ignoring("NotFoundException"):
            for noun in _NOUNS:
                for child_id, name in self._others(noun, children(aws, noun, self.api_id)):
                    properties.setdefault(f"{noun}s", []).append(name)
                    ids[f"{noun}/{child_id}"] = name
        return Live(properties, ids) if ids else None

    def delete(self, aws: Aws, live: Live) -> None:
        client = aws.client("apigatewayv2")
        for noun, (_, id_field) in _NOUNS.items():
            for child in live.outputs:
                if child.startswith(f"{noun}/"):
                    which = {"ApiId": self.api_id, id_field: child.removeprefix(f"{noun}/")}
                    with ignoring("NotFoundException"):
                        aws.retry(partial(getattr(client, f"delete_{noun}"), **which), when=busy)

    def _others(self, noun: str, listed: list[dict[str, Any]]) -> list[tuple[str, str]]:
        """Ids and names; of a declared name the first by id is the one that counts."""
        name_field, id_field = _NOUNS[noun]
        left = set(self.names[noun])
        others = []
        for item in sorted(listed, key=lambda item: str(item[id_field])):
            name = str(item.get(name_field, ""))
            if name in left:
                left.remove(name)
            else:
                others.append((str(item[id_field]), name))
        return others
