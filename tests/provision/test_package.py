"""The functions' zip is the same everywhere, and changes only with its content."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

from studentdb.provision.package import package, renamed


def _tree(root: Path) -> Path:
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "b.py").write_text("b = 1\n")
    (root / "pkg" / "a.py").write_text("a = 1\n")
    (root / "pkg" / "contract.json").write_text("{}\n")
    return root


def test_same_content_same_bytes(tmp_path: Path) -> None:
    one, two = _tree(tmp_path / "one"), _tree(tmp_path / "two")
    os.utime(two / "pkg" / "a.py", (1, 1))
    (two / "pkg" / "a.py").chmod(0o755)
    (two / "pkg" / "__pycache__").mkdir()
    (two / "pkg" / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"x")
    assert package(one) == package(two)
    with zipfile.ZipFile(io.BytesIO(package(one))) as archive:
        assert archive.namelist() == ["pkg/a.py", "pkg/b.py", "pkg/contract.json"]


def test_other_content_other_bytes(tmp_path: Path) -> None:
    one, two = _tree(tmp_path / "one"), _tree(tmp_path / "two")
    (two / "pkg" / "a.py").write_text("a = 2\n")
    assert package(one) != package(two)


def test_files_under_other_names_keep_their_compressed_bytes() -> None:
    """Stored and deflated, with an extra field, of unknown size when it was begun; what has no name is left out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("stored.py", (2020, 2, 2, 2, 2, 2)), b"s" * 999)
        extra = zipfile.ZipInfo("deflated.py")
        extra.extra = b"UT\x05\x00\x01\x00\x00\x00\x00"
        archive.writestr(extra, b"d" * 999, zipfile.ZIP_DEFLATED)
        archive.writestr("empty.py", b"")
        archive.writestr("left_out.py", b"x")
        with archive.open("größe.py", "w", force_zip64=False) as streamed:
            streamed.write(b"g" * 99)
    made = renamed(buffer.getvalue(), lambda name: None if name == "left_out.py" else f"python/{name}")

    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        found = {each.filename: archive.read(each) for each in archive.infolist()}
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {each.external_attr >> 16 for each in archive.infolist()} == {0o644}
        assert archive.getinfo("python/deflated.py").compress_size < 99
    assert found == {
        "python/deflated.py": b"d" * 999,
        "python/empty.py": b"",
        "python/größe.py": b"g" * 99,
        "python/stored.py": b"s" * 999,
    }
    assert list(found) == sorted(found)
