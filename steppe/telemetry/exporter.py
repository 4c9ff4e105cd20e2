"""Where spans go: to a receiver of OTLP over HTTP, such as an OpenTelemetry collector or Jaeger, or nowhere."""

from __future__ import annotations

from opentelemetry import trace

from steppe.settings import ServiceSettings


def configure(settings: ServiceSettings, service: str) -> None:
    """Send the spans of this process to STEPPE_TRACES; without it, nothing. Once, at the start of a process.

    Spans are sent in the background: no request and no batch waits for it. What OTEL_ variables say beside it (headers,
    certificates, pace) holds too.
    """
    if settings.traces:
        # Only then, because the SDK takes a third of a second and fifteen megabytes.
        from steppe.telemetry.provider import provider

        trace.set_tracer_provider(provider(settings.traces, settings.traces_share, service))
