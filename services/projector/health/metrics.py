"""The metrics of a worker for Prometheus, read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from services.projector.health.lag_monitor import LagMonitor
from services.projector.projection.progress import Progress
from steppe.telemetry import build_info

# From a batch of a few events to one that waits for a slow database.
_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_EVENTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
_MEASURES = {
    "batch": ("steppe_batch_duration_seconds", "How long a batch took from the first attempt to its commit.", _SECONDS),
    "batch_events": ("steppe_batch_events", "How many records a batch had.", _EVENTS),
    "fold": ("steppe_fold_duration_seconds", "How long the fold of a transaction took.", _SECONDS),
    "commit": ("steppe_commit_duration_seconds", "How long the commit of a transaction took.", _SECONDS),
}
_COUNTS = {
    "applied": ("steppe_events_applied", "Events that were new and are stored."),
    "duplicates": ("steppe_duplicates", "Events that were stored already and count once."),
    "conflicts": ("steppe_conflicts", "Events whose identity was taken by another content."),
    "quarantined": ("steppe_quarantined", "Records that are no event, or cannot be folded, kept byte for byte."),
    "held": ("steppe_held", "Events kept and not folded, because their project has a record in quarantine."),
    "reapplied": ("steppe_read_again", "Stored events that were read again because a checkpoint had been set back."),
    "left": ("steppe_left_to_late_folds", "Records of large projects that were left to a fold beside the stream."),
    "retries": ("steppe_retries", "Batches that were tried again because the database was away."),
}


class Metrics(Collector):
    """The metrics of one worker, in a registry of their own."""

    def __init__(
        self,
        lag_monitor: LagMonitor,
        progress: Callable[[], Progress | None],
        halted: Callable[[], bool],
        connections: Callable[[], tuple[int, int]],
        transitions: Callable[[], Mapping[tuple[str, str], int]],
        oversized: Callable[[], Mapping[str, int]],
    ) -> None:
        """`connections`: open ones and idle ones. `transitions`: how many this worker has announced, by flag and transition.
        `oversized`: what became of records that were too large for their topics.
        """
        self._lag_monitor = lag_monitor
        self._progress = progress
        self._halted = halted
        self._connections = connections
        self._transitions = transitions
        self._oversized = oversized
        self._registry = CollectorRegistry()
        self._measures = {
            measure: Histogram(name, what, buckets=buckets, registry=self._registry)
            for measure, (name, what, buckets) in _MEASURES.items()
        }
        build_info.register(self._registry)
        ProcessCollector(registry=self._registry)
        self._registry.register(self)

    def observe(self, measure: str, value: float) -> None:
        """Count what `Progress` observes."""
        self._measures[measure].observe(value)

    def as_text(self) -> bytes:
        """The exposition format, version 0.0.4."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """The numbers of this moment. Partitions are those that this worker has."""
        progress = self._progress()
        ends = self._lag_monitor.snapshot.ends
        next_offsets = {} if progress is None else dict(progress.next_offsets)
        yield _gauge(
            "steppe_projection_lag_events", "Records of the log not applied yet.", self._lag_monitor.lag_events()
        )
        yield _gauge(
            "steppe_projection_lag_seconds",
            "How long the oldest record that is not applied has been in the log.",
            self._lag_monitor.lag_seconds(),
        )
        yield _gauge("steppe_checkpoint_offset", "The offset of the next record to apply.", next_offsets)
        yield _gauge(
            "steppe_log_end_offset", "The offset after the last record.", _assigned(ends.offsets, next_offsets)
        )
        yield _gauge("steppe_log_start_offset", "The first offset that is there.", _assigned(ends.starts, next_offsets))
        yield GaugeMetricFamily("steppe_projection_halted", "1: somebody must act.", value=float(self._halted()))
        connections, idle = self._connections()
        in_use = GaugeMetricFamily(
            "steppe_database_connections", "Connections to Postgres, by state.", labels=["state"]
        )
        in_use.add_metric(["busy"], connections - idle)
        in_use.add_metric(["idle"], idle)
        yield in_use
        announced = CounterMetricFamily(
            "steppe_flag_transitions",
            "Transitions of flags that this worker has announced.",
            labels=["flag", "transition"],
        )
        for labels, count in sorted(self._transitions().items()):
            announced.add_metric(labels, count)
        yield announced
        oversized = CounterMetricFamily(
            "steppe_outbox_oversized",
            "Records that were too large for their topic: published as pointers, or set aside.",
            labels=["outcome"],
        )
        for outcome, count in sorted(self._oversized().items()):
            oversized.add_metric([outcome], count)
        yield oversized
        counts = {} if progress is None else progress.counts
        for name, (metric, what) in _COUNTS.items():
            yield CounterMetricFamily(metric, what, value=counts.get(name, 0))


def _assigned(offsets: Mapping[int, int], next_offsets: Mapping[int, int]) -> dict[int, int]:
    return {partition: offset for partition, offset in offsets.items() if partition in next_offsets}


def _gauge(name: str, what: str, values: Mapping[int, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=["partition"])
    for partition, value in sorted(values.items()):
        family.add_metric([str(partition)], value)
    return family
