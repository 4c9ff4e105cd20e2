"""Read models after a rebuild: list them, roll back to the previous one, drop one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.projector.rebuild import cut_over
from services.projector.rebuild.pipeline import RebuildError, exclusive_rebuild
from services.projector.rebuild.worker import connect
from services.projector.settings import Settings
from steppe.database import active_read_model, sql
from steppe.log.positions import position_before

_REBUILD = sql.load("rebuild")


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildState:
    """How far a rebuild is or was: its stage, the events that are done of all, and when (UTC)."""

    phase: str
    done: int
    total: int
    eta_seconds: int | None
    began_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadModelState:
    """A read model and its state: living (the active one), building or previous. Printed by `--status --json` as it is."""

    schema_name: str
    state: str
    created_at: datetime
    flipped_at: datetime | None
    release: str | None
    rule_change_id: int | None
    rebuild: RebuildState | None


async def read_models(settings: Settings) -> list[ReadModelState]:
    """Every read model, with how far its rebuild is or was."""
    connection = await connect(settings)
    try:
        models = []
        for model in await connection.fetch(active_read_model.STATEMENTS["read_models"]):
            state = await connection.fetchrow(*_REBUILD["rebuild_state"](schema=model["schema_name"]))
            models.append(ReadModelState(**model, rebuild=None if state is None else RebuildState(**state)))
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
