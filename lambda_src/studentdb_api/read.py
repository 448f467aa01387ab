"""The function that answers GET; its role can only read."""

from __future__ import annotations

import json
from pathlib import Path

from studentdb_api import people
from studentdb_api.academic_sessions import get_academic_session, list_academic_sessions
from studentdb_api.classes import get_class, list_classes
from studentdb_api.request import Answer, Request
from studentdb_api.router import Api, later
from studentdb_api.subjects import get_subject, list_subjects


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
        **later("me", "me"),
        **people.HANDLERS,
        **later("custom_fields", "list_custom_fields"),
        # Not later: other nouns find these kinds by their names (records.KINDS).
        "list_academic_sessions": list_academic_sessions,
        "get_academic_session": get_academic_session,
        "list_subjects": list_subjects,
        "get_subject": get_subject,
        "list_classes": list_classes,
        "get_class": get_class,
        **later("audit_list", "list_audit"),
        **later("enrollments", "list_roster", "list_enrollments", "get_enrollment"),
        **later("notifications", "list_received_notifications", "count_unread_notifications"),
        **later("notifications", "list_public_notifications", "list_notifications", "get_notification"),
        **later("media", "list_media", "get_media"),
        **later("media_avatars", "get_student_avatar"),
        **later("media_stats", "list_media_versions", "get_media_usage", "list_media_links"),
        **later("line_items", "list_line_items", "get_line_item"),
        **later("results", "get_result", "list_result_history"),
        **later("score_sheets", "get_score_sheet", "get_class_statistics"),
        **later("transcripts", "get_transcript"),
        **later("mail", "get_mail"),
        **later("suppressions", "list_suppressions"),
    },
)
