"""Tracing of a transaction: its own span, and a span in the trace of each request whose events it applies.

Records of one request share their headers, so a batch has one such span a request and not one a record.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from opentelemetry.trace import Span, use_span

from services.projector.projection.batches import Record
from services.projector.projection.quarantine_entries import QuarantineEntry
from steppe.log.positions import format_record_id, position_before
from steppe.telemetry import tracing
from steppe.telemetry.tracing import EVENTS, POSITION, TraceHeaders

_AGE_SECONDS_MAX = 24 * 3600


class TransactionTrace:
    """The spans of one transaction. Where tracing is off there are none, and nothing costs anything."""

    def __init__(
        self, span: Span, request_spans: Mapping[TraceHeaders, Span], headers: Mapping[str, TraceHeaders]
    ) -> None:
        self._span = span
        self._request_spans = request_spans
        self._headers = headers

    def applied(self, next_offsets: Mapping[int, int], entries: Iterable[QuarantineEntry]) -> None:
        """Record how far it came, and of each quarantined record, why: in the trace of its request as well."""
        if not self._span.is_recording():
            return  # then no other is, because it is recorded when one of them is
        self._span.set_attribute(POSITION, position_before(next_offsets))
        for entry in entries:
            attributes: dict[str, str | list[str]] = {
                POSITION: entry.position,
                "steppe.stage": entry.stage.value,
                "steppe.reason": entry.reason,
            }
            if entry.event is not None:
                attributes[EVENTS] = [entry.event]
            for span in (self._span, self._request_spans.get(self._headers.get(entry.position, ()))):
                if span is not None:
                    span.add_event("quarantined", attributes)


@contextmanager
def transaction(topic: str, records: Mapping[int, Sequence[Record]]) -> Iterator[TransactionTrace]:
    """The spans of a transaction that applies these records; an exception ends them as failed."""
    headers = headers_by_position(records, time.time() - _AGE_SECONDS_MAX) if tracing.is_on() else {}
    positions: dict[TraceHeaders, list[str]] = defaultdict(list)
    for position, trace_headers in headers.items():
        positions[trace_headers].append(position)
    senders = {
        trace_headers: sender
        for trace_headers in positions
        if (sender := tracing.parent_context(trace_headers)) is not None
    }
    with (
        tracing.apply_span(topic, sum(map(len, records.values())), senders.values()) as span,
        ExitStack() as request_spans_end,
    ):
        request_spans = {
            trace_headers: tracing.share_span(topic, sender, span, positions[trace_headers])
            for trace_headers, sender in senders.items()
        }
        for request_span in request_spans.values():
            # Ends it, with what went wrong if something does; the transaction's own span stays the current one.
            request_spans_end.enter_context(use_span(request_span, end_on_exit=True))
        request_spans_end.enter_context(use_span(span, record_exception=False, set_status_on_exception=False))
        yield TransactionTrace(span, request_spans, headers)


def headers_by_position(records: Mapping[int, Sequence[Record]], since: float) -> dict[str, TraceHeaders]:
    """The trace headers of each record that has them, by its position; without records that came into the log before `since`
    (seconds since 1970): nobody follows their trace any more, and a log that is read anew has very many.
    """
    return {
        format_record_id(record.partition, record.offset): trace_headers
        for of_partition in records.values()
        for record in of_partition
        if record.headers
        and record.timestamp_ms >= since * 1000
        and (trace_headers := tracing.trace_headers(record.headers))
    }
