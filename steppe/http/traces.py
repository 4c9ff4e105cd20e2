"""An OpenTelemetry span for each HTTP request of a service."""

from __future__ import annotations

import os

from fastapi import FastAPI

from steppe.settings import ServiceSettings

# Health checks and Prometheus come all the time and have no event.
_NOT_TRACED = "livez$,readyz$,metrics$"


def trace_requests(app: FastAPI, settings: ServiceSettings) -> None:
    """Give each request of the app a span, in the trace of its `traceparent` header if it has one; nothing without STEPPE_TRACES."""
    if not settings.traces:
        return
    # The stable names of attributes (since 2023), not the ones before.
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from opentelemetry.metrics import NoOpMeterProvider

    FastAPIInstrumentor.instrument_app(
        app, excluded_urls=_NOT_TRACED, exclude_spans=["receive", "send"], meter_provider=NoOpMeterProvider()
    )
