"""What a person may change in the console: kind -> property -> the edit, in one file per service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studentdb.provision.aws import Aws
from studentdb.provision.core import Live

# The resource comes with its tokens resolved. It is `Any`, since every kind has its own fields.
Edit = Callable[[Aws, Any, Live], None]
