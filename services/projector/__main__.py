"""Starts one projector worker: settings, Faust app, health server, lag monitor and watchdog; and sees to it that it ends."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import faust

from services.projector.consumer import faust_app
from services.projector.health.checks import WorkerStatus, liveness_problem, readiness_problem
from services.projector.health.http_server import HealthServer
from services.projector.health.lag_monitor import LagMonitor
from services.projector.health.metrics import Metrics
from services.projector.health.watchdog import Watchdog, exit_after
from services.projector.settings import Settings
from steppe.settings import from_environment
from steppe.telemetry import exporter, logs

# A collection stops the loop for half a microsecond and more for every object that it looks through. What a worker keeps, up to some
# millions, has no cycles: it is looked through twice while it is new, some ten thousands at a time, and then as good as never.
_OBJECTS_BETWEEN_COLLECTIONS = 2_000
_COLLECTIONS_OF_THE_NEW = 4
_COLLECTIONS_OF_THE_RECENT = 100_000


class Worker(faust.Worker):
    """Faust's worker, without its spinner and debugger, and with a deadline for its end."""

    def __init__(self, app: faust_app.Projector, settings: Settings) -> None:
        super().__init__(app, quiet=True, loglevel=settings.log_level, override_logging=False, redirect_stdouts=False)
        self.spinner = None
        self._stop_seconds_max = settings.projector_stop_seconds_max

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        exit_after(self._stop_seconds_max, f"asked to stop by {signal.name}")
        super()._schedule_shutdown(signal)

    def _on_sigusr2(self) -> None:
        """Faust would open a debugger."""


def main() -> None:
    """Run until a signal or a fault. Exit 0: was asked to stop. Exit 1: start it again, the reason is in the log."""
    settings = from_environment(Settings, "projector")
    logs.configure(settings, "projector")
    exporter.configure(settings, "projector")
    for library in ("faust", "mode", "aiokafka", "asyncio"):
        logging.getLogger(library).setLevel(logging.WARNING)
    app = faust_app.build(settings, lambda measure, value: metrics.observe(measure, value))
    lag_monitor = LagMonitor(settings.kafka, settings.topic, lambda: app.progress)
    watchdog = Watchdog(
        lambda: app.progress, (lag_monitor.ends, app.highwaters), settings.projector_stalled_seconds_max
    )
    metrics = Metrics(
        lag_monitor,
        lambda: app.progress,
        lambda: app.halted is not None,
        lambda: app.connections,
        lambda: app.transitions,
        lambda: app.oversized,
    )
    try:
        health_server = _health_server(settings, lambda: _worker_status(app, lag_monitor, watchdog), metrics)
    except OSError as error:
        address = f"{settings.host}:{settings.projector_port}"
        sys.stderr.write(
            f"STEPPE_PROJECTOR_PORT: cannot listen on {address} ({error.strerror}); each worker needs a port of its own.\n"
        )
        raise SystemExit(2) from None
    for thread in (health_server.start, lag_monitor.start, watchdog.start):
        thread()
    keep_collections_short()
    worker: Any = Worker(app, settings)
    try:
        worker.execute_from_commandline()
    finally:
        gc.freeze()  # else the interpreter, before it ends, looks for garbage in all that was kept: many seconds


def keep_collections_short() -> None:
    """Have this process look for garbage in few objects at a time, however many it keeps."""
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, _COLLECTIONS_OF_THE_NEW, _COLLECTIONS_OF_THE_RECENT)


def _health_server(settings: Settings, status: Callable[[], WorkerStatus], metrics: Metrics) -> HealthServer:
    loop_seconds_max = settings.projector_loop_seconds_max
    # Half of what the watchdog allows, so that it is seen before the process ends.
    stuck_seconds_max = settings.projector_stalled_seconds_max / 2
    return HealthServer(
        settings.host,
        settings.projector_port,
        live=lambda: liveness_problem(status(), loop_seconds_max),
        ready=lambda: readiness_problem(status(), loop_seconds_max, stuck_seconds_max),
        metrics=metrics.as_text,
    )


def _worker_status(app: faust_app.Projector, lag_monitor: LagMonitor, watchdog: Watchdog) -> WorkerStatus:
    now = time.monotonic()
    return WorkerStatus(
        seconds_since_heartbeat=now - app.loop_heartbeat_at,
        assigned=app.assigned,
        halted=app.halted,
        stalled_seconds=watchdog.stalled_seconds,
        waiting=sum(watchdog.waiting.values()),
        log_unknown_seconds=now - lag_monitor.snapshot.known_at,
    )


if __name__ == "__main__":
    main()
