"""The function that answers GET; its role can only read."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

from studentdb_api import people
from studentdb_api.academic_sessions import get_academic_session, list_academic_sessions
from studentdb_api.classes import get_class, list_classes
from studentdb_api.request import Answer, Request
from studentdb_api.router import Api, Handler
from studentdb_api.subjects import get_subject, list_subjects


def _later(module: str, *names: str) -> dict[str, Handler]:
    """Handlers whose module is imported when one of them is first asked for: a cold start waits for one noun only."""

    def named(name: str) -> Handler:
        def handle(request: Request) -> Answer:
            answer: Answer = getattr(importlib.import_module(f"studentdb_api.{module}"), name)(request)
            return answer

        return handle

    return {name: named(name) for name in names}


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
        **_later("me", "me"),
        **people.HANDLERS,
        **_later("custom_fields", "list_custom_fields"),
        # Not later: other nouns find these kinds by their names (records.KINDS).
        "list_academic_sessions": list_academic_sessions,
        "get_academic_session": get_academic_session,
        "list_subjects": list_subjects,
        "get_subject": get_subject,
        "list_classes": list_classes,
        "get_class": get_class,
        **_later("audit_list", "list_audit"),
        **_later("enrollments", "list_roster", "list_enrollments", "get_enrollment"),
        **_later("notifications", "list_received_notifications", "count_unread_notifications"),
        **_later("notifications", "list_public_notifications", "list_notifications", "get_notification"),
        **_later("media", "list_media", "get_media"),
        **_later("line_items", "list_line_items", "get_line_item"),
        **_later("results", "get_result", "list_result_history"),
        **_later("score_sheets", "get_score_sheet", "get_class_statistics"),
        **_later("transcripts", "get_transcript"),
    },
)
