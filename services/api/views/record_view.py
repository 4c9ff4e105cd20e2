"""What the record holds beside folded events: the stops of one event, retractions, conflicts, quarantine. Pure."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Annotated, Any, NamedTuple, TypedDict

from services.api.computing_process import Pieces
from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row
from services.api.views.frames import DayRange, OnDay
from steppe.contracts.field_types import (
    Count,
    Decimal,
    Instant,
    Key,
    LegName,
    LevelName,
    Position,
    Reference,
    choice,
    doc,
)
from steppe.contracts.items import FlagItem
from steppe.contracts.items import flag as flag_item
from steppe.domain.analysis.doubtful_claims import KINDS as CLAIM_KINDS
from steppe.domain.analysis.doubtful_claims import Doubt, doubts
from steppe.domain.analysis.idle_references import wholes_missing
from steppe.domain.events.corrections import CorrectedEvent, Identity
from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import in_fold_order, superseded_by
from steppe.domain.values.states import Flag
from steppe.log.positions import format_record_id


class LogPlace(TypedDict):
    """Where a record stands in the log."""

    topic: Annotated[str, doc("The topic.")]
    partition: Annotated[Count, doc("The partition.")]
    offset: Annotated[Count, doc("The offset.")]
    position: Annotated[Position, doc("Both, partition:offset.")]


class StoredRecord(TypedDict):
    """An event as the read model holds it."""

    state: Annotated[str, doc("folded, registry, unknown (a type of a later release), held or given up.")]
    known: Annotated[Instant | None, doc("When the world could know it; null: it cannot be read.")]
    recorded: Annotated[Instant | None, doc("When it was accepted here; null: it cannot be read.")]
    occurred: Annotated[DayRange, doc("When it occurred.")]
    content_sha256: Annotated[
        str, doc("The fingerprint of its content, in hex: by it a repeat is told from a conflict.")
    ]
    record: Annotated[Any, doc("The value of the record as it stands in the log.")]


class TraceItem(TypedDict):
    """The stops of one event, from its place in the log to the flags that rest on it."""

    event: Annotated[Reference, doc("The event, source#id.")]
    name: Annotated[str, doc("Its name, as in memorandum.signed.")]
    subject: Annotated[str, doc("Whose it is: a project, party:<key> or forum:<slug>.")]
    project: Annotated[Key | None, doc("The project; null: it is of a party or a forum.")]
    deal: Annotated[Key | None, doc("The deal; null: it is of none.")]
    log: Annotated[LogPlace, doc("Where it stands in the log.")]
    stored: Annotated[StoredRecord, doc("How it is stored.")]
    phase: Annotated[Count | None, doc("The phase of its deal on the day; null: it is of no deal.")]
    deal_level: Annotated[LevelName | None, doc("The level of its deal on the day; null: ended, or of no deal.")]
    project_level: Annotated[LevelName | None, doc("The level of its project on the day; null: of no project.")]
    flags: Annotated[list[FlagItem], doc("The flags that rest on it on the day.")]


class TraceList(TypedDict):
    """The events of that id: one, or several from several sources."""

    items: Annotated[list[TraceItem], doc("The stops of each.")]


class TraceAnswer(OnDay, TraceList):
    """The stops of one event."""


class RetractionItem(TypedDict):
    """A retraction: what it takes back, why, and whether it holds."""

    event: Annotated[Reference, doc("The retraction, source#id.")]
    subject: Annotated[str, doc("Whose it is: a project, party:<key> or forum:<slug>.")]
    target: Annotated[Reference, doc("What it takes back, source#id.")]
    target_name: Annotated[str | None, doc("The target's name, as in memorandum.signed; null: it was not known.")]
    target_deal: Annotated[Key | None, doc("The target's deal; null: it is of none, or was not known.")]
    reason: Annotated[str | None, doc("Why; null: nobody said.")]
    state: Annotated[str, doc("stands, retracted, parked (waits for its target) or refused (changes nothing).")]
    because: Annotated[str | None, doc("Why it is parked or refused; else null.")]
    retracted_by: Annotated[Reference | None, doc("The retraction that takes this one back; null: none does.")]
    known: Annotated[Instant, doc("When the world could know it.")]
    recorded: Annotated[Instant, doc("When it was accepted here.")]
    position: Annotated[Position, doc("Where it stands in the log, partition:offset.")]


class Figure(TypedDict):
    """What one event says."""

    event: Annotated[Reference, doc("The event, source#id.")]
    value: Annotated[Decimal, doc("How much, as the event says; what is taken off has no sign.")]


class ConflictItem(TypedDict):
    """Where what was sent does not fit together.

    same-id: a record under the name of an event that was there already, with another content; the first in the log stands.
    may-be-one: two binding rows of other sources with other amounts, which may tell one contract; both count until somebody
    says part_of. below-zero: more was taken off than there was. figures-differ: sources say other costs of the project.
    leg-not-named: money is taken off, two legs have some, and the row says none; send event.corrected with the leg.
    dangling-reference: part_of, ends, amends, renews or repeats names no event that stands, or none of which the row can speak.
    """

    kind: Annotated[str, choice("same-id", *CLAIM_KINDS), doc("Which of these.")]
    deal: Annotated[Key | None, doc("The deal; null: of the project, or of a same-id.")]
    leg: Annotated[LegName | None, doc("The leg whose money it is; null: of none.")]
    currency: Annotated[str | None, doc("ISO 4217; null: of a same-id or a reference.")]
    total: Annotated[Decimal | None, doc("The sum below zero; else null.")]
    figures: Annotated[
        list[Figure],
        doc("What each event says, in the order in which they are folded; of a same-id or a reference none."),
    ]
    names: Annotated[Reference | None, doc("What a dangling reference names, source#id; else null.")]
    because: Annotated[str | None, doc("Why, of a leg that is not named or a dangling reference; else null.")]
    event: Annotated[Reference, doc("The later event, source#id; of a same-id the name of both.")]
    subject: Annotated[str, doc("Whose it is: a project, party:<key> or forum:<slug>.")]
    position: Annotated[Position, doc("Where the later record stands in the log, partition:offset.")]
    stands_at: Annotated[
        Position, doc("Where the first record stands, partition:offset; of a same-id it alone counts.")
    ]
    record: Annotated[Any, doc("The later record.")]
    stands: Annotated[Any, doc("The first record.")]


class Shown(TypedDict, total=False):
    """The beginning of a record's bytes, 2 KiB at most: one of the two."""

    text: Annotated[str, doc("Where they are UTF-8.")]
    hex: Annotated[str, doc("Where they are not.")]


class QuarantineItem(TypedDict):
    """A record that could not be applied, and what waits behind it."""

    id: Annotated[Position, doc("Its name for `steppe quarantine`: its place in the log, partition:offset.")]
    subject: Annotated[str | None, doc("Whose it would be; null: that cannot be read.")]
    stage: Annotated[
        str, choice("decode", "fold"), doc("decode: it is no event. fold: its project cannot be folded with it.")
    ]
    reason: Annotated[str, doc("Why.")]
    held_events: Annotated[Count, doc("How many events of the subject wait behind it.")]
    since: Annotated[Instant, doc("Since when it lies here.")]
    key: Annotated[Shown | None, doc("The beginning of its key; null: it has none.")]
    value: Annotated[Shown | None, doc("The beginning of its value; null: it has none.")]
    bytes: Annotated[Count | None, doc("How long its value is; null: it has none.")]


def trace(row: Row, topic: str, flags: Mapping[str, Sequence[Flag]], as_of: date) -> TraceItem:
    """The stops of one event."""
    reference = f"{row['source']}#{row['id']}"
    is_project = ":" not in row["subject"]
    return {
        "event": reference,
        "name": row["name"],
        "subject": row["subject"],
        "project": row["subject"] if is_project else None,
        "deal": row["deal"],
        "log": {
            "topic": topic,
            "partition": row["partition"],
            "offset": row["log_offset"],
            "position": row_decoding.position(row),
        },
        "stored": {
            "state": row["state"],
            "known": row["known_at"],
            "recorded": row["recorded_at"],
            "occurred": {"earliest": row["occurred_earliest"], "latest": row["occurred_latest"]},
            "content_sha256": row["content_sha256"],
            "record": row_decoding.raw(row["raw"]),
        },
        "phase": row["deal_phase"],
        "deal_level": row_decoding.level(row["deal_level"]),
        "project_level": row_decoding.level(row["project_level"]),
        "flags": [
            flag_item(row["subject"], flag, as_of)
            for flag in flags.get(row["subject"], [])
            if reference in flag.evidence
        ],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRetractions:
    """Rows of `retraction_page`, and of the events of their subjects those that say something of others, and of which they do; as they
    are stored. Can go to another process."""

    rows: Sequence[Row]
    events: Sequence[Row]
    knowledge: Knowledge | None


def retractions(stored: StoredRetractions) -> list[RetractionItem]:
    """The rows of a page of `/v1/retractions`."""
    events: dict[str, list[Event]] = {}
    for row in stored.events:
        event = row_decoding.event(row)
        if event is not None:
            events.setdefault(row["subject"], []).append(event)
    readings = {subject: read_as_known(history, stored.knowledge).by_identity for subject, history in events.items()}
    return Pieces(retraction(row, readings[row["subject"]]) for row in stored.rows)


def retraction(row: Row, readings: Mapping[Identity, CorrectedEvent]) -> RetractionItem:
    """One row of `/v1/retractions`; `readings` are those of its subject."""
    reading = readings[row["source"], row["id"]]
    event = reading.event
    target = event.data["target"]
    aimed = readings.get((target["source"], target["id"]))
    return {
        "event": event.reference,
        "subject": row["subject"],
        "target": f"{target['source']}#{target['id']}",
        "target_name": aimed.event.kind.name if aimed else None,
        "target_deal": aimed.event.deal if aimed else None,
        "reason": event.data.get("reason"),
        "state": reading.state,
        "because": reading.because,
        "retracted_by": reading.retracted_by,
        "known": event.known,
        "recorded": event.recorded,
        "position": row_decoding.position(row),
    }


def conflict(row: Row) -> ConflictItem:
    """A record under a name that was taken, as a row of `/v1/conflicts`."""
    return {
        "kind": "same-id",
        "deal": None,
        "leg": None,
        "currency": None,
        "total": None,
        "figures": [],
        "names": None,
        "because": None,
        "event": f"{row['source']}#{row['id']}",
        "subject": row["subject"],
        "position": row_decoding.position(row),
        "stands_at": format_record_id(row["standing_partition"], row["standing_offset"]),
        "record": row_decoding.raw(row["raw"]),
        "stands": row_decoding.raw(row["standing_raw"]),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClaims:
    """What was read for a page of what does not fit together, as it is stored; can go to another process.

    `projects`: those that are looked at, in this order, of the first of which so many doubts were `shown`; `events`: theirs.
    `documents`: what their events say that they are part of, wherever it is. `limit`: how many items the page may have.
    """

    projects: Sequence[str]
    shown: int
    events: Sequence[Row]
    documents: Sequence[Row]
    knowledge: Knowledge | None
    as_of: date
    limit: int

    @property
    def pairs(self) -> int:
        """How many comparisons it takes at most, roughly."""
        return sum(events**2 for events in Counter(row["subject"] for row in self.events).values())


class DoubtsPage(NamedTuple):
    """The next doubts; where there are more, `place` is a project and how many of its are shown by now."""

    items: Sequence[ConflictItem]
    place: tuple[str, int] | None


def doubts_of_page(stored: StoredClaims) -> DoubtsPage:
    """The next doubts of these projects."""
    rows_of: dict[str, list[Row]] = {}
    for row in stored.events:
        rows_of.setdefault(row["subject"], []).append(row)
    items: list[ConflictItem] = Pieces()
    shown = stored.shown
    for project in stored.projects:
        left = stored.limit - len(items)
        next_doubts = list(
            islice(_doubts_of_project(stored, project, rows_of.get(project, ())), shown, shown + left + 1)
        )
        items += next_doubts[:left]
        if len(next_doubts) > left:
            return DoubtsPage(items, (project, shown + left))
        shown = 0
    return DoubtsPage(items, None)


def _doubts_of_project(stored: StoredClaims, project: str, rows: Sequence[Row]) -> Iterator[ConflictItem]:
    decoded = [(event, row) for row in rows if (event := row_decoding.event(row)) is not None]
    read = read_as_known([event for event, _ in decoded], stored.knowledge)
    if superseded_by(read.events) is not None:
        return
    in_order = in_fold_order(read.events)
    elsewhere = {(row["source"], row["id"]) for row in stored.documents if row["subject"] != project}
    named = elsewhere.intersection(wholes_missing(in_order))
    row_of = {event.reference: row for event, row in decoded}
    for value in doubts(in_order, frozenset(read.by_identity), stored.as_of, named):
        yield doubt(value, row_of)


def doubt(value: Doubt, rows: Mapping[str, Row]) -> ConflictItem:
    """What does not fit together in a project, as a row of `/v1/conflicts`; `rows` are those of its events by reference."""
    first, last = value.events[0], value.events[-1]
    return {
        "kind": value.kind,
        "deal": value.deal,
        "leg": value.leg,
        "currency": value.currency,
        "total": None if value.total is None else f"{value.total:f}",
        "figures": [
            {"event": event.reference, "value": event.data["amount"]["value"]}
            for event in value.events
            if value.currency is not None
        ],
        "names": value.names,
        "because": value.because,
        "event": last.reference,
        "subject": last.subject,
        "position": row_decoding.position(rows[last.reference]),
        "stands_at": row_decoding.position(rows[first.reference]),
        "record": row_decoding.raw(rows[last.reference]["raw"]),
        "stands": row_decoding.raw(rows[first.reference]["raw"]),
    }


def quarantine(row: Row, held: Mapping[str, int]) -> QuarantineItem:
    """One row of `/v1/quarantine`; `held` counts what waits, by subject."""
    return {
        "id": row_decoding.position(row),
        "subject": row["subject"],
        "stage": row["stage"],
        "reason": row["reason"],
        "held_events": held.get(row["subject"], 0),
        "since": row["stored_at"],
        "key": _shown(row["key"]),
        "value": _shown(row["value"]),
        "bytes": row["bytes"],
    }


def _shown(value: bytes | None) -> Shown | None:
    if value is None:
        return None
    try:
        # A character that the cut went through is left out.
        return {"text": codecs.getincrementaldecoder("utf-8")().decode(value)}
    except UnicodeDecodeError:
        return {"hex": value.hex()}
