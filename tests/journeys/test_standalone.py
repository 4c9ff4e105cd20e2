"""`python -m steppe.standalone`, which `make demo` and `steppe up` are made of, from outside: real processes, killed."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from steppe.standalone.errors import NoSpaceError
from steppe.standalone.places import LOOPBACK, require_space
from steppe.standalone.services import answers

_READY_SECONDS = 120.0
_GONE_SECONDS = 30.0


class Up:
    """One running `steppe up --json`."""

    def __init__(self, data: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "steppe.standalone", "--data", str(data), "--json", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self._said: list[str] = []
        assert self.process.stderr is not None
        self._reader = threading.Thread(target=self._said.extend, args=(self.process.stderr,), daemon=True)
        self._reader.start()

    def said(self) -> str:
        """What people have seen on stderr."""
        return "".join(self._said)

    def addresses(self) -> dict[str, Any]:
        """The first line on stdout, which is the whole of it."""
        assert self.process.stdout is not None
        watch = threading.Timer(_READY_SECONDS, self.process.kill)
        watch.start()
        try:
            line = self.process.stdout.readline()
        finally:
            watch.cancel()
        assert line, self.said()
        addresses = json.loads(line)
        assert isinstance(addresses, dict)
        return addresses

    def family(self) -> list[psutil.Process]:
        """Everything that it has started, directly or not."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> int:
        """Send the signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


def _all_gone(family: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(family, timeout=_GONE_SECONDS)
    assert not alive, f"still there: {alive}"


def _wait_for(claim: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


@pytest.fixture
def data() -> Iterator[Path]:
    # Not under pytest's own folder, which is closed to the user that PostgreSQL runs as when the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="steppe-up-"))
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def up(data: Path) -> Iterator[Callable[..., Up]]:
    running: list[Up] = []

    def start(*options: str, environment: dict[str, str] | None = None) -> Up:
        one = Up(data, *options, environment=environment)
        running.append(one)
        return one

    yield start
    for one in running:
        if one.process.poll() is None:
            one.end(signal.SIGKILL)


def test_nothing_outlives_a_killed_parent_and_the_data_are_found_again(up: Callable[..., Up], data: Path) -> None:
    first = up("--ingest-port", "0", "--api-port", "0")
    before = first.addresses()
    assert set(before) == {"ingest", "api", "projector", "page", "docs", "kafka", "database", "data", "pids"}
    assert set(before["pids"]) == {"kafka", "postgres", "ingest", "projector", "api"}
    assert answers(f"{before['api']}/readyz")
    assert answers(f"{before['ingest']}/readyz")
    _wait_for(lambda: answers(f"{before['projector']}/readyz"), "the projector has its partitions")
    stack_file = data / "stack.json"
    assert json.loads(stack_file.read_text()) == before
    assert stack_file.stat().st_mode & 0o077 == 0
    for process in first.family():
        for connection in process.net_connections("inet"):
            if connection.status == psutil.CONN_LISTEN:
                assert connection.laddr.ip in (LOOPBACK, f"::ffff:{LOOPBACK}"), f"{process} listens off loopback"

    other = up()
    assert other.process.wait(60) == 1
    assert "is in use by another `steppe up`" in other.said()
    assert json.loads(stack_file.read_text()) == before, "the one that was refused took nothing away"

    family = first.family()
    first.end(signal.SIGKILL)
    _all_gone(family)
    # As if the machine had gone down and another program had the number of the server by now.
    (data / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{data / 'postgres'}\n")

    again = up("--ingest-port", "0", "--api-port", "0")
    after = again.addresses()
    assert json.loads(stack_file.read_text()) == after
    same = ("ingest", "api", "projector", "kafka", "database", "data")
    assert [after[name] for name in same] == [before[name] for name in same]
    family = again.family()
    assert again.end(signal.SIGTERM) == 0
    _all_gone(family)
    assert again.process.stdout is not None
    assert again.process.stdout.read() == ""
    assert not stack_file.exists()


def test_a_service_that_dies_is_started_again_and_a_busy_port_is_left_alone(up: Callable[..., Up]) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        one = up("--ingest-port", "0", "--api-port", str(port))
        addresses = one.addresses()
    assert f"Port {port} is taken, api listens on" in one.said()
    assert not addresses["api"].endswith(f":{port}")

    os.kill(addresses["pids"]["api"], signal.SIGKILL)
    _wait_for(lambda: "api ended with signal SIGKILL, starting it again" in one.said(), "the end is said")
    _wait_for(lambda: answers(f"{addresses['api']}/readyz"), "the api answers again")

    os.kill(addresses["pids"]["kafka"], signal.SIGKILL)
    assert one.process.wait(60) == 1
    assert "kafka ended with signal SIGKILL" in one.said()


def test_ctrl_c_before_it_is_up_stops_what_was_started(up: Callable[..., Up], data: Path) -> None:
    one = up()
    _wait_for(lambda: len(one.family()) >= 1, "something was started")
    family = one.family()
    assert one.end(signal.SIGINT) == 128 + signal.SIGINT
    _all_gone(family)


def test_without_a_network_a_sentence_says_so(up: Callable[..., Up], tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    one = up(environment={"XDG_CACHE_HOME": str(tmp_path), "HTTPS_PROXY": nowhere, "https_proxy": nowhere, "PATH": ""})
    assert one.process.wait(60) == 1
    assert "has to be fetched once" in one.said()
    assert "Is there a network?" in one.said()
    assert "Traceback" not in one.said()


def test_an_unknown_example_is_refused_before_anything_starts(up: Callable[..., Up]) -> None:
    one = up("--example", "atlantis")
    assert one.process.wait(60) == 1
    assert "There is no example 'atlantis'" in one.said()


def test_a_full_disk_is_noticed_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(NoSpaceError, match="free some space or choose another folder"):
        require_space(tmp_path / "not" / "there" / "yet", 2**60)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(up: Callable[..., Up], data: Path) -> None:
    data.write_text("a file where the folder should be")
    one = up()
    assert one.process.wait(60) == 1
    assert str(data) in one.said()
    assert "Traceback" not in one.said()
