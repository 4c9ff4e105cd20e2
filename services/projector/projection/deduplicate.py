"""Which records of a batch are new, repeated, contradictory, or have to wait. Pure: the first in log order stands.

A record whose own event is stored already was applied before its checkpoint was set back, by a restored table perhaps. It
is no duplicate: its subject is folded again, because nobody knows what else was set back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from services.projector.projection.decode import State, StoredEvent, Undecoded
from services.projector.projection.errors import AnotherLogError
from services.projector.projection.quarantine_entries import Diverted, Place, Skip, Skips, Stage, skip_of

Identity = tuple[str, str, str]
TAKEN = "an event of this source and id was there already with another content; the first in the log stands"


def waits_behind(subject: str) -> str:
    """The reason of an event that is held."""
    return f"waits for an earlier record of {subject}"


@dataclass(slots=True)
class Sorted:
    """A batch, sorted out. `touched` maps the subjects whose rows must be made anew to their partition."""

    new: list[StoredEvent] = field(default_factory=list)
    conflicts: list[StoredEvent] = field(default_factory=list)
    diverted: list[Diverted] = field(default_factory=list)
    duplicates: int = 0
    again: int = 0
    touched: dict[str, int] = field(default_factory=dict)

    def take(self, one: StoredEvent, skip: Skip | None, *, waits: bool) -> None:
        """Add a new event: to fold, to wait, or given up."""
        if skip is not None:
            self.new.append(replace(one, state=State.SKIPPED))
            self.diverted.append(
                Diverted(
                    record=one.record,
                    stage=skip.stage,
                    reason=skip.found,
                    subject=one.subject,
                    skipped=True,
                    event=one.reference,
                )
            )
        elif waits and one.state.folds:
            self.new.append(replace(one, state=State.HELD))
            why = waits_behind(one.subject)
            self.diverted.append(
                Diverted(record=one.record, stage=Stage.HELD, reason=why, subject=one.subject, event=one.reference)
            )
        else:
            self.new.append(one)
            if one.state.folds:
                self.touched[one.subject] = one.record.partition

    def contradict(self, one: StoredEvent, skip: Skip | None) -> None:
        """Add an event whose name is taken by another content."""
        self.conflicts.append(one)
        skipped = skip is not None
        self.diverted.append(
            Diverted(
                record=one.record,
                stage=Stage.CONFLICT,
                reason=TAKEN,
                subject=one.subject,
                skipped=skipped,
                event=one.reference,
            )
        )

    def folding(self) -> dict[str, list[StoredEvent]]:
        """The new events that fold, by subject, in log order."""
        found: dict[str, list[StoredEvent]] = {subject: [] for subject in self.touched}
        for stored in self.new:
            if stored.state.folds:
                found[stored.subject].append(stored)
        return found

    def stop(self, at: StoredEvent, reason: str) -> None:
        """Take back from a subject what comes from `at` on: it could not be folded with it."""
        for place, stored in enumerate(self.new):
            if stored.subject == at.subject and stored.state.folds and stored.record.offset >= at.record.offset:
                stage, why = (Stage.FOLD, reason) if stored is at else (Stage.HELD, waits_behind(at.subject))
                self.new[place] = replace(stored, state=State.HELD)
                self.diverted.append(
                    Diverted(record=stored.record, stage=stage, reason=why, subject=at.subject, event=stored.reference)
                )


def sort_out(
    batch: Iterable[StoredEvent | Undecoded],
    known: Mapping[Identity, bytes] | None = None,
    places: Mapping[Identity, Place] | None = None,
    *,
    held: Mapping[str, int] | None = None,
    skips: Skips | None = None,
) -> Sorted:
    """Compare with what is stored and with what came before in the same batch, which is in log order by partition.

    Of what is stored `known` has the contents and `places` says where they lie in the log; `held` maps the subjects that
    wait to the offset of the record that holds them; `skips` is what was given up. Raises AnotherLogError for a record that
    has another content than was stored from its very place.
    """
    contents, waiting = dict(known or {}), dict(held or {})
    result = Sorted()
    for one in batch:
        place = (one.record.partition, one.record.offset)
        skip = skip_of(one.record, skips)
        if (diverted := undecodable(one, skip)) is not None:
            result.diverted.append(diverted)
            if diverted.subject is not None and not diverted.skipped:
                waiting.setdefault(diverted.subject, one.record.offset)
            continue
        assert isinstance(one, StoredEvent)
        content = contents.get(one.identity)
        same_place = places is not None and places.get(one.identity) == place
        if content is None:
            contents[one.identity] = one.content_sha256
            result.take(one, skip, waits=waiting.get(one.subject, one.record.offset) < one.record.offset)
        elif content != one.content_sha256:
            if same_place:
                raise AnotherLogError(*place)
            result.contradict(one, skip)
        elif same_place:
            result.again += 1
            if one.state.folds:
                result.touched[one.subject] = one.record.partition
        else:
            result.duplicates += 1
    return result


def undecodable(one: StoredEvent | Undecoded, skip: Skip | None) -> Diverted | None:
    """The record as one that is no event, if it is none: it cannot be decoded, or could not when it was given up."""
    if skip is not None and (isinstance(one, Undecoded) or skip.stage is Stage.DECODE):
        event = one.reference if isinstance(one, StoredEvent) else None
        return Diverted(
            record=one.record, stage=skip.stage, reason=skip.found, subject=one.subject, skipped=True, event=event
        )
    if isinstance(one, Undecoded):
        return Diverted(record=one.record, stage=Stage.DECODE, reason=one.reason, subject=one.subject)
    return None
