"""CSV files of students in the shape of School Data Sync, generated."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

HEADER = (
    *("SIS ID", "School SIS ID", "First Name", "Last Name", "Username", "Password", "State ID", "Secondary Email"),
    *("Student Number", "Middle Name", "Grade", "Status", "Birthdate", "Graduation Year"),
)
# Must turn up nowhere but in the file itself.
SECRET = "n0b0dy-$tores-th1s"
_GIVEN = ("Mai", "Omar", "Lúcia", "Väinö", "Zoë", "Trần", "Ngọc", "Rémi", "Aïcha", "Jürgen")
_FAMILY = ("Nguyễn", "O'Brien", "van der Berg", "Şahin", "Łuczak", "García Ruiz", "Åberg", "Smith-Jones", "Đặng")


def sds(rows: int = 86) -> str:
    """A whole file: CRLF, M/D/YYYY, a password in every row, and empty cells."""
    return "\r\n".join(",".join(line) for line in (HEADER, *students(rows))) + "\r\n"


def students(rows: int) -> Iterator[tuple[str, ...]]:
    """The cells of so many rows (90 at most), in the order of HEADER."""
    for place, (family, given) in enumerate(islice(product(_FAMILY, _GIVEN), rows)):
        number = str(13001 + place)
        email = f"p{number}@example.edu" if place % 3 == 0 else ""
        middle = "Lee" if place % 4 == 0 else ""
        born = f"{place % 12 + 1}/{place % 28 + 1}/{2006 + place % 5}"
        login = f"{given[0]}{number}".lower()
        yield (
            *(number, "10001", given, family, login, SECRET, "WA", email),
            *(number, middle, str(place % 12 + 1), "Active", born, "2031"),
        )
