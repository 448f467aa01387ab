"""Where the functions and the site are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from studentdb import bundle
from studentdb.errors import StudentDBError


def test_a_checkout_has_them_beside_the_package() -> None:
    found = bundle.find()
    checkout = Path(__file__).parents[1]
    assert (found.lambda_src, found.site) == (checkout / "lambda_src", checkout / "site")


def test_a_wheel_has_them_inside_the_package(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "studentdb"
    for name in ("lambda_src", "site"):
        (package / "_bundle" / name).mkdir(parents=True)
    # Somebody else's package of that name does not count.
    (tmp_path / "site-packages" / "site").mkdir()
    (tmp_path / "site-packages" / "lambda_src").mkdir()
    found = bundle.find(package)
    assert (found.lambda_src, found.site) == (package / "_bundle" / "lambda_src", package / "_bundle" / "site")


def test_a_broken_install_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StudentDBError, match="missing"):
        bundle.find(tmp_path / "studentdb")
