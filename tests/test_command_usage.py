"""How the command is used without any stack: the release, exit codes, and what it prints as it stands."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from steppe.cli import tables
from steppe.cli.commands.send import Sent
from steppe.cli.terminal import err, out
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


@pytest.mark.parametrize("console", [out, err])
def test_text_is_printed_as_it_stands(console: Callable[[], Console], capsys: pytest.CaptureFixture[str]) -> None:
    console().print("README.md:100: [bold] is no markup :smile:", soft_wrap=True)
    assert "README.md:100: [bold] is no markup :smile:" in "".join(capsys.readouterr())


def test_status_shows_what_no_partition_counts_as_sums() -> None:
    totals = {"held": 3, "parked": 1, "unknown": 0}
    assert tables.not_folded(totals) == (
        "3 events held behind another, 1 correction parked until the target comes, 0 events of unknown types."
    )
    screen = Console(file=io.StringIO(), width=80)
    part = {
        "partition": 0, "position": 41, "log_end": 42, "lag_events": 0, "lag_seconds": 0.0, "state": "caught-up",
        "quarantined": 0, "conflicts": 0,
    }  # fmt: skip
    with screen.capture() as printed:
        screen.print(tables.status({"partitions": [part]}))
    assert "?" not in printed.get()


@pytest.mark.parametrize("width", [40, 80, 99])
def test_on_a_narrow_screen_no_key_of_a_flag_breaks(width: int) -> None:
    project, deal = "north-katpar-upper-kairakty", "cove-kaz-1"
    flag = {
        "severity": "stagnant", "certainty": "certain", "flag": "memorandum-only", "project": project, "deal": deal,
        "since": "2023-01-01", "clock": {"age_months": 30}, "sentence": "A memorandum, and nothing else. " * 5,
    }  # fmt: skip
    screen = Console(file=io.StringIO(), width=width)
    with screen.capture() as printed:
        screen.print(tables.flags([flag], width))
    assert project in printed.get()


def test_each_fault_of_a_refused_line_is_a_line() -> None:
    sent = Sent()
    errors = [{"pointer": "/data/occurred", "message": "is no day"}, {"pointer": "/id", "message": "is missing"}]
    sent.add(
        {"rejected": [{"index": 2, "errors": errors}], "warnings": [{"index": 0, "message": "odd"}]}, "a.ndjson", 1
    )
    assert sent.rejected_lines == ["a.ndjson:3: /data/occurred is no day", "a.ndjson:3: /id is missing"]
    assert sent.warning_lines == ["a.ndjson:1: warning: odd"]


def test_of_a_wrong_file_the_first_lines_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    body = json.dumps(
        {"rejected": [{"index": i, "errors": [{"pointer": "/id", "message": "is missing"}]} for i in range(50)]}
    ).encode()

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(422)
            self.send_header("content-type", "application/problem+json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        (tmp_path / "wrong.ndjson").write_text("{}\n" * 50)
        ingest = f"http://127.0.0.1:{server.server_port}"
        ran = _ran("send", str(tmp_path / "wrong.ndjson"), STEPPE_INGEST=ingest)
    finally:
        server.shutdown()
    assert ran.returncode == 1
    assert ran.stderr.count("/id is missing") == 20
    assert "... and 30 more like this; `steppe send --json` prints them all." in ran.stderr
