"""A span for each request of a service. Knows FastAPI and OpenTelemetry's instrumentation of it."""

from __future__ import annotations

import os

from fastapi import FastAPI

from steppe.settings import ServiceSettings

# Probes and Prometheus ask all the time and tell nothing of an event.
_NOT_TRACED = "livez$,readyz$,metrics$"


def trace_requests(app: FastAPI, settings: ServiceSettings) -> None:
    """Give each request of an app a span, in the trace that its `traceparent` names, if it names one."""
    if not settings.traces:
        return
    # The names of attributes that are stable since 2023, instead of those before.
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from opentelemetry.metrics import NoOpMeterProvider

    FastAPIInstrumentor.instrument_app(
        app, excluded_urls=_NOT_TRACED, exclude_spans=["receive", "send"], meter_provider=NoOpMeterProvider()
    )
