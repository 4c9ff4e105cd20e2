"""The process that folds large projects beside the stream: `python -m services.projector.large_projects`. Started by a worker.

Ends when nothing has waited for a while, and at once when the worker ends, which closes its standard input. It yields the processor to
the stream. Which project is next: who has waited longest. One that gets events all the time is folded in so small a share of the time that
all its folds together cost as much as a few of the last.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import threading
import time
from dataclasses import dataclass, field

import asyncpg
from aiokafka.errors import KafkaError

from services.projector.large_projects.late_fold import FoldedOtherwiseError, LateFold, reading_log
from services.projector.projection import retry_policy
from services.projector.projection.apply import STATEMENTS
from services.projector.settings import Settings
from steppe.database import active_read_model
from steppe.database.connection import open_connection
from steppe.database.read_model.market_cache import MarketCache
from steppe.settings import from_environment
from steppe.telemetry import logs

log = logging.getLogger("steppe.projector")

_NICENESS = 5
_OBJECTS_BETWEEN_COLLECTIONS = 200_000
_SECONDS_BETWEEN_LOOKS = 0.1
_IDLE_SECONDS_MAX = 30.0
_FAULT_SECONDS = 5.0
# A project that gets nothing new for so long is quiet: the fold that is due may be its last.
_QUIET_SECONDS = 1.0
# So many times as long as the last fold took a project waits for the next one: while it gets events, and when it is quiet.
_PAUSE_FOLDS = 4.0
_PAUSE_FOLDS_QUIET = 1.0


@dataclass(slots=True)
class Pace:
    """When each project was folded last, and how long that took (monotonic seconds)."""

    _folds: dict[str, tuple[float, float]] = field(default_factory=dict)

    def is_due(self, project: str, quiet_seconds: float, now: float) -> bool:
        """Whether the project, which waits, is to be folded now."""
        ended, took = self._folds.get(project, (now, 0.0))
        pause = _PAUSE_FOLDS_QUIET if quiet_seconds >= _QUIET_SECONDS else _PAUSE_FOLDS
        return now - ended >= pause * took

    def folded(self, project: str, took: float, now: float) -> None:
        """It was folded just now, or that was tried."""
        self._folds[project] = (now, took)


async def fold_what_waits(settings: Settings) -> None:
    """Fold the projects of which events wait, one after the other, until none has waited for a while."""
    idle = f"{int(settings.projector_idle_transaction_seconds_max * 1000)}ms"
    connection = await open_connection(
        settings.database,
        command_timeout=settings.projector_database_seconds_max,
        server_settings={
            "application_name": "steppe-large-projects",
            "idle_in_transaction_session_timeout": idle,
            "lock_timeout": idle,
        },
    )
    pace, market_cache = Pace(), MarketCache()
    late_fold = LateFold(connection, settings, reading_log(settings), market_cache)
    schema = ""
    busy_at = time.monotonic()
    while time.monotonic() - busy_at < _IDLE_SECONDS_MAX:
        async with connection.transaction(readonly=True):
            schema_before, schema = schema, await active_read_model.use_active(connection)
            waiting = await connection.fetch(STATEMENTS["pending_projects"])
        if schema != schema_before:
            market_cache.clear()
        if waiting:
            busy_at = time.monotonic()
        due = [row["project"] for row in waiting if pace.is_due(row["project"], row["quiet_seconds"], busy_at)]
        for project in due:
            if await _fold_if_free(late_fold, project, pace):
                gc.collect()
                break
        else:
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)


async def _fold_if_free(late_fold: LateFold, project: str, pace: Pace) -> bool:
    """Fold a project unless another worker's process does; whether it was tried."""
    connection = late_fold.connection
    if not await connection.fetchval(*STATEMENTS["try_to_fold"](project=project)):
        return False
    began = time.monotonic()
    took = 0.0
    try:
        await late_fold.fold(project)
        took = time.monotonic() - began
        log.debug("folded %s beside the stream in %.2f s", project, took)
    except FoldedOtherwiseError:
        log.info("%s was folded otherwise meanwhile, and is folded anew", project)
    except (KafkaError, TimeoutError, asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
        took = _FAULT_SECONDS
        log.warning("%s could not be folded beside the stream now: %r", project, error, extra={"project": project})
    except Exception as error:
        if retry_policy.is_transient(error):  # the session is lost, and so is this process
            raise
        took = _FAULT_SECONDS
        log.exception("%s could not be folded beside the stream", project, extra={"project": project})
    finally:
        pace.folded(project, took, time.monotonic())
        if not connection.is_closed():
            await connection.execute(*STATEMENTS["release_fold"](project=project))
    return True


def _exit_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


def main() -> None:
    """Exit 0: nothing waits. Anything else: the worker starts it again."""
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    settings = from_environment(Settings, "projector")
    logs.configure(settings, "projector")
    for library in ("aiokafka", "asyncio"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # Not its session too (steppe.niceness): batches wait for locks of markets that it holds while it writes.
    os.nice(_NICENESS)
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 50, 50)
    try:
        asyncio.run(fold_what_waits(settings))
    except Exception as error:
        if not retry_policy.is_transient(error):
            raise
        log.warning("the database is unavailable (%r); large projects wait for their fold", error)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
