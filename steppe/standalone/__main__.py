"""`python -m steppe.standalone`, which `steppe up` runs: the entry point, its options, signals and what people see.

Progress goes to stderr. On stdout come the addresses, as one line of JSON with --json, and nothing before them.
"""

import argparse
import errno
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console

from steppe.database.apply_migrations import MigrationError
from steppe.environment import set_by_kubernetes
from steppe.standalone import example
from steppe.standalone.errors import StackError
from steppe.standalone.places import DataFolder
from steppe.standalone.stack import Addresses, Standalone

_LOOK_EVERY_SECONDS = 0.2


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until asked to stop. Exit codes: 0 done, 1 the stack failed, 2 used wrongly, 128+n stopped before it was up."""
    options = _parser().parse_args(arguments)
    screen = Screen()
    data = DataFolder(options.data)
    stack = Standalone(
        data, ingest_port=options.ingest_port, api_port=options.api_port, say=screen.say, step=screen.step
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _request_stop)
    up = False
    try:
        files = example.files_of(options.example) if options.example else []
        _log_to(data)
        addresses = stack.start()
        if files:
            example.send(files, addresses)
            with screen.step("The read models have caught up"):
                example.wait_until_caught_up(addresses, stack.tick)
        up = True  # before the addresses are told: whoever reads them may stop it at once
        _show(addresses, as_json=options.json, with_flags=bool(files))
        if not options.once:
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="steppe up", description="The whole system on this machine, without Docker.")
    parser.add_argument("--data", type=Path, default=Path(".steppe"), help="where the data live (default: .steppe)")
    parser.add_argument(
        "--ingest-port",
        type=_port,
        default=_port_of("STEPPE_INGEST_PORT"),
        help="0: any free one (default: 8001, or as last time)",
    )
    parser.add_argument(
        "--api-port",
        type=_port,
        default=_port_of("STEPPE_API_PORT"),
        help="0: any free one (default: 8000, or as last time)",
    )
    parser.add_argument(
        "--json", action="store_true", help="one line of JSON with all addresses when everything is ready"
    )
    parser.add_argument("--once", action="store_true", help="stop again when everything was ready and shown")
    parser.add_argument("--example", metavar="NAME", help="send examples/NAME and show what has stayed at memoranda")
    return parser


def _port_of(variable: str) -> str | None:
    value = os.environ.get(variable)
    return None if value is None or set_by_kubernetes(variable, value) else value


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return int(text)


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
    sys.exit(main())
