"""The function that answers everything but GET."""

from __future__ import annotations

from studentdb_api import media_changes, people_changes
from studentdb_api.academic_sessions import (
    create_academic_session,
    delete_academic_session,
    lock_academic_session,
    update_academic_session,
)
from studentdb_api.classes import create_class, delete_class, update_class
from studentdb_api.enrollment_changes import create_enrollment, delete_enrollment, update_enrollment
from studentdb_api.line_items import create_line_item, delete_line_item, update_line_item
from studentdb_api.notification_changes import create_notification, delete_notification, read_notifications
from studentdb_api.result_changes import delete_result, set_result, set_results
from studentdb_api.router import Api, later
from studentdb_api.subjects import create_subject, delete_subject, update_subject

handler = Api(
    frozenset({"POST", "PUT", "PATCH", "DELETE"}),
    {
        **people_changes.HANDLERS,
        **media_changes.HANDLERS,
        "create_academic_session": create_academic_session,
        "update_academic_session": update_academic_session,
        "lock_academic_session": lock_academic_session,
        "delete_academic_session": delete_academic_session,
        "create_subject": create_subject,
        "update_subject": update_subject,
        "delete_subject": delete_subject,
        "create_class": create_class,
        "update_class": update_class,
        "delete_class": delete_class,
        "create_enrollment": create_enrollment,
        "update_enrollment": update_enrollment,
        "delete_enrollment": delete_enrollment,
        "read_notifications": read_notifications,
        "create_notification": create_notification,
        "delete_notification": delete_notification,
        "create_line_item": create_line_item,
        "update_line_item": update_line_item,
        "delete_line_item": delete_line_item,
        "set_result": set_result,
        "set_results": set_results,
        "delete_result": delete_result,
        **later("media_check", "retry_media", "check_media"),
        **later("mail", "send_test_mail", "finish_import"),
        **later("suppressions", "lift_suppressions"),
    },
)
