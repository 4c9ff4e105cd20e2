"""Third stage of a rebuild: what markets do to each project, from the standings and deals that the second stage has written.

Parts are the same ranges of subjects. A worker keeps the rivals of the markets it has met; only those that crossed the line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import asyncpg

from steppe import failpoints
from steppe.database import active_read_model, sql
from steppe.database.read_model import market_judgement, projection_rows
from steppe.database.read_model.projection import copy_market_effects
from steppe.domain.markets.groups import Groups
from steppe.domain.markets.rivalry import Rival, rivalry
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.spans import Span
from steppe.domain.values.states import DealState

PHASE = "judge"
_STATEMENTS = sql.load("rebuild")
_DEALS = sql.load("market")["deal_spans_of_projects"]
_NOTE_FAULTS = sql.load("market")["note_market_faults"]
_CROSSERS = sql.load("market")["crossers_in_markets"]
_RIVALS_MAX = 200_000


async def judge(connection: asyncpg.Connection, schema: str, rules: Rules) -> None:
    """Judge parts until every one is done or taken."""
    async with connection.transaction():
        await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
        judge = _Judge(await _groups(connection), rules)
    while True:
        async with connection.transaction():
            part = await connection.fetchrow(*_STATEMENTS["claim_part"](schema=schema, phase=PHASE))
            if part is None:
                return
            await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
            made, faults = await judge.part(connection, part["first_subject"], part["last_subject"])
            await copy_market_effects(connection, made)
            if faults:
                await connection.execute(*_NOTE_FAULTS(projects=list(faults), faults=list(faults.values())))
            await connection.execute(*_STATEMENTS["mark_part_done"](schema=schema, phase=PHASE, part=part["part"]))
        failpoints.reach("rebuild-part", PHASE)


async def _groups(connection: asyncpg.Connection) -> Groups:
    return market_judgement.groups_from(await connection.fetch(_STATEMENTS["every_parent"]))


class _Judge:
    """One worker's: the groups, and a cache of the rivals in each market."""

    def __init__(self, groups: Groups, rules: Rules) -> None:
        self._groups = groups
        self._rules = rules
        self._markets: dict[str, Sequence[Rival]] = {}
        self._kept = 0

    async def part(
        self, connection: asyncpg.Connection, first: str, last: str
    ) -> tuple[projection_rows.ProjectRows, Mapping[str, str]]:
        """What the market does to the projects of a range; and which could not be judged, with the reason."""
        standings = await connection.fetch(*_STATEMENTS["standings_of_range"](first_project=first, last_project=last))
        rivals: dict[str, Mapping[str, Rival]] = {}
        own = {row["project"]: market_judgement.standing_from(row["document"]) for row in standings}
        for row in standings:
            rivals[row["project"]] = {
                rival.project: rival
                for key in row["markets"]
                for rival in await self._rivals(connection, key)
                if rival.project != row["project"]
            }
        judged = [project for project, others in rivals.items() if others or own[project].crossings]
        made = projection_rows.ProjectRows()
        faults: dict[str, str] = {}
        if judged:
            deals: dict[str, list[Span[DealState]]] = {project: [] for project in judged}
            for row in await connection.fetch(*_DEALS(projects=judged)):
                deals[row["project"]].append(market_judgement.deal_span_from(row))
            for project in judged:
                others = rivals[project].values()
                try:
                    impacts = rivalry(own[project], deals[project], others, self._groups, self._rules)
                except Exception as error:
                    faults[project] = projection_rows.fault_of(error)
                else:
                    projection_rows.add_rivalry(made, project, impacts)
        return made, faults

    async def _rivals(self, connection: asyncpg.Connection, key: str) -> Sequence[Rival]:
        rivals = self._markets.pop(key, None)
        if rivals is None:
            standings = await connection.fetch(*_CROSSERS(markets=[key]))
            crossers = (Rival.of(market_judgement.standing_from(row["document"])) for row in standings)
            rivals = [rival for rival in crossers if rival is not None]
            self._kept += len(rivals)
            while self._markets and self._kept > _RIVALS_MAX:
                self._kept -= len(self._markets.pop(next(iter(self._markets))))
        self._markets[key] = rivals  # the last is the one used last
        return rivals
