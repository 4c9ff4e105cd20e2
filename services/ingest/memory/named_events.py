"""What the events of a request name of others (`part_of`, `ends`, `amends`, `renews`, `repeats`), to warn of what was never seen.

Looked up at the end of the request, so that an event may name one that comes after it. Bounded: of a request with very many
events or references only the first are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.ingest.memory.recent_ids import key_of
from steppe.contracts.acceptance import Accepted

_REFERENCES_MAX = 1_000
_EVENTS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class _Reference:
    index: int
    event_id: str
    subject: str
    field: str
    named_source: str
    named_id: str


class NamedEvents:
    """The references of one request, and the events that came with it."""

    def __init__(self) -> None:
        self._references: list[_Reference] = []
        self._sent: set[int] = set()  # hashes, of which ten thousand take less than a megabyte

    def add_sent(self, event: Accepted) -> None:
        """Take in an event of the request, new or not."""
        if len(self._sent) < _EVENTS_MAX:
            self._sent.add(hash((event.source, event.id)))

    def add_references(self, index: int, event: Accepted) -> None:
        """Take in what an event names that goes to the log."""
        room = _REFERENCES_MAX - len(self._references)
        for field, named_source, named_id in event.references[:room]:
            self._references.append(_Reference(index, event.id, event.subject, field, named_source, named_id))

    def warnings(self, is_seen: Callable[[bytes], bool]) -> Iterator[tuple[int, str, str]]:
        """Index, id and warning of each event that names what was never seen; `is_seen` asks for a key of `recent_ids`.

        A document of another project is only found in the same request: the log is not searched for it.
        """
        for reference in self._references:
            field, named = reference.field, (reference.named_source, reference.named_id)
            if field == "part_of" and (self._is_full or hash(named) in self._sent):
                continue
            if is_seen(key_of(reference.subject, *named)):
                continue
            what = f"{field} names {'#'.join(named)}, which was never seen in {reference.subject}"
            other = ", unless it is a document of another project" if field == "part_of" else ""
            yield reference.index, reference.event_id, f"{what}: correct it{other}, or send that event, too"

    @property
    def _is_full(self) -> bool:
        return len(self._sent) >= _EVENTS_MAX
