"""What projects of one market do to each other, within the transaction of a batch (docs/decisions/0008).

Serialised per market by advisory locks, so that two workers never judge one market at once and the outcome does not
depend on which partition came first. The judgement itself is `steppe.domain.markets.rivalry`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from steppe import failpoints
from steppe.database import locks
from steppe.database.keepalive import KeepAlive
from steppe.database.read_model import market_rows, projection_rows, registry_rows, span_changes
from steppe.database.read_model.market_cache import MarketCache
from steppe.database.read_model.projection_rows import ProjectRows, Row, copy
from steppe.database.sql import Statement
from steppe.domain.markets.groups import Groups
from steppe.domain.markets.rivalry import Rivalry, Rivals, SeenCrossings, rivalry
from steppe.domain.markets.standings import Contender, Standing, contenders_of, standing_of
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.history import History
from steppe.domain.values.spans import Span

if TYPE_CHECKING:
    from steppe.database.connection import Connection

_STANDINGS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What stood before the batch: what others saw of the touched projects, as rows, and the parents of touched parties."""

    crossings: Sequence[Row]
    parents: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class _Near:
    """Projects with all that a judgement needs of each."""

    standings: dict[str, Standing] = field(default_factory=dict)
    contenders: dict[str, Sequence[Span[Contender]]] = field(default_factory=dict)

    def contending(self) -> Iterable[str]:
        """Those that others can do something to."""
        return (project for project, contenders in self.contenders.items() if contenders)


@dataclass(frozen=True, slots=True)
class Markets:
    """Judges what changed. `on_step` is called for every project judged, and for its rows. `cache`: what a worker has seen of markets;
    None: whoever alone writes these tables tells nobody what changed, and so keeps nothing.
    """

    statements: Mapping[str, Statement]
    rules: Rules
    exclusive: bool = False
    cache: MarketCache | None = None
    on_step: Callable[[], None] = lambda: None

    async def lock(self, connection: Connection, histories: Mapping[str, History], parties: Sequence[str]) -> Before:
        """Wait for whoever judges the same markets. To be called before anything is written that others read or lock for that:
        standings, projects, crossings, parties."""
        if not self.exclusive:
            markets = {
                market
                for history in histories.values()
                for market in market_rows.market_keys(standing_of(history).markets)
            }
            await connection.execute(
                *self.statements["lock_markets"](
                    regroups=bool(parties), lock=locks.PARTIES, projects=list(histories), markets=sorted(markets)
                )
            )
        return Before(
            crossings=await self._crossings_of(connection, list(histories)),
            parents=await self._parents_of(connection, parties),
        )

    async def judge(
        self,
        connection: Connection,
        histories: Mapping[str, History],
        parties: Sequence[str],
        before: Before,
        now: datetime,
    ) -> Mapping[str, str]:
        """Judge the touched projects and all that they, or changed parties, concern, and write what differs.

        The standings of the touched projects and the rows of parties must have been written.
        A project that cannot be judged, which is a defect, keeps what stood; returns these with the reason.
        """
        near, stored = _Near(), list(before.crossings)
        for project, history in histories.items():
            near.standings[project], near.contenders[project] = standing_of(history), contenders_of(history)
        regrouped = await self._regrouped(connection, parties, before) - histories.keys()
        if regrouped:
            await self._load(connection, near, sorted(regrouped))
            stored += await self._crossings_of(connection, sorted(regrouped))
        groups = await self._groups(connection, near)
        moved = await self._write_crossings(connection, near.standings.values(), stored, groups, now)
        concerned = set(near.standings)
        if moved:
            found = await connection.fetch(*self.statements["contending_in_markets"](markets=sorted(moved)))
            concerned |= {row["project"] for row in found}
        others = sorted(concerned - histories.keys())
        locked = await connection.fetch(*self.statements["lock_standings"](projects=others)) if others else []
        faulty = {row["project"] for row in locked if row["fault"]}
        if beside := sorted(concerned - near.standings.keys()):
            await self._load(connection, near, beside)
            groups = await self._groups(connection, near)
        impacts, faults = await self._impacts(connection, near, groups)
        changed = await self._rewrite(connection, impacts) - histories.keys()
        # Of those that still have such flags the market says when they changed.
        unsaid = {project for project in changed if self.exclusive or not impacts[project].flags}
        if unsaid:
            await connection.execute(*self.statements["touch_projects"](projects=sorted(unsaid), now=now))
        if faults or faulty:
            await self._note_faults(connection, {project: faults.get(project) for project in faults.keys() | faulty})
        return faults

    async def judge_stored(
        self, connection: Connection, projects: Sequence[str], rows: ProjectRows
    ) -> Mapping[str, str]:
        """Judge some projects by what is stored of all, and add their rows; none of them may have such rows yet.

        Returns those that could not be judged, with the reason.
        """
        near = _Near()
        await self._load(connection, near, projects)
        impacts, faults = await self._impacts(connection, near, await self._groups(connection, near))
        for project, impact in impacts.items():
            projection_rows.add_rivalry(rows, project, impact)
        if faults:
            await self._note_faults(connection, faults)
        return faults

    async def _impacts(
        self, connection: Connection, near: _Near, groups: Groups
    ) -> tuple[dict[str, Rivalry], dict[str, str]]:
        """What the markets do to these projects; and which could not be judged, with the reason."""
        rivals = Rivals(await self._seen(connection, near), groups)
        impacts: dict[str, Rivalry] = {}
        faults: dict[str, str] = {}
        keepalive = KeepAlive(connection, self.on_step)
        for project in sorted(near.standings):
            await keepalive.ping()
            try:
                failpoints.reach("judge", project)
                impacts[project] = rivalry(near.standings[project], near.contenders[project], rivals, self.rules)
            except Exception as error:
                faults[project] = projection_rows.fault_of(error)
        return impacts, faults

    async def _seen(self, connection: Connection, near: _Near) -> SeenCrossings:
        """The crossings in the markets of those that others can do something to."""
        markets: set[tuple[str, str]] = set()
        for project in near.contending():
            markets |= near.standings[project].markets
        if not markets:
            return SeenCrossings()
        return await (self.cache or MarketCache()).seen_in(connection, self.statements, markets)

    async def _groups(self, connection: Connection, near: _Near) -> Groups:
        """The groups of those who pursue a deal of theirs, or crossed the line."""
        parties = {
            *(party for standing in near.standings.values() for party in market_rows.parties_of(standing)),
            *(party for contenders in near.contenders.values() for party in market_rows.pursuers_of(contenders)),
        }
        if not parties:
            return Groups({})
        rows = await connection.fetch(*self.statements["parents_above"](parties=sorted(parties)))
        return registry_rows.groups_from(rows)

    async def _load(self, connection: Connection, near: _Near, projects: Sequence[str]) -> None:
        if projects:
            for row in await connection.fetch(*self.statements["standings_of_projects"](projects=list(projects))):
                near.standings[row["project"]] = market_rows.standing_from(row)
                near.contenders[row["project"]] = market_rows.contenders_from(row)

    async def _crossings_of(self, connection: Connection, projects: Sequence[str]) -> list[Row]:
        rows = await connection.fetch(*self.statements["crossings_of_projects"](projects=list(projects)))
        return [tuple(row) for row in rows]

    async def _regrouped(self, connection: Connection, parties: Sequence[str], before: Before) -> set[str]:
        """Projects whose parties belong to other groups now."""
        if not parties or await self._parents_of(connection, parties) == before.parents:
            return set()
        below = await connection.fetch(*self.statements["parties_below"](parties=list(parties)))
        pursued = await connection.fetch(
            *self.statements["projects_of_parties"](parties=[row["party"] for row in below])
        )
        return {row["project"] for row in pursued}

    async def _write_crossings(
        self,
        connection: Connection,
        standings: Iterable[Standing],
        stored: Sequence[Row],
        groups: Groups,
        now: datetime,
    ) -> set[str]:
        """Write what others see of these projects, where it differs from what is stored of them; the markets where they see it."""
        rows = [row for standing in standings for row in market_rows.crossing_rows(standing, groups)]
        gone, new = differing(stored, rows)
        if gone:
            projects, deals, scopes, days = zip(*(row[:4] for row in gone), strict=True)
            await connection.execute(
                *self.statements["remove_crossings"](projects=projects, deals=deals, scopes=scopes, days=days)
            )
        await copy(connection, "crossing", market_rows.CROSSING, new)
        moved = {market for row in (*gone, *new) for market in row[-1]}
        if moved and not self.exclusive:  # who alone writes these tables tells nobody
            await connection.execute(*self.statements["note_changed_markets"](markets=sorted(moved), now=now))
        return moved

    async def _note_faults(self, connection: Connection, faults: Mapping[str, str | None]) -> None:
        await connection.execute(
            *self.statements["note_market_faults"](projects=list(faults), faults=list(faults.values()))
        )

    async def _parents_of(self, connection: Connection, parties: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        steps: dict[str, list[Any]] = {}
        if parties:
            for row in await connection.fetch(*self.statements["parents_of_parties"](parties=list(parties))):
                shares = registry_rows.shares_in(row["document"])
                steps.setdefault(row["party"], []).append((row["valid_from"], row["valid_to"], shares))
        return {party: spans for party, spans in steps.items() if any(span[2] for span in spans)}

    async def _rewrite(self, connection: Connection, impacts: Mapping[str, Rivalry]) -> set[str]:
        """Write what the market does to projects where it differs from what is stored; the projects of which it does."""
        if not impacts:
            return set()
        projects, rows = sorted(impacts), ProjectRows()
        keepalive = KeepAlive(connection, self.on_step)
        for project, impact in impacts.items():
            await keepalive.ping()
            projection_rows.add_rivalry(rows, project, impact)
        stored = await connection.fetchrow(*self.statements["market_effects_of_projects"](projects=projects))
        assert stored is not None, "the statement always gives a row"
        flags_gone, flags = differing(map(tuple, stored["flags"]), rows.flag_spans)
        shared_gone, shared = differing(map(tuple, stored["co_investments"]), rows.co_investment_spans)
        put_in_place = {span_changes.FLAGS.key(row) for row in flags}
        removed = [key for row in flags_gone if (key := span_changes.FLAGS.key(row)) not in put_in_place]
        if removed:
            of, deals, names, days = zip(*removed, strict=True)
            await connection.execute(
                *self.statements["remove_market_flags"](projects=of, deals=deals, flags=names, days=days)
            )
        if shared_gone:
            of, deals, days = zip(*(row[:3] for row in shared_gone), strict=True)
            await connection.execute(*self.statements["remove_co_investments"](projects=of, deals=deals, days=days))
        await span_changes.put(connection, self.statements, span_changes.FLAGS, flags)
        await copy(connection, "co_investment_span", projection_rows.CO_INVESTMENT_SPAN, shared)
        return {row[0] for row in (*flags_gone, *flags, *shared_gone, *shared)}


async def fill_crossings(connection: Connection, statements: Mapping[str, Statement]) -> None:
    """Write what others see of every project, from the standings and parties that are stored, in place of what was written of it."""
    await connection.execute(statements["remove_every_crossing"])
    await connection.execute(statements["note_every_market"])
    groups = registry_rows.groups_from(await connection.fetch(statements["every_parent"]))
    standings = await connection.cursor(statements["standings_that_crossed"])
    while rows := await standings.fetch(_STANDINGS_AT_ONCE):
        crossings = [one for row in rows for one in market_rows.crossing_rows(market_rows.standing_from(row), groups)]
        await copy(connection, "crossing", market_rows.CROSSING, crossings)


def differing(stored: Iterable[Row], wanted: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that are stored and not wanted, and those that are wanted and not stored."""
    stands, shall = {_comparable(row): row for row in stored}, {_comparable(row): row for row in wanted}
    return (
        [row for key, row in stands.items() if key not in shall],
        [row for key, row in shall.items() if key not in stands],
    )


def _comparable(row: Row) -> Row:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)
