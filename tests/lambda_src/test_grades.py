"""The arithmetic of grades: properties that hold for all scores, and the cases that schools argue about."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studentdb_api import grades

SCALE = grades.parsed_scale("A 90, B 80, C 70, D 60, F 0")
TODAY = "2026-10-10"

Pair = tuple[dict[str, Any], dict[str, Any]]

# On a busy machine the first example takes long.
steady = settings(deadline=None)
weights = st.decimals("0.01", 999, places=2).map(str)


def item(**fields: Any) -> dict[str, Any]:
    plain = {"weight": "1", "resultValueMin": "0", "resultValueMax": "100", "status": "active", "dueDate": "2026-10-09"}
    return plain | fields


def result(score: str | None, status: str = "fully graded", **fields: Any) -> dict[str, Any]:
    return {"score": score, "scoreStatus": status, "missing": False, **fields}


@st.composite
def graded(draw: st.DrawFn) -> Pair:
    """A line item, and a result within its range."""
    least = draw(st.decimals(0, 500, places=4))
    most = draw(st.decimals(least + Decimal("0.0001"), 1000, places=4))
    score = draw(st.decimals(least, most, places=4))
    return (
        item(weight=draw(weights), resultValueMin=str(least), resultValueMax=str(most)),
        result(str(score), draw(st.sampled_from(["fully graded", "partially graded"]))),
    )


def percentage(pairs: list[Pair]) -> Decimal | None:
    return grades.final([(grades.measure(each), reached) for each, reached in pairs], TODAY)


def final(pairs: list[Pair]) -> Decimal:
    found = percentage(pairs)
    assert found is not None
    return found


@steady
@given(st.lists(graded(), min_size=1, max_size=12))
def test_a_final_grade_lies_between_the_worst_and_the_best(pairs: list[Pair]) -> None:
    alone = [final([pair]) for pair in pairs]

    assert min(alone) <= final(pairs) <= max(alone)
    assert 0 <= final(pairs) <= 100


@steady
@given(st.lists(graded(), min_size=1, max_size=12))
def test_a_final_grade_is_exact(pairs: list[Pair]) -> None:
    shares = [(Fraction(each["weight"]), grades.part(each, reached)) for each, reached in pairs]
    reached = sum((weight * share for weight, share in shares), Fraction(0))

    assert final(pairs) == grades.rounded(100 * reached / sum((weight for weight, _ in shares), Fraction(0)))


def test_a_number_with_more_decimals_than_are_exact_is_an_error() -> None:
    with pytest.raises(ValueError, match="more than 4 decimals"):
        final([(item(), result("1.00001"))])


@steady
@given(st.lists(graded(), min_size=1, max_size=8), st.integers(1, 9), st.randoms(use_true_random=False))
def test_neither_order_nor_the_unit_of_weights_matters(pairs: list[Pair], times: int, random: Any) -> None:
    other = [(each | {"weight": str(Decimal(each["weight"]) * times)}, reached) for each, reached in pairs]
    random.shuffle(other)

    assert final(other) == final(pairs)


@steady
@given(st.lists(graded(), min_size=1, max_size=8), st.integers(0, 7))
def test_a_better_score_is_never_a_worse_grade(pairs: list[Pair], position: int) -> None:
    better = list(pairs)
    which, reached = pairs[position % len(pairs)]
    better[position % len(pairs)] = which, reached | {"score": which["resultValueMax"]}

    assert final(better) >= final(pairs)


@steady
@given(st.lists(st.tuples(weights, st.integers(1, 997)), min_size=1, max_size=12), st.booleans())
def test_all_points_are_exactly_100_and_none_exactly_0(parts: list[tuple[str, int]], full: bool) -> None:
    pairs = [(item(weight=w, resultValueMax=str(most)), result(str(most) if full else "0")) for w, most in parts]

    assert str(final(pairs)) == ("100.00" if full else "0.00")


@steady
@given(st.lists(graded(), min_size=1, max_size=8), graded())
def test_what_does_not_count_changes_nothing(pairs: list[Pair], more: Pair) -> None:
    which, reached = more
    nothing = [
        (which, reached | {"score": None, "scoreStatus": "exempt"}),
        (which, reached | {"score": None, "scoreStatus": "submitted"}),
        (which, reached | {"score": None, "scoreStatus": "partially graded"}),
        (which | {"dueDate": TODAY}, reached | {"score": None, "scoreStatus": "not submitted"}),
        (which | {"status": "inactive"}, reached),
        (which | {"weight": "0"}, reached),
    ]
    assert final([*nothing, *pairs]) == final(pairs)
    assert percentage(nothing) is None


@steady
@given(st.fractions(0, 100))
def test_rounding_is_half_up_as_decimal_has_it(exact: Fraction) -> None:
    with localcontext(prec=200):
        long = Decimal(exact.numerator) / Decimal(exact.denominator)
        expected = long.quantize(Decimal("0.01"), ROUND_HALF_UP)

    assert str(grades.rounded(exact)) == str(expected)


@steady
@given(st.decimals(0, 100, places=2), st.decimals(0, 100, places=2))
def test_the_scale_is_total_and_in_order(one: Decimal, other: Decimal) -> None:
    names = [step.name for step in SCALE]
    low, high = sorted([one, other])

    assert names.index(grades.grade(high, SCALE)) <= names.index(grades.grade(low, SCALE))


@steady
@given(st.lists(st.decimals(0, 100, places=2), max_size=20))
def test_figures(percents: list[Decimal]) -> None:
    found = grades.figures(percents)
    spread = grades.distribution(percents, SCALE)

    assert found.number == len(percents) == sum(count for _, count in spread)
    if percents:
        assert found.least is not None
        assert found.most is not None
        assert found.mean is not None
        assert found.median is not None
        assert (found.least, found.most) == (min(percents), max(percents))
        assert found.least <= found.mean <= found.most
        assert sum(each <= found.median for each in percents) * 2 >= len(percents)
        assert sum(each >= found.median - Decimal("0.01") for each in percents) * 2 >= len(percents)
    else:
        assert found == grades.Figures(0, None, None, None, None)


@pytest.mark.parametrize(
    ("pairs", "percent"),
    [
        # Thirds of a range are no decimal numbers.
        ([(item(resultValueMax="3"), result("1"))] * 3, "33.33"),
        ([(item(weight="30"), result("100")), (item(weight="70"), result("50"))], "65.00"),
        ([(item(resultValueMin="1", resultValueMax="6"), result("3.5"))], "50.00"),
        # 89.995 is what a binary fraction would take for less.
        ([(item(), result("89.995"))], "90.00"),
        ([(item(), result("89.9949"))], "89.99"),
        # Not handed in, after the due date.
        ([(item(), result(None, "not submitted")), (item(), result("80"))], "40.00"),
        ([(item(), result(None, "submitted", missing=True)), (item(), result("80"))], "40.00"),
        # Late, and marked missing, but graded: the score says it.
        ([(item(), result("80", missing=True))], "80.00"),
    ],
)
def test_final_grades(pairs: list[Pair], percent: str) -> None:
    assert str(final(pairs)) == percent


def test_the_median_of_an_even_number_is_between_the_two_in_the_middle() -> None:
    found = grades.figures([Fraction(1), Fraction(2), Fraction(4), Fraction(100)])

    assert (str(found.median), str(found.mean)) == ("3.00", "26.75")


def test_a_scale_with_names_of_several_words() -> None:
    steps = grades.parsed_scale("Very good 87.5,  Good 50 , Fail 0")

    assert [grades.grade(Decimal(each), steps) for each in ("87.50", "87.49", "0")] == ["Very good", "Good", "Fail"]
