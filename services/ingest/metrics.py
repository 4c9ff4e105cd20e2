"""Prometheus metrics of ingest: counters of events, and the metrics of its HTTP requests."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest

from services.ingest.ingest_result import IngestResult
from steppe.http.metrics import HttpMetrics
from steppe.telemetry import build_info

_HELP = {
    "accepted": "Events that the log has acknowledged.",
    "duplicates": "Events that were in the log already.",
    "rejected": "Events that were refused.",
    "away": "Requests that the log did not acknowledge in time.",
}


class IngestMetrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = HttpMetrics("ingest", self._registry)
        self._counters = {
            name: Counter(f"steppe_ingest_{name}", description, registry=self._registry)
            for name, description in _HELP.items()
        }
        build_info.register(self._registry)
        ProcessCollector(registry=self._registry)

    def add(self, result: IngestResult, *, broker_unavailable: bool = False) -> None:
        """Count the events of a request that was answered."""
        self._counters["accepted"].inc(result.accepted)
        self._counters["duplicates"].inc(result.duplicates)
        self._counters["rejected"].inc(result.rejected_total)
        self._counters["away"].inc(broker_unavailable)

    def as_text(self) -> bytes:
        """The exposition format, version 0.0.4."""
        return generate_latest(self._registry)
