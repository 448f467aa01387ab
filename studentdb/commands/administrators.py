"""`studentdb administrators …`: who runs the school, as people. Their accounts are made by `studentdb admin create`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from studentdb.commands import people

if TYPE_CHECKING:
    from studentdb.contract.models import RequestModel


def register(group: typer.Typer) -> None:
    """Add the commands to their group."""
    administrators = people.People(
        one="administrator", many="administrators", records=lambda context: context.admins, models=_models
    )
    people.register(group, administrators)


def _models() -> tuple[type[RequestModel], type[RequestModel]]:
    from studentdb.contract.staff import AdminCreate, AdminUpdate

    return AdminCreate, AdminUpdate
