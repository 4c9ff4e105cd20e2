"""The entries of a timeline, with what flags did on their days. Pure: from rows to items."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby, islice
from operator import itemgetter
from typing import Annotated, Any, TypedDict

from services.api.computing_process import Pieces
from services.api.store import row_decoding
from services.api.store.project_events import ProjectEvents
from services.api.store.snapshot import Row
from services.api.views.flag_changes import FlagChange, changes_of_flags
from steppe.contracts.field_types import (
    Count,
    Day,
    Instant,
    JsonObject,
    Key,
    LevelName,
    Position,
    Reference,
    Severity,
    doc,
)
from steppe.domain.analysis.correction_effects import correction_effects
from steppe.domain.events.corrections import CorrectedEvent, CorrectedEvents, Identity
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import CORRECTION_NAMES
from steppe.domain.fold.fold_state import in_fold_order
from steppe.domain.rules.thresholds import Rules

NOT_STATED = "not-stated"


class ChangedField(TypedDict):
    """A field of an event that a correction changed."""

    by: Annotated[Reference, doc("The correction, source#id.")]
    known: Annotated[Instant | None, doc("When the world could know the correction.")]
    field: Annotated[str, doc("The field; `name` is the event's own name.")]
    before: Annotated[Any, doc("What it was; null: absent.")]
    after: Annotated[Any, doc("What it is; null: absent.")]
    reason: Annotated[str | None, doc("Why; null: nobody said.")]


class FlagOfDeal(TypedDict):
    """A flag of one severity."""

    flag: Annotated[str, doc("The flag's name.")]
    deal: Annotated[Key | None, doc("The deal; null: the flag is the project's own.")]
    severity: Annotated[Severity, doc("The severity.")]


class CorrectionEffect(TypedDict):
    """Which flags stand on the day that is judged, or do not, because of a correction."""

    raised: Annotated[list[FlagOfDeal], doc("Those that stand because of it.")]
    revoked: Annotated[list[FlagOfDeal], doc("Those that would stand without it.")]


class Occurred(TypedDict):
    """When an event occurred."""

    text: Annotated[str | None, doc("As it was said, in EDTF; null: nothing was said.")]
    earliest: Annotated[Day | None, doc("The earliest day it may have been; null: open or unknown.")]
    latest: Annotated[Day | None, doc("The latest such day; null: unknown.")]
    narrowed_by: Annotated[
        Reference | None,
        doc("The event, source#id, that ends what this one begins: it counts as having occurred by then; null: none."),
    ]


class TimelineEntry(TypedDict):
    """One event with both its times, and what stood at the end of its latest day."""

    event: Annotated[Reference, doc("The event, source#id.")]
    source: Annotated[str, doc("Its source.")]
    id: Annotated[str, doc("Its id at that source.")]
    name: Annotated[str, doc("Its name as corrected, as in memorandum.signed.")]
    state: Annotated[
        str, doc("folded, registry, retracted, parked, refused, held, or unknown (a type of a later release).")
    ]
    because: Annotated[str | None, doc("Why it is parked or refused; else null.")]
    retracted_by: Annotated[Reference | None, doc("The retraction that takes it back; null: none does.")]
    corrections: Annotated[list[ChangedField], doc("What corrections changed of it.")]
    effect: Annotated[CorrectionEffect | None, doc("Of a correction: what it did to flags; null: it is none.")]
    deal: Annotated[Key | None, doc("Its deal; null: it is of the project.")]
    occurred: Annotated[Occurred, doc("When it occurred, as corrected.")]
    known: Annotated[Instant | None, doc("When the world could know it; null: it cannot be read.")]
    recorded: Annotated[Instant | None, doc("When it was accepted here; null: it cannot be read.")]
    parties: Annotated[
        list[JsonObject], doc("Who takes part, as corrected: party and role, and what was said of each.")
    ]
    data: Annotated[JsonObject, doc("Its data as sent; the vocabulary says what it may hold.")]
    phase: Annotated[Count | None, doc("The phase of its deal then; null: it is of no deal.")]
    deal_level: Annotated[LevelName | None, doc("The level of its deal then; null: ended, or of no deal.")]
    project_level: Annotated[LevelName | None, doc("The level of the project then; null: unknown.")]
    flags: Annotated[list[FlagChange], doc("What flags of its deal or the project did on that day.")]
    position: Annotated[Position, doc("Where it stands in the log, partition:offset.")]


class ConflictEntry(TypedDict):
    """A record under the name of an event that was there already, with another content. It changes nothing."""

    event: Annotated[Reference, doc("The name of both, source#id.")]
    position: Annotated[Position, doc("Where the later record stands in the log, partition:offset.")]
    record: Annotated[Any, doc("The later record.")]


Effects = Mapping[Identity, CorrectionEffect]
"""What corrections did, by the event that corrects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTimeline:
    """What was read for a page of a timeline, as it is stored; can go to another process.

    `stated`: which confidence and which evidence are asked for. `after`: the place of the last entry of the page before.
    `folded_events_max`: so many events are folded at most to tell what the corrections of a page did, where a page then ends, if it
    must, behind fewer entries than `limit`; None: that is not told.
    """

    project: str
    as_of: date
    rules: Rules
    events: ProjectEvents
    deal_spans: Sequence[Row]
    project_spans: Sequence[Row]
    flag_spans: Sequence[Row]
    conflicts: Sequence[Row]
    stated: Mapping[str, Collection[str]]
    after: tuple[str, ...] | None
    limit: int
    folded_events_max: int | None

    @property
    def rows(self) -> int:
        """How many rows it takes long to make something of."""
        return len(self.events.rows) + len(self.deal_spans) + len(self.flag_spans)

    @property
    def folds_again(self) -> bool:
        """Whether there are corrections of which it is told what they did: the project is folded again for each that is shown."""
        return self.folded_events_max is not None and any(_is_about_an_event(row) for row in self.events.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePage:
    """One page of a timeline. `next_place`: that of its last entry, if there are more."""

    entries: Sequence[TimelineEntry]
    next_place: list[str] | None
    flag_changes: Sequence[FlagChange]
    conflicts: Sequence[ConflictEntry]


def timeline_page(
    stored: StoredTimeline, decoded: Sequence[Event] | None = None, corrected: CorrectedEvents | None = None
) -> TimelinePage:
    """The page that is asked for. `decoded` and `corrected`: the events as they are read, where the caller has read them."""
    decoded = stored.events.decoded() if decoded is None else decoded
    corrected = stored.events.read(decoded) if corrected is None else corrected
    flag_changes = changes_of_flags(row_decoding.runs_of_flags(stored.flag_spans, stored.as_of), stored.as_of)
    view = TimelineView(stored, decoded, corrected, flag_changes)
    rows, next_place = view.shown(stored.after, stored.limit)
    return TimelinePage(
        entries=Pieces(view.entries(rows)),
        next_place=next_place,
        flag_changes=Pieces(flag_changes),
        conflicts=Pieces(conflict(row) for row in stored.conflicts),
    )


class TimelineView:
    """A project's events until a day, each as it is read now and in the fold's order of that reading (section 7).

    Corrections that are known are told whatever the day: they say how the days before are read. An event that is not
    folded (of an unknown type, held, given up) is not read, and comes last.
    """

    def __init__(
        self,
        stored: StoredTimeline,
        decoded: Sequence[Event],
        corrected: CorrectedEvents,
        flag_changes: Sequence[FlagChange],
    ) -> None:
        self._stored = stored
        self._events = decoded
        by_deal = groupby(stored.deal_spans, key=itemgetter("deal"))
        self._deal_spans = {deal: _Spans(list(rows)) for deal, rows in by_deal}
        self._project_spans = _Spans(stored.project_spans)
        self._changes: dict[date, list[FlagChange]] = {}
        for change in flag_changes:
            self._changes.setdefault(change["on"], []).append(change)
        self._readings = _as_counted(corrected)
        self._known_on = {reading.event.reference: reading.event.known for reading in self._readings.values()}
        placed = [
            (_place_of(row, self._readings.get((row["source"], row["id"]))), row)
            for row in stored.events.rows
            if stored.events.knowledge is None or (row["source"], row["id"]) in self._readings
        ]
        self._rows = sorted(
            (
                (place, row)
                for place, row in placed
                if not row_decoding.folds(row) or place[0] <= stored.as_of.isoformat() or _is_about_an_event(row)
            ),
            key=lambda placed_row: placed_row[0],
        )

    def shown(self, after: tuple[str, ...] | None, limit: int) -> tuple[list[Row], list[str] | None]:
        """The rows of a page after a place, and the place of the last one if there are more."""
        rest = [
            (place, row)
            for place, row in self._rows
            if (after is None or place > after) and (not self._stored.stated or self._is_asked_for(row))
        ]
        shown = rest[: min(limit, self._entries_max(rest))]
        return [row for _, row in shown], list(shown[-1][0]) if len(rest) > len(shown) else None

    def _entries_max(self, rest: Sequence[tuple[tuple[str, ...], Row]]) -> int:
        """How many of these rows a page may hold for what its corrections cost; one that is a correction at least."""
        if self._stored.folded_events_max is None:
            return len(rest)
        corrections_max = max(1, self._stored.folded_events_max // max(1, len(self._events)))
        corrections = (number for number, (_, row) in enumerate(rest) if _is_about_an_event(row))
        return next(islice(corrections, corrections_max, None), len(rest))

    def entries(self, rows: Sequence[Row]) -> list[TimelineEntry]:
        """The entries of these rows."""
        effects = self._effects(rows)
        return [self._entry(row, effects.get((row["source"], row["id"]))) for row in rows]

    def _is_asked_for(self, row: Row) -> bool:
        reading = self._readings.get((row["source"], row["id"]))
        data = reading.event.data if reading else _data_of(row)
        stated = {
            "confidence": {data.get("confidence") or NOT_STATED},
            "evidence": {str(piece.get("grade")) for piece in data.get("evidence") or ()} or {NOT_STATED},
        }
        return all(not stated[name].isdisjoint(wanted) for name, wanted in self._stored.stated.items())

    def _entry(self, row: Row, effect: CorrectionEffect | None) -> TimelineEntry:
        """One event with both its times, the levels at the end of its latest day, and its deal's flags of that day."""
        data = _data_of(row)
        reading = self._readings.get((row["source"], row["id"]))
        event = reading.event if reading else None
        latest = event.latest if event else None
        now = event.data if event else data
        deal = self._deal_spans[event.deal].on(latest) if event and latest and event.deal in self._deal_spans else None
        project_then = self._project_spans.on(latest) if latest else None
        return {
            "event": f"{row['source']}#{row['id']}",
            "source": row["source"],
            "id": row["id"],
            "name": event.kind.name if event else row["name"],
            "state": row["state"] if reading is None or reading.state == "stands" else reading.state,
            "because": reading.because if reading else None,
            "retracted_by": reading.retracted_by if reading else None,
            "corrections": [
                {
                    "by": change.by,
                    "known": self._known_on.get(change.by),
                    "field": change.field,
                    "before": change.before,
                    "after": change.after,
                    "reason": change.reason,
                }
                for change in (reading.changes if reading else ())
            ],
            "effect": effect,
            "deal": event.deal if event else row["deal"],
            "occurred": {
                "text": now.get("occurred"),
                "earliest": event.earliest if event else None,
                "latest": latest,
                "narrowed_by": event.narrowed_by if event else None,
            },
            "known": row["known_at"],
            "recorded": row["recorded_at"],
            "parties": now.get("parties", []),
            "data": data,
            "phase": deal["phase"] if deal else None,
            "deal_level": row_decoding.level(deal["level"]) if deal else None,
            "project_level": row_decoding.level(project_then["level"]) if project_then else None,
            "flags": [
                change
                for change in (self._changes.get(latest, ()) if latest else ())
                if event and change["deal"] in (event.deal, None)
            ],
            "position": row_decoding.position(row),
        }

    def _effects(self, rows: Iterable[Row]) -> Effects:
        """What those of the rows that are corrections and in force did to the flags of the day, if that is to be told."""
        if self._stored.folded_events_max is None:
            return {}
        readings = (self._readings.get((row["source"], row["id"])) for row in rows)
        events = [reading.event for reading in readings if reading and reading.state == "stands"]
        corrections = [(event.source, event.id) for event in events if event.kind.is_correction]
        if not corrections:
            return {}
        knowledge = self._stored.events.knowledge
        effects = correction_effects(
            self._stored.project,
            self._events,
            corrections,
            self._stored.as_of,
            self._stored.rules,
            knowledge.known_at if knowledge else None,
            recorded=knowledge is not None and knowledge.recorded,
        )
        return {
            identity: {
                "raised": [_flag_of(key) for key in effect.raised],
                "revoked": [_flag_of(key) for key in effect.revoked],
            }
            for identity, effect in effects.items()
        }


class _Spans:
    """Rows of spans, each of which ends before the next begins."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._begin = [row["valid_from"] for row in rows]

    def on(self, day: date) -> Row | None:
        """The one of a day."""
        at = bisect_right(self._begin, day) - 1
        return self._rows[at] if at >= 0 and day < self._rows[at]["valid_to"] else None


PLACE_PARTS = 5
"""How many texts a place in the order of the fold is."""

_LAST = date.max.isoformat()


def _as_counted(corrected: CorrectedEvents) -> Mapping[Identity, CorrectedEvent]:
    """The readings as the fold counts them: coarse rows before their own endings, each with the deal that it is about."""
    readings = dict(corrected.by_identity)
    for event in in_fold_order(corrected.events):
        identity = (event.source, event.id)
        readings[identity] = replace(readings[identity], event=event)
    return readings


def _data_of(row: Row) -> JsonObject:
    envelope = row_decoding.raw(row["raw"])
    # In binary mode the stored value is the data alone.
    data = envelope if row["headers"] else envelope.get("data")
    return data if isinstance(data, dict) else {}


def _place_of(row: Row, reading: CorrectedEvent | None) -> tuple[str, ...]:
    """The place in the fold's order as text that sorts the same; also the cursor's key."""
    if reading is None:
        return (_LAST, _LAST, "999", row["source"], row["id"])
    latest, earliest, precedence, source, id_ = reading.event.order
    return (latest.isoformat(), earliest.isoformat(), f"{precedence:03}", source, id_)


def _is_about_an_event(row: Row) -> bool:
    return row["name"] in CORRECTION_NAMES


def _flag_of(key: tuple[str, str, str]) -> FlagOfDeal:
    deal, flag, severity = key
    return {"flag": flag, "deal": deal or None, "severity": severity}


def conflict(row: Row) -> ConflictEntry:
    """A record that came under a name that was taken, with another content. It is shown and changes nothing."""
    return {
        "event": f"{row['source']}#{row['id']}",
        "position": row_decoding.position(row),
        "record": row_decoding.raw(row["raw"]),
    }
