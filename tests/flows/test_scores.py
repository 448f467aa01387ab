"""Scores, by the commands, through the deployed API: from the first line item to the transcript."""

from __future__ import annotations

import csv
import io
import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import Deployed
from tests.flows.conftest import finished_imports


@pytest.fixture(scope="module")
def school(deployed: Deployed) -> dict[str, str]:
    """A class with two students, by what people call them."""
    mark = secrets.token_hex(3)
    names = {
        "term": f"Term {mark}",
        "subject": f"MATH-{mark}",
        "class": f"ALG-{mark}",
        "ada": f"A{mark}",
        "byron": f"B{mark}",
    }

    def made(*arguments: str) -> None:
        deployed.cli(*arguments, "--json")

    of_term = ("--type", "term", "--start", "2026-09-01", "--end", "2030-01-01", "--school-year", "2027")
    made("sessions", "add", "--title", names["term"], *of_term)
    made("subjects", "add", "--code", names["subject"], "--title", "Mathematics", "--credits", "7.5")
    of_class = ("--subject", names["subject"], "--session", names["term"])
    made("classes", "add", "--code", names["class"], "--title", "Algebra", *of_class)
    for who in ("ada", "byron"):
        made("students", "add", "--number", names[who], "--given-name", who.capitalize(), "--family-name", "Lovelace")
        made("classes", "enroll", names["class"], names[who])
    return names


def data(deployed: Deployed, *arguments: str) -> Any:
    return json.loads(deployed.cli(*arguments, "--json"))


def test_from_line_item_to_transcript(deployed: Deployed, school: dict[str, str]) -> None:
    of, ada, byron = school["class"], school["ada"], school["byron"]
    exam = ("scores", "add-item", of, "--title", "Exam", "--due", "2026-11-02", "--assigned", "2026-10-01")
    made = data(deployed, *exam, "--kind", "exam", "--weight", "70", "--max", "20")
    data(deployed, "scores", "add-item", of, "--title", "Homework", "--due", "2026-10-20", "--weight", "30")
    assert "Exam\texam\t70\t0 to 20\t2026-10-01\t2026-11-02\tactive\n" in deployed.cli("scores", "items", of)

    first = data(deployed, "scores", "set", of, "exam", ada, "15.50", "--late", "--comment", "Well done")
    assert (first["score"], first["late"], first["version"]) == ("15.5", True, 1)
    again = deployed.run("scores", "set", of, "Exam", ada, "15.5")
    assert "nothing was changed" in again.err
    second = data(deployed, "scores", "set", of, made["id"], ada, "16", "--not-late")
    assert (second["score"], second["late"], second["comment"], second["version"]) == ("16", False, "Well done", 2)
    deployed.cli("scores", "set", of, "Homework", ada, "exempt")
    deployed.cli("scores", "set", of, "Exam", byron, "0")

    history = deployed.cli("scores", "history", of, "Exam", ada).splitlines()
    assert len(history) == 3
    assert history[1].endswith("late: yes -> no; score: 15.5 -> 16")

    assert f"{ada}\tLovelace\tAda\texempt\t16\t80.00\tB\n" in deployed.cli("scores", "sheet", of)
    rows = list(csv.reader(io.StringIO(deployed.cli("scores", "sheet", of, "--output", "csv"))))
    assert rows[0] == ["Number", "Family name", "Given name", "Homework", "Exam", "Percent", "Grade"]
    assert rows[2] == [byron, "Lovelace", "Byron", "", "0", "0.00", "F"]
    assert data(deployed, "scores", "sheet", of)["rows"][0]["final"] == {"percent": "80.00", "grade": "B"}
    assert "Exam\t2\t8.00\t8.00\t0.00\t16.00\tB 1, F 1\n" in deployed.cli("scores", "stats", of)

    line = f"{school['term']}\t{school['subject']} Mathematics\tAlgebra\t7.5\t80.00\tB\n"
    assert line in deployed.cli("students", "transcript", ada)
    assert data(deployed, "students", "transcript", ada)["mean"] == {"percent": "80.00", "grade": "B"}


def test_a_closed_term(deployed: Deployed, school: dict[str, str]) -> None:
    of, ada = school["class"], school["ada"]
    deployed.cli("scores", "add-item", of, "--title", "Talk", "--due", "2026-12-01")
    deployed.cli("sessions", "lock", school["term"], "--reason", "Reports are out")
    refused = deployed.run("scores", "set", of, "Talk", ada, "1")
    assert (refused.code, refused.out) == (1, "")
    assert "the term is closed for scores: an admin closed the term of this class" in refused.err
    assert "studentdb sessions unlock SESSION --reason WHY" in refused.err
    deployed.cli("sessions", "unlock", school["term"], "--reason", "One was wrong")
    deployed.cli("scores", "set", of, "Talk", ada, "1")

    kept = deployed.run("scores", "delete-item", of, "Talk", "--yes")
    assert "others need this, so it is not deleted: result Ada Lovelace" in kept.err
    deployed.cli("scores", "clear", of, "Talk", ada, "--yes")
    deployed.cli("scores", "delete-item", of, "Talk", "--yes")
    assert "Talk" not in deployed.cli("scores", "items", of)


def test_a_column_from_a_file(deployed: Deployed, school: dict[str, str], tmp_path: Path) -> None:
    of, ada, byron = school["class"], school["ada"], school["byron"]
    deployed.cli("scores", "add-item", of, "--title", "Quiz", "--due", "2026-12-01", "--max", "20")
    deployed.cli("scores", "set", of, "Quiz", ada, "3", "--comment", "Nearly")
    file = tmp_path / "quiz.csv"
    file.write_text(f"Student Number;Name;Score\n{ada};Ada;21\n{byron};Byron;exempt\nX;Nobody;1\n", encoding="utf-8")
    wrong = deployed.run("scores", "import", of, "Quiz", str(file))
    assert wrong.code == 2
    assert "line 2, column Score: must be from 0 to 20" in wrong.err
    assert "line 4, column Number: is no student of this class" in wrong.err

    file.write_text(f"Number,Score\n{ada},4.5\n{byron.lower()},exempt\n", encoding="utf-8")
    assert data(deployed, "scores", "import", of, "Quiz", str(file)) == {"added": 1, "changed": 1, "unchanged": 0}
    # Where the school sends mail, whoever ran it is told by the same call.
    assert {"of": "scores", "added": 1, "changed": 1, "unchanged": 0, "refused": 0} in finished_imports(deployed)
    assert data(deployed, "scores", "import", of, "Quiz", str(file)) == {"added": 0, "changed": 0, "unchanged": 2}
    rows = {each["identifier"]: each["results"] for each in data(deployed, "scores", "sheet", of)["rows"]}
    (quiz,) = [each for each in rows[ada] if each["score"] == "4.5"]
    assert quiz["comment"] == "Nearly"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add-item", "CLASS", "--title", "X", "--due", "soon"), "due date: must be a date"),
        (("add-item", "CLASS", "--title", "X", "--due", "2026-12-01", "--weight", "1/2"), "weight: must be a weight"),
        (("add-item", "CLASS", "--title", "X", "--due", "2026-12-01", "--max", "0"), "must be more than the least"),
        (("set", "CLASS", "Short", "ADA", "8,5"), "score: must be a number of points such as 87 or 87.5"),
        (("set", "CLASS", "Short", "ADA", "21"), "score: must be from 0 to 20"),
        (("set", "CLASS", "Short", "nobody", "8"), "there is no student with the number nobody in this class"),
        (("set", "CLASS", "Long", "ADA", "8"), "there is no line item Long in this class"),
        (("update-item", "CLASS", "Short"), "nothing to change was given"),
        (("sheet", "nowhere"), "nowhere"),
    ],
)
def test_bad_input(deployed: Deployed, school: dict[str, str], arguments: tuple[str, ...], said: str) -> None:
    short = ("--title", "Short", "--due", "2026-12-01", "--max", "20")
    if "Short" not in deployed.cli("scores", "items", school["class"]):
        deployed.cli("scores", "add-item", school["class"], *short)
    meant = {"CLASS": school["class"], "ADA": school["ada"]}
    ended = deployed.run("scores", *(meant.get(each, each) for each in arguments))

    assert ended.code in (1, 2)
    assert said in ended.err
    assert ended.out == ""
