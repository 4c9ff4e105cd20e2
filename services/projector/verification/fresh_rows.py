"""The rows that follow from the records of some subjects, by a fold of its own, and what their markets do to projects.

How a subject is stopped before the first record with which its fold raises, and how the rows of a subject are put together, is on purpose not
shared with the projector: what both had from one function, a comparison could not find wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.projector.projection import decode
from services.projector.projection import event_rows as record_rows
from services.projector.projection.batches import Record
from services.projector.projection.decode import StoredEvent
from services.projector.projection.deduplicate import ClassifiedBatch, classify
from services.projector.projection.quarantine_entries import RecordId, Skips
from services.projector.verification.record_spool import Contending
from steppe.database.read_model import market_rows, projection_rows, registry_rows
from steppe.database.read_model.projection_rows import Row
from steppe.domain.analysis.portfolio import FORUM_PREFIX, PARTY_PREFIX
from steppe.domain.events.corrections import apply_corrections
from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import fold_history
from steppe.domain.fold.looks import looks_of
from steppe.domain.markets.groups import Groups
from steppe.domain.markets.standings import RivalCrossing, contenders_of, rival_crossings, standing_of
from steppe.domain.rules.thresholds import Rules


@dataclass(slots=True)
class FreshRows:
    """What follows from the records of some subjects, but for what markets do to projects: rows by table, parties with the events of each,
    projects as they stand in their markets, with what others see of them, and the events of projects that count.
    """

    rows: dict[str, list[Row]]
    parties: dict[str, Sequence[Event]] = field(default_factory=dict)
    standings: list[tuple[Contending, list[RivalCrossing]]] = field(default_factory=list)
    project_events: list[Event] = field(default_factory=list)


class Namings:
    """Of every party the name and the country that the first event gives which gives one. Grows with the parties alone."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], tuple[Any, str]] = {}

    def add(self, events: Iterable[Event]) -> None:
        """Take in the events of projects, in any order."""
        for event in events:
            order = (event.known, event.recorded, event.source, event.id, event.subject)
            for party in event.parties:
                for said, value in (("name", party.name), ("country", party.country)):
                    key = (party.party, said)
                    if value is not None and (key not in self._first or order < self._first[key][0]):
                        self._first[key] = (order, value)

    def parties(self) -> list[str]:
        """Who is named, or whose country is, in order."""
        return sorted({party for party, _ in self._first})

    def stand_in(self, party: str) -> Row:
        """The row of one of these that nobody registered."""
        name, country = (self._first.get((party, said), (None, None))[1] for said in ("name", "country"))
        return registry_rows.stand_in(party, name, country)


def fresh_rows(
    records: Iterable[Record],
    partitions: int,
    rules: Rules,
    groups: Groups,
    skips: Skips | None = None,
    stops: Mapping[RecordId, str] | None = None,
) -> FreshRows:
    """What follows from all records of some subjects, in log order within each partition.

    `stops`: where the read model says that a subject could not be folded any more. `groups` are those of all parties, where the subjects
    are projects.
    """
    classified = classify([decode.decode_record(record, partitions) for record in records], skips=skips)
    _stop_where_stored(classified, stops or {}, rules)
    try:
        return _rows_from(classified, rules, groups)
    except Exception:  # of one subject at least
        _stop_where_fold_raises(classified, rules)
        return _rows_from(classified, rules, groups)


def _rows_from(classified: ClassifiedBatch, rules: Rules, groups: Groups) -> FreshRows:
    made = projection_rows.ProjectRows()
    fresh = FreshRows({
        "event": [record_rows.event_row(stored) for stored in classified.new],
        "conflict": [record_rows.conflict_row(stored) for stored in classified.conflicts],
        "quarantine": [record_rows.quarantine_row(entry)[:-1] for entry in classified.quarantined],
        "parked": [], "party_span": [], "forum": [], "crossing": [],
    })  # fmt: skip
    for subject, known in classified.foldable().items():
        if not known:
            continue
        events = [stored.event for stored in known if stored.event is not None]
        corrected = apply_corrections(events)
        last = max(known, key=lambda stored: stored.record.offset).record
        waiting = sum(reading.state == "parked" for reading in corrected.by_identity.values())
        fresh.rows["parked"] += [(subject, last.partition, waiting)] if waiting else []
        if subject.startswith(PARTY_PREFIX):
            party = subject.removeprefix(PARTY_PREFIX)
            fresh.parties[party] = corrected.events
            fresh.rows["party_span"] += registry_rows.party_spans(party, corrected.events)
        elif subject.startswith(FORUM_PREFIX):
            fresh.rows["forum"] += registry_rows.forum_rows(subject.removeprefix(FORUM_PREFIX), corrected.events)
        else:
            history = fold_history(subject, corrected.events, rules, looks_of(events))
            last_event = projection_rows.LastEvent(last.partition, last.offset, len(known))
            projection_rows.add_project(made, history, corrected.events, last_event, now=datetime.now(UTC))
            standing = standing_of(history)
            crossings = list(rival_crossings(standing, groups))
            fresh.standings.append((Contending(standing, contenders_of(history)), crossings))
            fresh.rows["crossing"] += market_rows.crossing_rows(standing, groups)
            if history.superseded is None:
                fresh.project_events += corrected.events
    fresh.rows |= {
        "project": [row[:-1] for row in made.projects],
        "project_span": made.project_spans,
        "headline_span": made.headline_spans,
        "last_event_span": made.last_event_spans,
        "deal_span": made.deal_spans,
        "flag_span": made.flag_spans,
        "standing": made.standings,
        "party_naming": made.party_namings,
    }
    return fresh


def _stop_where_stored(classified: ClassifiedBatch, stops: Mapping[RecordId, str], rules: Rules) -> None:
    for subject, known in classified.foldable().items():
        if subject in stops.values():
            for count, stored in enumerate(known, start=1):
                place = (stored.record.partition, stored.record.offset)
                if place in stops and (reason := _fault(subject, known[:count], rules)) is not None:
                    classified.stop_before(stored, reason)
                    break


def _stop_where_fold_raises(classified: ClassifiedBatch, rules: Rules) -> None:
    for subject, known in classified.foldable().items():
        if known and _fault(subject, known, rules) is not None:
            for count, stored in enumerate(known, start=1):
                if (reason := _fault(subject, known[:count], rules)) is not None:
                    classified.stop_before(stored, reason)
                    break


def _fault(subject: str, known: Sequence[StoredEvent], rules: Rules) -> str | None:
    """Why a subject cannot be folded by itself; None: it can."""
    alone = ClassifiedBatch(new=list(known), touched={subject: known[0].record.partition})
    try:
        _rows_from(alone, rules, Groups({}))
    except Exception as error:
        return projection_rows.fault_of(error)
    return None
