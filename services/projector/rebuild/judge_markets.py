"""Third stage of a rebuild: what markets do to each project, from the standings and crossings that are written before it.

Parts are the same ranges of subjects. A worker keeps what is seen in the markets that it has met.
"""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

from services.projector.rebuild.pace import Pace, copy_in_pieces
from steppe import failpoints
from steppe.database import active_read_model, sql
from steppe.database.keepalive import KeepAlive
from steppe.database.read_model import market_rows, projection_rows, registry_rows
from steppe.database.read_model.projection import tables_of_market_effects
from steppe.domain.markets.groups import Groups
from steppe.domain.markets.rivalry import Rivals, SeenCrossings, rivalry
from steppe.domain.rules.thresholds import Rules

PHASE = "judge"
_STATEMENTS = sql.load("rebuild")
_NOTE_FAULTS = sql.load("market")["note_market_faults"]
_CROSSINGS = sql.load("market")["crossings_in_markets"]
_EVERY_PARENT = sql.load("market")["every_parent"]
_CROSSINGS_MAX = 20_000


async def judge(connection: asyncpg.Connection, schema: str, rules: Rules, pace: Pace) -> None:
    """Judge parts until every one is done or taken."""
    async with connection.transaction():
        await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
        judge = _Judge(registry_rows.groups_from(await connection.fetch(_EVERY_PARENT)), rules)
    while True:
        async with connection.transaction():
            part = await connection.fetchrow(*_STATEMENTS["claim_part"](schema=schema, phase=PHASE))
            if part is None:
                return
            await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
            made, faults = await judge.part(connection, part["first_subject"], part["last_subject"], pace)
            for table, columns, rows in tables_of_market_effects(made):
                await copy_in_pieces(connection, table, columns, rows, pace)
            if faults:
                await connection.execute(*_NOTE_FAULTS(projects=list(faults), faults=list(faults.values())))
            await connection.execute(*_STATEMENTS["mark_part_done"](schema=schema, phase=PHASE, part=part["part"]))
        failpoints.reach("rebuild-part", PHASE)


class _Judge:
    """One worker's: a cache of what is seen in each market, and the groups."""

    def __init__(self, groups: Groups, rules: Rules) -> None:
        self._groups = groups
        self._rules = rules
        self._forget()

    async def part(
        self, connection: asyncpg.Connection, first: str, last: str, pace: Pace
    ) -> tuple[projection_rows.ProjectRows, Mapping[str, str]]:
        """What the market does to the projects of a range; and which could not be judged, with the reason."""
        standings = await connection.fetch(*_STATEMENTS["standings_of_range"](first_project=first, last_project=last))
        await self._see(connection, {market for row in standings for market in row["markets"]})
        made = projection_rows.ProjectRows()
        faults: dict[str, str] = {}
        keepalive = KeepAlive(connection)
        for row in standings:
            await keepalive.ping()
            await pace.rest()
            own, contenders = market_rows.standing_from(row), market_rows.contenders_from(row)
            try:
                impacts = rivalry(own, contenders, self._rivals, self._rules)
            except Exception as error:
                faults[own.project] = projection_rows.fault_of(error)
            else:
                projection_rows.add_rivalry(made, own.project, impacts)
        return made, faults

    async def _see(self, connection: asyncpg.Connection, markets: set[str]) -> None:
        """Have all that is seen in these markets."""
        if self._crossings > _CROSSINGS_MAX:
            self._forget()
        missing = markets - self._markets
        if missing:
            rows = await connection.fetch(*_CROSSINGS(markets=sorted(missing)))
            self._seen.add(map(market_rows.crossing_from, rows))
            self._markets |= missing
            self._crossings += len(rows)

    def _forget(self) -> None:
        self._seen = SeenCrossings()
        self._rivals = Rivals(self._seen, self._groups)
        self._markets: set[str] = set()
        self._crossings = 0
