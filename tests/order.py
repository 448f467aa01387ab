"""A pytest plugin: several workers begin with what takes long, so that none ends long after the others."""

from __future__ import annotations

from itertools import groupby

import pytest

# Small tests of functions and models. Whoever has nothing left to do takes some of them over from another worker's end.
_SMALL = frozenset({"api", "contract", "lambda_src", "ui"})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In as many parts as there are workers, which is how xdist hands them out, each with the small ones at its end.

    The tests of a file stay together, in their order, as far as the parts allow: they share what their file sets up.
    """
    workers: int = getattr(config, "workerinput", {}).get("workercount", 1)
    long: list[list[pytest.Item]] = []
    small: list[pytest.Item] = []
    for path, of_file in groupby(items, key=lambda item: item.path):
        if path.parent.name in _SMALL:
            small += of_file
        else:
            long.append(list(of_file))
    ordered: list[pytest.Item] = []
    for part in range(workers):
        ordered += [item for of_file in long[part::workers] for item in of_file]
        room = max(0, len(items) * (part + 1) // workers - len(ordered))
        ordered += small[:room]
        del small[:room]
    items[:] = ordered
