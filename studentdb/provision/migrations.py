"""The migrations of the data, in order: the n-th leads from schema n to schema n + 1. None is ever taken out.

docs/decisions/0014 says when one runs and what it may rely on.
"""

from __future__ import annotations

from studentdb.provision.resources.dynamodb_versions import Migration

# Today's schema is the first.
MIGRATIONS: tuple[Migration, ...] = ()
