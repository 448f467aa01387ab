"""The arithmetic of grades: final percentages, the scale, and figures of many. Nothing here reads or writes.

Scores are decimal numbers. A mean of them often is none, so in between they are exact fractions, and every result is
rounded once, half up, to two decimals: what stands at 89.995 is 90.00, and gets the grade of 90.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, NamedTuple

PLACES = 2
# Of points, and more than weights have: the contract's patterns.
_DECIMALS = 4
_GRADED = ("fully graded", "partially graded")


class Step(NamedTuple):
    """A grade, and the percentage from which it is given."""

    name: str
    least: Decimal


class Measure(NamedTuple):
    """What a line item measures by, in whole numbers; `due` is None for one that does not count."""

    due: str | None
    weight: int
    least: int
    span: int


class Figures(NamedTuple):
    """Of some numbers; None where there are none."""

    number: int
    mean: Decimal | None
    median: Decimal | None
    least: Decimal | None
    most: Decimal | None


@cache
def scale() -> tuple[Step, ...]:
    """The deployment's scale, the best grade first."""
    return parsed_scale(os.environ["GRADE_SCALE"])


def parsed_scale(text: str) -> tuple[Step, ...]:
    """A scale such as `A 90, B 80, F 0`, which the deployer has checked."""
    steps = [step.strip().rpartition(" ") for step in text.split(",")]
    return tuple(Step(name.strip(), Decimal(least)) for name, _, least in steps)


def grade(percent: Decimal, steps: Sequence[Step]) -> str:
    """The first grade whose percentage is reached; the last one begins at 0."""
    return next(step.name for step in steps if percent >= step.least)


def is_graded(result: Mapping[str, Any]) -> bool:
    """Whether a result has a score that counts."""
    return result["scoreStatus"] in _GRADED and result.get("score") is not None


def part(item: Mapping[str, Any], graded: Mapping[str, Any]) -> Fraction:
    """Which part of a line item's range a score reaches."""
    return _part(graded["score"], item["resultValueMin"], item["resultValueMax"])


# Reading a fraction takes longer than all that is done with it, and a class has the same few scores again and again.
@lru_cache(maxsize=4096)
def _part(score: str, least: str, most: str) -> Fraction:
    return (Fraction(score) - Fraction(least)) / (Fraction(most) - Fraction(least))


def measure(item: Mapping[str, Any]) -> Measure:
    """What a line item measures by."""
    least = _units(item["resultValueMin"])
    due = item["dueDate"] if item["status"] == "active" else None
    return Measure(due, _units(item["weight"]), least, _units(item["resultValueMax"]) - least)


def final(graded: Iterable[tuple[Measure, Mapping[str, Any]]], today: str) -> Decimal | None:
    """A student's percentage from line items' measures and the results in them: their mean by the items' weights.

    What was not handed in counts as the least that the range has, once the due date is over. What is exempt never
    counts, and what waits for its score does not count before it has one.
    """
    # In whole numbers, since a sheet has hundreds of results; by the range, of which a class has one or two.
    weights, reached = 0, dict[int, int]()
    for (due, weight, least, span), result in graded:
        if due is None:
            continue
        if is_graded(result):
            points = _units(result["score"]) - least
        elif due < today and _never_came(result):
            points = 0
        else:
            continue
        weights += weight
        reached[span] = reached.get(span, 0) + weight * points
    if not weights:
        return None
    below = math.lcm(*reached)
    above = sum(points * (below // span) for span, points in reached.items())
    return rounded(Fraction(100 * above, weights * below))


def _never_came(result: Mapping[str, Any]) -> bool:
    status = result["scoreStatus"]
    return status == "not submitted" or (bool(result.get("missing")) and status != "exempt")


@lru_cache(maxsize=4096)
def _units(number: str) -> int:
    """A number as the contract allows it, in units of its last decimal. Raises ValueError for one with more of them."""
    units = Decimal(number).scaleb(_DECIMALS)
    if units != int(units):
        raise ValueError(f"more than {_DECIMALS} decimals")
    return int(units)


def mean(parts: Sequence[tuple[Fraction, Fraction]]) -> Fraction | None:
    """The mean of (weight, value); None where nothing weighs anything."""
    # With one denominator for all of them: a Fraction would look for the least one at every step.
    weights, products = [], []
    for weight, value in parts:
        above, below = weight.as_integer_ratio()
        weights.append((above, below))
        reached, most = value.as_integer_ratio()
        products.append((above * reached, below * most))
    whole, of_weights = _summed(weights)
    if not whole:
        return None
    total, of_all = _summed(products)
    return Fraction(total * of_weights, whole * of_all)


def _summed(ratios: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Their sum, as one ratio that nobody has shortened."""
    below = math.lcm(*{each for _, each in ratios})
    return sum(above * (below // each) for above, each in ratios), below


def figures(values: Iterable[Fraction | Decimal]) -> Figures:
    """How many, their mean, their median, the least and the most."""
    ordered = sorted(Fraction(value) for value in values)
    if not ordered:
        return Figures(0, None, None, None, None)
    half = len(ordered) // 2
    median = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    average = sum(ordered, Fraction(0)) / len(ordered)
    return Figures(len(ordered), *map(rounded, (average, median, ordered[0], ordered[-1])))


def distribution(percents: Iterable[Decimal], steps: Sequence[Step]) -> list[tuple[str, int]]:
    """How many have each grade of the scale."""
    names = [grade(percent, steps) for percent in percents]
    return [(step.name, names.count(step.name)) for step in steps]


def rounded(exact: Fraction) -> Decimal:
    """Half up, to two decimals; of what is not negative."""
    whole = (2 * exact.numerator * 10**PLACES + exact.denominator) // (2 * exact.denominator)
    return Decimal(whole).scaleb(-PLACES)
