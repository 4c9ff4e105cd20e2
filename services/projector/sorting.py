"""Which records of a batch are new, repeated, contradictory, or have to wait. Pure: the first in log order stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from services.projector.diverted import Diverted, Skip, Skips, Stage
from services.projector.reading import State, StoredEvent, Undecoded

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
    touched: dict[str, int] = field(default_factory=dict)

    def take(self, one: StoredEvent, skip: Skip | None, *, waits: bool) -> None:
        """Add a new event: to fold, to wait, or given up."""
        if skip is not None:
            self.new.append(replace(one, state=State.SKIPPED))
            self.diverted.append(
                Diverted(record=one.record, stage=skip.stage, reason=skip.found, subject=one.subject, skipped=True)
            )
        elif waits and one.state.folds:
            self.new.append(replace(one, state=State.HELD))
            why = waits_behind(one.subject)
            self.diverted.append(Diverted(record=one.record, stage=Stage.HELD, reason=why, subject=one.subject))
        else:
            self.new.append(one)
            if one.state.folds:
                self.touched[one.subject] = one.record.partition

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
                self.diverted.append(Diverted(record=stored.record, stage=stage, reason=why, subject=at.subject))


def sort_out(
    batch: Iterable[StoredEvent | Undecoded],
    known: Mapping[Identity, bytes],
    held: Collection[str] = (),
    skips: Skips | None = None,
) -> Sorted:
    """Compare with what is stored and with what came before in the same batch, which is in log order by partition.

    `known` maps stored identities to contents, `held` names the subjects that wait already, `skips` what was given up.
    """
    contents, waiting, given_up = dict(known), set(held), skips or {}
    result = Sorted()
    for one in batch:
        skip = given_up.get((one.record.partition, one.record.offset))
        if (diverted := undecodable(one, skip)) is not None:
            result.diverted.append(diverted)
            if diverted.subject is not None and not diverted.skipped:
                waiting.add(diverted.subject)
            continue
        assert isinstance(one, StoredEvent)
        content = contents.get(one.identity)
        if content is None:
            contents[one.identity] = one.content_sha256
            result.take(one, skip, waits=one.subject in waiting)
        elif content == one.content_sha256:
            result.duplicates += 1
        else:
            result.conflicts.append(one)
            skipped = skip is not None
            result.diverted.append(
                Diverted(record=one.record, stage=Stage.CONFLICT, reason=TAKEN, subject=one.subject, skipped=skipped)
            )
    return result


def undecodable(one: StoredEvent | Undecoded, skip: Skip | None) -> Diverted | None:
    """The record as one that is no event, if it is none: it cannot be decoded, or could not when it was given up."""
    if skip is not None and (isinstance(one, Undecoded) or skip.stage is Stage.DECODE):
        return Diverted(record=one.record, stage=skip.stage, reason=skip.found, subject=one.subject, skipped=True)
    if isinstance(one, Undecoded):
        return Diverted(record=one.record, stage=Stage.DECODE, reason=one.reason, subject=one.subject)
    return None
