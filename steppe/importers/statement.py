"""What an importer reads out of a file: a thing with the statements that it makes of it, before an edition dates them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
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
    `alike` is the key without its number, where several rows may be told apart by nothing else.
    """

    key: str
    name: str
    data: Data
    line: int
    bounds: Bounds = Bounds.BETWEEN
    alike: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """A project (or party) as a source holds it, with all that the source says of it, its registration first.

    `key` is the source's own; `name` becomes the key of the project, or `kind_word` where the name has no letters. `stage` says
    how far it has come in the words of the source, higher is further: what a thing that went on no longer says is history,
    not wrong. `states` are the words for its parts, for formats that need those of the edition before. `subject` is that of its
    events where the source says it itself; then nothing needs to be registered, or it is no project.
    """

    key: str
    name: str
    kind_word: str
    line: int
    statements: tuple[Statement, ...]
    stage: int = 0
    states: Mapping[str, str] = field(default_factory=dict)
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier editions said of a thing. `sent` are the names of all statements ever sent and not taken back, by key, `data` what
    they say, `retracted` the keys of those that were taken back; `said` are the keys of those of the last edition, which may have been sent under another key when they were true
    for the second time. `edition` is the day of the last edition.
    """

    edition: str
    stage: int
    states: Mapping[str, str]
    sent: Mapping[str, str]
    retracted: Set[str]
    data: Mapping[str, Data]
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

    def begin(self) -> Format:
        """What reads the files of all editions once: itself, or where files build on earlier ones, one that remembers those."""

    def edition_of(self, file: Path) -> str | None:
        """The day of the edition, where the file tells it. Raises BadFileError."""

    def names(self, file: Path, report: EditionReport) -> Iterator[tuple[str, str, str]]:
        """Key, name and kind word of the things in file order, for formats whose things name each other; else nothing.

        All files of an edition are asked before `things` of the first.
        """

    def things(self, file: Path, edition: str, keys: Keys, report: EditionReport) -> Iterator[Thing]:
        """What the file holds, in bounded memory where the format allows it. Raises BadFileError before or between things."""

    def later(self, before: Before, now: Thing, edition: str, report: EditionReport) -> Later:
        """What the edition says of a thing that an earlier one held."""


def later_by_stage(before: Before, now: Thing) -> Later:
    """What the last edition said and this one does not is taken back, unless the thing went on to a later stage: then it is history.

    What was history by then stays so.
    """
    statements = _aligned(before, now.statements)
    said = {statement.key: before.said.get(statement.key, statement.key) for statement in statements}
    last = before.sent.keys() & set(before.said.values())
    gone = set() if now.stage > before.stage else last - set(said.values())
    return Later(statements, gone, said)


def _aligned(before: Before, statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Of rows that only a number tells apart each gets that of the row that said the same, and the others what is left."""
    aligned = list(statements)
    groups: dict[str, list[int]] = {}
    for index, statement in enumerate(statements):
        if statement.alike:
            groups.setdefault(statement.alike, []).append(index)
    for alike, indexes in groups.items():
        free = sorted(key for key in before.sent if _number_of(key, alike) is not None)
        rest = []
        for index in indexes:
            row = statements[index]
            same = next((key for key in free if (before.sent[key], before.data[key]) == (row.name, row.data)), None)
            if same is None:
                rest.append(index)
            else:
                free.remove(same)
                aligned[index] = replace(row, key=same)
        last = max((_number_of(key, alike) or 0 for key in before.sent), default=0)
        for index in rest:
            last += not free
            aligned[index] = replace(statements[index], key=free.pop(0) if free else f"{alike}/{last}")
    return tuple(aligned)


def _number_of(key: str, alike: str) -> int | None:
    start, _, number = key.rpartition("/")
    return int(number) if start == alike and number.isdecimal() else None


def resumed_instead_of_taken_back(later: Later, before: Before, now: Thing, edition: str) -> Later:
    """A suspension that the last edition told and this one does not was lifted since."""
    name = "project.suspended"
    suspension = before.said.get(name)
    if suspension is None or name in later.said:
        return later
    resumed = Statement(f"project.resumed/{edition}", "project.resumed", {}, now.line)
    return Later((*later.statements, resumed), later.taken_back - {suspension}, later.said)
