"""A wrong address of database or broker is a sentence: which setting, what is wrong, what to do; no traceback, no password."""

from __future__ import annotations

import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.database.connection import DatabaseUnreachableError
from steppe.database.settings import DatabaseAddressError, checked
from steppe.log.broker_address import KafkaAddressError, parse
from steppe.settings import masked
from tests.stack import Database, Stack

pytestmark = pytest.mark.filterwarnings("ignore:.*found in sys.modules.*:RuntimeWarning")
_HIDDEN = "hidden-word"
_DATABASE = f"postgresql://nobody:{_HIDDEN}@127.0.0.1:1/nowhere"
_KAFKA = "127.0.0.1:1"
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "migrate": ("steppe.cli", "migrate"),
    "backup": ("steppe.cli", "backup", "nothing.zip"),
    "quarantine list": ("steppe.cli", "quarantine", "list"),
    "quarantine skip": ("services.projector.quarantine", "skip", "0:0", "--reason", "x"),
    "rules use": ("steppe.cli", "rules", "use", "2026-2", "--yes"),
    "verify": ("services.projector.commands.verify",),
    "rebuild": ("services.projector.rebuild", "--workers", "1"),
    "rebuild --status": ("services.projector.rebuild", "--status"),
    "log adopt": ("services.projector.commands.adopt_log", "--reason", "x", "--yes"),
}
_READS_LOG = ("migrate", "backup", "verify", "rebuild", "log adopt")
_NO_ADDRESS_OF_DATABASE: Mapping[str, str] = {
    f"postgresql://nobody:{_HIDDEN}@127.0.0.1:many/x": "the port is no number from 1 to 65535",
    f"postgresql://nobody:{_HIDDEN}@127.0.0.1:99999/x": "the port is no number from 1 to 65535",
    f"postgresql://nobody:{_HIDDEN}@[::1]:0/x": "the port is no number from 1 to 65535",
    f"postgresql://nobody:{_HIDDEN}@[::1/x": "the host cannot be read",
    f"mysql://nobody:{_HIDDEN}@127.0.0.1/x": "what stands before :// is no way to Postgres",
    f"postgresql://nobody:x#{_HIDDEN}@127.0.0.1/x": "percent-encode / # ? @",
    f"postgresql://nobody:x/{_HIDDEN}@127.0.0.1/x": "percent-encode / # ? @",
    f"postgresql://127.0.0.1/x?password=x&{_HIDDEN}": "the options after the ? are not name=value",
    "postgresql://127.0.0.1/x?target_session_attrs=writable": "target_session_attrs is none of any, primary, standby",
    f"host=127.0.0.1 password={_HIDDEN}": "that is no address of a database",
}
_NO_ADDRESS_OF_BROKER: Mapping[str, str] = {
    "127.0.0.1:many": "the port is no number from 1 to 65535",
    "127.0.0.1:9092,127.0.0.1:99999": "the port is no number from 1 to 65535",
    "[::1]:0": "the port is no number from 1 to 65535",
    f"http://nobody:{_HIDDEN}@127.0.0.1:9092": "what stands before :// is no way to Kafka",
    f"bootstrap.servers=127.0.0.1 password={_HIDDEN}": "there is no host where one belongs",
    "tls://": "there is no host where one belongs",
    f"sasl+plain://nobody:{_HIDDEN}@:9092": "there is no host where one belongs",
    f"sasl+plain://nobody:{_HIDDEN}@127.0.0.1:9092?mechanism=GSSAPI": "this mechanism is not known",
    f"sasl+plain://nobody:x?{_HIDDEN}@127.0.0.1:9092": "percent-encode / # ? @",
    "tls://127.0.0.1:9092?cipher=x": "cipher is not known after the ?; there are ca, cert, key, mechanism",
    f"tls://127.0.0.1:9092?{_HIDDEN}=x": "what is no name of an option is not known after the ?",
    "sasl+tls://127.0.0.1:9092": "user:password@ belongs to",
    "tls://127.0.0.1:9092?ca=/nowhere/ca.pem": "the certificates cannot be read",
}


# Words that no message has of itself, between what has a meaning in an address.
_words = st.text("QXZ7", min_size=3, max_size=6)
_passwords = st.lists(
    _words | st.sampled_from(["/", "#", "?", "@", ":", "://", "[", "]", "&", "=", "?mechanism=", ","]), max_size=9
)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[_Said]:
    """Runs a command in this process, as `python -m` would, and gives its exit code and what it says."""
    monkeypatch.chdir(tmp_path)
    yield _Said(monkeypatch, capsys)


class _Said:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, command: str, *, database: str = _DATABASE, kafka: str = _KAFKA, topic: str = "t") -> str:
        """What it says, in one line; after the exit code."""
        module, *arguments = _COMMANDS[command]
        for name, value in (("DATABASE", database), ("KAFKA", kafka), ("TOPIC", topic)):
            self._monkeypatch.setenv(f"STEPPE_{name}", value)
        self._monkeypatch.setattr(sys, "argv", [module, *arguments])
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(module, run_name="__main__")
        printed = self._capsys.readouterr().err.strip()
        assert "\n" not in printed and "Traceback" not in printed
        assert _HIDDEN not in printed
        return f"{ended.value.code} {printed}"


@pytest.mark.parametrize("address", _NO_ADDRESS_OF_DATABASE)
@pytest.mark.parametrize("command", _COMMANDS)
def test_what_is_no_address_of_a_database_is_named(said: _Said, command: str, address: str) -> None:
    sentence = said(command, database=address)
    assert sentence.startswith("2 ") and "STEPPE_DATABASE" in sentence
    assert _NO_ADDRESS_OF_DATABASE[address] in sentence and "write it like postgresql://" in sentence


@pytest.mark.parametrize("address", _NO_ADDRESS_OF_BROKER)
@pytest.mark.parametrize("command", _READS_LOG)
def test_what_is_no_address_of_a_broker_is_named(said: _Said, command: str, address: str) -> None:
    sentence = said(command, kafka=address)
    assert sentence.startswith("2 ") and "STEPPE_KAFKA" in sentence
    assert _NO_ADDRESS_OF_BROKER[address] in sentence


@given(_passwords, st.sampled_from(["postgresql", "mysql", ""]))
def test_no_piece_of_a_password_is_in_what_is_said_of_an_address_of_a_database(pieces: list[str], scheme: str) -> None:
    address = f"{scheme}{'://' if scheme else ''}nobody:{''.join(pieces)}@h:9/x"
    said = masked(address)
    try:
        said += DatabaseUnreachableError(checked(address), OSError("refused")).place
    except DatabaseAddressError as error:
        said += str(error)
    assert not [piece for piece in pieces if len(piece) > 2 and set(piece) <= set("QXZ7") and piece in said], said


@given(_passwords, st.sampled_from(["sasl+plain", "sasl+tls", "tls", "http", ""]))
def test_no_piece_of_a_password_is_in_what_is_said_of_an_address_of_a_broker(pieces: list[str], scheme: str) -> None:
    address = f"{scheme}{'://' if scheme else ''}nobody:{''.join(pieces)}@h:9"
    said = masked(address)
    try:
        said += parse(address).shown
    except KafkaAddressError as error:
        said += str(error)
    assert not [piece for piece in pieces if len(piece) > 2 and set(piece) <= set("QXZ7") and piece in said], said


@pytest.mark.parametrize("command", _COMMANDS)
def test_a_database_that_is_not_there_is_named_with_its_place(said: _Said, command: str) -> None:
    assert said(command) == (
        "1 The database of STEPPE_DATABASE, 127.0.0.1:1, does not answer: connection refused."
        " Start it, or correct the address."
    )


@pytest.mark.parametrize("command", _COMMANDS)
def test_a_database_that_does_not_let_in_is_named(said: _Said, command: str, database: Database, stack: Stack) -> None:
    parts = urlsplit(database.projector)
    place = parts.netloc.rpartition("@")[2]
    wrong = urlunsplit(parts._replace(netloc=f"projector:{_HIDDEN}@{place}"))
    assert f"The database of STEPPE_DATABASE, {place}, does not let this user in" in said(
        command, database=wrong, kafka=stack.kafka
    )
    nowhere = urlunsplit(parts._replace(path="/nowhere"))
    assert f"The database of STEPPE_DATABASE, {place}, has none of that name" in said(
        command, database=nowhere, kafka=stack.kafka
    )


@pytest.mark.parametrize("command", _READS_LOG)
def test_a_broker_that_is_not_there_or_speaks_otherwise_is_named(
    said: _Said, command: str, database: Database, stack: Stack, topic: str
) -> None:
    owner = database.owner if command == "migrate" else database.projector
    server = stack.kafka.split(",")[0]
    for address, because in (
        (_KAFKA, "does not answer: "),
        (f"tls://{server}", "does not answer: "),
        (f"sasl+plain://nobody:{_HIDDEN}@{server}", " STEPPE_KAFKA "),
    ):
        sentence = said(command, database=owner, kafka=address, topic=topic)
        assert sentence.startswith("1 The broker of STEPPE_KAFKA") and because in sentence, sentence


@pytest.mark.parametrize(
    "arguments", [("backtest", "--set", "memorandum-only.stagnant=18"), ("verify",), ("rebuild",)], ids=" ".join
)
def test_ctrl_c_ends_a_command_in_one_line_at_most(arguments: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        port = silent.getsockname()[1]
        addresses = {
            "STEPPE_API": f"http://127.0.0.1:{port}",
            "STEPPE_DATABASE": f"postgresql://nobody:{_HIDDEN}@127.0.0.1:{port}/nowhere",
            "STEPPE_KAFKA": _KAFKA,
        }
        command = subprocess.Popen(
            [sys.executable, "-m", "steppe.program", "steppe.cli", *arguments],
            env={**os.environ, **addresses}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        connection, _ = silent.accept()  # it waits for an answer now
        with connection:
            command.send_signal(signal.SIGINT)
            printed, said = command.communicate(timeout=60)
    assert (command.returncode, printed) == (130, "")
    assert said.strip().splitlines() in ([], ["Stopped."])


def test_ctrl_c_while_a_program_is_still_imported_ends_it_in_one_line(tmp_path: Path) -> None:
    command = _start(tmp_path, "import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=60)
    assert (command.returncode, said) == (130, "Stopped.\n")


_LEAVES_AN_ERROR = """
import asyncio

async def wait():
    print("ready", flush=True)
    try:
        await asyncio.sleep(SECONDS)
    finally:
        asyncio.get_running_loop().create_future().set_exception(OSError("nobody asked"))
        await asyncio.sleep(0)

asyncio.run(wait())
"""


def test_what_ctrl_c_broke_off_is_not_reported_and_an_error_without_it_is(tmp_path: Path) -> None:
    command = _start(tmp_path, _LEAVES_AN_ERROR.replace("SECONDS", "60"))
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=60)
    assert (command.returncode, said) == (130, "Stopped.\n")

    command = _start(tmp_path, _LEAVES_AN_ERROR.replace("SECONDS", "0"))
    _, said = command.communicate(timeout=60)
    assert command.returncode == 0 and "Future exception was never retrieved" in said


def _start(folder: Path, program: str) -> subprocess.Popen[str]:
    """Once it has printed that it is ready."""
    (folder / "slow_program.py").write_text(program)
    command = subprocess.Popen(
        [sys.executable, "-m", "steppe.program", "slow_program"],
        env={**os.environ, "PYTHONPATH": f"{folder}:{Path(__file__).parent.parent}"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert command.stdout is not None and command.stdout.readline() == "ready\n"
    return command
