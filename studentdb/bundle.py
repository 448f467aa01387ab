"""What is deployed: the functions' source and the site, from inside the wheel or, in a checkout, beside the package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studentdb.errors import StudentDBError


@dataclass(frozen=True)
class Bundle:
    """Two folders that exist."""

    lambda_src: Path
    site: Path

    @property
    def public_routes(self) -> tuple[str, ...]:
        """Route keys that get no authorizer, for the gateway: `("GET /api/health",)`.

        From what the functions themselves route by; importing the models that it was made of costs a deploy 0.1 s.
        """
        return tuple(f"{row['method']} {row['path']}" for row in self._operations if row["public"])

    @property
    def account_routes(self) -> tuple[str, ...]:
        """Route keys of the accounts function: `("GET /api/users", "GET /api/users/{proxy+}")`.

        One for each method and form instead of one for each operation: a stage holds 300 (AGW-34).
        """
        rows = [row for row in self._operations if row["function"] == "accounts"]
        return tuple(sorted({f"{row['method']} {_form(row['path'])}" for row in rows}))

    @property
    def _operations(self) -> list[dict[str, Any]]:
        contract = (self.lambda_src / "studentdb_api" / "contract.json").read_text(encoding="utf-8")
        found: list[dict[str, Any]] = json.loads(contract)["operations"]
        return found


def _form(path: str) -> str:
    """`/api/users` for itself, `/api/users/{proxy+}` for all that is below it."""
    noun = "/".join(path.split("/")[:3])
    return noun if path == noun else f"{noun}/{{proxy+}}"


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
