"""The docs say what is: generated parts are current, and links, paths and command lines lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from docs import generate
from studentdb import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
COMMANDS: Any = typer.main.get_command(cli.application())

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
# A name with a folder in it, or with the ending of a file; placeholders are in capitals.
PATH = re.compile(r"(?:[a-z0-9_.-]+/)+[a-z0-9_.*-]*|[a-z0-9_-]+\.(?:py|js|json|md|toml|lock)|[A-Z]+\.md|Makefile")
# Files that the recipes of CONTRIBUTING.md make, and what lies elsewhere than in the repository.
ELSEWHERE = {
    "studentdb/commands/roles.py",
    "studentdb/provision/resources/sns_topic.py",
    "tests/provision/cases/sns.py",
    "studentdb.toml",
    "config.json",
    "deployments.json",
}
OURS = ("studentdb", "lambda_src", "site", "tests", "docs", "benchmarks", "requirements", ".ci")
MACHINE = re.compile(r"/(?:home|root|tmp|work|Users|private|var)/[\w.]|[A-Z]:\\")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_generated_parts_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for words, command in generate.commands(COMMANDS):
        assert f"\n## {' '.join(words)}\n" in text
        assert command.help
        assert [parameter.name for parameter in command.params if not parameter.help] == []


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        linked = (page.parent / file).resolve() if file else page
        assert linked.exists(), target
        assert not anchor or anchor in set(anchors(linked)), target


@each_page
def test_paths_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [word for code in CODE.findall(FENCE.sub("", text)) for word in code.split()]
    named += [word for _, block in FENCE.findall(text) for word in block.split()]
    places = {name.strip("():,;'\"").split(":")[0].split("#")[0] for name in named}
    wrong = [
        place
        for place in places - ELSEWHERE
        if PATH.fullmatch(place) and ("/" not in place or place.split("/")[0] in OURS) and not exists(place, page)
    ]
    assert wrong == []


@each_page
def test_command_lines_parse(page: Path) -> None:
    for line in command_lines(page.read_text(encoding="utf-8")):
        assert_parses(line)


@pytest.mark.parametrize("page", [*PAGES, *(ROOT / "docs" / "images").glob("*.svg")], ids=lambda page: page.name)
def test_no_machine_is_named(page: Path) -> None:
    assert MACHINE.findall(page.read_text(encoding="utf-8")) == []


def test_decisions_are_numbered_without_gaps() -> None:
    assert [page.name[:5] for page in DECISIONS] == [f"{number:04}-" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert page.name in index


def exists(place: str, page: Path) -> bool:
    """From the root or from the page; a bare name is that of any file of ours."""
    if any(ROOT.glob(place)) or (page.parent / place).exists():
        return True
    return "/" not in place and any(found for folder in OURS for found in (ROOT / folder).rglob(place))


def anchors(page: Path) -> Iterator[str]:
    """The anchors that GitHub makes of a page's headings."""
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def command_lines(text: str) -> Iterator[str]:
    """Everything that begins with `studentdb`, in blocks and in lines of text."""
    lines = [line for _, block in FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    lines += CODE.findall(FENCE.sub("", text))
    for line in lines:
        bare = line.partition("  #")[0].replace("[", " ").replace("]", " ")
        for part in re.split(r"\s*(?:;|&&|\|)\s+", bare):
            found = re.match(r"(?:\$ )?(?:[A-Z_]+=\S+ )*studentdb (.*)", part.strip())
            if found:
                yield found.group(1)


def assert_parses(line: str) -> None:
    """The command exists, every option is one of its options, and it takes so many arguments."""
    command, words = COMMANDS, shlex.split(line)
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        assert words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    options = {name: parameter for parameter in command.params for name in parameter.opts}
    options |= dict.fromkeys(("-h", "--help", "OPTIONS"))
    arguments = []
    while words:
        word = words.pop(0)
        if word.startswith("-"):
            assert word in options, line
        if word in options:
            if options[word] is not None and not options[word].is_flag:
                assert words, line
                words.pop(0)
        elif word != "…":
            arguments.append(word)
    most = sum(parameter.param_type_name == "argument" for parameter in command.params)
    assert len(arguments) <= most, line
