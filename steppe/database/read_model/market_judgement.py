"""What projects of one market do to each other, within the transaction of a batch (docs/decisions/0008).

Serialised per market by advisory locks, so that two workers never judge one market at once and the outcome does not
depend on which partition came first. The judgement itself is `steppe.domain.markets.rivalry`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from steppe import failpoints
from steppe.database import locks
from steppe.database.keepalive import KeepAlive
from steppe.database.read_model import flag_rows, projection_rows, registry_rows
from steppe.database.sql import Statement
from steppe.domain.markets.groups import Groups, Shares
from steppe.domain.markets.rivalry import Rival, Rivalry, Standing, rivalry, standing_of
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.history import History
from steppe.domain.values.spans import Span
from steppe.domain.values.states import DealState

if TYPE_CHECKING:
    import asyncpg

    from steppe.database.connection import Connection

standing_from = msgspec.json.Decoder(Standing).decode
_deal_from = msgspec.json.Decoder(DealState).decode


def deal_span_from(row: asyncpg.Record) -> Span[DealState]:
    """A row of `deal_spans_of_projects`."""
    return Span(valid_from=row["valid_from"], valid_to=row["valid_to"], value=_deal_from(row["document"]))


def groups_from(rows: Iterable[asyncpg.Record]) -> Groups:
    """Who belongs to whom, from rows with party, valid_from and document, in the order of days."""
    steps: dict[str, list[tuple[date, Shares]]] = {}
    for row in rows:
        steps.setdefault(row["party"], []).append((row["valid_from"], registry_rows.shares_in(row["document"])))
    return Groups(steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What stood before the batch: the touched projects as their rivals saw them, and the parents of touched parties."""

    standings: Mapping[str, Standing]
    markets: frozenset[str]
    parents: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Markets:
    """Judges what changed. One for every worker; keeps nothing between batches. `on_step` is called for every project judged, and for its rows."""

    statements: Mapping[str, Statement]
    rules: Rules
    exclusive: bool = False
    on_step: Callable[[], None] = lambda: None

    async def lock(self, connection: Connection, histories: Mapping[str, History], parties: Sequence[str]) -> Before:
        """Wait for whoever judges the same markets. To be called before anything of the batch's projects is written."""
        if not self.exclusive:
            lock = "lock_parties_to_change" if parties else "lock_parties"
            await connection.execute(*self.statements[lock](lock=locks.PARTIES))
        stored = await connection.fetch(*self.statements["standings_of_projects"](projects=list(histories)))
        markets = {market for row in stored for market in row["markets"]}
        markets |= {
            market for history in histories.values() for market in projection_rows.market_keys(standing_of(history))
        }
        if not self.exclusive:
            await connection.execute(*self.statements["lock_markets"](markets=sorted(markets)))
        return Before(
            standings={row["project"]: standing_from(row["document"]) for row in stored},
            markets=frozenset(markets),
            parents=await self._parents_of(connection, parties),
        )

    async def judge(
        self,
        connection: Connection,
        histories: Mapping[str, History],
        parties: Sequence[str],
        before: Before,
        rows: projection_rows.ProjectRows,
        now: datetime,
    ) -> Mapping[str, str]:
        """Judge the touched projects and all that they, or changed parties, concern.

        Rows of touched projects are added to `rows`; those of others are written here, if they differ. The standings of the
        touched projects and the rows of parties must have been written, the flags of the touched ones still stand.
        A project that cannot be judged, which is a defect, keeps what stood; returns these with the reason.
        """
        standings = {project: standing_of(history) for project, history in histories.items()}
        concerned = await self._concerned(connection, standings, parties, before)
        others = sorted(concerned - histories.keys())
        faulty = {
            row["project"]
            for row in await connection.fetch(*self.statements["lock_standings"](projects=others))
            if row["fault"]
        }
        impacts, faults = await self._impacts(connection, concerned, standings, histories)
        for project in histories.keys() & impacts.keys():
            projection_rows.add_rivalry(rows, project, impacts[project])
        await self._rewrite(connection, {project: impacts[project] for project in others if project in impacts}, now)
        await self._keep_as_it_stood(connection, sorted(histories.keys() & faults.keys()), rows)
        if faults or faulty:
            await self._note_faults(connection, {project: faults.get(project) for project in faults.keys() | faulty})
        return faults

    async def judge_stored(
        self, connection: Connection, projects: Sequence[str], rows: projection_rows.ProjectRows
    ) -> Mapping[str, str]:
        """Judge some projects by what is stored of all, and add their rows; none of them may have such rows yet.

        Returns those that could not be judged, with the reason.
        """
        impacts, faults = await self._impacts(connection, projects, {}, {})
        for project, impact in impacts.items():
            projection_rows.add_rivalry(rows, project, impact)
        if faults:
            await self._note_faults(connection, faults)
        return faults

    async def _impacts(
        self,
        connection: Connection,
        concerned: Collection[str],
        standings: Mapping[str, Standing],
        histories: Mapping[str, History],
    ) -> tuple[dict[str, Rivalry], dict[str, str]]:
        """What the markets do to these projects; and which could not be judged, with the reason. What is not given is stored."""
        near = await self._near(connection, sorted(concerned), standings)
        rivals = {project: rival for project, standing in near.items() if (rival := Rival.of(standing)) is not None}
        deals = await self._deals(connection, sorted(set(concerned) - histories.keys()))
        deals.update({project: history.deals for project, history in histories.items()})
        groups = await self._groups(connection, near.values(), deals.values())
        by_market: dict[str, set[str]] = {}
        for project in rivals:
            for market in projection_rows.market_keys(near[project]):
                by_market.setdefault(market, set()).add(project)
        impacts: dict[str, Rivalry] = {}
        faults: dict[str, str] = {}
        keepalive = KeepAlive(connection, self.on_step)
        for project in sorted(near.keys() & set(concerned)):
            await keepalive.ping()
            beside = set().union(*(by_market.get(market, ()) for market in projection_rows.market_keys(near[project])))
            try:
                failpoints.reach("judge", project)
                impacts[project] = rivalry(
                    near[project], deals.get(project, ()), [rivals[rival] for rival in beside], groups, self.rules
                )
            except Exception as error:
                faults[project] = projection_rows.fault_of(error)
        return impacts, faults

    async def _note_faults(self, connection: Connection, faults: Mapping[str, str | None]) -> None:
        await connection.execute(
            *self.statements["note_market_faults"](projects=list(faults), faults=list(faults.values()))
        )

    async def _keep_as_it_stood(
        self, connection: Connection, projects: Sequence[str], rows: projection_rows.ProjectRows
    ) -> None:
        if projects:
            for query, kept in (
                ("market_flags_of_projects", rows.flag_spans),
                ("co_investments_of_projects", rows.co_investment_spans),
            ):
                kept += [tuple(row) for row in await connection.fetch(*self.statements[query](projects=projects))]

    async def _concerned(
        self, connection: Connection, standings: Mapping[str, Standing], parties: Sequence[str], before: Before
    ) -> set[str]:
        # Others see of a project what of it can do something to them, and nothing else.
        moved = [
            project
            for project, standing in standings.items()
            if Rival.of(standing) != (Rival.of(stood) if (stood := before.standings.get(project)) else None)
        ]
        markets = {market for project in moved for market in projection_rows.market_keys(standings[project])}
        markets |= {
            market
            for project in moved
            if project in before.standings
            for market in projection_rows.market_keys(before.standings[project])
        }
        concerned = set(standings)
        if parties and await self._parents_of(connection, parties) != before.parents:
            below = await connection.fetch(*self.statements["parties_below"](parties=list(parties)))
            pursued = await connection.fetch(
                *self.statements["projects_of_parties"](parties=[row["party"] for row in below])
            )
            concerned |= {row["project"] for row in pursued}
            markets |= {market for row in pursued for market in row["markets"]}
        if markets:
            neighbours = await connection.fetch(*self.statements["projects_in_markets"](markets=sorted(markets)))
            concerned |= {row["project"] for row in neighbours}
        return concerned

    async def _near(
        self, connection: Connection, concerned: Sequence[str], standings: Mapping[str, Standing]
    ) -> dict[str, Standing]:
        """The concerned projects and all that share a market with one of them and have crossed the line."""
        near = dict(standings)
        others = [project for project in concerned if project not in near]
        stored = await connection.fetch(*self.statements["standings_of_projects"](projects=others))
        near.update({row["project"]: standing_from(row["document"]) for row in stored})
        markets = {market for standing in near.values() for market in projection_rows.market_keys(standing)}
        if markets:
            for row in await connection.fetch(*self.statements["crossers_in_markets"](markets=sorted(markets))):
                if row["project"] not in near:
                    near[row["project"]] = standing_from(row["document"])
        return near

    async def _deals(self, connection: Connection, projects: Sequence[str]) -> dict[str, Sequence[Span[DealState]]]:
        deals: dict[str, list[Span[DealState]]] = {project: [] for project in projects}
        if projects:
            for row in await connection.fetch(*self.statements["deal_spans_of_projects"](projects=list(projects))):
                deals[row["project"]].append(deal_span_from(row))
        return dict(deals)

    async def _groups(
        self,
        connection: Connection,
        standings: Iterable[Standing],
        deals: Iterable[Sequence[Span[DealState]]],
    ) -> Groups:
        parties = {party for spans in deals for span in spans for party in span.value.pursuers}
        for standing in standings:
            for crossing in standing.crossings:
                parties.update(crossing.parties, crossing.pursuers)
        rows = []
        if parties:
            rows = await connection.fetch(*self.statements["parents_above"](parties=sorted(parties)))
        return groups_from(rows)

    async def _parents_of(self, connection: Connection, parties: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        steps: dict[str, list[Any]] = {}
        if parties:
            for row in await connection.fetch(*self.statements["parents_of_parties"](parties=list(parties))):
                shares = registry_rows.shares_in(row["document"])
                steps.setdefault(row["party"], []).append((row["valid_from"], row["valid_to"], shares))
        return {party: spans for party, spans in steps.items() if any(span[2] for span in spans)}

    async def _rewrite(self, connection: Connection, impacts: Mapping[str, Rivalry], now: datetime) -> None:
        """Replace what the market does to projects that the batch did not touch, where it differs from what is stored."""
        if not impacts:
            return
        projects = sorted(impacts)
        stored: dict[str, set[Any]] = {project: set() for project in projects}
        for row in await connection.fetch(*self.statements["market_flags_of_projects"](projects=projects)):
            stored[row["project"]].add(tuple(row))
        for row in await connection.fetch(*self.statements["co_investments_of_projects"](projects=projects)):
            stored[row["project"]].add((*tuple(row)[:4], tuple(row["events"])))
        rows = projection_rows.ProjectRows()
        changed = []
        keepalive = KeepAlive(connection, self.on_step)
        for project, impact in impacts.items():
            await keepalive.ping()
            flags, shared = (
                flag_rows.flag_rows(project, impact.flags),
                projection_rows.co_investment_rows(project, impact),
            )
            if stored[project] != {*flags, *((*row[:4], tuple(row[4])) for row in shared)}:
                changed.append(project)
                projection_rows.add_rivalry(rows, project, impact)
        if changed:
            for query in ("remove_market_flags", "remove_co_investments"):
                await connection.execute(*self.statements[query](projects=changed))
            await projection_rows.copy(connection, "flag_span", flag_rows.FLAG_SPAN, rows.flag_spans)
            await projection_rows.copy(
                connection, "co_investment_span", projection_rows.CO_INVESTMENT_SPAN, rows.co_investment_spans
            )
            await connection.execute(*self.statements["touch_projects"](projects=changed, now=now))
