"""Turns the export of spans on: to a receiver of OTLP over HTTP, such as an OpenTelemetry collector or Jaeger."""

from __future__ import annotations

from opentelemetry import trace

from steppe.settings import ServiceSettings


def configure(settings: ServiceSettings, service: str) -> None:
    """Export the spans of this process to STEPPE_TRACES, or do nothing when it is not set. Call once, at the start of a process.

    Spans are sent in the background: no request and no batch waits for it. The OTEL_ variables of the SDK (headers,
    certificates, intervals) hold too.
    """
    if settings.traces:
        # Imported only here, because the SDK takes a third of a second and fifteen megabytes.
        from steppe.telemetry.provider import provider

        trace.set_tracer_provider(provider(settings.traces, settings.traces_share, service))
