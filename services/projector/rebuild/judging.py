"""Third stage: what markets do to each project, from the standings and deals that the second stage left behind.

Parts are the same ranges of subjects. A worker keeps the markets it has met; of each only who crossed the line counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import asyncpg

from steppe import failpoints
from steppe.database import living, market, queries, rows
from steppe.database.rows import copy
from steppe.domain.groups import Groups
from steppe.domain.history import DealState, Span
from steppe.domain.rivalry import Rival, rivalry
from steppe.domain.rules import Rules

PHASE = "judge"
_STATEMENTS = queries.load("rebuild")
_DEALS = queries.load("market")["deal_spans_of_projects"]
_NOTE_FAULTS = queries.load("market")["note_market_faults"]
_CROSSERS = queries.load("market")["crossers_in_markets"]
_RIVALS_MAX = 200_000


async def judge(connection: asyncpg.Connection, schema: str, rules: Rules) -> None:
    """Judge parts until none is left that nobody has taken."""
    async with connection.transaction():
        await connection.execute(living.STATEMENTS["enter"], schema)
        judge = _Judge(await _groups(connection), rules)
    while True:
        async with connection.transaction():
            part = await connection.fetchrow(_STATEMENTS["claim_part"], schema, PHASE)
            if part is None:
                return
            await connection.execute(living.STATEMENTS["enter"], schema)
            made, faults = await judge.part(connection, part["first_subject"], part["last_subject"])
            await copy(connection, "flag_span", rows.FLAG_SPAN, made.flag_spans)
            await copy(connection, "co_investment_span", rows.CO_INVESTMENT_SPAN, made.co_investment_spans)
            if faults:
                await connection.execute(_NOTE_FAULTS, list(faults), list(faults.values()))
            await connection.execute(_STATEMENTS["part_done"], schema, PHASE, part["part"])
        failpoints.reach("rebuild-part", PHASE)


async def _groups(connection: asyncpg.Connection) -> Groups:
    steps: dict[str, list[tuple[date, str | None]]] = {}
    for row in await connection.fetch(_STATEMENTS["every_parent"]):
        steps.setdefault(row["party"], []).append((row["valid_from"], row["parent"]))
    return Groups(steps)


class _Judge:
    """One worker's: the groups, and the markets it has met."""

    def __init__(self, groups: Groups, rules: Rules) -> None:
        self._groups = groups
        self._rules = rules
        self._markets: dict[str, Sequence[Rival]] = {}
        self._kept = 0

    async def part(
        self, connection: asyncpg.Connection, first: str, last: str
    ) -> tuple[rows.ProjectRows, Mapping[str, str]]:
        """What the market does to the projects of a range; and which could not be judged, with the reason."""
        found = await connection.fetch(_STATEMENTS["standings_of_range"], first, last)
        near: dict[str, Mapping[str, Rival]] = {}
        own = {row["project"]: market.standing_from(row["document"]) for row in found}
        for row in found:
            near[row["project"]] = {
                rival.project: rival
                for key in row["markets"]
                for rival in await self._rivals(connection, key)
                if rival.project != row["project"]
            }
        suffering = [project for project, others in near.items() if others or own[project].crossings]
        made = rows.ProjectRows()
        faults: dict[str, str] = {}
        if suffering:
            deals: dict[str, list[Span[DealState]]] = {project: [] for project in suffering}
            for row in await connection.fetch(_DEALS, suffering):
                deals[row["project"]].append(market.deal_span_from(row))
            for project in suffering:
                others = near[project].values()
                try:
                    suffered = rivalry(own[project], deals[project], others, self._groups, self._rules)
                except Exception as error:
                    faults[project] = rows.fault_of(error)
                else:
                    rows.add_rivalry(made, project, suffered)
        return made, faults

    async def _rivals(self, connection: asyncpg.Connection, key: str) -> Sequence[Rival]:
        found = self._markets.pop(key, None)
        if found is None:
            standings = await connection.fetch(_CROSSERS, [key])
            rivals = (Rival.of(market.standing_from(row["document"])) for row in standings)
            found = [rival for rival in rivals if rival is not None]
            self._kept += len(found)
            while self._markets and self._kept > _RIVALS_MAX:
                self._kept -= len(self._markets.pop(next(iter(self._markets))))
        self._markets[key] = found  # the last is the one used last
        return found
