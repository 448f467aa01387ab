"""The API's errors in words: problem+json and what the gateway itself answers become the tool's errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from studentdb.api.transport import was_repeated
from studentdb.contract.models import FieldProblem, Problem
from studentdb.errors import NotAllowedError, StudentDBError, UnavailableError, UsageError

M = TypeVar("M", bound=BaseModel)

_SLUG = "urn:studentdb:problem:"
# OneRoster's words on the wire, the tool's own towards people.
_WORDS = {"identifier": "number", "email": "e-mail", "sourcedId": "sourcedId", "": "input"}

# The API's nouns for which the command has a shorter word, or one that is not taken.
_COMMANDS = {"academic-sessions": "sessions", "admins": "administrators"}

_HINTS = {
    "class-full": "more places: studentdb classes update CLASS --capacity NUMBER",
    "term-locked": "studentdb sessions unlock SESSION --reason WHY",
}


class InvalidInputError(UsageError):
    """Fields that break the contract; nothing was written. `fields` names them, for whoever reports by row."""

    def __init__(self, what: str, fields: Iterable[FieldProblem], *, why: str = "") -> None:
        self.fields = tuple(fields)
        super().__init__(what, why="; ".join(map(describe, self.fields)) or why)


class NotFoundError(StudentDBError):
    """There is no such record. `repeated`: an earlier attempt of this request may have removed it."""

    def __init__(self, what: str, *, why: str = "", repeated: bool = False) -> None:
        self.repeated = repeated
        super().__init__(what, why=why)


class ConflictError(StudentDBError):
    """The state of the database stands against it; `fields` names what."""

    def __init__(self, what: str, fields: Iterable[FieldProblem], *, why: str = "", hint: str = "") -> None:
        self.fields = tuple(fields)
        super().__init__(what, why="; ".join(map(describe, self.fields)) or why, hint=hint)


class DuplicateError(ConflictError):
    """A value that must be unique is somebody else's: `fields` name the field and its holder."""


class ReferredError(ConflictError):
    """Others need the record, so it was not deleted."""


class VersionConflictError(ConflictError):
    """The record was changed since it was read."""


def describe(problem: FieldProblem) -> str:
    """`number: is taken (Ada Lovelace, number S1001, id 72f5…)`."""
    text = f"{word(problem.field)}: {problem.message}"
    if holder := problem.holder:
        names = " ".join(filter(None, (holder.given_name, holder.family_name)))
        person = f"{names}, number {holder.identifier}"
        text += f" ({person if holder.title is None else holder.title}, id {holder.id})"
    if problem.current not in (None, [], {}):
        current = problem.current
        text += f", it is now {current if isinstance(current, str) else json.dumps(current, ensure_ascii=False)}"
    return text


def word(field: str) -> str:
    """A field's name for people: `givenName` is `given name`, `identifier` is `number`."""
    # A field of the school's own is known by its name alone.
    name, bracket, rest = field.removeprefix("metadata.").partition("[")
    return _WORDS.get(name, re.sub(r"([A-Z])", r" \1", name).lower()) + bracket + rest


def checked(model: type[M], fields: Mapping[str, object]) -> M:
    """A model of the contract from a person's input. Raises InvalidInputError in the API's own words."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        from studentdb.api import rules

        found = [rules.problem(model, dict(each)) for each in error.errors(include_url=False)]
        # A field that takes null as well is reported once per alternative.
        unique = {problem.field: problem for problem in reversed(found)}
        raise InvalidInputError("the input is not valid", reversed(unique.values())) from None


def parsed(model: type[M], response: httpx.Response) -> M:
    """A successful answer's content. Raises UnavailableError where it is not what the contract says."""
    try:
        return model.model_validate_json(response.content)
    except ValidationError:
        # pydantic's own text would quote the content: students' data, perhaps in a log.
        raise UnavailableError(
            "the API gave no sensible answer",
            why=f"{response.request.url.path} is not a {model.__name__}",
            hint="is this tool as new as the deployment? studentdb --version",
        ) from None


def error_of(response: httpx.Response) -> StudentDBError:
    """The error for an answer other than success; 401 is the session's matter and not expected here."""
    problem = _problem(response)
    status = response.status_code
    detail = problem.detail or problem.title
    if status in {400, 413, 422}:
        return InvalidInputError("the API refuses the input", problem.errors, why=detail)
    if status == 403:
        return _not_allowed(problem, detail)
    if status == 404:
        return _not_found(problem, repeated=was_repeated(response))
    if status == 409:
        return _conflict(problem, detail, response)
    if status == 429:
        return UnavailableError("the API is busy", why=detail, hint="try again in a minute")
    request_id = problem.request_id or response.headers.get("apigw-requestid", "")
    reference = f", request {request_id}" if request_id else ""
    return UnavailableError("the API cannot answer", why=f"HTTP {status} {detail}{reference}", hint="try again")


def _problem(response: httpx.Response) -> Problem:
    """The gateway's own `{"message": …}`, and whatever a proxy in between says, become a Problem without a slug."""
    try:
        content = response.json()
    except ValueError:
        content = {}
    if not isinstance(content, dict):
        content = {}
    try:
        return Problem.model_validate(content)
    except ValidationError:
        title = content.get("message")
        text = title if isinstance(title, str) else response.reason_phrase
        return Problem(type="about:blank", title=text, status=response.status_code)


def _not_allowed(problem: Problem, detail: str) -> NotAllowedError:
    if problem.type == f"{_SLUG}mfa-required":
        return NotAllowedError("your role needs a second factor", hint="studentdb mfa enrol")
    return NotAllowedError("you may not do this", why=detail, hint="studentdb whoami")


def _not_found(problem: Problem, *, repeated: bool) -> StudentDBError:
    if problem.type.startswith(_SLUG):
        return NotFoundError("there is no such record", why=problem.detail, repeated=repeated)
    # The gateway's own 404: neither function was asked.
    return UnavailableError(
        "the API of this deployment is not there", why=problem.title, hint="studentdb status, or: studentdb deploy"
    )


def _conflict(problem: Problem, detail: str, response: httpx.Response) -> ConflictError:
    slug = problem.type.removeprefix(_SLUG)
    if slug == "duplicate":
        return DuplicateError("somebody has this already", problem.errors, why=detail)
    if slug == "version-conflict":
        return VersionConflictError(
            "the record was changed in the meantime",
            problem.errors,
            why=detail,
            hint=f"look at it first: {_look(response.request.url.path)}",
        )
    if slug == "referred":
        needed_by = ", ".join(f"{each.kind} {each.title} (id {each.id})" for each in problem.referrers)
        return ReferredError("others need this, so it is not deleted", (), why=needed_by or detail)
    hint = _HINTS.get(slug, "")
    what = problem.title if problem.type.startswith(_SLUG) else "the API refuses this"
    return ConflictError(what[:1].lower() + what[1:], problem.errors, why=detail, hint=hint)


def _look(path: str) -> str:
    """The command that shows the record of a path: `/prod/api/students/ID`."""
    noun, _, rest = path.partition("/api/")[2].partition("/")
    record_id, _, within = rest.partition("/")
    if within.startswith("line-items"):
        return f"studentdb scores sheet {record_id}"
    return f"studentdb {_COMMANDS.get(noun, noun)} get {record_id}"
