"""What a merge sends: events in order, and what a person should know of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from steppe.cli.merges.log_records import Envelope, Identity, SubjectRecords, identity
from steppe.contracts.acceptance import Refused, accept


class MergeRefusedError(ValueError):
    """The two cannot be merged, or the merge not be undone; the message says why."""


@dataclass(slots=True)
class MergePlan:
    """The events to send, oldest first. `remarks` say what is left out, or left as it is."""

    prefix: str
    reason: str
    events: list[Envelope] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def ensure(self, records: SubjectRecords, event: Envelope) -> None:
        """Send the event unless it is there; if only an undo took it back, take that back."""
        which = identity(event)
        if records.get(which) is None:
            self.events.append(event)
            return
        for retraction in records.retractions_of(which):
            if retraction["id"].startswith(self.prefix) and records.stands(identity(retraction)):
                self.take_back(records, identity(retraction))

    def take_back(self, records: SubjectRecords, which: Identity) -> None:
        """Retract an event that stands."""
        if records.stands(which):
            self.events.append(records.retraction(which, self.prefix, self.reason))

    def faults(self, now: datetime) -> list[str]:
        """Why ingest would refuse some of the events; empty: it takes them all."""
        faults: list[str] = []
        for event in self.events:
            verdict = accept(dict(event), now)
            if isinstance(verdict, Refused):
                faults += [
                    f"{event['source']}#{event['id']}: {fault.pointer} {fault.message}" for fault in verdict.errors
                ]
        return faults


def without_nothing(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value}
