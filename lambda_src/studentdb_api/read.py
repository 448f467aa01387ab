"""The function that answers GET; its role can only read."""

from __future__ import annotations

import json
from pathlib import Path

from studentdb_api import people
from studentdb_api.academic_sessions import get_academic_session, list_academic_sessions
from studentdb_api.audit_list import list_audit
from studentdb_api.classes import get_class, list_classes
from studentdb_api.custom_fields import list_custom_fields
from studentdb_api.enrollments import get_enrollment, list_enrollments, list_roster
from studentdb_api.line_items import get_line_item, list_line_items
from studentdb_api.me import me
from studentdb_api.notifications import (
    count_unread_notifications,
    get_notification,
    list_notifications,
    list_public_notifications,
    list_received_notifications,
)
from studentdb_api.request import Answer, Request
from studentdb_api.results import get_result, list_result_history
from studentdb_api.router import Api
from studentdb_api.score_sheets import get_class_statistics, get_score_sheet
from studentdb_api.subjects import get_subject, list_subjects
from studentdb_api.transcripts import get_transcript


def health(_: Request) -> Answer:
    """GET /api/health: public, says that the API answers."""
    return Answer({"status": "ok"})


def openapi(_: Request) -> Answer:
    """GET /api/openapi.json: public; the same until the next deploy."""
    document = json.loads(Path(__file__).with_name("openapi.json").read_text(encoding="utf-8"))
    return Answer(document, {"cache-control": "public, max-age=300"})


handler = Api(
    frozenset({"GET"}),
    {
        "health": health,
        "openapi": openapi,
        "me": me,
        "list_custom_fields": list_custom_fields,
        **people.HANDLERS,
        "list_academic_sessions": list_academic_sessions,
        "get_academic_session": get_academic_session,
        "list_subjects": list_subjects,
        "get_subject": get_subject,
        "list_audit": list_audit,
        "list_classes": list_classes,
        "get_class": get_class,
        "list_roster": list_roster,
        "list_enrollments": list_enrollments,
        "get_enrollment": get_enrollment,
        "list_received_notifications": list_received_notifications,
        "count_unread_notifications": count_unread_notifications,
        "list_public_notifications": list_public_notifications,
        "list_notifications": list_notifications,
        "get_notification": get_notification,
        "list_line_items": list_line_items,
        "get_line_item": get_line_item,
        "get_result": get_result,
        "list_result_history": list_result_history,
        "get_score_sheet": get_score_sheet,
        "get_class_statistics": get_class_statistics,
        "get_transcript": get_transcript,
    },
)
