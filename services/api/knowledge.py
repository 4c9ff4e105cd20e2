"""What an answer may use (domain page, section 8). Knows instants only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from steppe.domain.events import Event
from steppe.domain.record import Record, read_record


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What may be used: what was known by an instant, by report or (`recorded`) by the record."""

    known_at: datetime
    recorded: bool = False


def read_as_known(events: Iterable[Event], knowledge: Knowledge | None) -> Record:
    """The events of a subject as they are read under that knowledge (None: everything)."""
    if knowledge is None:
        return read_record(events)
    return read_record(events, knowledge.known_at, recorded=knowledge.recorded)
