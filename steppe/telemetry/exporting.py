"""Where spans go: to a receiver of OTLP over HTTP, such as an OpenTelemetry collector or Jaeger. Knows OpenTelemetry's SDK.

The SDK is imported by those who trace only: it takes a third of a second and fifteen megabytes.
"""

from __future__ import annotations

from steppe.release import RELEASE
from steppe.settings import ServiceSettings

_SECONDS_MAX = 5


def configure(settings: ServiceSettings, service: str) -> None:
    """Send the spans of this process to STEPPE_TRACES; without it, nothing. Once, at the start of a process.

    Spans are sent in the background, and dropped when nobody takes them: no request and no batch waits for it. What OTEL_
    variables say beside it (headers, certificates, pace) holds too.
    """
    if not settings.traces:
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    by_share = TraceIdRatioBased(settings.traces_share)
    provider = TracerProvider(
        # What a stranger asks for in `traceparent` does not make us record more than our share.
        sampler=ParentBased(by_share, remote_parent_sampled=by_share),
        resource=Resource.create({"service.name": f"steppe-{service}", "service.version": RELEASE}),
    )
    exporter = OTLPSpanExporter(f"{settings.traces.rstrip('/')}/v1/traces", timeout=_SECONDS_MAX)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
