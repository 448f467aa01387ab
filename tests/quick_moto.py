"""moto without what it works out anew in every call: the same answers, sooner."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest


@contextmanager
def quick_moto() -> Iterator[None]:
    """Everything below, as long as it lasts."""
    with pytest.MonkeyPatch.context() as patch:
        pools = importlib.import_module("moto.cognitoidp.models")
        # The same RSA key is read for each user pool, an eighth of a second every time.
        key = pools.jwk.RSAKey.import_key(pools.load_resource("cognitoidp/resources/jwks-private.json"))
        patch.setattr(pools, "jwk", SimpleNamespace(RSAKey=SimpleNamespace(import_key=lambda _: key)))
        # All methods of a service are listed for each call.
        responses = importlib.import_module("moto.core.responses")
        patch.setattr(responses, "method_names_from_class", cache(responses.method_names_from_class))
        # Under which names a member of an answer may be found in a plain dict is the shape's matter, not the dict's.
        picker = importlib.import_module("moto.core.serialize").XFormedAttributePicker
        patch.setattr(picker, "get_possible_keys", _remembered(picker.get_possible_keys))
        yield


def _remembered(possible_keys: Callable[[Any, Any], Iterable[str]]) -> Callable[[Any, Any], Iterable[str]]:
    known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def remembered(picker: Any, context: Any) -> Iterable[str]:
        if type(context.obj) is not dict or context.shape is None:
            return possible_keys(picker, context)
        parent = getattr(context.shape, "parent", None)
        service = context.service_model.service_name if context.service_model else ""
        place = (service, parent.name if parent else "", context.shape.name, context.key)
        if place not in known:
            known[place] = tuple(possible_keys(picker, context))
        return known[place]

    return remembered
