"""The layer with Pillow: from the pinned wheel, by pip and from the cache, and from this machine for the engine."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studentdb.errors import StudentDBError
from studentdb.pillow_layer import PINNED, Wheel, installed, pinned
from studentdb.provision.functions import ARCHITECTURE, RUNTIME
from studentdb.provision.resources.lambda_layer import Layer
from tests.provision.cases.lambda_ import function, parents, zipped
from tests.provision.lifecycle import remove
from tests.support import Backend

ROOT = Path(__file__).parent.parent


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheel:
    """One of the name that pip looks for, in the folder that is its only index."""
    index = tmp_path / "index"
    index.mkdir()
    about = "pillow-13.0.0.dist-info"
    metadata = "Metadata-Version: 2.1\nName: pillow\nVersion: 13.0.0\n"
    files = {"PIL/__init__.py": "x = 1\n", f"{about}/METADATA": metadata, f"{about}/licenses/LICENSE": "free\n"}
    files[f"{about}/WHEEL"] = "Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_28_aarch64\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    path = index / "pillow-13.0.0-cp313-cp313-manylinux_2_28_aarch64.whl"
    path.write_bytes(buffer.getvalue())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return replace(PINNED, sha256=hashlib.sha256(buffer.getvalue()).hexdigest())


def names(layer: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(layer)) as archive:
        return archive.namelist()


def test_the_pin_is_for_the_functions_platform_and_locked() -> None:
    assert (f"python{PINNED.python}", ARCHITECTURE) == (RUNTIME, "arm64")
    assert PINNED.platform.endswith("_aarch64")
    lock = (ROOT / "requirements" / "dev.lock").read_text(encoding="utf-8")
    (locked,) = re.findall(r"^pillow==(\S+) \\\n((?:    --hash=\S+(?: \\)?\n)+)", lock, re.MULTILINE)
    assert locked[0] == PINNED.version
    assert f"sha256:{PINNED.sha256}" in locked[1]


def test_downloaded_once_and_built_the_same_again(wheel: Wheel, tmp_path: Path) -> None:
    content = pinned(tmp_path / "cache", wheel)
    # A plan needs no download.
    assert wheel.sha256 in content.description
    assert not (tmp_path / "cache").exists()

    first = content.build()
    assert names(first) == ["python/PIL/__init__.py", "python/pillow-13.0.0.dist-info/licenses/LICENSE"]
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        assert archive.read("python/PIL/__init__.py") == b"x = 1\n"
    for each in (tmp_path / "index").iterdir():
        each.unlink()
    assert content.build() == first
    assert [each.name for each in (tmp_path / "cache").iterdir()] == [f"pillow-{wheel.sha256}.whl"]


def test_what_is_broken_in_the_cache_is_fetched_again(wheel: Wheel, tmp_path: Path) -> None:
    content = pinned(tmp_path / "cache", wheel)
    first = content.build()
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(b"half")
    assert content.build() == first
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == wheel.sha256


def test_another_file_than_the_pinned_one_is_refused(wheel: Wheel, tmp_path: Path) -> None:
    with pytest.raises(StudentDBError, match=re.escape("pillow 13.0.0 cannot be fetched")) as refused:
        pinned(tmp_path / "cache", replace(wheel, sha256="0" * 64)).build()
    assert refused.value.hint
    assert not (tmp_path / "cache").exists()


def test_a_version_that_no_index_has(wheel: Wheel, tmp_path: Path) -> None:
    with pytest.raises(StudentDBError) as refused:
        pinned(tmp_path / "cache", replace(wheel, version="99.0")).build()
    assert "No matching distribution" in str(refused.value.why)


def test_of_this_machine() -> None:
    content = installed()
    found = names(content.build())

    assert "python/PIL/Image.py" in found
    assert any("_imaging." in name for name in found)
    assert not [name for name in found if name.endswith((".pyc", "/RECORD", "/INSTALLER"))]
    assert content.build() == content.build()
    assert len(content.description) <= 256


def test_not_installed_is_said_when_it_is_needed() -> None:
    content = installed("a-project-that-nobody-has")
    with pytest.raises(StudentDBError) as refused:
        content.build()
    assert refused.value.hint == "pip install 'studentdb[local]'"


@pytest.mark.engine
def test_functions_of_the_engine_find_it(engine: Backend) -> None:
    aws = engine.root()
    role, group = parents(aws)
    layer = Layer(name=f"{aws.deployment.prefix}-pillow", content=installed())
    source = (
        "import PIL.Image\ndef handler(event, context):\n    return [PIL.__file__, PIL.Image.new('L', (2, 3)).size]\n"
    )
    wanted = function(aws, (role, group), code=zipped(source), layers=(layer.out("arn"),))
    outputs: dict[str, Any] = {}
    for each in (role, group, layer, wanted):
        outputs[each.id] = each.resolve(outputs).create(aws)
    wanted.resolve(outputs).settle(aws)

    answer: Any = json.load(aws.client("lambda").invoke(FunctionName=wanted.name)["Payload"])

    import PIL

    assert answer[1] == [2, 3], answer
    assert answer[0] != PIL.__file__
    remove(aws, [each.resolve(outputs) for each in (wanted, layer, group, role)])
