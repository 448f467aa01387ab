"""A pytest plugin: `make test` says loudly which checks a missing tool left out; in CI a missing tool is an error."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

import pytest

# Chromium without its windows, a package of its own.
SHELL = "chromium-headless-shell"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", SHELL)


@dataclass(frozen=True)
class Tool:
    """A program that is no Python package. `names`: any one of them will do."""

    names: tuple[str, ...]
    checks: str
    remedy: str
    marker: str = ""

    @property
    def path(self) -> str | None:
        """Where it is."""
        return next((path for name in self.names if (path := shutil.which(name))), None)


TOOLS = (
    Tool(CHROMIUM_NAMES, "the website in a real browser", "apt-get install chromium", "browser"),
    Tool(("node",), "the website's modules on their own", "apt-get install nodejs", "node"),
    Tool(("npm",), "the types of the website's modules (tsc --checkJs)", "apt-get install npm"),
)


def chromium(config: pytest.Config) -> str | None:
    """The browser that the tests drive, or None.

    The slow tests take what people use; the quick ones take it without its windows, where that is: half the work.
    """
    quick = None if config.option.markexpr == "slow" else shutil.which(SHELL)
    return quick or TOOLS[0].path


def missing() -> tuple[Tool, ...]:
    """The tools that this machine lacks."""
    return tuple(tool for tool in TOOLS if tool.path is None)


def in_ci() -> bool:
    """Whether a CI runs us, by the variable that all of them set."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def pytest_sessionstart(session: pytest.Session) -> None:
    """In CI, stop before the first test."""
    if in_ci() and missing():
        pytest.exit("; ".join(f"CI lacks {tool.names[0]}: {tool.remedy}" for tool in missing()), returncode=1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a missing tool."""
    for tool in missing():
        for item in items:
            if tool.marker and item.get_closest_marker(tool.marker):
                item.add_marker(pytest.mark.skip(reason=f"no {tool.names[0]}: {tool.remedy}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The loud part."""
    if not missing():
        return
    terminalreporter.section("LEFT OUT ON THIS MACHINE", sep="!", yellow=True, bold=True)
    for tool in missing():
        terminalreporter.line(f"{tool.names[0]} is missing, so this was not checked: {tool.checks}", yellow=True)
        terminalreporter.line(f"    on Debian or Ubuntu: {tool.remedy}")
