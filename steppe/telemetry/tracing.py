"""The spans of Steppe and their propagation: one trace follows an event from HTTP through the headers of its Kafka record
into the transaction. Without `exporter.configure` every span is a no-op and no header is written.

The names of attributes follow OpenTelemetry's conventions for messaging and databases, which still change; they stand here
and nowhere else (docs/decisions/0017-one-trace-an-event.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from steppe.release import RELEASE

Header = tuple[str, bytes]
TraceHeaders = tuple[tuple[str, bytes], ...]
"""The W3C trace headers of a record, from the span that sent it; equal for all records of one request."""

EVENTS = "steppe.events"
POSITION = "steppe.position"
LISTED_MAX = 20

_HEADERS = frozenset({"traceparent", "tracestate"})
_tracer = trace.get_tracer("steppe", RELEASE)
_w3c = TraceContextTextMapPropagator()


def is_on() -> bool:
    """Whether this process sends spans anywhere."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


@contextmanager
def send_span(topic: str, events: Sequence[str], count: int) -> Iterator[Span]:
    """The span of sending records to the log, current inside the block. `events` are the references to list on it."""
    attributes = _messaging("send", topic, count)
    if events:
        attributes[EVENTS] = list(events)
    with _tracer.start_as_current_span(f"send {topic}", kind=SpanKind.PRODUCER, attributes=attributes) as span:
        yield span


def headers() -> list[Header]:
    """The current span as headers of a record (W3C trace context); empty when the span is not sampled."""
    if not trace.get_current_span().get_span_context().trace_flags.sampled:
        return []
    carrier: dict[str, str] = {}
    _w3c.inject(carrier)
    return [(name, value.encode()) for name, value in carrier.items()]


def trace_headers(headers: Iterable[tuple[str, bytes | None]]) -> TraceHeaders:
    """The trace headers of a record; empty when it has none. Not validated here, because anybody may write to the log."""
    return tuple((name, value) for name, value in headers if name in _HEADERS and value is not None)


def parent_context(record_headers: TraceHeaders) -> Context | None:
    """The context of the span that sent a record; None when its headers are invalid or the trace is not sampled."""
    context = _w3c.extract({name: value.decode("latin-1") for name, value in record_headers}, Context())
    parent = trace.get_current_span(context).get_span_context()
    return context if parent.is_valid and parent.trace_flags.sampled else None


@contextmanager
def apply_span(topic: str, count: int, senders: Iterable[Context]) -> Iterator[Span]:
    """The span of a transaction, current inside the block, in a trace of its own that links to every sender's span."""
    with _tracer.start_as_current_span(
        f"apply {topic}",
        context=Context(),
        kind=SpanKind.CONSUMER,
        attributes=_messaging("process", topic, count),
        links=[Link(trace.get_current_span(sender).get_span_context()) for sender in senders],
    ) as span:
        yield span


def share_span(topic: str, sender: Context, transaction: Span, positions: Sequence[str]) -> Span:
    """The part of a transaction in the trace of one sender; links to the transaction. The caller must end it."""
    attributes = _messaging("process", topic, len(positions))
    attributes[POSITION] = list(positions[:LISTED_MAX])
    return _tracer.start_span(
        f"process {topic}",
        context=sender,
        kind=SpanKind.CONSUMER,
        attributes=attributes,
        links=[Link(transaction.get_span_context())],
    )


@contextmanager
def query_span(query: str) -> Iterator[None]:
    """The span of a named SQL query."""
    attributes = {"db.system.name": "postgresql", "db.query.summary": query}
    with _tracer.start_as_current_span(query, kind=SpanKind.CLIENT, attributes=attributes):
        yield


def _messaging(operation: str, topic: str, count: int) -> dict[str, str | int | list[str]]:
    return {
        "messaging.system.name": "kafka",
        "messaging.destination.name": topic,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.batch.message_count": count,
    }
