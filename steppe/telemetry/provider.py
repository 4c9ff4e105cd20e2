"""Makes and samples spans and sends them by OTLP over HTTP. Knows OpenTelemetry's SDK; imported by those who trace only."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

from steppe.release import RELEASE

_SECONDS_MAX = 5


class ByShare(TraceIdRatioBased):
    """A share of the traces, the same ones in every service, and every span that links to a recorded one: of a transaction
    of which a sender's share is recorded, the whole is."""

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Whether to record it."""
        if any(link.context.trace_flags.sampled for link in links or ()):
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes)
        return super().should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)


def provider(address: str, share: float, service: str) -> TracerProvider:
    """One whose spans go to a receiver at this address, and are dropped when nobody takes them."""
    by_share = ByShare(share)
    found = TracerProvider(
        # What a stranger asks for in `traceparent` does not make us record more than our share.
        sampler=ParentBased(by_share, remote_parent_sampled=by_share),
        resource=Resource.create({"service.name": f"steppe-{service}", "service.version": RELEASE}),
    )
    exporter = OTLPSpanExporter(f"{address.rstrip('/')}/v1/traces", timeout=_SECONDS_MAX)
    found.add_span_processor(BatchSpanProcessor(exporter))
    return found
