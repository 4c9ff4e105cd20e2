"""Answers under another knowledge or other rules: `known_at`, `rules` (domain page, sections 6, 8; docs/decisions/0009).

A world is a copy of the read model in temporary tables of one connection, written by the same code as the original, from
the events that were known. The lists read it with the same statements. Knows connections and tables; knows no HTTP.

The cost is bounded: at most so many worlds, the least recently used given up first; one is made at a time; of a world only
the subjects are folded of which something was not known then, the rest is copied; and an old world learns only what came
since. Under other rules than those in force every project is folded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from services.api.problems import RefusalError
from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge
from services.api.store.snapshot import QUERIES, Row, Snapshot, last_action_of
from steppe.database import active_read_model, rule_versions
from steppe.database.read_model.projection import STATEMENTS, ReadModel, Subject
from steppe.database.sql import load
from steppe.domain.events.event import Event
from steppe.domain.rules.rules import Rules

_WORLDS = load("alternate_models", "services.api")
_WRITING = {name: text for file in STATEMENTS for name, text in load(file).items()}
_OF_PROJECTS = ("project", "project_span", "deal_span", "flag_span", "standing", "co_investment_span")

_Key = tuple[Knowledge | None, str]
Connect = Callable[[], "Awaitable[asyncpg.Connection[Row]]"]


@dataclass(slots=True)
class _World:
    """One copy. `next_offsets` says which prefix of the log it has seen; empty: nothing yet. `schema`: copied from where.

    `last_action` is the last thing that an operator had done by then to what was diverted.
    """

    connection: asyncpg.Connection[Row]
    schema: str = ""
    next_offsets: dict[int, int] = field(default_factory=dict)
    last_action: int = 0
    in_use: asyncio.Lock = field(default_factory=asyncio.Lock)


class Worlds:
    """Keeps a few worlds. `connect` opens a connection that may make temporary tables and finds them first."""

    def __init__(self, connect: Connect, topic: str, worlds_max: int) -> None:
        self._connect = connect
        self._topic = topic
        self._worlds_max = worlds_max
        self._worlds: dict[_Key, _World] = {}
        self._choosing = asyncio.Lock()
        self._making = asyncio.Semaphore(1)

    async def close(self) -> None:
        """Let go of all of them."""
        for world in self._worlds.values():
            world.connection.terminate()
        self._worlds.clear()

    @asynccontextmanager
    async def snapshot(self, knowledge: Knowledge | None, rules: Rules) -> AsyncIterator[Snapshot]:
        """Read several things as of one moment, as known then (None: now), under these rules.

        A world that has not seen all of the log learns it first.
        """
        key = (knowledge, rules.version)
        world = await self._entered(key)
        try:
            transaction = world.connection.transaction(isolation="repeatable_read")
            await transaction.start()
            schema = await active_read_model.enter(world.connection, first="pg_temp, ")
            if world.schema != schema:  # it was rebuilt: what we copied may be of another shape
                world.schema, world.next_offsets = schema, {}
            rows = await world.connection.fetch(QUERIES["api_position"], self._topic)
            now = {row["partition"]: row["next_offset"] for row in rows}
            if world.last_action != last_action_of(rows):  # what was held may be folded by now, wherever it lies
                world.last_action, world.next_offsets = last_action_of(rows), {}
            if world.next_offsets != now:
                async with self._making:
                    await self._learn(world, knowledge, rules, now)
            try:
                yield Snapshot(world.connection, now, rules, world.last_action)
            finally:
                await transaction.commit()
            world.next_offsets = now
        except RefusalError:
            world.next_offsets = now
            raise
        except BaseException:  # also a reader who hangs up: what the copy holds is not certain any more
            self._drop(key, world)
            raise
        finally:
            world.in_use.release()

    async def _entered(self, key: _Key) -> _World:
        """The world, ours until its `in_use` is released."""
        while True:
            world = await self._world(key)
            await world.in_use.acquire()
            if not world.connection.is_closed():
                return world
            world.in_use.release()  # it broke while we waited

    async def _world(self, key: _Key) -> _World:
        async with self._choosing:
            world = self._worlds.pop(key, None)
            if world is None or world.connection.is_closed():
                while len(self._worlds) >= self._worlds_max:
                    idle = (known for known, kept in self._worlds.items() if not kept.in_use.locked())
                    given_up = self._worlds.pop(next(idle, next(iter(self._worlds))))
                    async with given_up.in_use:
                        given_up.connection.terminate()
                world = _World(await self._connect())
            self._worlds[key] = world  # the last is the most recently used
            return world

    def _drop(self, key: _Key, world: _World) -> None:
        world.connection.terminate()
        if self._worlds.get(key) is world:
            del self._worlds[key]

    async def _learn(self, world: _World, knowledge: Knowledge | None, rules: Rules, now: dict[int, int]) -> None:
        """Make the copy, or bring it to the same prefix of the log as the read model that is seen."""
        connection, seen = world.connection, world.next_offsets
        if not seen or any(now.get(partition, -1) < offset for partition, offset in seen.items()):
            in_force = await rule_versions.in_force(connection)
            found = await connection.fetch(
                _WORLDS["subjects_otherwise"],
                knowledge.known_at if knowledge else None,
                knowledge is not None and knowledge.recorded,
                rules.version != in_force.version,
            )
            subjects = [row["subject"] for row in found]
            await self._copy(connection, world.schema, subjects)
        else:
            subjects = [
                row["subject"]
                for row in await connection.fetch(_WORLDS["subjects_since"], list(seen), list(seen.values()))
            ]
        if subjects:
            events = await self._events(connection, subjects, knowledge)
            writer = ReadModel(_WRITING, rules, alone=True)
            known_at, recorded = (knowledge.known_at, knowledge.recorded) if knowledge else (None, False)
            await writer.write(connection, events, known_at, recorded=recorded)

    async def _copy(self, connection: asyncpg.Connection[Row], schema: str, but: list[str]) -> None:
        # The names are the constants above and the pointer's, never input.
        for table in (*_OF_PROJECTS, "party_span", "forum"):
            own = f"{schema}.{table}"
            await connection.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
            await connection.execute(f"CREATE TEMPORARY TABLE {table} (LIKE {own} INCLUDING ALL)")
            column, prefix = {"party_span": ("party", "party:"), "forum": ("forum", "forum:")}.get(
                table, ("project", "")
            )
            await connection.execute(
                f"INSERT INTO pg_temp.{table} SELECT * FROM {own}"  # noqa: S608
                f" WHERE NOT EXISTS (SELECT 1 FROM unnest($1::text[]) AS but WHERE but = $2 || {column})",
                but,
                prefix,
            )
            await connection.execute(f"ANALYZE pg_temp.{table}")

    async def _events(
        self, connection: asyncpg.Connection[Row], subjects: list[str], knowledge: Knowledge | None
    ) -> dict[str, Subject]:
        """All events of the subjects; as the last one counts the last that was known."""
        events: dict[str, list[Event]] = {}
        last: dict[str, tuple[int, int]] = {}
        async for row in connection.cursor(QUERIES["api_events_of_subjects"], subjects, prefetch=2000):
            event = row_decoding.event(row)
            if event is not None:
                events.setdefault(row["subject"], []).append(event)
                known = knowledge is None or event.known_by(recorded=knowledge.recorded) <= knowledge.known_at
                if known or row["subject"] not in last:
                    last[row["subject"]] = (row["partition"], row["log_offset"])
        return {subject: Subject(found, *last[subject]) for subject, found in events.items()}


def connector(dsn: str, settings: dict[str, str], statement_timeout_ms: int) -> Connect:
    """How a world's connection is opened: it may write its own temporary tables."""
    own: dict[str, Any] = {
        **settings,
        "application_name": "steppe-api-world",
        "default_transaction_read_only": "off",
        "statement_timeout": str(statement_timeout_ms * 6),
    }

    async def connect() -> asyncpg.Connection[Row]:
        return await asyncpg.connect(dsn, timeout=5, server_settings=own)

    return connect
