"""What must stay as it was decided: who may import whom, and what the locks say."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from steppe.database import locks
from steppe.release import RELEASE
from steppe.standalone.jars import ENDPOINT, listed_checksums

_ROOT = Path(__file__).parent.parent
_LOCKS = sorted((_ROOT / "requirements").glob("*.txt"))


def test_imports_keep_their_contracts() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    ran = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_there_is_a_lock_for_every_extra() -> None:
    assert {lock.stem for lock in _LOCKS} == set(_project()["optional-dependencies"])


@pytest.mark.parametrize("lock", _LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_versions_and_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    for requirement in _requirements(text):
        assert re.match(r"[a-z0-9.-]+==\S+ ", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.parametrize("lock", _LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_has_what_the_project_pins(lock: Path) -> None:
    locked = dict(requirement.split(" ")[0].split("==") for requirement in _requirements(lock.read_text()))
    for name, version in _pins(lock.stem).items():
        assert locked.get(name) == version, f"{name}: run `make requirements`"


_PROGRAMS = [
    ("cli", "steppe.cli.__main__"),
    # What the command hands over to, in the same image.
    *(
        ("cli", f"services.projector.{name}")
        for name in ("rebuild.__main__", "quarantine.__main__", "commands.verify", "commands.adopt_log")
    ),
    *((name, f"services.{name}.__main__") for name in ("ingest", "projector", "api")),
]
_IMPORTED = """
import importlib, json, sys
before = set(sys.modules)
importlib.import_module(sys.argv[1])
own = [name for name in set(sys.modules) - before if name.partition(".")[0] in ("steppe", "services")]
print(json.dumps([sys.modules[name].__file__ for name in own if sys.modules[name].__file__]))
"""


@pytest.mark.parametrize(("extra", "module"), _PROGRAMS)
def test_a_program_imports_nothing_that_its_image_does_not_have(extra: str, module: str) -> None:
    command = [sys.executable, "-c", _IMPORTED, module]
    sources = {**os.environ, "STEPPE_COMPILED": "0"}
    ran = subprocess.run(command, cwd=_ROOT, env=sources, capture_output=True, text=True, check=True)
    locked = {
        requirement.split("==")[0]
        for requirement in _requirements((_ROOT / "requirements" / f"{extra}.txt").read_text())
    }
    homes = packages_distributions()
    files = [Path(file) for file in json.loads(ran.stdout)]
    assert len(files) > 20
    for imported in {name for file in files for name in _imports_of(file)}:
        packages = {re.sub(r"[-_.]+", "-", name).lower() for name in homes.get(imported, ())} - {"steppe"}
        assert not packages or packages & locked, (
            f"{imported} comes from {packages}, which requirements/{extra}.txt does not have"
        )


def _imports_of(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_everything_that_the_project_asks_for_is_pinned() -> None:
    requirements = [
        *_project()["dependencies"],
        *(item for items in _project()["optional-dependencies"].values() for item in items),
    ]
    assert [item for item in requirements if "==" not in item and not item.startswith("steppe[")] == []


def test_the_listed_jars_are_those_of_the_broker_that_is_asked_for() -> None:
    version = re.findall(r"kafka_2\.13:([0-9.]+)!", ENDPOINT)[0]
    names = listed_checksums()
    assert len(names) == 46
    assert {f"kafka_2.13-{version}.jar", f"kafka-clients-{version}.jar", f"kafka-server-{version}.jar"} <= names.keys()


def _project() -> dict[str, Any]:
    with (_ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    assert isinstance(project, dict)
    return project


def _requirements(text: str) -> list[str]:
    joined = text.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def _pins(extra: str) -> dict[str, str]:
    pins: dict[str, str] = {}
    for item in [*_project()["dependencies"], *_project()["optional-dependencies"][extra]]:
        if match := re.fullmatch(r"steppe\[(.+)\]", item):
            for other in match[1].split(","):
                pins |= _pins(other)
        else:
            name, _, version = re.sub(r"\[.+\]", "", item).partition("==")
            pins[re.sub(r"[-_.]+", "-", name).lower()] = version
    return pins


def test_the_release_is_the_same_wherever_it_stands() -> None:
    assert f"\nARG RELEASE={RELEASE}\n" in (_ROOT / "Dockerfile").read_text()
    assert (_ROOT / "CHANGELOG.md").read_text().startswith(f"# Changelog\n\n## {RELEASE}")


def test_numbers_of_advisory_locks_are_different_and_stand_in_one_file() -> None:
    numbers = [number for name, number in vars(locks).items() if name.isupper()]
    assert len(set(numbers)) == len(numbers) > 5
    places = [
        str(file.relative_to(_ROOT))
        for folder in ("services", "steppe", "tests", "benchmarks")
        for file in (_ROOT / folder).rglob("*")
        if file.suffix in (".py", ".sql")
        if re.search(rf"(?i)0x{locks.MIGRATION:x}|{locks.MIGRATION}", file.read_text(encoding="utf-8"))
    ]
    assert places == ["steppe/database/locks.py"]


_MODULES = [
    file for folder in ("services", "steppe") for file in (_ROOT / folder).rglob("*.py") if file.stem != "__init__"
]
_FLAGS = _ROOT / "steppe" / "domain" / "flags"
_NAMES_OF_MANY = {"__main__", "settings", "metrics", "errors", "problems", "app"}
_NOUNS_OF_THE_FIELD = {"narrowing", "partitioning", "tracing"}


def test_no_package_holds_more_modules_than_one_can_survey() -> None:
    # Each flag has a file of its own.
    modules = Counter(str(file.parent.relative_to(_ROOT)) for file in _MODULES if file.parent != _FLAGS)
    assert {package: count for package, count in modules.items() if count > 14} == {}


def test_a_module_is_found_by_its_name() -> None:
    names = Counter(file.stem for file in _MODULES)
    assert {name: count for name, count in names.items() if count > 1 and name not in _NAMES_OF_MANY} == {}


def test_no_module_is_named_by_a_participle_alone() -> None:
    # A flag bears the name that the contract gives it.
    names = {file.stem for file in _MODULES if file.parent != _FLAGS}
    assert {name for name in names if re.fullmatch(r"[a-z]+(ed|ing)", name)} == _NOUNS_OF_THE_FIELD
