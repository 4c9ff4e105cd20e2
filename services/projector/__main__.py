"""Starts one projector worker: settings, app, door and watchers, and Faust's worker; and sees to it that it ends."""

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
from services.projector.health.checks import Vitals, why_not_live, why_not_ready
from services.projector.health.http_server import Door
from services.projector.health.lag_monitor import LogWatch
from services.projector.health.metrics import Metrics
from services.projector.health.watchdog import Watchdog, exit_after
from services.projector.settings import Settings
from steppe.settings import from_environment
from steppe.telemetry import exporter, logs

_OBJECTS_BETWEEN_COLLECTIONS = 50_000


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
    for chatty in ("faust", "mode", "aiokafka", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    app = faust_app.build(settings, lambda measure, value: metrics.observe(measure, value))
    log_watch = LogWatch(settings.kafka, settings.topic, lambda: app.progress)
    watchdog = Watchdog(lambda: app.progress, (log_watch.ends, app.highwaters), settings.projector_stalled_seconds_max)
    metrics = Metrics(
        log_watch,
        lambda: app.progress,
        lambda: app.halted is not None,
        lambda: app.connections,
        lambda: app.transitions,
    )
    try:
        door = _door(settings, lambda: _vitals(app, log_watch, watchdog), metrics)
    except OSError as error:
        address = f"{settings.host}:{settings.projector_port}"
        sys.stderr.write(
            f"STEPPE_PROJECTOR_PORT: cannot listen on {address} ({error.strerror}); each worker needs a port of its own.\n"
        )
        raise SystemExit(2) from None
    for thread in (door.open, log_watch.start, watchdog.start):
        thread()
    # What is remembered of projects is large and has no cycles to look for; looking cost a tenth of the fold.
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 100)
    worker: Any = Worker(app, settings)
    worker.execute_from_commandline()


def _door(settings: Settings, vitals: Callable[[], Vitals], metrics: Metrics) -> Door:
    loop_seconds_max = settings.projector_loop_seconds_max
    # Half of what the watchdog gives it, so that it is seen before it is ended.
    stuck_seconds_max = settings.projector_stalled_seconds_max / 2
    return Door(
        settings.host,
        settings.projector_port,
        live=lambda: why_not_live(vitals(), loop_seconds_max),
        ready=lambda: why_not_ready(vitals(), loop_seconds_max, stuck_seconds_max),
        metrics=metrics.as_text,
    )


def _vitals(app: faust_app.Projector, log_watch: LogWatch, watchdog: Watchdog) -> Vitals:
    now = time.monotonic()
    return Vitals(
        seconds_since_turn=now - app.loop_heartbeat_at,
        assigned=app.assigned,
        halted=app.halted,
        stalled_seconds=watchdog.stalled_seconds,
        waiting=sum(watchdog.waiting.values()),
        log_unknown_seconds=now - log_watch.sight.known_at,
    )


if __name__ == "__main__":
    main()
