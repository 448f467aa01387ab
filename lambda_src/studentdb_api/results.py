"""Results: reading one, and its history. How they change: result_changes.py; how they are stored: scores.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studentdb_api import audit, audit_list, scores
from studentdb_api.dynamodb import Item, Record
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request

NO_RESULT = "there is no result of this student in this line item"
FLAGS = ("late", "missing", "incomplete", "inProgress")
# What is said of a student's work; the rest says whose and which.
SAID = ("score", "scoreStatus", *FLAGS, "scoreDate", "comment")
_FIELDS = ("classId", "lineItemId", "studentId", *SAID, "version", "createdAt", "updatedAt")


def get_result(request: Request) -> Answer:
    """GET /api/classes/{classId}/line-items/{id}/results/{studentId}."""
    key = _key(request)
    found = scores.batch([key], consistent=True)
    if key not in found:
        raise NotFound(NO_RESULT)
    return Answer(shown(found[key]))


def list_result_history(request: Request) -> Answer:
    """GET …/results/{studentId}/history: what was changed, the newest first; also of a result that is gone."""
    _key(request)
    entity = audit.entity("result", record_id(request.parameters["classId"], *_which(request)))
    acts, more = audit_list.page(request, "entity", entity)
    if not acts and "cursor" not in request.query:
        raise NotFound(NO_RESULT)
    return Answer({"resultHistory": acts, "nextCursor": more})


def shown(result: Mapping[str, Any]) -> Record:
    """The result as the API shows it."""
    return {name: result.get(name) for name in _FIELDS}


def on_sheet(stored: Item) -> Record:
    """An item as a score sheet shows it.

    A sheet has hundreds: what is false or empty is left out, and whose it is and of which class stands around it.
    """
    found = {
        "lineItemId": stored["lineItemId"]["S"],
        "scoreStatus": stored["scoreStatus"]["S"],
        "scoreDate": stored["scoreDate"]["S"],
        "version": int(stored["version"]["N"]),
    }
    if "score" in stored:
        found["score"] = stored["score"]["S"]
    if "comment" in stored:
        found["comment"] = stored["comment"]["S"]
    for flag in FLAGS:
        if stored[flag]["BOOL"]:
            found[flag] = True
    return found


def said(result: Mapping[str, Any]) -> Record:
    """What a result says of a student's work; {} of none."""
    return {name: result.get(name) for name in SAID} if result else {}


def record_id(class_id: str, item_id: str, student_id: str) -> str:
    """A result's id in the audit."""
    return f"{class_id}#{item_id}#{student_id}"


def _key(request: Request) -> scores.Key:
    """The key of the result of the path. Raises NotFound where it is not the caller's business."""
    class_id = request.parameters["classId"]
    scores.require_student(request, class_id, request.parameters["studentId"])
    return scores.result_key(class_id, *_which(request))


def _which(request: Request) -> tuple[str, str]:
    return request.parameters["id"], request.parameters["studentId"]
