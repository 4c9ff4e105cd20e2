"""How the command is used without any stack: the release, exit codes, and what it prints as it stands."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

from steppe.cli import tables
from steppe.cli.__main__ import app
from steppe.cli.commands.send import Sent
from steppe.release import RELEASE
from steppe.settings import PREFIX
from steppe.terminal.output import err, out


def _ran(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.run(
        [sys.executable, "-m", "steppe.cli", *arguments],
        env=environment | settings, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_command_says_which_release_it_is() -> None:
    ran = _ran("--version")
    assert ran.returncode == 0
    assert ran.stdout in (f"steppe {RELEASE} (domain compiled)\n", f"steppe {RELEASE} (domain interpreted)\n")


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
        (("flags", "--data", "nowhere"), {}, "nothing runs on nowhere; start it with `steppe up --data nowhere`"),
        (("rebuild", "--data", "nowhere"), {}, "nothing runs on nowhere"),
        (("rebuild", "--status", "--abandon"), {}, "give one of --status, --roll-back"),
        (("rebuild", "--workers", "0"), {}, "greater than or equal to 1"),
        (("verify", "--jsno"), {}, "No such option: --jsno"),
        (("log", "adopt"), {}, "Missing option '--reason'"),
        (("log", "adopt", "--reason", "x"), {}, "STEPPE_KAFKA is not set"),
        (("quarantine", "retry"), {}, "retry needs one of: IDs, --subject, --all, --unknown"),
        (("quarantine", "skip", "41", "--reason", "x"), {}, "'41' is not the ID of a record"),
        (("up", "--api-port", "70000"), {}, "less than or equal to 65535"),
        (("up", "--once"), {"STEPPE_API_PORT": "many"}, "'many' is not a port"),
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


def _commands(group: TyperGroup, *above: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, *above, name)
        else:
            yield (*above, name)


_APP = typer.main.get_command(app)
assert isinstance(_APP, TyperGroup)


@pytest.mark.parametrize("command", list(_commands(_APP)), ids=" ".join)
def test_the_help_of_every_command_has_one_layout_and_an_example(command: tuple[str, ...]) -> None:
    name = " ".join(command)
    own: object = _APP
    for part in command:
        assert isinstance(own, TyperGroup)
        own = own.commands[part]
    assert isinstance(own, TyperCommand)
    if own.context_settings.get("ignore_unknown_options"):  # it becomes another program
        ran = _ran(*command, "--help", COLUMNS="80")
        assert (ran.returncode, ran.stderr) == (0, "")
        printed = ran.stdout
    else:
        result = CliRunner(env={"COLUMNS": "80"}).invoke(app, [*command, "--help"], prog_name="steppe")
        assert (result.exit_code, result.stderr) == (0, "")
        printed = result.stdout
    said = printed.split("\n")
    assert said[1].startswith(f" Usage: steppe {name} "), said[1]
    assert any(line.startswith(" Example: ") and f"steppe {name}" in line for line in said), printed
    assert any("─ Options ─" in line for line in said)
    assert any(re.search(r"^│ +--help +<bool> ", line) for line in said)
    assert max(map(len, said)) <= 80


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """A folder as a running stack has it: its addresses, and its lock in other hands."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    stack = {
        "ingest": "http://127.0.0.1:1", "api": "http://127.0.0.1:1", "kafka": "127.0.0.1:1",
        "database": "postgresql://steppe:secret@127.0.0.1:1/steppe", "pids": {"api": 1},
    }  # fmt: skip
    (folder / "stack.json").write_text(json.dumps(stack))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("status",), "The api does not answer at http://127.0.0.1:1"),
        (("flags",), "The api does not answer at http://127.0.0.1:1"),
        (("rules", "list"), "The api does not answer at http://127.0.0.1:1"),
        (("quarantine", "list"), "The database of STEPPE_DATABASE, 127.0.0.1:1"),
        (("quarantine", "retry", "--all"), "The database of STEPPE_DATABASE, 127.0.0.1:1"),
        (("rebuild", "--status"), "The database of STEPPE_DATABASE, 127.0.0.1:1"),
        (("log", "adopt", "--reason", "x", "--yes"), "The database of STEPPE_DATABASE, 127.0.0.1:1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_asks_the_stack_that_runs_on_the_folder_it_is_given(
    running: Path, command: tuple[str, ...], said: str
) -> None:
    others = {
        "STEPPE_API": "http://127.0.0.1:2",
        "STEPPE_DATABASE": "postgresql://x@127.0.0.1:2/x",
        "STEPPE_KAFKA": "127.0.0.1:2",
    }
    ran = _ran(*command, "--data", str(running), **others)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert said in ran.stderr


def _printed(width: int, table: object) -> str:
    screen = Console(file=io.StringIO(), width=width)
    with screen.capture() as printed:
        screen.print(table)
    return printed.get()


_PROJECT = {
    "name": "Upper Kairakty, a deposit of tungsten and molybdenum", "countries": ["KZ"], "level": "memorandum",
    "headline": {"severity": "stagnant", "flag": "memorandum-only"}, "living_deals": 1, "ended_deals": 0,
}  # fmt: skip
_KEYS = ("north-katpar-upper-kairakty-tungsten", "kazatomprom-sumitomo-isotopes", "sareco-stepnogorsk")
_INVESTORS = ("japan-organization-for-metals", "european-bank-for-reconstruction")


@pytest.mark.parametrize("width", [30, 60, 80, 120, 200])
def test_no_key_of_a_table_breaks_however_narrow_the_screen(width: int) -> None:
    projects = [{**_PROJECT, "key": key, "investors": list(_INVESTORS[:at])} for at, key in enumerate(_KEYS)]
    printed = _printed(width, tables.projects(projects))
    assert all(key in printed for key in (*_KEYS, *_INVESTORS) if len(key) + 2 <= width)
    assert max(map(len, printed.splitlines())) <= width
    parties = [{"key": key, "name": key, "home_country": "KZ", "kind": "company", "group": [key]} for key in _KEYS]
    printed = _printed(width, tables.parties(parties))
    assert all(printed.count(key) == 3 for key in _KEYS if len(key) + 8 <= width)


def test_a_column_that_says_the_same_in_every_row_is_said_once_above() -> None:
    projects = [{**_PROJECT, "key": key, "investors": [key]} for key in _KEYS]
    said, head, *rows = _printed(200, tables.projects(projects)).splitlines()
    assert said == (
        "In every row: name Upper Kairakty, a deposit of tungsten and molybdenum, country KZ, level memorandum, "
        "flag stagnant memorandum-only."
    )
    assert head.split() == ["project", "investors"]
    assert [row.split() for row in rows] == [[key, key] for key in _KEYS]
    one = _printed(200, tables.projects(projects[:1]))
    assert "In every row" not in one and "memorandum-only" in one


def test_a_project_without_a_living_deal_is_listed_as_such() -> None:
    over = {**_PROJECT, "key": "over", "investors": ["sumitomo"], "living_deals": 0, "ended_deals": 2}
    bare = {**_PROJECT, "key": "bare", "investors": [], "living_deals": 0, "ended_deals": 0}
    printed = _printed(160, tables.projects([over, bare]))
    assert printed.count("sumitomo (no deal lives)") == printed.count("no deal lives") == 1


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
        screen.print(tables.flags([flag, {**flag, "severity": "watch"}]))
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


@pytest.fixture
def list_of_1100() -> Iterator[_ListServer]:
    """A server whose every path is a list of 1100 items."""
    server = _ListServer(1100)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


class _ListServer(HTTPServer):
    """Answers lists of numbers in pages as the API does. `asked`: the path and limit of each request."""

    def __init__(self, length: int) -> None:
        self.asked: list[tuple[str, int]] = []
        super().__init__(("127.0.0.1", 0), self._handler(length))

    def _handler(self, length: int) -> type[BaseHTTPRequestHandler]:
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
                limit, first = int(query["limit"][0]), int(query.get("cursor", ["0"])[0])
                asked.append((path, limit))
                rest = range(first, length)
                body = {"items": list(rest[:limit]), "next_cursor": str(first + limit) if rest[limit:] else None}
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler


@pytest.mark.parametrize(
    ("arguments", "items", "asked"),
    [
        (("--limit", "3"), 3, [3]),
        (("--limit", "500"), 500, [500]),
        (("--limit", "600"), 600, [500, 100]),
        (("--limit", "2000"), 1100, [500, 500, 500]),
        ((), 1100, [500, 500, 500]),
    ],
)
def test_no_more_is_asked_for_than_the_limit_of_a_command(
    list_of_1100: _ListServer, arguments: tuple[str, ...], items: int, asked: list[int]
) -> None:
    api = f"http://127.0.0.1:{list_of_1100.server_port}"
    assert json.loads(_ran("projects", *arguments, "--json", STEPPE_API=api).stdout) == list(range(items))
    assert list_of_1100.asked == [("/v1/projects", limit) for limit in asked]
    list_of_1100.asked.clear()
    answer = json.loads(_ran("search", "tungsten", *arguments, "--json", STEPPE_API=api).stdout)
    assert answer == {"projects": list(range(items)), "parties": list(range(items))}
    assert list_of_1100.asked == [(path, limit) for path in ("/v1/projects", "/v1/parties") for limit in asked]
