"""A made-up school: always the same sixty students, with names as the world writes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

_FIRST_NUMBER = 1001
_DOMAIN = "example.edu"
# CEDS codes (Entry Grade Level), lower and upper secondary.
_GRADES = ("07", "08", "09", "10", "11", "12")
# Twelve-year-olds begin grade 07 in the year that starts here.
_SCHOOL_YEAR = date(2026, 9, 1)
_AGE_IN_FIRST_GRADE = 12
# Letters that Unicode does not take apart into a base letter and a mark.
_SPELLINGS = str.maketrans(
    {"đ": "d", "ð": "d", "þ": "th", "ø": "o", "æ": "ae", "ß": "ss", "ł": "l", "ı": "i", "ʻ": None, "'": None, " ": None}
)

# Family name | given name | middle name | how it is spelled in an e-mail address, where the letters are not Latin.
# A person without an address has `-` there. Two students are called Nguyễn Văn An: names are not unique.
_NAMES = """
Nguyễn | An | Văn
Nguyễn | An | Văn
Trần | Đức | Minh
Lê | Nhung | Thị Hồng
Phạm | Quân | Anh
Hoàng | Bảo | Gia
Võ | Trâm | Ngọc
Đặng | Linh | Thùy
Bùi | Huy | Quốc
Đỗ | Vy | Khánh
Tôn Nữ | Tường Vân
García Hernández | María José
Núñez Ibáñez | Íñigo
de la Cruz Peña | Ximena
Quispe Mamani | Wayra
da Silva Santos | João | Pedro
Gonçalves | Conceição
al-Khaṭīb | Laylā
bin Rashid al-Maktari | Yusuf
Abd al-Rahman | Noor
El Idrissi | Zineb
Jónsdóttir | Sigríður
Þórsson | Ægir
Guðmundsdóttir | Ásta | Björk
王 | 小明 | | wang.xiaoming
李 | 雨桐 | | li.yutong
Ouyang | Jiayi
김 | 민서 | | kim.minseo
박 | 지훈 | | park.jihoon
佐藤 | 結衣 | | sato.yui
Łukasiewicz | Bożena
Wójcik | Władysław | Stanisław
Szczepańska | Grażyna
Weiß | Jürgen
Großmann | Käthe
von der Heide | Anneliese
O'Brien | Siobhán
Ní Chonaill | Caoimhe
Mac Giolla Phádraig | Ruairí
Lefèvre | Élodie | Anne-Sophie
N'Diaye | Aïssatou
van 't Hof | Sjoerd
Ångström-Dahl | Märta
Sørensen | Bjørn
Äijälä | Väinö
Yıldırım | İpek
Işık | Çağrı
Szőke | Örs
Dvořáková | Štěpánka
Đurić | Željko
Ștefănescu | Ionuț
Žemaitytė | Ūla
Παπαδοπούλου | Ελένη | | papadopoulou.eleni
Шевченко | Олена | Іванівна | shevchenko.olena
כהן | נועה | | cohen.noa
Tesfaye | Hiwot
Ọláyínká | Adébáyọ̀
Kaʻanāʻanā | Keʻalohi
Tāwhiri | Aroha
Priya | K. | | -
"""


def students() -> list[dict[str, Any]]:
    """Sixty students as the API takes them (OneRoster names), numbers S1001 upwards; the same list every time."""
    taken: set[str] = set()
    return [_student(f"S{number}", fields, taken) for number, fields in enumerate(_people(), start=_FIRST_NUMBER)]


def _people() -> Iterator[list[str]]:
    for line in _NAMES.strip().splitlines():
        fields = [field.strip() for field in unicodedata.normalize("NFC", line).split("|")]
        yield fields + [""] * (4 - len(fields))


def _student(number: str, fields: list[str], taken: set[str]) -> dict[str, Any]:
    family, given, middle, spelled = fields
    # From the number rather than from a random generator, whose numbers may change between Python versions.
    digest = sha256(number.encode()).digest()
    grade = digest[0] % len(_GRADES)
    student: dict[str, Any] = {"identifier": number, "givenName": given, "familyName": family}
    if middle:
        student["middleName"] = middle
    if spelled != "-":
        student["email"] = _address(spelled or f"{_ascii(given)}.{_ascii(family)}", taken)
    student["birthDate"] = _born(grade, int.from_bytes(digest[1:3])).isoformat()
    student["grades"] = [_GRADES[grade]]
    return student


def _born(grade: int, chance: int) -> date:
    """A day in the year that ended when the school year began, minus the age of the grade."""
    youngest = _SCHOOL_YEAR.replace(year=_SCHOOL_YEAR.year - _AGE_IN_FIRST_GRADE - grade)
    return youngest - timedelta(days=1 + chance % 365)


def _address(local: str, taken: set[str]) -> str:
    address, again = f"{local}@{_DOMAIN}", 2
    while address in taken:
        address, again = f"{local}{again}@{_DOMAIN}", again + 1
    taken.add(address)
    return address


def _ascii(name: str) -> str:
    spelled = unicodedata.normalize("NFKD", name.lower().translate(_SPELLINGS))
    return "".join(letter for letter in spelled if not unicodedata.combining(letter)).strip(".")
