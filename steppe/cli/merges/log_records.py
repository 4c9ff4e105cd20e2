"""The events that the log has of some subjects, and which of them stand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec

from steppe.contracts.codec import Decoded, UndecodableError, canonical_json, decode
from steppe.domain.events.corrections import effective_events
from steppe.domain.events.event import Event as InterpretedEvent
from steppe.domain.events.vocabulary import EVENT_KINDS, name_of_type

Envelope = Mapping[str, Any]
Identity = tuple[str, str]
"""Source and id of an event: it has them alone within its subject."""

SOURCE = "/steppe/merge"
_RETRACTED = "event.retracted"


def identity(envelope: Envelope) -> Identity:
    """Who an event is, beside its subject."""
    return envelope["source"], envelope["id"]


def name_of(envelope: Envelope) -> str | None:
    """The name of an event; None: of another release."""
    return name_of_type(envelope["type"])


def digest(*parts: object) -> str:
    """A short text that is the same for the same parts."""
    return hashlib.sha256(canonical_json(list(parts))).hexdigest()[:24]


class SubjectRecords:
    """The events of one subject, by identity, each the first of it in the order of the log."""

    def __init__(self, subject: str, envelopes: Iterable[Envelope]) -> None:
        self.subject = subject
        self.by_identity: dict[Identity, Envelope] = {}
        for envelope in envelopes:
            if envelope["subject"] == subject:
                self.by_identity.setdefault(identity(envelope), envelope)

    def __iter__(self) -> Iterator[Envelope]:
        return iter(self.by_identity.values())

    def get(self, which: Identity) -> Envelope | None:
        """The event; None: there is none."""
        return self.by_identity.get(which)

    def stands(self, which: Identity) -> bool:
        """Whether the event is there and no retraction that stands takes it back."""
        return which in self.by_identity and self._stands(which, frozenset())

    def retractions_of(self, which: Identity) -> list[Envelope]:
        """The retractions that aim at the event, whether or not they stand."""
        return self._retractions.get(which, [])

    def effective(self) -> Iterable[InterpretedEvent]:
        """The events that stand, with what corrections say."""
        decoded = (_decoded(envelope) for envelope in self)
        return effective_events([event for event in decoded if event is not None])

    def retraction(self, which: Identity, prefix: str, reason: str) -> Envelope:
        """A new retraction of the event; the same until there is another one of it. `prefix` begins its id."""
        number = len(self.retractions_of(which))
        return event_of(
            self.subject,
            f"{prefix}{digest(self.subject, *which, number)}",
            _RETRACTED,
            {"target": {"source": which[0], "id": which[1]}, "reason": reason},
        )

    @cached_property
    def _retractions(self) -> Mapping[Identity, list[Envelope]]:
        found: dict[Identity, list[Envelope]] = {}
        for envelope in self:
            if name_of(envelope) == _RETRACTED:
                target = envelope["data"]["target"]
                found.setdefault((target["source"], target["id"]), []).append(envelope)
        return found

    def _stands(self, which: Identity, above: frozenset[Identity]) -> bool:
        # Retractions in a ring are refused: none of them counts.
        return not any(
            identity(retraction) not in above and self._stands(identity(retraction), above | {which})
            for retraction in self.retractions_of(which)
        )


def event_of(subject: str, event_id: str, name: str, data: Mapping[str, Any]) -> Envelope:
    """An event that a merge makes."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": EVENT_KINDS[name].type,
        "subject": subject,
        "datacontenttype": "application/json",
        "data": dict(data),
    }


def _decoded(envelope: Envelope) -> InterpretedEvent | None:
    try:
        decoded = decode(msgspec.json.encode(envelope), key=str(envelope["subject"]).encode())
    except UndecodableError:
        return None
    return decoded.event if isinstance(decoded, Decoded) else None
