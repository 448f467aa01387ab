"""Requests are checked before they are sent: botocore looks at types and minima, never at maxima or patterns (X-01).

What is known only after a refusal comes too late: half of the deployment is made by then. Enumerations are left to
AWS: what it says about a resource and is sent back to it may be newer than the installed botocore.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from botocore.model import OperationModel, Shape

from studentdb.errors import StudentDBError
from studentdb.provision.limits import LIMITS, OUTDATED_PATTERNS, Limit

# API Gateway's model states lengths in the names of its shapes: StringWithLengthBetween0And32K.
_LENGTH_IN_NAME = re.compile(r"WithLengthBetween\d+And(\d+)(K?)")
_UNITS = {"string": "characters", "blob": "bytes", "list": "items", "map": "entries"}
_NUMBER = (int, float, Decimal)
# A wrong type is botocore's to report; a file has no length before it is read.
_TYPES: Mapping[str, Any] = {
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list, tuple),
    "string": (str,),
    "blob": (bytes, bytearray),
    "integer": _NUMBER,
    "long": _NUMBER,
    "float": _NUMBER,
    "double": _NUMBER,
}

# Java's `\p{L}` is not in Python's `re`. Each of Unicode's categories gets a stand-in from the private use area; of
# the value every character beyond ASCII is replaced by its category's, and `\p{…}` becomes the stand-ins and ASCII.
_CATEGORIES = (
    *("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe"),
    *("Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co"),
)
_STAND_INS = {category: chr(0xE000 + number) for number, category in enumerate(_CATEGORIES)}
# What Python's Unicode does not know yet AWS's may: it passes for a letter.
_STAND_INS["Cn"] = _STAND_INS["Lo"]
_PIECES = re.compile(r"\\p\{(?P<category>\w+)\}|\\.|\[\^?\]?|.", re.DOTALL)


def check(params: Mapping[str, Any], model: OperationModel, **_: object) -> None:
    """For botocore's event `provide-client-params`. Raises StudentDBError, which holds no value, only its length."""
    if model.input_shape is None:
        return
    service = model.service_model.service_name
    wrong = list(_wrong(service, model.input_shape, params, "", None))
    if wrong:
        raise StudentDBError(
            f"{service}:{model.name} was not sent",
            why="; ".join(wrong),
            hint="if it is about something that you chose, such as an e-mail address, choose another one; "
            "otherwise it is a mistake in studentdb: report it with this message",
        )


def _wrong(service: str, shape: Shape, value: Any, path: str, limit: Limit | None) -> Iterator[str]:
    """What AWS would refuse in `value`."""
    kind = shape.type_name
    if not isinstance(value, _TYPES.get(kind, ())):
        return
    yield from _too_much(shape, value, path, limit)
    if kind == "structure":
        for name, item in value.items():
            if member := shape.members.get(name):
                where = f"{path}.{name}" if path else name
                yield from _wrong(service, member, item, where, LIMITS.get((service, shape.name, name)))
    elif kind == "list":
        for number, item in enumerate(value):
            yield from _wrong(service, shape.member, item, f"{path}[{number}]", None)
    elif kind == "map":
        for number, (key, item) in enumerate(value.items()):
            yield from _wrong(service, shape.key, key, f"{path}.key[{number}]", None)
            yield from _wrong(service, shape.value, item, f"{path}.value[{number}]", None)
    elif kind == "string" and (service, shape.name) not in OUTDATED_PATTERNS:
        for pattern in (shape.metadata.get("pattern"), limit.pattern if limit else None):
            if pattern and not matches(pattern, value):
                yield f"{path} ({len(value)} characters) has not the form {pattern}"


def _too_much(shape: Shape, value: Any, path: str, limit: Limit | None) -> Iterator[str]:
    maxima = (shape.metadata.get("max"), limit.most if limit else None, _length_in_name(shape.name))
    most = min((maximum for maximum in maxima if maximum is not None), default=None)
    if most is None:
        return
    unit = _UNITS.get(shape.type_name)
    if unit and len(value) > most:
        yield f"{path} has {len(value)} {unit}, {most} is the most"
    elif not unit and value > most:
        yield f"{path} is {value}, {most} is the most"


@cache
def _length_in_name(name: str) -> int | None:
    found = _LENGTH_IN_NAME.search(name)
    return int(found[1]) * (1024 if found[2] else 1) if found else None


def matches(pattern: str, value: str) -> bool:
    """Whether AWS would take it: the whole of a value has to match. True where Python cannot tell."""
    compiled = compile_java(pattern)
    if compiled is None:
        return True
    if r"\p" in pattern and not value.isascii():
        value = "".join(c if c.isascii() else _STAND_INS[unicodedata.category(c)] for c in value)
    return compiled.fullmatch(value) is not None


@cache
def compile_java(pattern: str) -> re.Pattern[str] | None:
    """A model's pattern in Python's terms; None where these have no equal."""
    try:
        # Java's \w, \d and \s are ASCII's.
        return re.compile(_translated(pattern), re.ASCII)
    except (ValueError, re.error):
        return None


def _translated(pattern: str) -> str:
    """Raises ValueError for what means something else in Python."""
    if r"\p" not in pattern:
        return pattern
    if not pattern.isascii() or re.search(r"\\u00[89A-Fa-f]|\\u0[1-9A-Fa-f]|\\u[1-9A-Fa-f]|\\x[89A-Fa-f]", pattern):
        raise ValueError("characters beyond ASCII beside categories: the value holds stand-ins for them")
    translated, in_class = "", False
    for piece in _PIECES.finditer(pattern):
        text, category = piece[0], piece["category"]
        if category:
            members = _members(category)
            text = members if in_class else f"[{members}]"
        elif text.startswith("["):
            if in_class:
                raise ValueError("a class within a class")
            in_class = True
        elif text == "]":
            in_class = False
        translated += text
    return translated


@cache
def _members(category: str) -> str:
    """The inside of a class: ASCII's characters and the stand-ins of a category (`L`, `Lu`)."""
    stand_ins = [stand_in for name, stand_in in _STAND_INS.items() if name.startswith(category) and name != "Cn"]
    if not stand_ins:
        raise ValueError(f"no category {category}")
    characters = [chr(code) for code in range(128) if unicodedata.category(chr(code)).startswith(category)]
    return re.escape("".join(characters)) + "".join(stand_ins)
