"""The addresses of the services: from the environment, else of the stack that runs here, else the default ports."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from steppe.environment import FILE, set_by_kubernetes, setting

_FOLDER = Path(".steppe")
_STACK_FILE = "stack.json"


class NoStackError(ValueError):
    """Nothing runs on that folder; the message says how to start it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Base URLs without a slash at the end, and what operators' commands need."""

    ingest: str
    api: str
    database: str | None
    kafka: str | None
    topic: str | None

    def into_environment(self) -> None:
        """For a program that reads its settings from there: broker and database, where they are not set."""
        for name, value in (("STEPPE_KAFKA", self.kafka), ("STEPPE_DATABASE", self.database)):
            if value is not None and not setting(name):
                os.environ[name] = value


def use_stack(folder: Path) -> None:
    """Set the addresses of the stack that runs on a folder in the environment, in the place of those there. Raises NoStackError."""
    running = _running_stack(folder)
    if not running:
        raise NoStackError(f"nothing runs on {folder}; start it with `steppe up --data {folder}`")
    for name in ("ingest", "api", "database", "kafka"):
        variable = f"STEPPE_{name.upper()}"
        os.environ[variable] = running[name]
        os.environ.pop(f"{variable}{FILE}", None)


def find() -> Addresses:
    """STEPPE_INGEST and STEPPE_API name whole URLs; STEPPE_HOST and the ports are understood, too."""
    running = _running_stack(_FOLDER)
    host = os.environ.get("STEPPE_HOST", "127.0.0.1")
    return Addresses(
        ingest=_address("STEPPE_INGEST", "STEPPE_INGEST_PORT", host, running.get("ingest"), "8001"),
        api=_address("STEPPE_API", "STEPPE_API_PORT", host, running.get("api"), "8000"),
        database=setting("STEPPE_DATABASE") or running.get("database"),
        kafka=setting("STEPPE_KAFKA") or running.get("kafka"),
        topic=os.environ.get("STEPPE_TOPIC"),
    )


def _address(url: str, port: str, host: str, running: str | None, default: str) -> str:
    named, number = os.environ.get(url), os.environ.get(port)
    if named:
        return named.rstrip("/")
    if number is not None and not set_by_kubernetes(port, number):
        return f"http://{host}:{number}"
    return running or f"http://{host}:{default}"


def _running_stack(folder: Path) -> dict[str, str]:
    file = folder / _STACK_FILE
    if not file.is_file() or not _held(folder / "lock"):
        return {}
    stack = json.loads(file.read_text(encoding="utf-8"))
    return {key: value for key, value in stack.items() if isinstance(value, str)}


def _held(lock: Path) -> bool:
    """Whether a running stack holds the lock. One that was killed leaves its file of addresses behind, but not its lock."""
    try:
        with lock.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
