"""Where things lie: the user's cache, the data folder with its lock and remembered values, and free loopback ports."""

import fcntl
import json
import os
import secrets
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from steppe.standalone.errors import AlreadyUpError, NoSpaceError

LOOPBACK = "127.0.0.1"
Say = Callable[[str], None]
_PORT_MIN, _PORT_END, _DRAWS = 20_000, 32_768, 50


def cache_folder() -> Path:
    """The user's cache, as the XDG base directory specification has it."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(root) if Path(root).is_absolute() else Path.home() / ".cache") / "steppe"


def require_space(folder: Path, bytes_min: int) -> None:
    """Refuse before anything is half written."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free < bytes_min:
        raise NoSpaceError(
            f"Only {free // 2**20} MB are free under {existing}, {bytes_min // 2**20} MB are needed: "
            "free some space or choose another folder (--data for the data, XDG_CACHE_HOME for the cache)."
        )


class DataFolder:
    """One folder, one stack: held by a lock that the system lets go of when its holder dies, in whatever way."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self._remembered = self.path / "remembered.json"
        self._stack = self.path / "stack.json"
        self._lock: IO[str] | None = None

    def hold(self) -> None:
        """Create the folder if need be and take its lock; AlreadyUpError if somebody has it."""
        self.logs.mkdir(parents=True, exist_ok=True)
        lock = (self.path / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise AlreadyUpError(
                f"{self.path} is in use by another `steppe up` (process {holder}): "
                "stop that one, or choose another folder with --data."
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock
        self.withdraw()  # of a stack that was killed

    def release(self) -> None:
        """Let the next one in; safe to call twice."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def recall(self, name: str) -> Any:
        """What an earlier start remembered under this name, else None."""
        if not self._remembered.exists():
            return None
        return json.loads(self._remembered.read_text()).get(name)

    def remember(self, name: str, value: Any) -> None:
        """Keep a JSON value for the next start; the file is whole at any moment and readable by its owner only."""
        values = json.loads(self._remembered.read_text()) if self._remembered.exists() else {}
        values[name] = value
        _write_whole(self._remembered, values)

    def announce(self, addresses: dict[str, Any]) -> None:
        """Let the commands that are run beside this folder find the stack; readable by its owner only."""
        _write_whole(self._stack, addresses)

    def withdraw(self) -> None:
        """The stack is no longer there to be found; safe to call twice. Does nothing to a folder that another one holds."""
        if self._lock is not None:
            self._stack.unlink(missing_ok=True)

    def port(self, name: str, say: Say, *, wanted: int | None = None, default: int = 0) -> int:
        """The port that was asked for, else that of last time, else the default, if it is free; else another, and that
        is said. 0 means any.
        """
        key = f"port.{name}"
        preferred = wanted or self.recall(key) or (default if wanted is None else 0)
        port = free_port(preferred)
        if preferred and port != preferred:
            say(f"Port {preferred} is taken, {name} listens on {port} instead.")
        self.remember(key, port)
        return port


def _write_whole(path: Path, values: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(values, indent=1))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def free_port(preferred: int) -> int:
    """The preferred port if it can be bound on loopback, else any free one.

    Any: below the ports that systems hand out by themselves, where a client that tries a server which is away cannot take the
    server's own port meanwhile.
    """
    drawn = (_PORT_MIN + secrets.randbelow(_PORT_END - _PORT_MIN) for _ in range(_DRAWS))
    for candidate in (*([preferred] if preferred else []), *drawn, 0):
        with socket.socket() as probe:
            # As the servers do: a port whose last connections are in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, candidate))
            except OSError:
                if candidate == 0:
                    raise
                continue
            return int(probe.getsockname()[1])
    raise AssertionError("the loop returns or raises")
