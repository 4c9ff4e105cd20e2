"""How the command is used without any stack: the release, exit codes, and what it prints as it stands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from steppe.release import RELEASE
from steppe.settings import PREFIX


def _ran(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.run(
        [sys.executable, "-m", "steppe.cli", *arguments],
        env=environment | settings, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_command_says_which_release_it_is() -> None:
    ran = _ran("--version")
    assert (ran.returncode, ran.stdout) == (0, f"steppe {RELEASE}\n")


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (("backup", "x.zip"), {"STEPPE_KAFKA": "127.0.0.1:1"}, "STEPPE_DATABASE is not set"),
        (("quarantine", "list"), {}, "STEPPE_DATABASE is not set"),
        (("quarantine", "retry", "--all"), {}, "STEPPE_DATABASE is not set"),
        (("migrate",), {}, "STEPPE_KAFKA is not set"),
        (("rebuild",), {"STEPPE_KAFKA": "127.0.0.1:1"}, "STEPPE_DATABASE"),
        (("flags",), {"STEPPE_API": "http://127.0.0.1:many"}, "STEPPE_API names no address"),
        (("flags",), {"STEPPE_API": "127.0.0.1:8000"}, "STEPPE_API names no address"),
        (("flags", "--as-of", "yesterday"), {}, "'yesterday' is not a day"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_right_exits_with_2(
    arguments: tuple[str, ...], settings: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    monkeypatch.chdir(tmp_path)  # where no stack runs
    ran = _ran(*arguments, **settings)
    assert ran.returncode == 2, ran.stderr
    assert said in " ".join(ran.stderr.replace("\u2502", " ").split())
    assert "Traceback" not in ran.stderr


def test_a_rule_file_that_is_no_json_exits_with_2(tmp_path: Path) -> None:
    document = tmp_path / "rules.json"
    document.write_text("not JSON")
    assert _ran("backtest", "--rules", str(document)).returncode == 2
    document.write_text(json.dumps({"version": "x"}))
    assert _ran("backtest", "--rules", str(document), STEPPE_API="http://127.0.0.1:1").returncode == 1
