"""The function that answers everything but GET."""

from __future__ import annotations

from studentdb_api.academic_sessions import (
    create_academic_session,
    delete_academic_session,
    lock_academic_session,
    update_academic_session,
)
from studentdb_api.router import Api
from studentdb_api.student_changes import create_student, delete_student, update_student
from studentdb_api.subjects import create_subject, delete_subject, update_subject

handler = Api(
    frozenset({"POST", "PUT", "PATCH", "DELETE"}),
    {
        "create_student": create_student,
        "update_student": update_student,
        "delete_student": delete_student,
        "create_academic_session": create_academic_session,
        "update_academic_session": update_academic_session,
        "lock_academic_session": lock_academic_session,
        "delete_academic_session": delete_academic_session,
        "create_subject": create_subject,
        "update_subject": update_subject,
        "delete_subject": delete_subject,
    },
)
