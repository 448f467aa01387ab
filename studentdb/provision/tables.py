"""The tables of a deployment: their keys, and the indexes that each list is read from.

Every access pattern is a GetItem or a Query; nothing here is ever scanned.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from studentdb.provision import tags
from studentdb.provision.resources.dynamodb_shape import Attribute, Index
from studentdb.provision.resources.dynamodb_table import Table

# The attribute with the second (Unix time) after which an item is not needed any more.
EXPIRES = "expires"


@dataclass(frozen=True, kw_only=True)
class Tables:
    """All tables, by noun."""

    users: Table
    classes: Table
    subjects: Table
    notifications: Table
    index: Table
    academic_sessions: Table
    enrollments: Table
    scores: Table
    audit: Table
    media: Table

    def all(self) -> tuple[Table, ...]:
        """Every table."""
        return tuple(getattr(self, each.name) for each in fields(self))


def declare(prefix: str, *, version: str, schema: int) -> Tables:
    """The tables whose names begin with `prefix`. `version` is the tool's, `schema` that of a new users table."""
    text, number = "S", "N"
    role = Attribute(name="role", type=text)
    users = Table(
        name=f"{prefix}-users",
        hash=Attribute(name="id", type=text),
        range=Attribute(name="email", type=text),
        indexes=(
            Index(name="role-index", hash=role, projection="KEYS_ONLY"),
            Index(name="role-name-index", hash=role, range=Attribute(name="name_key", type=text)),
        ),
        # The search follows what changes here.
        stream=True,
        # A new table is of the newest schema: there is nothing in it that could be migrated.
        tags={tags.TOOL: version, tags.SCHEMA: str(schema)},
    )
    record_id, sort_key = Attribute(name="id", type=text), Attribute(name="sort_key", type=text)
    listed = Index(name="list-index", hash=Attribute(name="kind", type=text), range=sort_key)
    academic_sessions = Table(
        name=f"{prefix}-academic-sessions",
        hash=record_id,
        indexes=(listed, Index(name="parent-index", hash=Attribute(name="parentId", type=text), range=sort_key)),
    )
    subjects = Table(name=f"{prefix}-subjects", hash=record_id, indexes=(listed,))
    class_id, person_id = Attribute(name="classId", type=text), Attribute(name="personId", type=text)
    classes = Table(
        name=f"{prefix}-classes",
        hash=record_id,
        indexes=(
            listed,
            Index(name="session-index", hash=Attribute(name="academicSessionId", type=text), range=sort_key),
            Index(name="subject-index", hash=Attribute(name="subjectId", type=text), range=sort_key),
        ),
    )
    enrollments = Table(
        name=f"{prefix}-enrollments",
        hash=class_id,
        range=person_id,
        indexes=(Index(name="person-index", hash=person_id, range=class_id),),
    )
    # Line items and results of a class side by side: a score sheet is one Query.
    scores = Table(
        name=f"{prefix}-scores",
        hash=class_id,
        range=Attribute(name="key", type=text),
        indexes=(Index(name="student-index", hash=Attribute(name="studentId", type=text), range=class_id),),
    )
    # A file's record, and beside it who was given how many links to it, and a marker that goes when something is due.
    # `audience` is a class or a person.
    media = Table(
        name=f"{prefix}-media",
        hash=record_id,
        range=Attribute(name="key", type=text),
        indexes=(
            listed,
            Index(name="owner-index", hash=Attribute(name="owner", type=text), range=sort_key),
            Index(name="audience-index", hash=Attribute(name="audience", type=text), range=sort_key),
        ),
        time_to_live=EXPIRES,
        # Tells that a marker has gone.
        stream=True,
    )
    at = Attribute(name="at", type=text)
    audit = Table(
        name=f"{prefix}-audit",
        hash=Attribute(name="entity", type=text),
        range=at,
        indexes=(
            Index(name="actor-index", hash=Attribute(name="actor", type=text), range=at),
            Index(name="day-index", hash=Attribute(name="day", type=text), range=at),
        ),
    )
    notifications = Table(
        name=f"{prefix}-notifications",
        hash=Attribute(name="id", type=number),
        range=Attribute(name="sent_at", type=text),
        indexes=(
            Index(
                name="audience-index",
                hash=Attribute(name="audience", type=text),
                range=sort_key,
            ),
        ),
        time_to_live=EXPIRES,
    )
    # Unique locks (number, e-mail), accounts, search postings, read marks, and the key that signs cursors.
    index = Table(
        name=f"{prefix}-index",
        hash=Attribute(name="pk", type=text),
        range=Attribute(name="sk", type=text),
        time_to_live=EXPIRES,
    )
    return Tables(
        users=users,
        classes=classes,
        subjects=subjects,
        notifications=notifications,
        index=index,
        academic_sessions=academic_sessions,
        enrollments=enrollments,
        scores=scores,
        audit=audit,
        media=media,
    )
