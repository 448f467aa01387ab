"""Who may import what (docs/architecture.md), read from the syntax tree so that late imports count too."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STDLIB = sys.stdlib_module_names

# folder or file -> module prefixes that it must not import
NEVER = {
    "studentdb/contract": ("boto3", "botocore", "typer", "rich", "httpx", "studentdb"),
    "studentdb/api": (
        "boto3",
        "botocore",
        "typer",
        "rich",
        "studentdb.provision",
        "studentdb.ui",
        "studentdb.commands",
    ),
    "studentdb/provision": (
        "typer",
        "rich",
        "httpx",
        "pydantic",
        "sys",
        "studentdb.contract",
        "studentdb.api",
        "studentdb.ui",
        "studentdb.commands",
    ),
    "studentdb/provision/resources": (
        "studentdb.provision.engine",
        "studentdb.provision.stack",
        "studentdb.provision.tables",
        "studentdb.provision.functions",
        "studentdb.provision.lock",
        "studentdb.provision.lock_owner",
    ),
    "studentdb/provision/engine.py": ("boto3", "botocore"),
    "studentdb/provision/walk.py": ("boto3", "botocore"),
    "studentdb/ui": ("boto3", "botocore", "typer", "httpx", "studentdb.api", "studentdb.commands"),
    "studentdb/commands": ("boto3", "botocore", "rich"),
    "studentdb/local": ("boto3", "botocore", "typer", "rich"),
}
# The contract may import itself.
OWN = {"studentdb/contract": "studentdb.contract"}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            found.add(node.module or "")
            if node.module == "studentdb.provision.resources":
                found.remove(node.module)
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules(place: str) -> list[Path]:
    path = ROOT / place
    found = [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))
    assert found, f"{place} is empty"
    return found


@pytest.mark.parametrize("place", sorted(NEVER))
def test_never(place: str) -> None:
    own = OWN.get(place, "")
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(place)
        for name in imports(path)
        for banned in NEVER[place]
        if (name == banned or name.startswith(f"{banned}.")) and not (own and name.startswith(own))
    ]
    assert wrong == []


def test_functions_use_the_standard_library_and_boto3_only() -> None:
    for path in modules("lambda_src"):
        for name in imports(path):
            top = name.split(".")[0]
            # Of the libraries that come in a layer, each in the one file that it is for.
            layers = {"PIL"} if path.name == "media_images.py" else set()
            assert top in STDLIB or top in {"boto3", "botocore", "studentdb_api", *layers}, f"{path} imports {name}"


def test_resources_do_not_know_each_other() -> None:
    prefix = "studentdb.provision.resources"
    for path in modules("studentdb/provision/resources"):
        # A file may share the family of its service (apigateway_route with apigateway_api), never another service's.
        family = path.stem.split("_")[0]
        for name in imports(path):
            if name.startswith(prefix):
                assert name.removeprefix(f"{prefix}.").split("_")[0] == family, f"{path} imports {name}"


def test_provisioning_reads_no_environment_and_prints_nothing() -> None:
    for path in modules("studentdb/provision"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in {("os", "environ"), ("os", "getenv")}, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", path
