"""/metrics: how often each route was asked and how long it took, by its template. Knows HTTP; knows no route."""

from __future__ import annotations

import math
import time

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api import status
from services.api.problems import of_database

router = APIRouter(tags=["status"])

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# What no route answers has one name, or whoever guesses addresses would make a metric of each.
_NO_ROUTE = "none"


class Metrics:
    """The counters of one app, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "steppe_api_requests",
            "Answers, by route and status.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "steppe_api_request_duration_seconds",
            "From the request to the last byte of the answer. A stream counts when it ends.",
            ["method", "route"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._lag_events = Gauge(
            "steppe_status_lag_events",
            "Records of the log that the read model has not applied, read independently of the projector; NaN: unknown.",
            registry=self._registry,
        )
        self._lag_seconds = Gauge(
            "steppe_status_lag_seconds",
            "How long the oldest of them has been in the log; NaN: unknown.",
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)

    def seen(self, lag_events: int | None, lag_seconds: float | None) -> None:
        """How far behind the read model was a moment ago; None: nobody knows."""
        self._lag_events.set(math.nan if lag_events is None else lag_events)
        self._lag_seconds.set(math.nan if lag_seconds is None else lag_seconds)

    def as_text(self) -> bytes:
        """The exposition format, version 0.0.4."""
        return generate_latest(self._registry)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Counters and durations for Prometheus, and how far the read model is behind the log, as seen from here: a projector
    that is gone tells nobody that it is.
    """
    measured = request.app.state.metrics
    assert isinstance(measured, Metrics)
    try:
        totals = (await status.told(request))["totals"]
    except Exception as error:
        if of_database(error) is None:
            raise
        totals = {"lag_events": None, "lag_seconds": None}
    measured.seen(totals["lag_events"], totals["lag_seconds"])
    return Response(measured.as_text(), media_type="text/plain; version=0.0.4")


class Measured:
    """Counts what the app behind it answers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        status = 500  # when it breaks before it has answered

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, answered)
        finally:
            route = getattr(scope.get("route"), "path", _NO_ROUTE)
            self._metrics.requests.labels(scope["method"], route, str(status)).inc()
            self._metrics.seconds.labels(scope["method"], route).observe(time.monotonic() - started)
