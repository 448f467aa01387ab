"""The function that answers everything but GET."""

from __future__ import annotations

from studentdb_api import people_changes
from studentdb_api.academic_sessions import (
    create_academic_session,
    delete_academic_session,
    lock_academic_session,
    update_academic_session,
)
from studentdb_api.router import Api
from studentdb_api.subjects import create_subject, delete_subject, update_subject

handler = Api(
    frozenset({"POST", "PUT", "PATCH", "DELETE"}),
    {
        **people_changes.HANDLERS,
        "create_academic_session": create_academic_session,
        "update_academic_session": update_academic_session,
        "lock_academic_session": lock_academic_session,
        "delete_academic_session": delete_academic_session,
        "create_subject": create_subject,
        "update_subject": update_subject,
        "delete_subject": delete_subject,
    },
)
