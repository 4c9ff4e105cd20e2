"""Writes into a copy of the read model what follows from the events that were known then: block by block, computed elsewhere.

A block has the events of some projects, or projects of some markets, so the memory that this takes follows the largest project and
not the log; what is of one block alone is computed in a thread, or, where there is much of it, in other processes. The functions that
compute are pure: from rows to rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import asyncpg

from services.api.computation import in_process, in_thread
from services.api.computing_process import Pieces
from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, picklable
from services.api.store.snapshot import QUERIES, Row
from steppe.database.read_model import market_rows, projection_rows, registry_rows
from steppe.database.read_model.flag_rows import FLAG_SPAN
from steppe.database.read_model.market_judgement import differing
from steppe.database.read_model.projection import STATEMENTS, name_unregistered, tables_of_subjects
from steppe.database.read_model.projection_rows import ProjectRows
from steppe.database.read_model.subject_rows import rows_as_known
from steppe.database.sql import load
from steppe.domain.events.event import Event
from steppe.domain.markets.rivalry import Rivals, SeenCrossings, rivalry
from steppe.domain.rules.thresholds import Rules

TABLES_OF_PROJECTS = (
    "project", "project_span", "headline_span", "last_event_span", "deal_span", "flag_span", "standing", "crossing", "co_investment_span",
    "party_naming",
)  # fmt: skip
"""Those of which every row is of one project."""

_STATEMENTS = {
    **{name: text for file in STATEMENTS for name, text in load(file).items()},
    **load("alternate_models", "services.api"),
}
_EVENTS_A_BLOCK = 3_000
_PROJECTS_A_BLOCK = 400
_BLOCKS_AT_ONCE = 2
_EVENTS_IN_THREAD_MAX = 1_500  # a fraction of a second, which a process takes to start
_ROWS_BETWEEN_OTHERS = 200  # a millisecond or two of the event loop

_T = TypeVar("_T")
_Values = tuple[Any, ...]


class _Table(NamedTuple):
    name: str
    columns: Sequence[str]
    rows: Sequence[_Values]


class CrossingChanges(NamedTuple):
    """The rows of crossings that no longer are, and those that are new."""

    gone: Sequence[_Values]
    new: Sequence[_Values]


class MarketEffects(NamedTuple):
    """What markets do to some projects, where it differs from what is stored. `faults`: who cannot be judged, with the reason."""

    flags_gone: Sequence[_Values]
    flags: Sequence[_Values]
    shared_gone: Sequence[_Values]
    shared: Sequence[_Values]
    faults: Mapping[str, str]


async def refold(
    connection: asyncpg.Connection[Row], subjects: Sequence[str], knowledge: Knowledge | None, rules: Rules
) -> None:
    """Replace what a copy holds of these subjects by what follows from their events, as known then, and what their markets do to them
    and, because of them, to others.

    Whether something is stored of them, or only what others see of them, does not matter. The connection's transaction is the caller's.
    """
    rows = await connection.fetch(*QUERIES["event_counts"](subjects=subjects))
    counts = {row["subject"]: row["events"] for row in rows}
    in_few = sum(counts.values()) <= _EVENTS_IN_THREAD_MAX
    await _Refolding(connection, knowledge, picklable(rules), in_thread if in_few else in_process).run(
        subjects, list(_blocks(counts))
    )


def _blocks(counts: Mapping[str, int]) -> Iterator[Sequence[str]]:
    """The subjects in blocks of so many events; one that has more is a block."""
    block: list[str] = []
    events = 0
    for subject, count in counts.items():
        if block and events + count > _EVENTS_A_BLOCK:
            yield block
            block, events = [], 0
        block.append(subject)
        events += count
    if block:
        yield block


@dataclass(slots=True)
class _Refolding:
    connection: asyncpg.Connection[Row]
    knowledge: Knowledge | None
    rules: Rules
    compute: Callable[..., Awaitable[Any]]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    # While one block is computed another is read or written; a session does one thing at a time.
    _session: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, subjects: Sequence[str], blocks: Sequence[Sequence[str]]) -> None:
        projects = [subject for subject in subjects if ":" not in subject]
        parties = [subject.removeprefix("party:") for subject in subjects if subject.startswith("party:")]
        forums = [subject.removeprefix("forum:") for subject in subjects if subject.startswith("forum:")]
        parents_before = await self._parents_of(parties)
        await self._remove(projects, parties, forums)
        await _each_of(blocks, self._fold)
        await name_unregistered(self.connection, _STATEMENTS, None)
        parents = await self.connection.fetch(_STATEMENTS["parents_ever"])
        regrouped = set[str]()
        if parties and await self._parents_of(parties) != parents_before:
            below = await self._fetch("parties_below", parties=parties)
            pursued = await self._fetch("projects_of_parties", parties=[row["party"] for row in below])
            regrouped = {row["project"] for row in pursued}
        judged_anew = sorted(regrouped.union(projects))
        moved = set[str]()

        async def cross(block: Sequence[str]) -> None:
            moved.update(await self._cross(block, parents))

        await _each_of(_cut(judged_anew), cross)
        rows = await self._fetch("contending", projects=judged_anew, markets=sorted(moved))
        contending = [row["project"] for row in rows]

        async def judge(block: Sequence[str]) -> None:
            await self._judge(block, parents)

        await _each_of(_cut(contending), judge)

    async def _fold(self, subjects: Sequence[str]) -> None:
        async with self._session:
            rows = await self.connection.fetch(*QUERIES["events_of_subjects"](subjects=subjects))
        tables: Sequence[_Table] = await self.compute(folded_rows, rows, self.knowledge, self.rules, self.now)
        async with self._session:
            for table in tables:
                await self._copy(*table)

    async def _cross(self, projects: Sequence[str], parents: Sequence[Row]) -> set[str]:
        """Write what others see of these projects; the markets in which they see something else than before."""
        async with self._session:
            standings = await self._fetch("standings_that_crossed_of", projects=projects)
            stored = await self._fetch("crossings_of_projects", projects=projects)
        changes: CrossingChanges = await self.compute(crossing_changes, standings, stored, parents)
        async with self._session:
            if changes.gone:
                of, deals, scopes, days = zip(*(row[:4] for row in changes.gone), strict=True)
                await self._run("remove_crossings", projects=of, deals=deals, scopes=scopes, days=days)
            await self._copy("crossing", market_rows.CROSSING, changes.new)
        return {market for row in (*changes.gone, *changes.new) for market in row[-1]}

    async def _judge(self, projects: Sequence[str], parents: Sequence[Row]) -> None:
        async with self._session:
            standings = await self._fetch("standings_with_markets", projects=projects)
            markets = sorted({market for row in standings for market in row["markets"]})
            crossings = await self._fetch("crossings_in_markets", markets=markets)
            flags = await self._fetch("market_flags_of_projects", projects=projects)
            shared = await self._fetch("co_investments_of_projects", projects=projects)
        effects: MarketEffects = await self.compute(
            market_effects, standings, crossings, parents, flags, shared, self.rules
        )
        async with self._session:
            if effects.flags_gone:
                of, deals, names, days = zip(*(row[:4] for row in effects.flags_gone), strict=True)
                await self._run("remove_market_flags", projects=of, deals=deals, flags=names, days=days)
            if effects.shared_gone:
                of, deals, days = zip(*(row[:3] for row in effects.shared_gone), strict=True)
                await self._run("remove_co_investments", projects=of, deals=deals, days=days)
            await self._copy("flag_span", FLAG_SPAN, effects.flags)
            await self._copy("co_investment_span", projection_rows.CO_INVESTMENT_SPAN, effects.shared)
            changed = {row[0] for rows in effects[:4] for row in rows}
            await self._run("touch_projects", projects=sorted(changed), now=self.now)
            if effects.faults:
                faults = effects.faults
                await self._run("note_market_faults", projects=list(faults), faults=list(faults.values()))

    async def _remove(self, projects: Sequence[str], parties: Sequence[str], forums: Sequence[str]) -> None:
        for table in TABLES_OF_PROJECTS:
            if table != "crossing":  # which are compared
                await self.connection.execute(f"DELETE FROM pg_temp.{table} WHERE project = ANY ($1)", projects)  # noqa: S608
        await self._run("remove_party_spans", keys=parties)
        await self._run("remove_forums", keys=forums)

    async def _parents_of(self, parties: Sequence[str]) -> list[_Values]:
        rows = await self._fetch("parents_of_parties", parties=parties)
        steps = [(*tuple(row.values())[:3], registry_rows.shares_in(row["document"])) for row in rows]
        with_parents = {party for party, *_, shares in steps if shares}
        return [step for step in steps if step[0] in with_parents]

    async def _fetch(self, name: str, **arguments: object) -> list[Row]:
        return await self.connection.fetch(*_STATEMENTS[name](**arguments))

    async def _run(self, name: str, **arguments: object) -> None:
        await self.connection.execute(*_STATEMENTS[name](**arguments))

    async def _copy(self, table: str, columns: Sequence[str], rows: Sequence[_Values]) -> None:
        if rows:
            await self.connection.copy_records_to_table(table, records=_unhurried(rows), columns=list(columns))


async def _unhurried(rows: Sequence[_Values]) -> AsyncIterator[_Values]:
    """The rows one by one, while others are answered."""
    for number, row in enumerate(rows):
        if number % _ROWS_BETWEEN_OTHERS == 0:
            await asyncio.sleep(0)
        yield row


def _cut(projects: Sequence[str]) -> list[Sequence[str]]:
    return [projects[start : start + _PROJECTS_A_BLOCK] for start in range(0, len(projects), _PROJECTS_A_BLOCK)]


async def _each_of(blocks: Iterable[_T], work: Callable[[_T], Awaitable[None]]) -> None:
    """Work off the blocks, two at a time. Raises what the first one raises that fails."""
    waiting = iter(blocks)

    async def worker() -> None:
        for block in waiting:
            await work(block)

    workers = [asyncio.create_task(worker()) for _ in range(_BLOCKS_AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    finally:
        for one in workers:
            one.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def folded_rows(rows: Sequence[Row], knowledge: Knowledge | None, rules: Rules, now: datetime) -> Sequence[_Table]:
    """The rows of some subjects, but for what markets do, from all their stored events. As the last one counts the last that was
    known. Raises whatever the fold raises.
    """
    known_at, recorded = (knowledge.known_at, knowledge.recorded) if knowledge else (None, False)
    events_by_subject: dict[str, list[Event]] = {}
    last: dict[str, tuple[int, int]] = {}
    for row in rows:
        event = row_decoding.event(row)
        if event is not None:
            events_by_subject.setdefault(row["subject"], []).append(event)
            is_known = known_at is None or event.known_by(recorded=recorded) <= known_at
            if is_known or row["subject"] not in last:
                last[row["subject"]] = (row["partition"], row["log_offset"])
    projects, parties, forums = ProjectRows(), list[_Values](), list[_Values]()
    for name, events in events_by_subject.items():
        of_subject = rows_as_known(name, events, *last[name], rules, now=now, known_at=known_at, recorded=recorded)
        projects.extend(of_subject.project)
        (parties if name.startswith("party:") else forums).extend(of_subject.registry)
    return [
        _Table(table, columns, Pieces(rows_of_table))
        for table, columns, rows_of_table in tables_of_subjects(projects, parties, forums)
    ]


def crossing_changes(standings: Sequence[Row], stored: Sequence[Row], parents: Sequence[Row]) -> CrossingChanges:
    """What others see of projects with these standings, beside the rows that are stored of it."""
    groups = registry_rows.groups_from(parents)
    wanted = [
        crossing for row in standings for crossing in market_rows.crossing_rows(market_rows.standing_from(row), groups)
    ]
    gone, new = differing([tuple(row.values()) for row in stored], wanted)
    return CrossingChanges(Pieces(gone), Pieces(new))


def market_effects(
    standings: Sequence[Row],
    crossings: Sequence[Row],
    parents: Sequence[Row],
    stored_flags: Sequence[Row],
    stored_shared: Sequence[Row],
    rules: Rules,
) -> MarketEffects:
    """What markets do to projects with these standings, beside the rows that are stored of it. Of who cannot be judged nothing changes."""
    rivals = Rivals(SeenCrossings(map(market_rows.crossing_from, crossings)), registry_rows.groups_from(parents))
    rows = ProjectRows()
    faults: dict[str, str] = {}
    for row in standings:
        standing, contenders = market_rows.standing_from(row), market_rows.contenders_from(row)
        try:
            projection_rows.add_rivalry(rows, standing.project, rivalry(standing, contenders, rivals, rules))
        except Exception as error:
            faults[standing.project] = projection_rows.fault_of(error)

    def judged(stored: Sequence[Row]) -> list[_Values]:
        return [tuple(row.values()) for row in stored if row["project"] not in faults]

    flags_gone, flags = differing(judged(stored_flags), rows.flag_spans)
    shared_gone, shared = differing(judged(stored_shared), rows.co_investment_spans)
    return MarketEffects(Pieces(flags_gone), Pieces(flags), Pieces(shared_gone), Pieces(shared), faults)
