"""The function that answers everything but GET."""

from __future__ import annotations

from studentdb_api.router import Api
from studentdb_api.student_changes import create_student, delete_student, update_student

handler = Api(
    frozenset({"POST", "PUT", "PATCH", "DELETE"}),
    {"create_student": create_student, "update_student": update_student, "delete_student": delete_student},
)
