"""Read models after a rebuild: list them, roll back to the previous one, drop one."""

from __future__ import annotations

from typing import Any

import asyncpg

from services.projector.rebuild import cut_over
from services.projector.rebuild.pipeline import RebuildError, exclusive_rebuild
from services.projector.rebuild.worker import connect
from services.projector.settings import Settings
from steppe.database import active_read_model, sql
from steppe.log.positions import position_before

_REBUILD = sql.load("rebuild")


async def read_models(settings: Settings) -> list[dict[str, Any]]:
    """Every read model as the table has it, with `rebuild`: how far its rebuild is or was, or None."""
    connection = await connect(settings)
    try:
        models = [dict(row) for row in await connection.fetch(active_read_model.STATEMENTS["read_models"])]
        for model in models:
            state = await connection.fetchrow(*_REBUILD["rebuild_state"](schema=model["schema_name"]))
            model["rebuild"] = None if state is None else dict(state)
        return models
    finally:
        await connection.close()


async def roll_back(settings: Settings) -> tuple[str, str]:
    """Make the previous read model the active one again; returns its name and position. Raises RebuildError when there is none."""
    async with exclusive_rebuild(settings) as connection:
        schema = await _only(connection, "previous", "There is no previous read model to go back to.")
        partitions = await connection.fetchval(
            f"SELECT count(*) FROM {schema}.checkpoint WHERE topic = $1",  # noqa: S608 - the pointer's name
            settings.topic,
        )
        async with cut_over.following(settings, schema, partitions) as follower:
            return schema, position_before(await cut_over.flip(connection, follower))


async def drop_previous(settings: Settings) -> str:
    """Drop the previous read model, once no reader can be using it any more. Raises RebuildError when there is none."""
    async with exclusive_rebuild(settings) as connection:
        schema = await _only(connection, "previous", "There is no previous read model.")
        await cut_over.drop_when_unread(connection, schema)
        return schema


async def abandon(settings: Settings) -> str:
    """Drop the read model that is being built. Raises RebuildError when there is none."""
    async with exclusive_rebuild(settings) as connection:
        schema = await _only(connection, "building", "No read model is being built.")
        await connection.execute(*_REBUILD["drop_read_model"](schema=schema))
        return schema


async def _only(connection: asyncpg.Connection, state: str, none: str) -> str:
    schema = await connection.fetchval("SELECT schema_name FROM steppe.read_model WHERE state = $1", state)
    if schema is None:
        raise RebuildError(none)
    return str(schema)
