"""Deduplicates a batch: which of its records are new, repeated, in conflict with an earlier one, or held. Pure.

Of events with one identity the first in log order counts. A record whose own event is stored already was applied before its
checkpoint was set back, by a restored table perhaps. It is no duplicate: its subject is folded again, because nobody knows
what else was set back.

A rebuild says the same of the whole log in SQL, for speed (`rebuild/load_events.py`); a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, repeat

from services.projector.projection.decode import State, StoredEvent, Undecoded
from services.projector.projection.errors import AnotherLogError
from services.projector.projection.quarantine_entries import QuarantineEntry, RecordId, Skip, Skips, Stage, skip_of

Identity = tuple[str, str, str]
CONFLICT_REASON = "an event of this source and id was there already with another content; the first in the log stands"


def held_reason(subject: str) -> str:
    """Why an event is held."""
    return f"waits for an earlier record of {subject}"


def stages_from(subject: str, reason: str) -> Iterator[tuple[Stage, str]]:
    """Of a subject that stops, without end: stage and reason of the event that it cannot be folded with, then of the later ones."""
    return chain([(Stage.FOLD, reason)], repeat((Stage.HELD, held_reason(subject))))


@dataclass(slots=True)
class ClassifiedBatch:
    """A batch, record by record where it belongs. `touched` maps the subjects whose rows must be made anew to their partition."""

    new: list[StoredEvent] = field(default_factory=list)
    conflicts: list[StoredEvent] = field(default_factory=list)
    quarantined: list[QuarantineEntry] = field(default_factory=list)
    duplicates: int = 0
    reapplied: int = 0
    touched: dict[str, int] = field(default_factory=dict)

    def add_new(self, stored: StoredEvent, skip: Skip | None, *, held: bool) -> None:
        """Add an event that was not there before: to be folded, held behind another record, or given up."""
        if skip is not None:
            self.new.append(replace(stored, state=State.SKIPPED))
            self.quarantined.append(_entry(stored, skip.stage, skip.found, skipped=True))
        elif held and stored.state.folds:
            self._hold(stored)
        else:
            self.new.append(stored)
            if stored.state.folds:
                self.touched[stored.subject] = stored.record.partition

    def add_conflict(self, stored: StoredEvent, skip: Skip | None) -> None:
        """Add an event whose identity is taken by another content."""
        self.conflicts.append(stored)
        self.quarantined.append(_entry(stored, Stage.CONFLICT, CONFLICT_REASON, skipped=skip is not None))

    def foldable(self) -> dict[str, list[StoredEvent]]:
        """The new events that fold, by subject, in log order."""
        events: dict[str, list[StoredEvent]] = {subject: [] for subject in self.touched}
        for stored in self.new:
            if stored.state.folds:
                events[stored.subject].append(stored)
        return events

    def stop_before(self, failing: StoredEvent, reason: str) -> None:
        """Quarantine the event that its subject could not be folded with, and hold the later ones of that subject."""
        affected = [
            (place, stored)
            for place, stored in enumerate(self.new)
            if stored.subject == failing.subject
            and stored.state.folds
            and stored.record.offset >= failing.record.offset
        ]
        for (place, stored), (stage, why) in zip(affected, stages_from(failing.subject, reason), strict=False):
            self.new[place] = replace(stored, state=State.HELD)
            self.quarantined.append(_entry(stored, stage, why))

    def _hold(self, stored: StoredEvent) -> None:
        self.new.append(replace(stored, state=State.HELD))
        self.quarantined.append(_entry(stored, Stage.HELD, held_reason(stored.subject)))


def classify(
    batch: Iterable[StoredEvent | Undecoded],
    known: Mapping[Identity, bytes] | None = None,
    places: Mapping[Identity, RecordId] | None = None,
    *,
    held: Mapping[str, int] | None = None,
    skips: Skips | None = None,
) -> ClassifiedBatch:
    """Compare with what is stored and with what came before in the same batch, which is in log order by partition.

    Of what is stored `known` has the contents and `places` says where they lie in the log; `held` maps the subjects that
    wait to the offset of the record that holds them; `skips` is what was given up. Raises AnotherLogError for a record that
    has another content than was stored from its very place.
    """
    contents, held_from = dict(known or {}), dict(held or {})
    result = ClassifiedBatch()
    for decoded in batch:
        record = decoded.record
        skip = skip_of(record, skips)
        if (entry := entry_if_undecodable(decoded, skip)) is not None:
            result.quarantined.append(entry)
            if entry.subject is not None and not entry.skipped:
                held_from.setdefault(entry.subject, record.offset)
            continue
        assert isinstance(decoded, StoredEvent)
        content = contents.get(decoded.identity)
        place = (record.partition, record.offset)
        same_place = places is not None and places.get(decoded.identity) == place
        if content is None:
            contents[decoded.identity] = decoded.content_sha256
            result.add_new(decoded, skip, held=held_from.get(decoded.subject, record.offset) < record.offset)
        elif content != decoded.content_sha256:
            if same_place:
                raise AnotherLogError(*place)
            result.add_conflict(decoded, skip)
        elif same_place:
            result.reapplied += 1
            if decoded.state.folds:
                result.touched[decoded.subject] = record.partition
        else:
            result.duplicates += 1
    return result


def entry_if_undecodable(decoded: StoredEvent | Undecoded, skip: Skip | None) -> QuarantineEntry | None:
    """The entry of a record that is no event: it cannot be decoded, or could not when it was given up. None: it is one."""
    if skip is not None and (isinstance(decoded, Undecoded) or skip.stage is Stage.DECODE):
        return _entry(decoded, skip.stage, skip.found, skipped=True)
    if isinstance(decoded, Undecoded):
        return _entry(decoded, Stage.DECODE, decoded.reason)
    return None


def _entry(decoded: StoredEvent | Undecoded, stage: Stage, reason: str, *, skipped: bool = False) -> QuarantineEntry:
    event = decoded.reference if isinstance(decoded, StoredEvent) else None
    return QuarantineEntry(
        record=decoded.record, stage=stage, reason=reason, subject=decoded.subject, skipped=skipped, event=event
    )
