"""The sample school: the same each time, unique, and acceptable to the API."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from datetime import date

from studentdb.contract.students import StudentCreate
from studentdb.sample.school import students


def test_sixty_students_with_numbers_from_s1001() -> None:
    assert [student["identifier"] for student in students()] == [f"S{number}" for number in range(1001, 1061)]


def test_it_is_the_same_in_every_process() -> None:
    program = "from studentdb.sample.school import students; print(ascii(students()))"
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert answers == {f"{students()!a}\n"}


def test_nobody_can_change_it_for_others() -> None:
    students()[0]["grades"].append("x")
    assert students()[0]["grades"] != ["x"]
    assert len(students()[0]["grades"]) == 1


def test_the_api_takes_every_one_unchanged() -> None:
    for student in students():
        assert StudentCreate.model_validate(student).wire() == student


def test_addresses_are_unique_and_plain() -> None:
    addresses = [student["email"] for student in students() if "email" in student]
    assert len(addresses) == len(set(addresses)) == 59
    assert all(address.isascii() and address.endswith("@example.edu") for address in addresses)
    assert {"an.nguyen@example.edu", "an.nguyen2@example.edu", "siobhan.obrien@example.edu"} <= set(addresses)
    assert {"jurgen.weiss@example.edu", "aegir.thorsson@example.edu", "wang.xiaoming@example.edu"} <= set(addresses)


def test_names_are_composed_and_many_scripts_are_among_them() -> None:
    names = "".join(f"{student['givenName']}{student['familyName']}" for student in students())
    assert unicodedata.is_normalized("NFC", names)
    scripts = {unicodedata.name(letter).split()[0] for letter in names if letter.isalpha()}
    assert {"LATIN", "CJK", "HANGUL", "GREEK", "CYRILLIC", "HEBREW"} <= scripts
    assert sum(student["familyName"] == "Nguyễn" for student in students()) == 2


def test_ages_fit_the_grades() -> None:
    for student in students():
        (grade,) = student["grades"]
        born = date.fromisoformat(student["birthDate"])
        birthday = born.replace(year=2026, day=min(born.day, 28))
        age = 2026 - born.year - (birthday >= date(2026, 9, 1))
        assert age == int(grade) + 5, student["identifier"]
    assert {student["grades"][0] for student in students()} == {"07", "08", "09", "10", "11", "12"}
