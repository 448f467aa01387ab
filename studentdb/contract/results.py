"""Results: what a student reached in a line item (OneRoster `results`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studentdb.contract.audit import Act
from studentdb.contract.fields import LEFT_OUT, Date, Id, Reason, Version
from studentdb.contract.line_items import LineItemPath, Points
from studentdb.contract.models import DeleteQuery, PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation

ScoreStatus = Literal["exempt", "fully graded", "not submitted", "partially graded", "submitted"]
# One transaction of DynamoDB has 100 parts. A result takes three of them (itself, its line in the audit, the look at
# the student's enrollment), the line item and the term one each.
LARGEST_BATCH = 32


class ResultPath(LineItemPath):
    """A student's result in the path."""

    student_id: Id


class ResultPut(RequestModel):
    """What a result is from now on; what is left out is empty or false.

    `version` is that of the result as it was read, and left out where there was none. A `score` belongs to what is
    graded: fully graded has one, partially graded may. `score_date` is today where a new score comes without one.
    """

    version: Version = LEFT_OUT
    score: Points | None = None
    score_status: ScoreStatus
    late: bool = False
    missing: bool = False
    incomplete: bool = False
    in_progress: bool = False
    score_date: Date = LEFT_OUT
    comment: Reason | None = None


class ResultOfStudent(ResultPut):
    """One of several results."""

    student_id: Id


class ResultsPut(RequestModel):
    """A column, or a part of it: all of these results are written, or none."""

    results: Annotated[list[ResultOfStudent], Field(max_length=LARGEST_BATCH)]


class SheetResult(ResponseModel):
    """A result on its sheet, where what is false or empty is left out.

    Class and student stand around it, and when it was written in the result itself.
    """

    line_item_id: str
    score: str | None = None
    score_status: ScoreStatus
    late: bool = False
    missing: bool = False
    incomplete: bool = False
    in_progress: bool = False
    score_date: str
    comment: str | None = None
    version: int


class Result(SheetResult):
    """A result as stored, of which nothing is left out."""

    late: bool
    missing: bool
    incomplete: bool
    in_progress: bool
    class_id: str
    student_id: str
    created_at: str
    updated_at: str


class ResultList(ResponseModel):
    """The results that were asked for or written."""

    results: list[Result]


class ResultHistory(ResponseModel):
    """One page of the changes of a result, the newest first; `next_cursor` is null on the last page."""

    result_history: list[Act]
    next_cursor: str | None = None


_RESULTS = "/api/classes/{classId}/line-items/{id}/results"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="get_result",
        method="GET",
        path=_RESULTS + "/{studentId}",
        parameters=ResultPath,
        response=Result,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
    Operation(
        name="list_result_history",
        method="GET",
        path=_RESULTS + "/{studentId}/history",
        parameters=ResultPath,
        query=PageQuery,
        response=ResultHistory,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
    Operation(
        name="set_result",
        method="PUT",
        path=_RESULTS + "/{studentId}",
        parameters=ResultPath,
        body=ResultPut,
        response=Result,
        allowed={"admin": "any", "lecturer": "own class"},
    ),
    Operation(
        name="set_results",
        method="PUT",
        path=_RESULTS,
        parameters=LineItemPath,
        body=ResultsPut,
        response=ResultList,
        allowed={"admin": "any", "lecturer": "own class"},
    ),
    Operation(
        name="delete_result",
        method="DELETE",
        path=_RESULTS + "/{studentId}",
        parameters=ResultPath,
        query=DeleteQuery,
        response=None,
        status=204,
        allowed={"admin": "any", "lecturer": "own class"},
    ),
)
