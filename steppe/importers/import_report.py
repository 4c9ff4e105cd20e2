"""The report of an import: what was read, what becomes of it, what is refused, and what is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

_LISTED_MAX = 1_000
_KEY_LENGTH_MAX = 200
_PARTIES_MAX = 1_000_000


@dataclass(slots=True)
class Listing:
    """Entries of one sort: all are counted, the first thousand are kept."""

    count: int = 0
    entries: list[dict[str, Any]] = field(default_factory=list)

    def add(self, **entry: Any) -> None:
        self.count += 1
        if len(self.entries) < _LISTED_MAX:
            self.entries.append(entry)


class Tally(Counter[str]):
    """Counts by name; of a thousand names and more the rest are counted together, so that no file fills the memory."""

    def count(self, name: str, number: int = 1) -> None:
        name = name[:_KEY_LENGTH_MAX]
        self[name if name in self or len(self) < _LISTED_MAX else "others"] += number


@dataclass(slots=True)
class EditionReport:
    """What one edition holds and what becomes of it. Lines are those of the file, and count from 1.

    `read` counts what was read, by sort; `losses` count what the format has and Steppe does not keep, by field; `unsent` what was read and is no event, by reason.
    `refused` rows and `contradictions` name line, field and reason; `differences` are from the edition before, and `missing` are
    things that the edition before held and this one does not. `matches` count the projects by what they are for Steppe, where it
    was asked; `undecided` are those whose key belongs to another, of which nothing is sent until somebody says a key, and `alike`
    are new ones that may be others that there are; so are `parties_alike`.
    """

    edition: str
    files: list[str]
    read: Counter[str] = field(default_factory=Counter)
    projects: int = 0
    events: Counter[str] = field(default_factory=Counter)
    parties: set[str] = field(default_factory=set)
    refused: Listing = field(default_factory=Listing)
    contradictions: Listing = field(default_factory=Listing)
    warnings: Listing = field(default_factory=Listing)
    differences: Listing = field(default_factory=Listing)
    missing: Listing = field(default_factory=Listing)
    matches: Counter[str] = field(default_factory=Counter)
    undecided: Listing = field(default_factory=Listing)
    alike: Listing = field(default_factory=Listing)
    parties_known: int | None = None
    parties_alike: Listing = field(default_factory=Listing)
    losses: Tally = field(default_factory=Tally)
    unsent: Tally = field(default_factory=Tally)
    duplicates: int = 0
    unchanged: int = 0
    zeros: int = 0

    def refuse(self, line: int, where: str, reason: str) -> None:
        """A row, or an event of it, that is not sent."""
        self.refused.add(line=line, field=where, reason=reason)

    def name_parties(self, parties: Iterable[str]) -> None:
        """Parties of an event; beyond a million they are no longer told apart from those before."""
        if len(self.parties) < _PARTIES_MAX:
            self.parties.update(parties)

    def contradict(self, line: int, thing: str, message: str) -> None:
        """The source says two things that cannot both be so."""
        self.contradictions.add(line=line, thing=thing, message=message)

    def as_json(self) -> dict[str, Any]:
        """For programs: counters are sorted by name, parties are counted."""
        document: dict[str, Any] = {}
        for field_name in self.__slots__:
            match getattr(self, field_name):
                case Counter() as counted:
                    document[field_name] = dict(sorted(counted.items()))
                case set() as parties:
                    document[field_name] = len(parties)
                case Listing() as listing:
                    document[field_name] = {"count": listing.count, "entries": listing.entries}
                case value:
                    document[field_name] = value
        return document
