"""Reading CSV files: the shapes that other systems export, and every way in which a file can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from studentdb import roster
from studentdb.errors import UsageError
from tests.rosters import HEADER, SECRET, sds

PLAIN = "number,given name,family name\n"


def written(folder: Path, content: str | bytes) -> Path:
    file = folder / "roster.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def refused(folder: Path, content: str | bytes) -> UsageError:
    with pytest.raises(UsageError) as caught:
        roster.read(written(folder, content))
    assert caught.value.exit_code == 2
    assert str(folder / "roster.csv") in caught.value.what
    return caught.value


def test_school_data_sync(tmp_path: Path) -> None:
    found = roster.read(written(tmp_path, sds()))
    assert len(found.rows) == 86
    assert [row.line for row in found.rows] == list(range(2, 88))
    assert found.ignored == ("School SIS ID", "Password", "State ID", "Graduation Year")
    assert found.rows[0].fields == {
        "sourcedId": "13001",
        "givenName": "Mai",
        "familyName": "Nguyễn",
        "username": "m13001",
        "email": "p13001@example.edu",
        "identifier": "13001",
        "middleName": "Lee",
        "grades": ["01"],
        "status": "active",
        "birthDate": "2006-01-01",
    }
    # Empty cells are left out, so that an import leaves what is there.
    assert "email" not in found.rows[1].fields
    assert SECRET not in repr(found)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, newline: str) -> None:
    content = sds(5).replace("\r\n", newline).encode(encoding)
    assert [row.fields["familyName"] for row in roster.read(written(tmp_path, content)).rows] == ["Nguyễn"] * 5


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    content = f'number,given name,family name\n1,"Mai{delimiter}Anh",Lê\n\n'.replace(",", delimiter)
    (row,) = roster.read(written(tmp_path, content)).rows
    assert row.fields == {"identifier": "1", "givenName": f"Mai{delimiter}Anh", "familyName": "Lê"}


def test_oneroster(tmp_path: Path) -> None:
    content = (
        '"sourcedId","status","dateLastModified","enabledUser","username","givenName","familyName","middleName",'
        '"identifier","email","grades","password"\n'
        f'"u-1","tobedeleted","","true","ada","Ada","Lovelace","","S1","ada@example.edu","KG,3","{SECRET}"\n'
    )
    (row,) = roster.read(written(tmp_path, content)).rows
    assert row.fields["grades"] == ["KG", "03"]
    assert row.fields["status"] == "inactive"
    assert row.fields["sourcedId"] == "u-1"


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2010-05-31", "2010-05-31"),
        ("5/31/2010", "2010-05-31"),
        ("05/31/2010", "2010-05-31"),
        ("31.5.2010", "2010-05-31"),
        ("2/29/2012", "2012-02-29"),
    ],
)
def test_dates(tmp_path: Path, cell: str, date: str) -> None:
    content = f"number,given name,family name,birthdate\n1,A,B, {cell} \n"
    assert roster.read(written(tmp_path, content)).rows[0].fields["birthDate"] == date


@pytest.mark.parametrize("cell", ["31/5/2010", "2/29/2011", "5/31/10", "May 31, 2010", "40329", "0/1/2010", "2010-5"])
def test_what_is_no_date(tmp_path: Path, cell: str) -> None:
    error = refused(tmp_path, f'number,given name,family name,birthdate\n1,A,B,"{cell}"\n')
    assert "line 2, column birthdate: is not a date; write 2010-05-31 or 5/31/2010 (month first)" in error.why
    assert cell not in error.why


def test_a_line_break_inside_a_cell_does_not_shift_the_lines(tmp_path: Path) -> None:
    content = PLAIN + '1,"Mai\nAnh",Lê\n2,,Omar\n'
    assert "line 4, column given name: is empty" in refused(tmp_path, content).why


@pytest.mark.parametrize(
    ("content", "what", "why"),
    [
        ("", "is empty", "a header line"),
        ("\n\n", "is empty", "a header line"),
        ("\ufeff", "is empty", "a header line"),
        (PLAIN, "has no students", "nothing below its header"),
        (PLAIN + "\n,,\n", "has no students", "nothing below its header"),
        ("Mai,Lê,13001\n", "is not a roster of students", "line 1: no column Student Number, First Name, Last Name"),
        ("number,given name\n1,Mai\n", "is not a roster of students", "line 1: no column Last Name"),
        ("number,no,surname,last name,given name\n", "names one thing twice", "surname and last name both mean"),
        (PLAIN.encode() + "1,Zoë,B\n".encode("latin-1"), "is not UTF-8 text", "line 2 holds a byte"),
        (PLAIN.encode("utf-16-le"), "is not a CSV file", "line 1 is binary"),
        ("\ufeff".encode("utf-16-le") + b"x", "is not UTF-", ""),
        (PLAIN + "1,Mai\0,Lê\n", "is not a CSV file", "line 2 is binary"),
        (PLAIN + '1,"Mai,Lê\n2,Omar,Lê\n', "is not a CSV file", "line 2"),
        (PLAIN + '1,"Mai"x,Lê\n', "is not a CSV file", "line 2"),
    ],
)
def test_what_is_no_roster(tmp_path: Path, content: str | bytes, what: str, why: str) -> None:
    error = refused(tmp_path, content)
    assert what in error.what
    assert why in error.why


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("1,Mai\n", "line 2, column 3: the line has 2 cells, the header 3"),
        ("1,Mai,Lê\n2,Omar,Lê,x\n", "line 3, column 4: the line has 4 cells, the header 3"),
        ("1,Mai,Lê\n,Omar,Lê\n", "line 3, column number: is empty"),
        ("a1,Mai,Lê\nB2,X,Y\nA1,Omar,Lê\n", "line 4, column number: is the same as on line 2"),
        ("é1,Mai,Lê\ne\u03011,Omar,Lê\n", "line 3, column number: is the same as on line 2"),
    ],
)
def test_wrong_cells_are_named_by_line_and_column(tmp_path: Path, rows: str, why: str) -> None:
    error = refused(tmp_path, PLAIN + rows)
    assert error.why == f"nothing was sent:\n{why}"
    assert error.hint == "correct the file, then import it"


def test_every_unique_field_is_compared(tmp_path: Path) -> None:
    content = (
        "number,given name,family name,email,username,sourcedId\n1,A,B,a@x.org,a,s\n2,A,B,A@x.org,A,s\n3,A,B,,,S\n"
    )
    error = refused(tmp_path, content)
    assert error.why.splitlines()[1:] == [
        f"line 3, column {column}: is the same as on line 2" for column in ("email", "username", "sourcedId")
    ]


def test_no_more_than_ten_are_shown(tmp_path: Path) -> None:
    error = refused(tmp_path, PLAIN + "".join(f"{number},,B\n" for number in range(15)))
    shown = error.why.splitlines()
    assert len(shown) == 12
    assert shown[-1] == "and 5 more"


def test_values_that_the_api_will_refuse_are_named_by_the_files_own_columns(tmp_path: Path) -> None:
    found = roster.read(written(tmp_path, sds(1)))
    assert str(found.error(2, "email", "is bad")) == "line 2, column Secondary Email: is bad"
    assert str(found.error(2, "grades[0]", "is bad")) == "line 2, column Grade: is bad"
    assert str(found.error(2, "elsewhere", "is bad")) == "line 2, column elsewhere: is bad"
    assert set(found.columns.values()) | set(found.ignored) == set(HEADER)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        roster.read(tmp_path)
    with pytest.raises(UsageError, match="No such file"):
        roster.read(tmp_path / "nowhere.csv")


def test_too_large(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as stream:
        stream.truncate(50_000_001)
    with pytest.raises(UsageError, match="is too large for a roster"):
        roster.read(file)


def test_somebody_with_one_name_and_names_that_people_go_by(tmp_path: Path) -> None:
    content = (
        "number,given name,family name,Preferred Given Name,preferredMiddleName,Preferred Last Name,Phone\n"
        "1,Suharto,,,,,\n"
        "2,Elizabeth,Nguyễn,Liz,M.,Nguyen,+49 30 901820\n"
    )
    one, two = roster.read(written(tmp_path, content)).rows
    assert one.fields == {"identifier": "1", "givenName": "Suharto"}
    assert two.fields == {
        "identifier": "2",
        "givenName": "Elizabeth",
        "familyName": "Nguyễn",
        "preferredGivenName": "Liz",
        "preferredMiddleName": "M.",
        "preferredFamilyName": "Nguyen",
        "phone": "+49 30 901820",
    }
