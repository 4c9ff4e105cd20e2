"""What earlier editions said, on disk while an import runs: things are many, and each is asked for once an edition."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import msgspec
from msgspec import Struct

_SCHEMA = "CREATE TABLE thing (key TEXT PRIMARY KEY, edition INTEGER NOT NULL, state BLOB NOT NULL) WITHOUT ROWID"


class Sent(Struct):
    """A statement that became an event. `data` is as the statement had it; `retraction` is the id of what took it back."""

    id: str
    name: str
    data: dict[str, Any]
    retraction: str | None = None


class ThingState(Struct):
    """All that was sent of a thing, by key of the statement, and what its last edition said."""

    project: str
    name: str
    stage: int
    states: dict[str, str]
    sent: dict[str, Sent]
    said: dict[str, str]


class EditionMemory:
    """The states of things by key, in a temporary file that goes away when it is closed."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # "": a file of its own, deleted at the end
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(_SCHEMA)
        self._read = msgspec.json.Decoder(ThingState).decode

    def __enter__(self) -> EditionMemory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def get(self, thing: str) -> ThingState | None:
        """The state of a thing, or None if no edition held it."""
        row = self._database.execute("SELECT state FROM thing WHERE key = ?", (thing,)).fetchone()
        return None if row is None else self._read(row[0])

    def put(self, thing: str, state: ThingState, edition: int) -> None:
        """Remember the state of a thing that the edition of this number held."""
        self._database.execute(
            "INSERT OR REPLACE INTO thing VALUES (?, ?, ?)", (thing, edition, msgspec.json.encode(state))
        )

    def last_held_in(self, edition: int) -> Iterator[tuple[str, ThingState]]:
        """The things that no later edition than this held, by key."""
        rows = self._database.execute("SELECT key, state FROM thing WHERE edition = ? ORDER BY key", (edition,))
        return ((key, self._read(state)) for key, state in rows)
