"""Which records of a batch are new, repeated, contradictory, or have to wait. Pure: the first in log order stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from services.projector.diverted import Diverted, Skips, Stage
from services.projector.reading import State, StoredEvent, Undecoded

Identity = tuple[str, str, str]
_WAITS = "waits for an earlier record of {}"


@dataclass(slots=True)
class Sorted:
    """A batch, sorted out. `touched` maps the subjects whose rows must be made anew to their partition."""

    new: list[StoredEvent] = field(default_factory=list)
    conflicts: list[StoredEvent] = field(default_factory=list)
    diverted: list[Diverted] = field(default_factory=list)
    duplicates: int = 0
    touched: dict[str, int] = field(default_factory=dict)

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
                stage, why = (Stage.FOLD, reason) if stored is at else (Stage.HELD, _WAITS.format(at.subject))
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
        if isinstance(one, Undecoded) or (skip is not None and skip.stage is Stage.DECODE):
            if skip is not None:
                result.diverted.append(_given_up(one, skip.stage, skip.found))
                continue
            assert isinstance(one, Undecoded)
            result.diverted.append(
                Diverted(record=one.record, stage=Stage.DECODE, reason=one.reason, subject=one.subject)
            )
            if one.subject is not None:
                waiting.add(one.subject)
            continue
        content = contents.get(one.identity)
        if content == one.content_sha256:
            result.duplicates += 1
        elif content is not None:
            result.conflicts.append(one)
            result.diverted.append(
                Diverted(
                    record=one.record,
                    stage=Stage.CONFLICT,
                    reason=_TAKEN,
                    subject=one.subject,
                    skipped=skip is not None,
                )
            )
        else:
            contents[one.identity] = one.content_sha256
            if skip is not None:
                result.new.append(replace(one, state=State.SKIPPED))
                result.diverted.append(_given_up(one, skip.stage, skip.found))
            elif one.subject in waiting and one.state.folds:
                result.new.append(replace(one, state=State.HELD))
                why = _WAITS.format(one.subject)
                result.diverted.append(Diverted(record=one.record, stage=Stage.HELD, reason=why, subject=one.subject))
            else:
                result.new.append(one)
                if one.state.folds:
                    result.touched[one.subject] = one.record.partition
    return result


_TAKEN = "an event of this source and id was there already with another content; the first in the log stands"


def _given_up(one: StoredEvent | Undecoded, stage: Stage, found: str) -> Diverted:
    return Diverted(record=one.record, stage=stage, reason=found, subject=one.subject, skipped=True)
