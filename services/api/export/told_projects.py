"""Projects with their events as formats of the field tell them: states of a day, events as corrected, names, ids. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import msgspec

from services.api.export.event_lines import named_subjects
from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row
from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event, Party
from steppe.domain.values.states import ProjectState, RegisterId

IATI_SCHEME = "iati"
_ids = msgspec.json.Decoder(list[RegisterId]).decode


class Mentioned(NamedTuple):
    """Keys that events name."""

    parties: list[str]
    programmes: list[str]


class ToldProject(NamedTuple):
    """A project on a day, with the events that had occurred by then, in the order of the fold. `stated_elsewhere` as for the sums of
    money."""

    state: ProjectState
    events: Sequence[Event]
    stated_elsewhere: frozenset[Identity]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProjects:
    """Rows of projects on a day and of all their events. `documents`: of what these are part of, wherever. `ids` are JSON."""

    rows: Sequence[Row]
    events: Sequence[Row]
    documents: Sequence[Row]
    knowledge: Knowledge | None
    as_of: date
    names: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)

    def mentioned(self) -> Mentioned:
        """Whom the events name, with their parties, and through which programmes money comes."""
        parties, programmes = set[str](), set[str]()
        for row in self.events:
            parties |= named_subjects(row["raw"], row["headers"]).parties
            if '"programme"' in row["raw"]:
                programme = msgspec.json.decode(row["raw"]).get("data", {}).get("programme")
                programmes |= {programme} if isinstance(programme, str) else set()
        return Mentioned(sorted(parties), sorted(programmes))

    def told(self) -> Iterator[ToldProject]:
        """The projects, in the order of their rows."""
        by_subject: dict[str, list[Event]] = {}
        for row in self.events:
            event = row_decoding.event(row)
            if event is not None:
                by_subject.setdefault(row["subject"], []).append(event)
        for row in self.rows:
            key = row["project"]
            corrected = read_as_known(by_subject.get(key, ()), self.knowledge).events
            occurred = [event for event in corrected if event.latest <= self.as_of]
            elsewhere = ((named["source"], named["id"]) for named in self.documents if named["subject"] != key)
            yield ToldProject(
                row_decoding.project(row), sorted(occurred, key=lambda event: event.order), frozenset(elsewhere)
            )

    def name_of(self, party: Party) -> str:
        """The registered name of a party, else as its event names it, else its key."""
        return self.names.get(party.party) or party.name or party.party

    def iati_identifier(self, project: str) -> str:
        """That of a programme."""
        return iati_identifier(project, _ids(self.ids.get(project) or "[]"))


def iati_identifier(project: str, ids: Sequence[RegisterId]) -> str:
    """The identifier under which a project is known in IATI, else one of our own."""
    return next((own.id for own in ids if own.scheme == IATI_SCHEME), f"STEPPE-{project}")
