"""The functions' zip is the same everywhere, and changes only with its content."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

from studentdb.provision.package import package


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
