"""What ingest has done since its start, for Prometheus. Knows counts only."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest

from services.ingest.accept import Tally
from steppe.http.metrics import HttpMetrics

_HELP = {
    "accepted": "Events that the log has acknowledged.",
    "duplicates": "Events that were in the log already.",
    "rejected": "Events that were refused.",
    "away": "Requests that the log did not acknowledge in time.",
}


class Counters:
    """Counters that only rise, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = HttpMetrics("ingest", self._registry)
        self._counters = {
            name: Counter(f"steppe_ingest_{name}", told, registry=self._registry) for name, told in _HELP.items()
        }
        ProcessCollector(registry=self._registry)

    def add(self, tally: Tally, *, away: bool = False) -> None:
        """Count a request that has been answered."""
        self._counters["accepted"].inc(tally.accepted)
        self._counters["duplicates"].inc(tally.duplicates)
        self._counters["rejected"].inc(tally.rejected_total)
        self._counters["away"].inc(away)

    def as_text(self) -> bytes:
        """The exposition format, version 0.0.4."""
        return generate_latest(self._registry)
