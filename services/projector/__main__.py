"""Starts one projector worker: reads settings, builds the app, gives it to Faust's worker, and sees to it that it ends."""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

import faust
import pydantic

from services.projector import live
from services.projector.ending import end_within, watch
from services.projector.settings import Settings


class Worker(faust.Worker):
    """Faust's worker, without its spinner and debugger, and with a deadline for its end."""

    def __init__(self, app: live.Projector, settings: Settings) -> None:
        super().__init__(app, quiet=True, loglevel=settings.log_level, override_logging=False, redirect_stdouts=False)
        self.spinner = None
        self._stop_seconds_max = settings.projector_stop_seconds_max

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        end_within(self._stop_seconds_max, f"asked to stop by {signal.name}")
        super()._schedule_shutdown(signal)

    def _on_sigusr2(self) -> None:
        """Faust would open a debugger."""


def main() -> None:
    """Run until a signal or a fault. Exit 0: was asked to stop. Exit 1: start it again, the reason is in the log."""
    try:
        settings = Settings()  # type: ignore[call-arg]  # they come from the environment
    except pydantic.ValidationError as error:
        for fault in error.errors():
            variable = "STEPPE_" + "_".join(str(part) for part in fault["loc"]).upper()
            sys.stderr.write(f"{variable}: {fault['msg']}\n")
        raise SystemExit(2) from None
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    for chatty in ("faust", "mode", "aiokafka", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    app = live.build(settings)
    watch(lambda: app.progress, app.highwaters, settings.projector_stalled_seconds_max)
    worker: Any = Worker(app, settings)
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
