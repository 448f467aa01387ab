"""Reading a roster: a CSV file of students, as other systems export it, into what the API takes.

Known are the headers of School Data Sync (`Student.csv`), OneRoster (`users.csv`) and plain words. A file is read as a
whole before anything is sent: one wrong cell, and nothing of it is imported.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from studentdb.contract.unique import same_value
from studentdb.errors import UsageError

# header, without case, spaces, _ and - -> field of the contract's StudentCreate
_HEADERS = {
    "studentnumber": "identifier",
    "number": "identifier",
    "identifier": "identifier",
    "firstname": "givenName",
    "givenname": "givenName",
    "lastname": "familyName",
    "familyname": "familyName",
    "surname": "familyName",
    "middlename": "middleName",
    "preferredgivenname": "preferredGivenName",
    "preferredfirstname": "preferredGivenName",
    "preferredmiddlename": "preferredMiddleName",
    "preferredfamilyname": "preferredFamilyName",
    "preferredlastname": "preferredFamilyName",
    "email": "email",
    "emailaddress": "email",
    "secondaryemail": "email",
    "username": "username",
    "phone": "phone",
    "phonenumber": "phone",
    "birthdate": "birthDate",
    "dateofbirth": "birthDate",
    "grade": "grades",
    "grades": "grades",
    "status": "status",
    "sisid": "sourcedId",
    "sourcedid": "sourcedId",
}
_REQUIRED = {"identifier": "Student Number", "givenName": "First Name", "familyName": "Last Name"}
# Columns that are there, and may be empty: somebody may have one name only.
_MAY_BE_EMPTY = {"familyName"}
_STATUSES = {"active": "active", "inactive": "inactive", "tobedeleted": "inactive"}
_DELIMITERS = ",;\t|"
_MOST_SHOWN = 10
_LARGEST = 50_000_000

Value = str | list[str]


@dataclass(frozen=True)
class Row:
    """One student; `line` is where the row begins in the file. Only filled cells are in `fields`."""

    line: int
    fields: Mapping[str, Value]


@dataclass(frozen=True)
class Roster:
    """A file's students.

    `columns` is field -> what the file calls it; `ignored` the columns that were not read (a password column always
    among them). `month_first`: there were dates with slashes, read as School Data Sync writes them; others may not.
    """

    rows: tuple[Row, ...]
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    month_first: bool

    def error(self, line: int, field: str, message: str) -> CellError:
        """What is wrong with a field, named by the file's own column; `field` may be an item's: `grades[0]`."""
        name = field.partition("[")[0]
        return CellError(line, self.columns.get(name, name), message)


@dataclass(frozen=True)
class CellError:
    """`line` and `column` say where; `message` never quotes the cell, which is somebody's personal data."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


def read(file: Path) -> Roster:
    """The file's students. Raises UsageError: unreadable, empty, no roster, or wrong cells (all of them named)."""
    lines = _lines(_text(file), file)
    try:
        header = next(lines)[1]
    except StopIteration:
        raise UsageError(f"{file} is empty", why="a roster needs a header line and a line per student") from None
    columns = _columns(header, file)
    rows: list[Row] = []
    errors: list[CellError] = []
    month_first = False
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            errors.append(CellError(line, str(min(len(cells), len(header)) + 1), _width(len(cells), len(header))))
            continue
        fields, wrong = _fields(line, cells, columns, header)
        errors += wrong
        month_first = month_first or ("birthDate" in columns and "/" in cells[columns["birthDate"]])
        rows.append(Row(line, fields))
    refuse(file, errors + _repeated(rows, columns, header))
    if not rows:
        raise UsageError(f"{file} has no students", why="there is nothing below its header")
    return Roster(
        rows=tuple(rows),
        columns={field: header[index] for field, index in columns.items()},
        ignored=tuple(title for index, title in enumerate(header) if index not in columns.values()),
        month_first=month_first,
    )


def columns(file: Path, wanted: Mapping[str, str]) -> list[tuple[int, dict[str, str]]]:
    """Some columns of a CSV file (name here -> what the file calls it), with the line of each row.

    Raises UsageError: unreadable, empty, a column that is missing or there twice, or lines of another width.
    """
    lines = _lines(_text(file), file)
    header = next(lines, (1, []))[1]
    known = {"identifier": [title for title, field in _HEADERS.items() if field == "identifier"]}
    places: dict[str, int] = {}
    for name, title in wanted.items():
        titles = known.get(name, [title.lower()])
        found = [index for index, each in enumerate(header) if re.sub(r"[\s_-]", "", each).lower() in titles]
        if len(found) != 1:
            there = ", ".join(each.strip() or "(empty)" for each in header) or "none"
            raise UsageError(
                f"{file} needs one column {title}",
                why=f"line 1: there are {len(found)}; its columns are {there}",
            )
        places[name] = found[0]
    rows: list[tuple[int, dict[str, str]]] = []
    errors: list[CellError] = []
    for line, cells in lines:
        if len(cells) == len(header):
            rows.append((line, {name: cells[index].strip() for name, index in places.items()}))
        elif any(cell.strip() for cell in cells):
            errors.append(CellError(line, str(min(len(cells), len(header)) + 1), _width(len(cells), len(header))))
    refuse(file, errors)
    return rows


def refuse(file: Path, errors: Sequence[CellError]) -> None:
    """Raise UsageError that names every wrong cell, up to 10 of them; return where there is none."""
    if not errors:
        return
    shown = [str(error) for error in sorted(errors, key=lambda error: error.line)[:_MOST_SHOWN]]
    if len(errors) > _MOST_SHOWN:
        shown.append(f"and {len(errors) - _MOST_SHOWN} more")
    raise UsageError(
        f"{file} was not imported",
        why="\n".join(["nothing was sent:", *shown]),
        hint="correct the file, then import it",
    )


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST:
            raise UsageError(f"{file} is too large for a roster", why=f"more than {_LARGEST // 1_000_000} MB")
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read", why=error.strerror or str(error)) from error
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UsageError(
            f"{file} is not UTF-8 text",
            why=f"line {line} holds a byte that UTF-8 does not have (0x{content[error.start]:02x})",
            hint="save the file as `CSV UTF-8`, then import it",
        ) from error
    if "\0" in text:
        raise UsageError(
            f"{file} is not a CSV file", why=f"line {text[: text.index(chr(0))].count(chr(10)) + 1} is binary"
        )
    return text


def _lines(text: str, file: Path) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins."""
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageError(
                f"{file} is not a CSV file", why=f"line {line}: {error}", hint="check its quotes"
            ) from error
        if record:
            yield line, record


def _columns(header: Sequence[str], file: Path) -> dict[str, int]:
    """field -> index of its column."""
    found: dict[str, int] = {}
    for index, title in enumerate(header):
        field = _HEADERS.get(re.sub(r"[\s_-]", "", title).lower())
        if field is None:
            continue
        if field in found:
            raise UsageError(
                f"{file} names one thing twice",
                why=f"line 1: the columns {header[found[field]]} and {title} both mean the {field}",
                hint="remove one of them",
            )
        found[field] = index
    missing = [title for field, title in _REQUIRED.items() if field not in found]
    if missing:
        titles = ", ".join(title.strip() or "(empty)" for title in header)
        raise UsageError(
            f"{file} is not a roster of students",
            why=f"line 1: no column {', '.join(missing)}; its columns are {titles}",
            hint="studentdb students import --help lists the columns that are known",
        )
    return found


def _fields(
    line: int, cells: Sequence[str], columns: Mapping[str, int], header: Sequence[str]
) -> tuple[dict[str, Value], list[CellError]]:
    fields: dict[str, Value] = {}
    errors: list[CellError] = []
    for field, index in columns.items():
        cell = cells[index].strip()
        if not cell:
            if field in _REQUIRED and field not in _MAY_BE_EMPTY:
                errors.append(CellError(line, header[index], "is empty"))
            continue
        try:
            fields[field] = _CONVERT.get(field, _as_is)(cell)
        except ValueError as error:
            errors.append(CellError(line, header[index], str(error)))
    return fields, errors


_UNIQUE: Mapping[str, Callable[[str], str]] = {
    "identifier": same_value,
    "email": same_value,
    "username": same_value,
    "sourcedId": str,
}


def _repeated(rows: Sequence[Row], columns: Mapping[str, int], header: Sequence[str]) -> list[CellError]:
    errors = []
    for field, fold in _UNIQUE.items():
        first: dict[str, int] = {}
        for row in rows:
            value = fold(str(row.fields.get(field, "")))
            if value and value in first:
                errors.append(CellError(row.line, header[columns[field]], f"is the same as on line {first[value]}"))
            first.setdefault(value, row.line)
    return errors


def _width(found: int, wanted: int) -> str:
    return f"the line has {found} cells, the header {wanted}"


def _as_is(cell: str) -> Value:
    return cell


def _birth_date(cell: str) -> Value:
    """ISO, M/D/YYYY as School Data Sync has it, or D.M.YYYY."""
    shapes = (
        (r"(\d{4})-(\d{1,2})-(\d{1,2})", (1, 2, 3)),
        (r"(\d{1,2})/(\d{1,2})/(\d{4})", (3, 1, 2)),
        (r"(\d{1,2})\.(\d{1,2})\.(\d{4})", (3, 2, 1)),
    )
    for shape, order in shapes:
        if match := re.fullmatch(shape, cell):
            try:
                return date(*(int(match.group(part)) for part in order)).isoformat()
            except ValueError:
                break
    raise ValueError("is not a date; write 2010-05-31 or 5/31/2010 (month first)")


def _grades(cell: str) -> Value:
    """CEDS codes: the grades 1 to 9 have two digits."""
    return [
        part.strip().zfill(2) if part.strip().isdigit() else part.strip() for part in cell.split(",") if part.strip()
    ]


def _status(cell: str) -> Value:
    try:
        return _STATUSES[cell.lower()]
    except KeyError:
        raise ValueError("is neither active nor inactive") from None


_CONVERT: Mapping[str, Callable[[str], Value]] = {"birthDate": _birth_date, "grades": _grades, "status": _status}


def records(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Each record of any CSV file with its line, the header included. Raises UsageError where it cannot be read."""
    return _lines(_text(file), file)
