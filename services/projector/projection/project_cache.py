"""The events and fold states of the projects touched lately, so that a batch need not load them again.

An entry of a partition is valid only while that partition's checkpoint stands where it was when the entry was made: another
worker may have moved it since, or a commit of ours went through unnoticed. It is valid, too, only while no operator has
acted on quarantined records, which the number of the last action tells.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import FoldState


@dataclass(frozen=True, slots=True)
class CachedSubject:
    """All folding events of one subject, and the offset of the last one; of a project also its fold state, if it can go on, and the
    fingerprints of the rows that were written with it."""

    events: Sequence[Event]
    last_offset: int
    fold_state: FoldState | None = None
    written: array[int] | None = None


class ProjectCache:
    """At most `events_max` events; the least recently used subjects are evicted first."""

    def __init__(self, events_max: int) -> None:
        self._events_max = events_max
        self._subjects: OrderedDict[tuple[int, str], CachedSubject] = OrderedDict()
        self._events = 0
        self._last_action = 0
        self._next_offsets: dict[int, int] = {}

    def get(self, partition: int, name: str, last_action: int = 0) -> CachedSubject | None:
        """The entry of a subject, if there is one that is not older than the last action of an operator."""
        if last_action != self._last_action:
            return None
        subject = self._subjects.get((partition, name))
        if subject is not None:
            self._subjects.move_to_end((partition, name))
        return subject

    def size(self, partition: int, name: str) -> int | None:
        """How many events the entry of a subject has; None: there is none."""
        subject = self._subjects.get((partition, name))
        return None if subject is None else len(subject.events)

    def put(self, partition: int, name: str, subject: CachedSubject) -> None:
        """Replace the entry of a subject."""
        self._evict((partition, name))
        self._subjects[partition, name] = subject
        self._events += len(subject.events)
        while self._events > self._events_max:
            self._evict(next(iter(self._subjects)))

    def drop(self, partition: int, name: str) -> None:
        """Forget a subject: records of it were left to others."""
        self._evict((partition, name))

    def invalidate_if_acted(self, last_action: int) -> None:
        """Drop everything if an operator has acted since."""
        if last_action != self._last_action:
            self._last_action = last_action
            self.clear()

    def invalidate_stale(self, next_offsets: Mapping[int, int]) -> None:
        """Drop everything of the partitions whose checkpoint is not where `mark_valid_at` left it."""
        for partition, next_offset in next_offsets.items():
            if self._next_offsets.get(partition) != next_offset:
                self._evict_partition(partition)

    def mark_valid_at(self, next_offsets: Mapping[int, int]) -> None:
        """The entries of these partitions are as of these checkpoints, which are committed."""
        self._next_offsets.update(next_offsets)

    def clear(self) -> None:
        """Drop everything."""
        self._subjects.clear()
        self._events = 0

    def _evict_partition(self, partition: int) -> None:
        for key in [key for key in self._subjects if key[0] == partition]:
            self._evict(key)

    def _evict(self, key: tuple[int, str]) -> None:
        subject = self._subjects.pop(key, None)
        if subject is not None:
            self._events -= len(subject.events)
