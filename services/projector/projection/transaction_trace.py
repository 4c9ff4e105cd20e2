"""A transaction in traces: its own span, and its share in the trace of each request whose events it applies. Knows records.

Records of one request share their headers, so a batch has one share a request and not one a record.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from opentelemetry.trace import Span, use_span

from services.projector.projection.batches import Record, position_of
from services.projector.projection.quarantine_entries import Diverted
from steppe.telemetry import tracing
from steppe.telemetry.tracing import EVENTS, POSITION, Way

_AGE_SECONDS_MAX = 24 * 3600


class Transaction:
    """The spans of one transaction. Where nobody records, there are none, and nothing costs anything."""

    def __init__(self, span: Span, shares: Mapping[Way, Span], ways: Mapping[str, Way]) -> None:
        self._span = span
        self._shares = shares
        self._ways = ways

    def applied(self, next_offsets: Mapping[int, int], diverted: Iterable[Diverted]) -> None:
        """Say how far it came, and of each record that is kept aside, why: in its own trace as well."""
        if not self._span.is_recording():
            return  # then nobody's is, because it is recorded when one of them is
        self._span.set_attribute(POSITION, position_of(next_offsets))
        for one in diverted:
            told: dict[str, Any] = {
                POSITION: one.position,
                "steppe.stage": one.stage.value,
                "steppe.reason": one.reason,
            }
            if one.event is not None:
                told[EVENTS] = [one.event]
            for span in (self._span, self._shares.get(self._ways.get(one.position, ()))):
                if span is not None:
                    span.add_event("kept aside", told)


@contextmanager
def transaction(topic: str, records: Mapping[int, Sequence[Record]]) -> Iterator[Transaction]:
    """The spans of a transaction that applies these records; an exception ends them as failed."""
    ways = ways_of(records, time.time() - _AGE_SECONDS_MAX) if tracing.is_on() else {}
    places: dict[Way, list[str]] = defaultdict(list)
    for place, way in ways.items():
        places[way].append(place)
    senders = {way: sender for way in places if (sender := tracing.context_of(way)) is not None}
    with (
        tracing.applying(topic, sum(map(len, records.values())), senders.values()) as span,
        ExitStack() as shares_end,
    ):
        shares = {way: tracing.share(topic, sender, span, places[way]) for way, sender in senders.items()}
        for one in shares.values():
            # Ends it, with what went wrong if something does; the transaction's own span stays the current one.
            shares_end.enter_context(use_span(one, end_on_exit=True))
        shares_end.enter_context(use_span(span, record_exception=False, set_status_on_exception=False))
        yield Transaction(span, shares, ways)


def ways_of(records: Mapping[int, Sequence[Record]], since: float) -> dict[str, Way]:
    """Of each record that says it, by its place, whence it came. Not of those that came into the log before `since` (seconds
    since 1970): nobody follows their trace any more, and a log that is read anew has very many.
    """
    return {
        f"{record.partition}:{record.offset}": way
        for of_it in records.values()
        for record in of_it
        if record.headers and record.timestamp_ms >= since * 1000 and (way := tracing.way_of(record.headers))
    }
