"""Every kind, on every backend: absent, create, equal, change, drift, delete, delete again; and never a stranger's."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from studentdb.provision.core import NotOursError
from tests.provision import cases
from tests.provision.lifecycle import Case, assert_settled, life_of, read, remove
from tests.support import Backend, fresh_env, stranger

CASES: list[Case] = [
    case
    for module in sorted(found.name for found in pkgutil.iter_modules(cases.__path__))
    for case in importlib.import_module(f"{cases.__name__}.{module}").CASES
]


def cells(chosen: list[Case]) -> pytest.MarkDecorator:
    """Each case on each backend; a backend without the calls is left out loudly."""
    return pytest.mark.parametrize(
        ("case", "backend"),
        [
            pytest.param(
                case,
                backend,
                id=f"{case.name}-{backend}",
                marks=[pytest.mark.skip(reason=f"moto: {case.without_moto}")]
                if backend == "moto" and case.without_moto
                else [],
            )
            for case in chosen
            for backend in ("engine", "moto")
        ],
        indirect=["backend"],
    )


@cells(CASES)
def test_lifecycle(case: Case, backend: Backend) -> None:
    env = fresh_env()
    root = backend.root(env)
    # On the engine this user may call what the kinds declare and nothing else, which proves the lists complete.
    aws = backend.limited_to(case.actions(root), env=env)
    with life_of(case, aws) as life:
        resource = life.resource()
        assert resource.read(aws) is None

        outputs = resource.create(aws)
        resource.settle(aws)
        live = assert_settled(resource, aws, outputs)

        changed = life.changed()
        if changed is not None:
            changes = changed.diff(live)
            assert changes
            assert not {change.property for change in changes} & changed.immutable
            outputs = changed.update(aws, live, changes)
            changed.settle(aws)
            live = assert_settled(changed, aws, outputs)

        if case.drift is not None:
            wanted = changed or resource
            case.drift(root, wanted)
            drifted = read(wanted, aws)
            changes = wanted.diff(drifted)
            assert changes
            outputs = wanted.update(aws, drifted, changes)
            wanted.settle(aws)
            live = assert_settled(wanted, aws, outputs)

        # A removal knows no more of it than this.
        found = resource.find(aws)
        assert found is not None
        assert found.outputs == live.outputs
        resource.delete(aws, found)
        assert resource.read(aws) is None
        assert resource.find(aws) is None
        resource.delete(aws, found)


@cells([case for case in CASES if case.tagged])
def test_a_strangers_resource_of_that_name_is_refused(case: Case, backend: Backend) -> None:
    aws = backend.root()
    other = stranger(aws)
    with life_of(case, aws) as life:
        resource = life.resource()
        resource.create(other)
        try:
            with pytest.raises(NotOursError):
                resource.read(aws)
            with pytest.raises(NotOursError):
                resource.find(aws)
        finally:
            remove(other, [resource])
