"""Projects with their events as formats of the field have them: states of a day, events as corrected, names, ids. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec

from services.api.export.event_lines import named_subjects
from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row
from steppe.domain.analysis.money import MoneyRow, money_rows
from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event, Party
from steppe.domain.events.vocabulary import PURSUING_ROLES
from steppe.domain.values.states import DealState, ProjectState, RegisterId

IATI_SCHEME = "iati"
_ids = msgspec.json.Decoder(list[RegisterId]).decode


class Mentioned(NamedTuple):
    """Keys that events name."""

    parties: list[str]
    programmes: list[str]


class ProjectHistory(NamedTuple):
    """A project on a day with its deals, and with the events that had occurred by then, in the order of the fold. `stated_elsewhere`
    as for the sums of money."""

    state: ProjectState
    events: Sequence[Event]
    deals: Sequence[DealState]
    stated_elsewhere: frozenset[Identity]

    def amounts(self) -> Iterator[tuple[MoneyRow, Decimal]]:
        """The events whose amounts are summed, each with what it adds to its sum: a total the difference, what is taken off less
        than nothing."""
        sums: dict[tuple[str, str, str, str], Decimal] = {}
        for row in money_rows(self.events, self.stated_elsewhere):
            key = (row.event.deal or "", row.leg, row.currency, row.of)
            so_far = sums.get(key, Decimal(0))
            sums[key] = after = row.added_to(so_far)
            if after != so_far:
                yield row, after - so_far

    def named(self, name: str) -> list[Event]:
        """The events of a name."""
        return [event for event in self.events if event.kind.name == name]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProjects:
    """Rows of projects and their deals on a day, and of all their events. `documents`: of what these are part of, wherever. `ids` are JSON."""

    rows: Sequence[Row]
    deals: Sequence[Row]
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

    def histories(self) -> Iterator[ProjectHistory]:
        """The projects, in the order of their rows."""
        by_subject: dict[str, list[Event]] = {}
        for row in self.events:
            event = row_decoding.event(row)
            if event is not None:
                by_subject.setdefault(row["subject"], []).append(event)
        deals: dict[str, list[DealState]] = {}
        for row in self.deals:
            deals.setdefault(row["project"], []).append(row_decoding.deal(row))
        for row in self.rows:
            key = row["project"]
            corrected = read_as_known(by_subject.get(key, ()), self.knowledge).events
            occurred = [event for event in corrected if event.latest <= self.as_of]
            elsewhere = ((named["source"], named["id"]) for named in self.documents if named["subject"] != key)
            yield ProjectHistory(
                state=row_decoding.project(row),
                events=sorted(occurred, key=lambda event: event.order),
                deals=deals.get(key, ()),
                stated_elsewhere=frozenset(elsewhere),
            )

    def name_of(self, party: Party) -> str:
        """The registered name of a party, else as its event names it, else its key."""
        return self.names.get(party.party) or party.name or party.party

    def iati_identifier(self, project: str) -> str:
        """That of a programme."""
        return iati_identifier(project, _ids(self.ids.get(project) or "[]"))


def giver_of(event: Event) -> Party | None:
    """The first party that pursues, by role."""
    return next((party for role in PURSUING_ROLES for party in event.parties if party.role == role), None)


def first_of_role(event: Event, role: str) -> Party | None:
    """The first party of a role."""
    return next((party for party in event.parties if party.role == role), None)


def iati_identifier(project: str, ids: Sequence[RegisterId]) -> str:
    """The identifier under which a project is known in IATI, else one of our own."""
    return next((own.id for own in ids if own.scheme == IATI_SCHEME), f"STEPPE-{project}")
