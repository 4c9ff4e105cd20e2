"""Holds the documentation to the project: paths, make targets and commands that it names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from steppe.cli.__main__ import app

ROOT = Path(__file__).parent.parent
_FOLDERS = ("docs", "examples", "services", "steppe", "tests", "benchmarks")
PAGES = [*sorted(ROOT.glob("*.md")), *(page for folder in _FOLDERS for page in sorted((ROOT / folder).rglob("*.md")))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_folder_of_ours_that_is_named_exists(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        return  # tells of what was, too
    named = re.findall(r"`((?:services|steppe|tests|docs|benchmarks|examples)/[\w./-]+)[`:]", page.read_text())
    # A module may stand without its ending, and a page may name what is beside it.
    places = {name: (ROOT / name, ROOT / f"{name}.py", page.parent / name) for name in named}
    assert [name for name, paths in places.items() if not any(path.exists() for path in paths)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", page.read_text())) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_steppe_command_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"`steppe ([a-z]+)", page.read_text()))
    help_text = CliRunner().invoke(app, ["--help"], env={"NO_COLOR": "1", "COLUMNS": "120"}).output
    assert [name for name in named if not re.search(rf"\b{name}\b", help_text)] == []


@pytest.mark.parametrize("page", ["operating.md", "scaling.md"])
def test_each_section_for_operators_names_the_tests_that_run_it_or_says_not_tried(page: str) -> None:
    _, *sections = re.split(r"^## ", (ROOT / "docs" / page).read_text(), flags=re.MULTILINE)
    assert len(sections) > 2
    silent = [
        section.partition("\n")[0] for section in sections if not re.search(r"\*(Tested by|Not tried:)\*", section)
    ]
    assert silent == []
    # Beside a path, other modules of the same folder are named alone.
    short = re.findall(r"`(test_\w+)`", "".join(sections))
    assert [name for name in short if not list((ROOT / "tests").rglob(f"{name}.py"))] == []


@pytest.mark.parametrize("package", ["services/projector", "steppe/domain"])
def test_the_walk_of_a_package_names_files_and_functions_that_exist(package: str) -> None:
    folder = ROOT / package
    named = re.findall(r"`(\w+/\w+\.py)`:?(?: \(?`([\w.]+)[`:])?", (folder / "README.md").read_text())
    assert len(named) > 12
    for path, name in named:
        source = (folder / path).read_text()
        for part in name.split(".") if name else ():
            assert re.search(rf"(class|def) {part}\b", source), f"{path} has no {part}"
