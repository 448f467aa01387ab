"""What follows from line items and results: the score sheet of a class, its statistics, a student's transcript.

Percentages, means and medians are text with two decimals, rounded half up.
"""

from __future__ import annotations

from typing import Literal

from studentdb.contract.line_items import ClassPath, LineItem
from studentdb.contract.models import IdPath, ResponseModel
from studentdb.contract.operation import Operation
from studentdb.contract.results import SheetResult


class ScaleStep(ResponseModel):
    """A grade, and the percentage from which it is given."""

    name: str
    least: str


class FinalGrade(ResponseModel):
    """The weighted mean of what counts, in percent of the range, and its grade; null where nothing counts yet."""

    percent: str | None = None
    grade: str | None = None


class SheetRow(ResponseModel):
    """A student of the class; `results` are in no order, and some may be missing."""

    student_id: str
    identifier: str | None = None
    given_name: str
    family_name: str | None = None
    results: list[SheetResult]
    final: FinalGrade


class ScoreSheet(ResponseModel):
    """Line items by due date, students by name. A student's own sheet has the one row."""

    class_id: str
    line_items: list[LineItem]
    rows: list[SheetRow]
    scale: list[ScaleStep]


class GradeCount(ResponseModel):
    """How many have a grade."""

    name: str
    count: int


class Figures(ResponseModel):
    """Of those who are graded. All but `count` is null where nobody is, or where too few are for the one who asks."""

    count: int
    mean: str | None = None
    median: str | None = None
    least: str | None = None
    most: str | None = None
    distribution: list[GradeCount] | None = None


class LineItemFigures(Figures):
    """Of one line item, in its points."""

    line_item_id: str
    title: str


class ClassStatistics(ResponseModel):
    """Line items by due date in points, the final grades in percent."""

    class_id: str
    students: int
    line_items: list[LineItemFigures]
    final: Figures


class TranscriptClass(ResponseModel):
    """A class that a student attends or attended. `status` is that of the enrollment."""

    class_id: str
    title: str
    subject_code: str | None = None
    subject_title: str | None = None
    credits: str | None = None
    status: Literal["active", "inactive"]
    final: FinalGrade


class TranscriptTerm(ResponseModel):
    """The classes of a term; what is not `locked` may still change."""

    academic_session_id: str
    title: str
    start_date: str
    end_date: str
    locked: bool
    classes: list[TranscriptClass]
    mean: FinalGrade


class Transcript(ResponseModel):
    """Terms from the first to the last. Means are weighted by credits; a subject without any weighs as much as one."""

    student_id: str
    identifier: str | None = None
    given_name: str
    family_name: str | None = None
    terms: list[TranscriptTerm]
    mean: FinalGrade


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="get_score_sheet",
        method="GET",
        path="/api/classes/{classId}/score-sheet",
        parameters=ClassPath,
        response=ScoreSheet,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
    Operation(
        name="get_class_statistics",
        method="GET",
        path="/api/classes/{classId}/statistics",
        parameters=ClassPath,
        response=ClassStatistics,
        allowed={"admin": "any", "lecturer": "own class", "student": "own class"},
    ),
    Operation(
        name="get_transcript",
        method="GET",
        path="/api/students/{id}/transcript",
        parameters=IdPath,
        response=Transcript,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
)
