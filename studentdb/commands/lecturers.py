"""`studentdb lecturers …`: the lecturers, through the deployed API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from studentdb.commands import enrollments, people
from studentdb.commands.command import command

if TYPE_CHECKING:
    from studentdb.contract.models import RequestModel


def register(group: typer.Typer) -> None:
    """Add the commands to their group."""
    lecturers = people.People(
        one="lecturer", many="lecturers", records=lambda context: context.lecturers, models=_models
    )
    people.register(group, lecturers)
    command(group)(people.of(lecturers, enrollments.classes))


def _models() -> tuple[type[RequestModel], type[RequestModel]]:
    from studentdb.contract.staff import LecturerCreate, LecturerUpdate

    return LecturerCreate, LecturerUpdate
