"""Which events of a batch are new, which are repeated, which contradict. Pure: the first in log order stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.projector.reading import State, StoredEvent

Identity = tuple[str, str, str]


@dataclass(slots=True)
class Sorted:
    """A batch, sorted out. `touched` maps the subjects whose rows must be made anew to their partition."""

    new: list[StoredEvent] = field(default_factory=list)
    conflicts: list[StoredEvent] = field(default_factory=list)
    duplicates: int = 0
    touched: dict[str, int] = field(default_factory=dict)


def sort_out(batch: Iterable[StoredEvent], known: Mapping[Identity, bytes]) -> Sorted:
    """Compare with what is stored (`known`, identity to content) and with what came before in the same batch."""
    contents = dict(known)
    result = Sorted()
    for stored in batch:
        content = contents.get(stored.identity)
        if content is None:
            contents[stored.identity] = stored.content_sha256
            result.new.append(stored)
            if stored.state is not State.UNKNOWN:
                result.touched[stored.subject] = stored.record.partition
        elif content == stored.content_sha256:
            result.duplicates += 1
        else:
            result.conflicts.append(stored)
    return result
