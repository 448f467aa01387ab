"""The tool's folder: where it is, and that nobody else reads it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from studentdb import home
from studentdb.errors import StudentDBError

posix = pytest.mark.skipif(os.name != "posix", reason="mode bits mean nothing on Windows")


def test_where(tmp_path: Path) -> None:
    assert home.locate({"STUDENTDB_HOME": str(tmp_path / "x")}) == tmp_path / "x"
    assert home.locate({"STUDENTDB_HOME": "relative"}).is_absolute()
    assert home.locate({"STUDENTDB_HOME": "~/x"}) == Path.home() / "x"
    assert home.locate({}).name == "studentdb"
    assert not (tmp_path / "x").exists()


@posix
def test_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = tmp_path / "a" / "b" / "c.json"
        home.write_private(file, "é")
    finally:
        os.umask(before)
    assert file.read_text(encoding="utf-8") == "é"
    assert [path.stat().st_mode & 0o777 for path in (file, file.parent, file.parent.parent)] == [0o600, 0o700, 0o700]
    home.refuse_if_shared(file)
    home.refuse_if_shared(file.parent)


@posix
def test_a_replaced_file_becomes_private_and_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text("old")
    file.chmod(0o644)
    home.write_private(file, "new")
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StudentDBError, match="cannot be created") as caught:
            home.make_private_folder(folder)
        assert "STUDENTDB_HOME" in caught.value.hint


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "c.json").mkdir()
    with pytest.raises(StudentDBError, match="cannot be written"):
        home.write_private(tmp_path / "c.json", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]
