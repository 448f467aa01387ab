"""What is deployed: the functions' source and the site, from inside the wheel or, in a checkout, beside the package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studentdb.errors import StudentDBError


@dataclass(frozen=True)
class Bundle:
    """Two folders that exist."""

    lambda_src: Path
    site: Path


def find(package: Path = Path(__file__).parent) -> Bundle:
    """Where the folders are. `package` is the installed package's own folder. Raises StudentDBError when missing."""
    # A wheel's copy never lies in a checkout, so an editable install cannot deploy a stale one.
    for parent in (package / "_bundle", package.parent):
        bundle = Bundle(parent / "lambda_src", parent / "site")
        if bundle.lambda_src.is_dir() and bundle.site.is_dir():
            return bundle
    raise StudentDBError(
        "the functions and the site that belong to this program are missing",
        why=f"neither {package / '_bundle'} nor {package.parent} holds lambda_src and site",
        hint="pip install --force-reinstall studentdb",
    )
