"""Events and lives of the projects touched lately, so that they go on and need not be reloaded. Knows no database.

What is remembered of a partition is true only while nobody else has moved that partition's checkpoint; the caller
compares and says `forget`.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from steppe.domain.events import Event
from steppe.domain.fold import Life


@dataclass(frozen=True, slots=True)
class Remembered:
    """All folding events of one subject, and the offset of the last one; of a project also its life, if that can go on."""

    events: tuple[Event, ...]
    last_offset: int
    life: Life | None = None


class Memory:
    """At most `events_max` events, the least recently touched subjects given up first."""

    def __init__(self, events_max: int) -> None:
        self._events_max = events_max
        self._subjects: OrderedDict[tuple[int, str], Remembered] = OrderedDict()
        self._events = 0

    def recall(self, partition: int, subject: str) -> Remembered | None:
        """What is remembered of a subject, if anything."""
        found = self._subjects.get((partition, subject))
        if found is not None:
            self._subjects.move_to_end((partition, subject))
        return found

    def remember(self, partition: int, name: str, subject: Remembered) -> None:
        """Replace what is remembered of a subject."""
        self._forget((partition, name))
        self._subjects[partition, name] = subject
        self._events += len(subject.events)
        while self._events > self._events_max:
            self._forget(next(iter(self._subjects)))

    def forget(self) -> None:
        """Give up everything."""
        self._subjects.clear()
        self._events = 0

    def forget_partition(self, partition: int) -> None:
        """Give up everything of a partition."""
        for key in [key for key in self._subjects if key[0] == partition]:
            self._forget(key)

    def _forget(self, key: tuple[int, str]) -> None:
        gone = self._subjects.pop(key, None)
        if gone is not None:
            self._events -= len(gone.events)
