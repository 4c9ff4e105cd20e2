"""/metrics: how often each route was asked and how long it took, and how far the read model is behind."""

from __future__ import annotations

import math

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest

from services.api.problems import of_database
from services.api.routes import status
from services.api.views.projection_status import Totals
from services.api.web.operations import metrics_operation
from services.api.web.responses import service_of
from steppe.http.metrics import HttpMetrics
from steppe.telemetry import build_info

router = APIRouter(tags=["status"])


class Metrics:
    """The counters of one app, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = HttpMetrics("api", self._registry)
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
        self._outbox_seconds = Gauge(
            "steppe_outbox_oldest_seconds",
            "How long the oldest announcement has waited for the broker; 0: none waits; NaN: unknown.",
            registry=self._registry,
        )
        self._waiting_projects = Gauge(
            "steppe_waiting_projects",
            "Large projects with records that wait for their fold beside the stream; NaN: unknown.",
            registry=self._registry,
        )
        self._waiting_seconds = Gauge(
            "steppe_waiting_projects_oldest_seconds",
            "How long the oldest of these records has waited; NaN: unknown.",
            registry=self._registry,
        )
        self._connections = Gauge(
            "steppe_database_connections", "Connections to Postgres, by state.", ["state"], registry=self._registry
        )
        build_info.register(self._registry)
        ProcessCollector(registry=self._registry)

    def seen(self, totals: Totals | None, outbox_seconds: float | None) -> None:
        """How far behind the read model and the outbox were a moment ago; None: unknown."""
        self._outbox_seconds.set(_known(outbox_seconds))
        self._lag_events.set(_known(totals and totals["lag_events"]))
        self._lag_seconds.set(_known(totals and totals["lag_seconds"]))
        self._waiting_projects.set(_known(totals and totals["waiting_projects"]))
        self._waiting_seconds.set(_known(totals and totals["waiting_seconds"]))

    def pool(self, connections: int, idle: int) -> None:
        """How many connections are open, and how many of them idle."""
        self._connections.labels("busy").set(connections - idle)
        self._connections.labels("idle").set(idle)

    def as_text(self) -> bytes:
        """The exposition format, version 0.0.4."""
        return generate_latest(self._registry)


def _known(value: float | None) -> float:
    return math.nan if value is None else value


@router.get("/metrics", response_class=PlainTextResponse, openapi_extra=metrics_operation())
async def metrics(request: Request) -> Response:
    """Counters and durations for Prometheus, and how far the read model is behind the log and announcements behind both, as
    seen from here: a projector that is gone tells nobody that it is.
    """
    measured = request.app.state.metrics
    assert isinstance(measured, Metrics)
    service = service_of(request)
    try:
        totals: Totals | None = (await status.read_status(request, service.health_reader))["totals"]
        async with service.health_reader.snapshot() as snapshot:
            outbox = await snapshot.row("outbox")
        outbox_seconds: float | None = outbox["oldest_seconds"] if outbox else 0.0
    except Exception as error:
        if of_database(error) is None:
            raise
        totals = outbox_seconds = None
    measured.pool(*service.reader.connections)
    measured.seen(totals, outbox_seconds)
    return Response(measured.as_text(), media_type="text/plain; version=0.0.4")
