"""Which events of a batch are new, which are repeated, which contradict. Pure: the first in log order stands.

A record whose own event is stored already was applied before its checkpoint was set back, by a restored table perhaps. It
is no duplicate: its subject is folded again, because nobody knows what else was set back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.projector.errors import AnotherLogError
from services.projector.reading import State, StoredEvent

Identity = tuple[str, str, str]
Place = tuple[int, int]


@dataclass(slots=True)
class Sorted:
    """A batch, sorted out. `touched` maps the subjects whose rows must be made anew to their partition."""

    new: list[StoredEvent] = field(default_factory=list)
    conflicts: list[StoredEvent] = field(default_factory=list)
    duplicates: int = 0
    again: int = 0
    touched: dict[str, int] = field(default_factory=dict)


def sort_out(
    batch: Iterable[StoredEvent], known: Mapping[Identity, bytes], places: Mapping[Identity, Place] | None = None
) -> Sorted:
    """Compare with what is stored (`known`, identity to content) and with what came before in the same batch.

    `places` are the partitions and offsets of what is stored. Raises AnotherLogError for a record that has another
    content than was stored from its very place.
    """
    places = places or {}
    contents = dict(known)
    result = Sorted()
    for stored in batch:
        content = contents.get(stored.identity)
        same_place = places.get(stored.identity) == (stored.record.partition, stored.record.offset)
        if content is None:
            contents[stored.identity] = stored.content_sha256
            result.new.append(stored)
            if stored.state is not State.UNKNOWN:
                result.touched[stored.subject] = stored.record.partition
        elif content != stored.content_sha256:
            if same_place:
                raise AnotherLogError(stored.record.partition, stored.record.offset)
            result.conflicts.append(stored)
        elif same_place:
            result.again += 1
            if stored.state is not State.UNKNOWN:
                result.touched[stored.subject] = stored.record.partition
        else:
            result.duplicates += 1
    return result
