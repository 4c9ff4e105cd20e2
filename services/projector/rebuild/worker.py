"""A worker process of a rebuild: `python -m services.projector.rebuild.worker TASK`. Started by the pipeline, one a core.

Exits when there is nothing left to take, and at once when the rebuild that started it ends, which closes its standard input.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading

import asyncpg
import msgspec

from services.projector.rebuild.fold_projects import fold
from services.projector.rebuild.judge_markets import judge
from services.projector.rebuild.load_events import load
from services.projector.rebuild.pace import pacing
from services.projector.settings import Settings
from steppe.database import rule_versions
from steppe.database.connection import open_connection
from steppe.niceness import stand_back
from steppe.settings import from_environment

# Of ten thousand objects that a batch makes, none is garbage before its end.
_OBJECTS_BETWEEN_COLLECTIONS = 200_000


async def connect(settings: Settings) -> asyncpg.Connection:
    """A connection for a stage. A commit that the server loses with its power is one that the stage does again."""
    return await open_connection(
        settings.database,
        server_settings={
            "application_name": "steppe-rebuild",
            "synchronous_commit": "off",
            "work_mem": "128MB",
            "maintenance_work_mem": "256MB",
        },
    )


class Task(msgspec.Struct, frozen=True):
    """What a worker has to do."""

    stage: str
    schema: str
    rule_change_id: int
    partitions: int
    until: dict[int, int]


async def work(connection: asyncpg.Connection, settings: Settings, task: Task) -> None:
    """Do a stage, as far as nobody else has: `read` the log up to some offsets, `fold`, or `judge`."""
    rules = await rule_versions.of_change(connection, task.rule_change_id)
    async with pacing(settings) as pace:
        match task.stage:
            case "read":
                await load(connection, settings.kafka, settings.topic, task.schema, task.partitions, task.until, pace)
            case "fold":
                await fold(connection, task.schema, rules, pace)
            case "judge":
                await judge(connection, task.schema, rules, pace)


async def _work(settings: Settings, task: Task) -> None:
    connection = await connect(settings)
    try:
        await work(connection, settings, task)
    finally:
        await connection.close()


def _exit_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


def main() -> None:
    """Exit 0: nothing is left to take. Anything else: the rebuild reports it, and a later one goes on."""
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    stand_back()  # as the rebuild does, in a session of its own
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 50, 50)
    asyncio.run(_work(from_environment(Settings, "steppe rebuild"), msgspec.json.decode(sys.argv[1], type=Task)))


if __name__ == "__main__":
    main()
