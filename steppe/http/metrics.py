"""Prometheus metrics of HTTP requests: count and duration by route template. An ASGI middleware.

What is refused before a route is found, as by authentication, counts under the route `none`.
"""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# One label for all paths without a route, or each guessed address would make a new time series.
_NO_ROUTE = "none"


class HttpMetrics:
    """The requests of one service in its registry: `steppe_SERVICE_requests`, `steppe_SERVICE_request_duration_seconds`."""

    def __init__(self, service: str, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            f"steppe_{service}_requests",
            "Answers, by route and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            f"steppe_{service}_request_duration_seconds",
            "From the request to the last byte of the answer. A stream counts when it ends.",
            ["method", "route"],
            buckets=_BUCKETS,
            registry=registry,
        )


class RequestMetricsMiddleware:
    """Counts and times the answers of the app."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        status = 500  # when the app raises before it has answered

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_status)
        finally:
            route = getattr(scope.get("route"), "path", _NO_ROUTE)
            self._metrics.requests.labels(scope["method"], route, str(status)).inc()
            self._metrics.seconds.labels(scope["method"], route).observe(time.monotonic() - started)
