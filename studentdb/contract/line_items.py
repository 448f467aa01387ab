"""Line items: what is graded in a class (OneRoster `lineItems`): an exam, a homework, a talk.

Points and weights are decimal numbers that travel as text: a number of JSON would be read as a binary fraction.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from studentdb.contract.fields import LEFT_OUT, Date, Id, Name, Status, Text, Title, Version
from studentdb.contract.models import DeleteQuery, PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation

Points = Annotated[
    str,
    Field(
        max_length=11,
        pattern=r"^(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,4})?$",
        description="a number of points such as 87 or 87.5",
    ),
]
Weight = Annotated[
    str,
    Field(max_length=6, pattern=r"^(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,2})?$", description="a weight such as 1 or 0.5"),
]


class ClassPath(RequestModel):
    """The class in the path."""

    class_id: Id


class LineItemPath(ClassPath):
    """A line item of a class in the path."""

    id: Id


class LineItemCreate(RequestModel):
    """A new line item. `category` is its kind, such as exam or homework.

    What a result counts for in the final grade is `weight`, relative to the other line items of the class. The work is
    due by the end of `due_date`; `assign_date` is today where it is left out.
    """

    title: Title
    description: Text | None = None
    category: Name | None = None
    weight: Weight = "1"
    result_value_min: Points = "0"
    result_value_max: Points = "100"
    assign_date: Date = LEFT_OUT
    due_date: Date
    status: Status = "active"


class LineItemUpdate(RequestModel):
    """Fields to change, and the `version` that the change was decided on; null clears a field.

    The range stays as it is once there are results.
    """

    version: Version
    title: Title = LEFT_OUT
    description: Text | None = None
    category: Name | None = None
    weight: Weight = LEFT_OUT
    result_value_min: Points = LEFT_OUT
    result_value_max: Points = LEFT_OUT
    assign_date: Date = LEFT_OUT
    due_date: Date = LEFT_OUT
    status: Status = LEFT_OUT


class LineItem(ResponseModel):
    """A line item as stored; an inactive one does not count for the final grade."""

    id: str
    class_id: str
    title: str
    description: str | None = None
    category: str | None = None
    weight: str
    result_value_min: str
    result_value_max: str
    assign_date: str
    due_date: str
    status: Status
    version: int
    created_at: str
    updated_at: str


class LineItemList(ResponseModel):
    """One page of a class's line items, by due date; `next_cursor` is null on the last page."""

    line_items: list[LineItem]
    next_cursor: str | None = None


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_line_items",
        method="GET",
        path="/api/classes/{classId}/line-items",
        parameters=ClassPath,
        query=PageQuery,
        response=LineItemList,
        allowed={"admin": "any", "lecturer": "own class", "student": "own class"},
    ),
    Operation(
        name="get_line_item",
        method="GET",
        path="/api/classes/{classId}/line-items/{id}",
        parameters=LineItemPath,
        response=LineItem,
        allowed={"admin": "any", "lecturer": "own class", "student": "own class"},
    ),
    Operation(
        name="create_line_item",
        method="POST",
        path="/api/classes/{classId}/line-items",
        parameters=ClassPath,
        body=LineItemCreate,
        response=LineItem,
        status=201,
        allowed={"admin": "any", "lecturer": "own class"},
    ),
    Operation(
        name="update_line_item",
        method="PATCH",
        path="/api/classes/{classId}/line-items/{id}",
        parameters=LineItemPath,
        body=LineItemUpdate,
        response=LineItem,
        allowed={"admin": "any", "lecturer": "own class"},
    ),
    Operation(
        name="delete_line_item",
        method="DELETE",
        path="/api/classes/{classId}/line-items/{id}",
        parameters=LineItemPath,
        query=DeleteQuery,
        response=None,
        status=204,
        allowed={"admin": "any", "lecturer": "own class"},
    ),
)
