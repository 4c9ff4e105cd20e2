"""Events and lives of the projects touched lately, so that they go on and need not be reloaded. Knows no database.

What is remembered of a partition is true only while that partition's checkpoint stands where it was remembered: another worker
may have moved it since, or a commit of ours went through unheard. It is true, too, only while no operator has acted on what was
diverted, which the number of the last action tells.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from steppe.domain.events.event import Event
from steppe.domain.fold.fold import Life


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
        self._last_action = 0
        self._next_offsets: dict[int, int] = {}

    def recall(self, partition: int, subject: str, last_action: int = 0) -> Remembered | None:
        """What is remembered of a subject, if anything; nothing that is older than the last action."""
        if last_action != self._last_action:
            return None
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

    def heed(self, last_action: int) -> None:
        """Give up everything if an operator has acted since."""
        if last_action != self._last_action:
            self._last_action = last_action
            self.forget()

    def heed_checkpoints(self, next_offsets: Mapping[int, int]) -> None:
        """Give up everything of the partitions whose checkpoint is not where it was left."""
        for partition, next_offset in next_offsets.items():
            if self._next_offsets.get(partition) != next_offset:
                self._forget_partition(partition)

    def left_at(self, next_offsets: Mapping[int, int]) -> None:
        """What is remembered of these partitions is as of these checkpoints, which are committed."""
        self._next_offsets.update(next_offsets)

    def forget(self) -> None:
        """Give up everything."""
        self._subjects.clear()
        self._events = 0

    def _forget_partition(self, partition: int) -> None:
        for key in [key for key in self._subjects if key[0] == partition]:
            self._forget(key)

    def _forget(self, key: tuple[int, str]) -> None:
        gone = self._subjects.pop(key, None)
        if gone is not None:
            self._events -= len(gone.events)
