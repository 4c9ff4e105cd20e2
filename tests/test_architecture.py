"""What must stay as it was decided: who may import whom, and what the locks say."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from steppe.database.queries import parse
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


def test_everything_that_the_project_asks_for_is_pinned() -> None:
    asked = [
        *_project()["dependencies"],
        *(item for items in _project()["optional-dependencies"].values() for item in items),
    ]
    assert [item for item in asked if "==" not in item and not item.startswith("steppe[")] == []


def test_the_listed_jars_are_those_of_the_broker_that_is_asked_for() -> None:
    version = re.findall(r"kafka_2\.13:([0-9.]+)!", ENDPOINT)[0]
    names = listed_checksums()
    assert len(names) == 46
    assert {f"kafka_2.13-{version}.jar", f"kafka-clients-{version}.jar", f"kafka-server-{version}.jar"} <= names.keys()


def test_statements_are_found_by_name_and_two_of_one_name_are_refused() -> None:
    text = "-- About the file.\n-- name: one\n-- It counts.\nSELECT 1;\n\n-- name: two\nSELECT 2;\n"
    assert dict(parse(text, "x")) == {"one": "-- It counts.\nSELECT 1;", "two": "SELECT 2;"}
    with pytest.raises(ValueError, match="two statements are named one"):
        parse("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;", "x")
    with pytest.raises(ValueError, match="a statement below it"):
        parse("-- name: one\n-- name: two\nSELECT 2;", "x")


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
            name, _, version = item.partition("==")
            pins[re.sub(r"[-_.]+", "-", name).lower()] = version
    return pins
