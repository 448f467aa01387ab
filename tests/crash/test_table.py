"""docs/crash-matrix.md: every operation of the present code has its row, and every case of it passed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from tests.crash import table
from tests.crash.calls import Call
from tests.crash.faults import MODES
from tests.crash.matrix import Case, Result
from tests.crash.place import FIRST, PHASES, TEARDOWN
from tests.crash.worker import Worker, working
from tests.support import Backend

PAGE = table.read(table.PAGE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def worker(engine: Backend) -> Iterator[Worker]:
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    assert engine.endpoint_url is not None
    with working(engine.endpoint_url) as started:
        yield started


@pytest.mark.slow
def test_the_page_is_of_the_present_code(worker: Worker) -> None:
    made = {(phase, call.operation) for phase in PHASES for call in worker.record(phase)}

    assert set(PAGE) == made


def test_every_case_passed() -> None:
    assert PAGE
    for row, cells in PAGE.items():
        assert len(cells) == len(MODES), row
        for cell in cells:
            found = re.fullmatch(r"([1-9][0-9]*)/([1-9][0-9]*)(, [1-9][0-9]* by the next run)?", cell)
            assert found, (row, cell)
            assert found[1] == found[2], (row, cell)


def results(phase: str, operation: str, *, problems: tuple[str, ...] = ()) -> dict[Case, Result]:
    cases = [Case(phase, mode, Call(operation, "x", 1)) for mode in MODES]
    return {case: Result(case, at_once=True, problems=problems) for case in cases}


def test_a_row_is_replaced_by_a_whole_run_of_it_only() -> None:
    old = table.render({(FIRST, "s3.PutObject"): ["9/9"] * 5, (TEARDOWN, "s3.Gone"): ["1/1"] * 5})
    first, second = results(FIRST, "s3.PutObject"), results(TEARDOWN, "iam.DeleteRole", problems=("left",))
    part = dict(list(first.items())[:3])

    assert table.rows(old, [*first, *second], {**part, **second}) == (
        {(FIRST, "s3.PutObject"): ["9/9"] * 5, (TEARDOWN, "iam.DeleteRole"): ["0/1"] * 5},
        [],
    )
    assert table.rows(old, [*first, *second], first) == (
        {(FIRST, "s3.PutObject"): ["1/1"] * 5},
        [(TEARDOWN, "iam.DeleteRole")],
    )


def test_a_page_reads_as_it_was_written() -> None:
    assert table.read(table.render(PAGE)) == PAGE
