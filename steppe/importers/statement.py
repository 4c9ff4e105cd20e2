"""What an importer reads out of a file: a thing with the statements that it makes of it, before an edition dates them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from steppe.importers.import_report import EditionReport

Data = dict[str, Any]


class Bounds(Enum):
    """Between which days that an edition bounds something occurred, which the edition before did not say.

    BETWEEN the edition before and this one, both included; on any day BEFORE this one, where no edition before held what it is
    about; SINCE the day after the edition before, where that said the opposite: on its own day it was not so.
    """

    BETWEEN = "between"
    BEFORE = "before"
    SINCE = "since"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a row says, as an event of `name`.

    `key` is the same in every edition and unique within its thing: the event's id is made of it. `data` has no `reported`, and no
    `occurred` where only the edition bounds the day: then `bounds` says how it does in an edition that is not the first.
    """

    key: str
    name: str
    data: Data
    line: int
    bounds: Bounds = Bounds.BETWEEN


@dataclass(frozen=True, slots=True)
class Thing:
    """A project as a source holds it, with all that the source says of it, its registration first.

    `key` is the source's own; `name` becomes the key of the project, or `kind_word` where the name has no letters. `stage` says
    how far it has come in the words of the source, higher is further: what a thing that went on no longer says is history,
    not wrong. `states` are the words for its parts, for formats that need those of the edition before.
    """

    key: str
    name: str
    kind_word: str
    line: int
    statements: tuple[Statement, ...]
    stage: int = 0
    states: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier editions said of a thing. `sent` are the keys of all statements ever sent, `said` those of the last edition,
    which may have been sent under another key when they were true for the second time.
    """

    stage: int
    states: Mapping[str, str]
    sent: Mapping[str, str]
    said: Mapping[str, str]
    registration: Data


@dataclass(frozen=True, slots=True)
class Later:
    """What a later edition says of a thing: its statements, and the keys of those that it takes back."""

    statements: tuple[Statement, ...]
    taken_back: Set[str]
    said: Mapping[str, str]


class Keys(Protocol):
    """The keys of projects that the things of a file have."""

    def of(self, thing: str) -> str | None:
        """The project's key; None where no file of the edition holds the thing."""


class Format(Protocol):
    """One format: how its files are read, and what became of a thing between two editions."""

    @property
    def name(self) -> str:
        """As `steppe import` and reports call it."""

    @property
    def source(self) -> str:
        """The `source` of its events, unless somebody says another."""

    def edition_of(self, file: Path) -> str | None:
        """The day of the edition, where the file tells it. Raises BadFileError."""

    def names(self, file: Path, report: EditionReport) -> Iterator[tuple[str, str, str]]:
        """Key, name and kind word of the things in file order, for formats whose things name each other; else nothing."""

    def things(self, file: Path, edition: str, keys: Keys, report: EditionReport) -> Iterator[Thing]:
        """What the file holds, in bounded memory where the format allows it. Raises BadFileError before or between things."""

    def later(self, before: Before, now: Thing, edition: str, report: EditionReport) -> Later:
        """What the edition says of a thing that an earlier one held."""


def later_by_stage(before: Before, now: Thing) -> Later:
    """What is said no longer is taken back, unless the thing went on to a later stage: then it is history."""
    said = {statement.key: before.said.get(statement.key, statement.key) for statement in now.statements}
    gone = set() if now.stage > before.stage else before.sent.keys() - set(said.values())
    return Later(now.statements, gone, said)


def resumed_instead_of_taken_back(later: Later, before: Before, now: Thing, edition: str) -> Later:
    """A suspension that the last edition told and this one does not was lifted since."""
    name = "project.suspended"
    told = before.said.get(name)
    if told is None or name in later.said:
        return later
    resumed = Statement(f"project.resumed/{edition}", "project.resumed", {}, now.line)
    return Later((*later.statements, resumed), later.taken_back - {told}, later.said)
