"""Samples spans and exports them by OTLP over HTTP. Imported only where tracing is on, because it loads OpenTelemetry's SDK."""

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

_EXPORT_TIMEOUT_SECONDS = 5


class ShareSampler(TraceIdRatioBased):
    """Samples a share of the traces, the same ones in every service, and every span that links to a sampled one.

    So the transaction of a sampled request is sampled, too.
    """

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
        """Whether to record the span."""
        if any(link.context.trace_flags.sampled for link in links or ()):
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes)
        return super().should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)


def provider(address: str, share: float, service: str) -> TracerProvider:
    """A tracer provider that exports to the receiver at `address`; spans are dropped when the receiver does not take them."""
    sampler = ShareSampler(share)
    tracer_provider = TracerProvider(
        # The sampled flag in a client's `traceparent` must not make us record more than our share.
        sampler=ParentBased(sampler, remote_parent_sampled=sampler),
        resource=Resource.create({"service.name": f"steppe-{service}", "service.version": RELEASE}),
    )
    exporter = OTLPSpanExporter(f"{address.rstrip('/')}/v1/traces", timeout=_EXPORT_TIMEOUT_SECONDS)
    tracer_provider.add_span_processor(BatchSpanProcessor(exporter))
    return tracer_provider
