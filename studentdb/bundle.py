"""What is deployed: the functions' source and the site, from inside the wheel or, in a checkout, beside the package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

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
        contract = json.loads((self.lambda_src / "studentdb_api" / "contract.json").read_text(encoding="utf-8"))
        return tuple(f"{row['method']} {row['path']}" for row in contract["operations"] if row["public"])


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
