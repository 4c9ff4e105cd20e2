"""Read models as known at another instant or under other rules: `known_at`, `rules` (domain page, sections 6, 8; docs/decisions/0009).

An alternate read model is a copy in temporary tables of one connection, projected by the same code as the original from the
events that were known then. Answers read it with the statements they always use.

The cost is bounded: the copies are a cache of a fixed size that evicts the least recently used; one is made at a time; only
subjects of which something was not known then are folded, the rest is copied; a refresh folds only subjects that have new
events. Under other rules than those in force every project is folded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from services.api.store import tried_events
from services.api.store.copy_rows import TABLES_OF_PROJECTS, refold
from services.api.store.knowledge import Knowledge
from services.api.store.sessions import SessionsOfCopies
from services.api.store.snapshot import QUERIES, Row, Snapshot, last_action_of
from steppe.contracts.acceptance import Accepted
from steppe.database import active_read_model, rule_versions
from steppe.database.read_model.market_fields import MarketFields
from steppe.database.sql import load
from steppe.domain.rules.thresholds import Rules
from steppe.http.problems import Refusal

_STATEMENTS = load("alternate_models", "services.api")
_PENDING = load("pending_fold")
_TABLES = (*TABLES_OF_PROJECTS, "party_span", "forum")
# What others see of those that are folded: it is compared with what they see then.
_SEEN_BY_OTHERS = ("crossing", "party_span")

_CROSSINGS_KEPT_MAX = 5_000

_Key = tuple[Knowledge | None, str]


def _market_fields() -> MarketFields:
    return MarketFields(_CROSSINGS_KEPT_MAX)


@dataclass(slots=True)
class AlternateReadModel:
    """One copy. `next_offsets` says which prefix of the log it has seen; empty: nothing yet. `schema`: copied from where.

    `last_action` is the number of the last action of an operator on the quarantine by then; `market_fields` what was read of its
    markets since it was written.
    """

    connection: asyncpg.Connection[Row]
    schema: str = ""
    next_offsets: dict[int, int] = field(default_factory=dict)
    last_action: int = 0
    in_use: asyncio.Lock = field(default_factory=asyncio.Lock)
    market_fields: MarketFields = field(default_factory=_market_fields)


@dataclass(frozen=True, slots=True)
class Trial:
    """A snapshot in which events happen that nobody sent."""

    snapshot: Snapshot

    async def add(self, events: Sequence[Accepted]) -> list[str]:
        """Let events happen, in this order, after all that is in the log, and judge again whatever they concern; returns their
        subjects. None of them is in the log or was added before."""
        snapshot = self.snapshot
        subjects = await tried_events.store(snapshot.connection, events, snapshot.next_offsets)
        await refold(snapshot.connection, subjects, None, snapshot.rules)
        return subjects


class AlternateReadModels:
    """A cache of a few of them, each in a session of its own."""

    def __init__(self, sessions: SessionsOfCopies, topic: str, models_max: int, *, takes_events: bool = False) -> None:
        """`takes_events`: in its copies events that are not in the log can be tried, see `tried_events`."""
        self._sessions = sessions
        self._topic = topic
        self._models_max = models_max
        self._takes_events = takes_events
        self._models: dict[_Key, AlternateReadModel] = {}
        self._choosing = asyncio.Lock()
        self._making = asyncio.Semaphore(1)

    async def close(self) -> None:
        """Let go of all of them."""
        for model in self._models.values():
            model.connection.terminate()
        self._models.clear()

    @asynccontextmanager
    async def snapshot(self, knowledge: Knowledge | None, rules: Rules) -> AsyncIterator[Snapshot]:
        """Read several things as of one moment, as known then (None: now), under these rules.

        A copy that is behind the read model is refreshed first. Raises Refusal as the reader of the snapshot does, and where
        there can be no copy.
        """
        key = (knowledge, rules.version)
        model = await self._acquire(key)
        try:
            transaction = model.connection.transaction(isolation="repeatable_read")
            await transaction.start()
            schema = await active_read_model.use_active(model.connection, first="pg_temp, ")
            if model.schema != schema:  # it was rebuilt: what we copied may be of another shape
                model.schema, model.next_offsets = schema, {}
            rows = await model.connection.fetch(*QUERIES["position"](topic=self._topic))
            now = {row["partition"]: row["next_offset"] for row in rows}
            if model.last_action != last_action_of(rows):  # what was held may be folded by now, wherever it lies
                model.last_action, model.next_offsets = last_action_of(rows), {}
            # What waits for its fold beside the stream comes later, wherever it lies in the log.
            waiting = await model.connection.fetch(_PENDING["folded_before_in_partitions"])
            seen = now | {row["partition"]: min(row["first_offset"], now[row["partition"]]) for row in waiting}
            if model.next_offsets != now:
                async with self._making:
                    await self._refresh(model, knowledge, rules, now)
                    model.market_fields = _market_fields()
            try:
                yield Snapshot(model.connection, now, rules, model.last_action, market_fields=model.market_fields)
            finally:
                await transaction.commit()
            model.next_offsets = seen
        except Refusal:
            model.next_offsets = seen
            raise
        except BaseException:  # also a reader who hangs up: what the copy holds is not certain any more
            self._drop(key, model)
            raise
        finally:
            model.in_use.release()

    @asynccontextmanager
    async def trial(self, rules: Rules) -> AsyncIterator[Trial]:
        """The read model as of now, under these rules, in which events can be tried; nothing of them stays. Only where the copies take
        events. Raises Refusal as `snapshot` does."""
        assert self._takes_events
        async with self.snapshot(None, rules) as snapshot:
            savepoint = snapshot.connection.transaction()
            await savepoint.start()
            try:
                yield Trial(snapshot)
            finally:
                await savepoint.rollback()

    async def _acquire(self, key: _Key) -> AlternateReadModel:
        """The model, ours until its `in_use` is released."""
        while True:
            model = await self._get_or_open(key)
            await model.in_use.acquire()
            if not model.connection.is_closed():
                return model
            model.in_use.release()  # it broke while we waited

    async def _get_or_open(self, key: _Key) -> AlternateReadModel:
        async with self._choosing:
            model = self._models.pop(key, None)
            if model is None or model.connection.is_closed():
                while len(self._models) >= self._models_max:
                    idle = (known for known, kept in self._models.items() if not kept.in_use.locked())
                    given_up = self._models.pop(next(idle, next(iter(self._models))))
                    async with given_up.in_use:
                        given_up.connection.terminate()
                model = AlternateReadModel(await self._sessions.open())
            self._models[key] = model  # the last is the most recently used
            return model

    def _drop(self, key: _Key, model: AlternateReadModel) -> None:
        model.connection.terminate()
        if self._models.get(key) is model:
            del self._models[key]

    async def _refresh(
        self, model: AlternateReadModel, knowledge: Knowledge | None, rules: Rules, now: dict[int, int]
    ) -> None:
        """Make the copy, or bring it to the same prefix of the log as the read model that is seen."""
        connection, seen = model.connection, model.next_offsets
        is_new = not seen or any(now.get(partition, -1) < offset for partition, offset in seen.items())
        if is_new:
            in_force = await rule_versions.in_force(connection)
            rows = await connection.fetch(
                *_STATEMENTS["subjects_otherwise"](
                    known_at=knowledge.known_at if knowledge else None,
                    recorded=knowledge is not None and knowledge.recorded,
                    other_rules=rules.version != in_force.version,
                )
            )
            subjects = [row["subject"] for row in rows]
            await self._copy(connection, model.schema, subjects)
        else:
            rows = await connection.fetch(
                *_STATEMENTS["subjects_since"](partitions=list(seen), next_offsets=list(seen.values()))
            )
            subjects = [row["subject"] for row in rows]
        if subjects:
            await refold(connection, subjects, knowledge, rules)
        if subjects and is_new:
            # Nobody else tells the planner what temporary tables hold, and most of it may have come now.
            await connection.execute(f"ANALYZE {', '.join(f'pg_temp.{table}' for table in _TABLES)}")

    async def _copy(self, connection: asyncpg.Connection[Row], schema: str, but: list[str]) -> None:
        """Copy the read model but for some subjects, of which only stays what others see of them."""
        # The names are the constants above and the pointer's, never input.
        for table in _TABLES:
            own = f"{schema}.{table}"
            await connection.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
            await connection.execute(f"CREATE TEMPORARY TABLE {table} (LIKE {own} INCLUDING ALL)")
            column, prefix = {"party_span": ("party", "party:"), "forum": ("forum", "forum:")}.get(
                table, ("project", "")
            )
            await connection.execute(
                f"INSERT INTO pg_temp.{table} SELECT * FROM {own}"  # noqa: S608
                f" WHERE NOT EXISTS (SELECT 1 FROM unnest($1::text[]) AS but WHERE but = $2 || {column})",
                [] if table in _SEEN_BY_OTHERS else but,
                prefix,
            )
            await connection.execute(f"ANALYZE pg_temp.{table}")
        if self._takes_events:
            await tried_events.prepare(connection, schema)
