"""The export: current, and refusing what the functions' validator would not understand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import ConfigDict, Field

from studentdb.contract import export
from studentdb.contract.export import ExportError, schema_of
from studentdb.contract.models import RequestModel


class Fraction(RequestModel):
    """A type outside the set."""

    part: float


class Even(RequestModel):
    """A keyword outside the set."""

    number: Annotated[int, Field(multiple_of=2)]


class Either(RequestModel):
    """A choice of types."""

    value: int | str


class Unanchored(RequestModel):
    """A pattern that would match anywhere."""

    text: Annotated[str, Field(pattern="a+", description="letters")]


class Digits(RequestModel):
    r"""A pattern in which `\d` means other digits in every language."""

    text: Annotated[str, Field(pattern=r"^\d+$", description="digits")]


class Astral(RequestModel):
    """A pattern with an escape that JavaScript does not have."""

    text: Annotated[str, Field(pattern=r"^[^\U000e0001]+$", description="text")]


class Wordless(RequestModel):
    """A pattern that nobody can explain."""

    text: Annotated[str, Field(pattern="^a+$")]


class Open(RequestModel):
    """An object with room for more."""

    model_config = ConfigDict(extra="allow")


class Endless(RequestModel):
    """An object with as many names as anybody likes."""

    values: dict[str, str]


class Nested(RequestModel):
    """A wrong type inside of an object whose names are data."""

    values: Annotated[dict[str, float], Field(max_length=3)]


@pytest.mark.parametrize("model", [Fraction, Even, Either, Unanchored, Digits, Astral, Wordless, Open, Endless, Nested])
def test_what_the_functions_do_not_understand_fails(model: type[RequestModel]) -> None:
    with pytest.raises(ExportError, match=model.__name__):
        schema_of(model)


def test_both_files_are_current() -> None:
    assert export.main(["--check"]) == 0


def test_check_says_what_to_do_and_export_does_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export.main(["--check"], tmp_path) == 1
    said = capsys.readouterr().err
    assert said.count("is not current: run python -m studentdb.contract.export") == 2
    assert not list(tmp_path.iterdir())
    assert export.main([], tmp_path) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["contract.json", "openapi.json"]
    assert export.main(["--check"], tmp_path) == 0

    (tmp_path / "openapi.json").write_text("{}")
    assert export.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.startswith("wrote")
