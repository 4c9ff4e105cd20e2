"""`python -m steppe.standalone`, which `steppe up` runs: the entry point, its options, signals and what people see.

Progress goes to stderr. On stdout come the addresses, as one line of JSON with --json, and nothing before them.
"""

import errno
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from steppe.database.apply_migrations import MigrationError
from steppe.environment import set_by_kubernetes
from steppe.standalone import example
from steppe.standalone.errors import StackError
from steppe.standalone.places import DataFolder
from steppe.standalone.stack import Addresses, Standalone
from steppe.terminal.options import application

_LOOK_EVERY_SECONDS = 0.2
_PORT_MAX = 65535


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM or SIGHUP."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Screen:
    """What people see while it starts: a turning wheel on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        began = time.monotonic()
        with self._console.status(f"{text} …"):
            yield
        self._console.print(f"  [green]✓[/green] {text} [dim]({time.monotonic() - began:.1f} s)[/dim]")


def command(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Where the data live.")] = Path(".steppe"),
    ingest_port: Annotated[
        int | None,
        typer.Option(min=0, max=_PORT_MAX, help="0: any free one.", show_default="8001, or as last time"),
    ] = None,
    api_port: Annotated[
        int | None,
        typer.Option(min=0, max=_PORT_MAX, help="0: any free one.", show_default="8000, or as last time"),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop again when everything was ready and shown.")] = False,
    examples: Annotated[
        str | None,
        typer.Option("--example", metavar="NAME", help="Send examples/NAME and show what has stayed at memoranda."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON with all addresses when everything is ready.")
    ] = False,
) -> None:
    """Start broker, database and services on this machine, without Docker, and stop them all at Ctrl-C; the data stay.

    Other commands find what runs on .steppe by themselves, and what runs elsewhere by --data.

    Example: steppe up --example central-asia
    """
    ports = {"STEPPE_INGEST_PORT": ingest_port, "STEPPE_API_PORT": api_port}
    ingest, api = (_port_of(variable) if port is None else port for variable, port in ports.items())
    raise typer.Exit(_run(DataFolder(data), ingest, api, examples, once=once, as_json=as_json))


def _run(
    data: DataFolder, ingest_port: int | None, api_port: int | None, examples: str | None, *, once: bool, as_json: bool
) -> int:
    """Run until asked to stop. Exit codes: 0 done, 1 the stack failed, 128+n stopped before it was up."""
    screen = Screen()
    stack = Standalone(data, ingest_port=ingest_port, api_port=api_port, say=screen.say, step=screen.step)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _request_stop)
    up = False
    try:
        files = example.files_of(examples) if examples else []
        _log_to(data)
        addresses = stack.start()
        if files:
            example.send(files, addresses)
            with screen.step("The read models have caught up"):
                example.wait_until_caught_up(addresses, stack.tick)
        up = True  # before the addresses are told: whoever reads them may stop it at once
        _show(addresses, as_json=as_json, with_flags=bool(files))
        if not once:
            screen.say("Up. Ctrl-C stops everything; the data stay.")
            while True:
                time.sleep(_LOOK_EVERY_SECONDS)
                stack.tick()
    except StopRequested as request:
        return 0 if up else 128 + request.number
    except (StackError, MigrationError) as error:
        screen.say(str(error))
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise
        screen.say(_sentence(error, data))
        return 1
    finally:
        # A second Ctrl-C must not leave half of it running; every stop below has a limit.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        with screen.step("Stopped"):
            stack.stop()
    return 0


def _port_of(variable: str) -> int | None:
    value = os.environ.get(variable)
    if value is None or set_by_kubernetes(variable, value):
        return None
    if not value.isdigit() or int(value) > _PORT_MAX:
        raise typer.BadParameter(f"{value!r} is not a port: give a number from 0 to {_PORT_MAX}", param_hint=variable)
    return int(value)


def _request_stop(number: int, _: FrameType | None) -> None:
    raise StopRequested(number)


def _log_to(data: DataFolder) -> None:
    """The libraries' own messages go to a file: a broker that is still starting makes clients complain."""
    data.logs.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=data.logs / "up.log", level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )


def _show(addresses: Addresses, *, as_json: bool, with_flags: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(addresses.as_json()) + "\n")
        sys.stdout.flush()
        return
    if with_flags:
        example.print_flags(addresses)
    rows = {
        "page": addresses.page,
        "API": addresses.docs,
        "ingest": f"{addresses.ingest}/docs",
        "Kafka": addresses.kafka,
        "Postgres": addresses.database,
        "data, logs": addresses.data,
    }
    sys.stdout.write("".join(f"{name:<11}{value}\n" for name, value in rows.items()))
    sys.stdout.flush()


def _sentence(error: OSError, data: DataFolder) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"No space is left for {error.filename or data.path}: free some, or choose another folder with --data."
    return f"{error.filename or data.path} cannot be written ({error.strerror}): choose another folder with --data."


if __name__ == "__main__":
    application(command)(prog_name="steppe up")
