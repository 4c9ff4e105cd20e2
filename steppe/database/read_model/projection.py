"""Writes what follows from the events of some subjects: projects, deals, flags, parties, forums, and what markets do.

The only way into the tables of a read model, for the projector and for the api's copies of it under another knowledge.
Runs in the caller's transaction, on whatever tables the search path finds.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from typing import TYPE_CHECKING

from steppe import failpoints
from steppe.database.keepalive import KeepAlive
from steppe.database.read_model import market_rows, projection_rows, registry_rows
from steppe.database.read_model.flag_rows import FLAG_SPAN, HEADLINE_SPAN
from steppe.database.read_model.market_cache import MarketCache
from steppe.database.read_model.market_judgement import Markets
from steppe.database.read_model.projection_rows import LastEvent, ProjectRows, Row, copy
from steppe.database.read_model.span_changes import SpanChanges, calls_parties_as_before, fingerprints, put
from steppe.database.read_model.subject_rows import SubjectRows, subject_rows
from steppe.database.sql import Statement
from steppe.domain.events.corrections import effective_events, has_corrections
from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import FoldState, fold
from steppe.domain.fold.looks import looks_of
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.states import BEGINNING

if TYPE_CHECKING:
    from steppe.database.connection import Connection

STATEMENTS = ("read_model", "registry", "market")


@dataclass(frozen=True, slots=True)
class Subject:
    """All folding events of one subject, and where the last one stands in the log.

    `fold_state`: where the fold of a project stood before its `new_events`; its rows are those that are stored. `written`: the
    fingerprints of those that were written with it (`SpanRows`); None: not known.
    """

    events: Sequence[Event]
    partition: int
    last_offset: int
    new_events: Sequence[Event] = ()
    fold_state: FoldState | None = None
    written: array[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionResult:
    """What follows from the events of one subject, not written yet. `fold_state` is a project's, if it can go on; then `written` are the
    fingerprints of its rows of spans.

    Rows of spans that ended before `changed_from` are those that are stored.
    """

    subject: Subject
    rows: SubjectRows
    fold_state: FoldState | None = None
    changed_from: date = BEGINNING
    written: array[int] | None = None


@dataclass(frozen=True, slots=True)
class ReadModel:
    """Writes with the statements of `STATEMENTS` under these rules; keeps nothing. `exclusive`: nobody else writes these tables.

    `on_step` is called at every step of the work: a subject folded, a project judged, a table written. `market_cache`: what the worker
    has seen of markets in these tables before; None where `exclusive`.
    """

    statements: Mapping[str, Statement]
    rules: Rules
    exclusive: bool = False
    on_step: Callable[[], None] = lambda: None
    market_cache: MarketCache | None = None

    def keep_alive(self, connection: Connection) -> KeepAlive:
        """For a computation on this connection; each ping is a step."""
        return KeepAlive(connection, self.on_step)

    async def write(
        self,
        connection: Connection,
        subjects: Mapping[str, Subject],
        known_at: datetime | None = None,
        *,
        recorded: bool = False,
    ) -> None:
        """Replace everything that is stored of these subjects by what follows from their events, as known at an instant.

        Of a subject of which nothing was known, nothing is stored. Twice is safe.
        """
        results: dict[str, ProjectionResult] = {}
        keepalive = self.keep_alive(connection)
        for name, subject in subjects.items():
            await keepalive.ping()
            # In a thread: the loop answers others meanwhile.
            results[name] = await asyncio.to_thread(self._project, name, subject, None, known_at, recorded=recorded)
        await self.save(connection, results)

    async def fill(self, connection: Connection, subjects: Mapping[str, Subject]) -> Mapping[str, str]:
        """Write what follows from the events of subjects of which nothing is stored, but for what markets do to projects.

        Returns the subjects that cannot be folded, which is a defect, with the reason: nothing is stored of them.
        """
        projects, parties, forums = ProjectRows(), list[Row](), list[Row]()
        faults: dict[str, str] = {}
        keepalive = self.keep_alive(connection)
        for name, subject in subjects.items():
            await keepalive.ping()
            try:
                rows = self._project(name, subject, None, None, recorded=False).rows
            except Exception as error:
                faults[name] = projection_rows.fault_of(error)
            else:
                projects.extend(rows.project)
                (parties if name.startswith("party:") else forums).extend(rows.registry)
        await copy_subjects(connection, projects, parties, forums)
        return faults

    async def fill_markets(self, connection: Connection, projects: Sequence[str]) -> None:
        """Write what markets do to projects of which that is not stored, when everything else of all projects is."""
        rows = ProjectRows()
        await self._markets(exclusive=True).judge_stored(connection, projects, rows)
        await copy_market_effects(connection, rows)

    def project(self, name: str, subject: Subject) -> ProjectionResult:
        """What follows from all that is known of a subject; of a fold that can go on with new events only what changes.

        Raises whatever the fold raises, and touches no table. The fold may go on from its `fold_state` once the result is committed.
        """
        failpoints.reach("fold", name)
        fold_state: FoldState | None = None
        # A fold goes on only with events that do not correct each other.
        not_folded = subject.events if subject.fold_state is None else subject.new_events
        if ":" not in name and not has_corrections(not_folded):
            if subject.fold_state is not None and subject.fold_state.rules.version == self.rules.version:
                fold_state = subject.fold_state.append(subject.new_events)
            fold_state = fold_state or fold(name, subject.events, self.rules)
        return self._project(name, subject, fold_state, None, recorded=False)

    def _project(
        self, name: str, subject: Subject, fold_state: FoldState | None, known_at: datetime | None, *, recorded: bool
    ) -> ProjectionResult:
        count = (
            len(subject.events)
            if known_at is None
            else sum(event.known_by(recorded=recorded) <= known_at for event in subject.events)
        )
        folded = None if fold_state is None else fold_state.history()
        rows = subject_rows(
            name,
            effective_events(subject.events, known_at, recorded=recorded) if folded is None else subject.events,
            LastEvent(subject.partition, subject.last_offset, count),
            self.rules,
            now=datetime.now(UTC),
            looks=None if folded is not None or ":" in name else looks_of(subject.events, known_at, recorded=recorded),
            folded=folded,
            changed_from=BEGINNING if fold_state is None else fold_state.changed_from,
        )
        changed_from = BEGINNING if fold_state is None else fold_state.changed_from
        written = None if fold_state is None else fingerprints(rows.project)
        return ProjectionResult(
            subject=subject, rows=rows, fold_state=fold_state, changed_from=changed_from, written=written
        )

    async def save(self, connection: Connection, results: Mapping[str, ProjectionResult]) -> Mapping[str, str]:
        """Write the results. Returns the projects whose rivals could not be judged, with the reason.

        Of these the flags that come from their market stay as they are.
        """
        parties = {
            name.partition(":")[2]: result.rows.registry
            for name, result in results.items()
            if name.startswith("party:")
        }
        forums = {
            name.partition(":")[2]: result.rows.registry
            for name, result in results.items()
            if name.startswith("forum:")
        }
        projects = {name: result for name, result in results.items() if result.rows.history is not None}
        faults: Mapping[str, str] = {}
        if projects or parties:
            faults = await self._save_projects(connection, projects, parties)
        await self._replace(connection, "forum", "remove_forums", forums, registry_rows.FORUM)
        return faults

    async def _save_projects(
        self,
        connection: Connection,
        projects: Mapping[str, ProjectionResult],
        parties: Mapping[str, Sequence[Row]],
    ) -> Mapping[str, str]:
        """Write projects and parties, and what their markets do to each other: what `save` returns."""
        rows, changes = ProjectRows(), SpanChanges()
        calling_anew: list[str] = []
        for name, result in projects.items():
            rows.extend(result.rows.project)
            certain = self._stored(result.subject)
            if not calls_parties_as_before(result.rows.project, certain):
                calling_anew.append(name)
            changes.add(name, result.rows.project, result.changed_from, result.written, certain)
        histories = {name: result.rows.history for name, result in projects.items() if result.rows.history is not None}
        markets = self._markets(exclusive=self.exclusive)
        keepalive = self.keep_alive(connection)
        # Nobody else writes these, so nobody of the same market has to wait meanwhile.
        await connection.execute(*changes.removal(self.statements["remove_spans"]))
        for table, new in changes.new.items():
            await keepalive.ping()
            await put(connection, self.statements, table, new)
            await copy(connection, table.name, table.columns, changes.anew[table])
        before = await markets.lock(connection, histories, sorted(parties))
        await self._replace(connection, "party_span", "remove_party_spans", parties, registry_rows.PARTY_SPAN)
        await self._name_parties(connection, calling_anew, parties, rows.party_namings)
        if gone := sorted(histories.keys() - {row[0] for row in rows.projects}):
            await connection.execute(*self.statements["remove_gone_projects"](projects=gone))
        # The columns of both, the project once.
        stored = [(*standing, *of_it[1:]) for standing, of_it in zip(rows.standings, rows.projects, strict=True)]
        await connection.executemany(str(self.statements["store_project"]), stored)
        await keepalive.ping()
        return await markets.judge(connection, histories, sorted(parties), before, datetime.now(UTC))

    def _stored(self, subject: Subject) -> array[int] | None:
        """The fingerprints of rows that are stored for certain: under other rules than these, others were written since."""
        state = subject.fold_state
        return subject.written if state is not None and state.rules.version == self.rules.version else None

    def _markets(self, *, exclusive: bool) -> Markets:
        return Markets(self.statements, self.rules, exclusive=exclusive, cache=self.market_cache, on_step=self.on_step)

    async def _name_parties(
        self, connection: Connection, projects: Sequence[str], parties: Iterable[str], namings: Sequence[Row]
    ) -> None:
        """Write what events of these projects call parties, and what is shown of those that nobody registered."""
        changed: set[Row] = set()
        if projects:
            stored = await connection.fetch(*self.statements["party_namings_of_projects"](projects=projects))
            of_batch = frozenset(projects)
            changed = {tuple(row) for row in stored} ^ {row for row in namings if row[0] in of_batch}
        if changed:
            moved = {row[0] for row in changed}
            await connection.execute(*self.statements["remove_party_namings"](projects=sorted(moved)))
            rows = [row for row in namings if row[0] in moved]
            await copy(connection, "party_naming", projection_rows.PARTY_NAMING, rows)
        concerned = sorted({row[1] for row in changed}.union(parties))
        if concerned:
            if not self.exclusive:
                await connection.execute(*self.statements["lock_parties_named"](parties=concerned))
            await name_unregistered(connection, self.statements, concerned)

    async def _replace(
        self,
        connection: Connection,
        table: str,
        removal: str,
        rows: Mapping[str, Sequence[Row]],
        columns: Sequence[str],
    ) -> None:
        if rows:
            await connection.execute(*self.statements[removal](keys=list(rows)))
            await copy(connection, table, columns, list(chain.from_iterable(rows.values())))


async def name_unregistered(
    connection: Connection, statements: Mapping[str, Statement], parties: Sequence[str] | None
) -> None:
    """Write anew what stands in for a registration of these parties (None: of all), where nobody registered them."""
    await connection.execute(*statements["remove_stand_ins"](parties=parties))
    rows = await connection.fetch(*statements["first_namings"](parties=parties))
    stand_ins = [registry_rows.stand_in(row["party"], row["name"], row["country"]) for row in rows]
    await copy(connection, "party_span", registry_rows.PARTY_SPAN, stand_ins)


async def copy_subjects(
    connection: Connection, projects: ProjectRows, parties: Sequence[Row], forums: Sequence[Row]
) -> None:
    """COPY the rows of projects, parties and forums of which nothing is stored, but for what markets do."""
    for table, columns, rows in tables_of_subjects(projects, parties, forums):
        await copy(connection, table, columns, rows)


def tables_of_subjects(
    projects: ProjectRows, parties: Sequence[Row], forums: Sequence[Row]
) -> Sequence[tuple[str, Sequence[str], Sequence[Row]]]:
    """Each table with its columns and its rows, but for what markets do."""
    return (
        ("project", projection_rows.PROJECT, projects.projects),
        ("project_span", projection_rows.PROJECT_SPAN, projects.project_spans),
        ("headline_span", HEADLINE_SPAN, projects.headline_spans),
        ("last_event_span", projection_rows.LAST_EVENT_SPAN, projects.last_event_spans),
        ("deal_span", projection_rows.DEAL_SPAN, projects.deal_spans),
        ("flag_span", FLAG_SPAN, projects.flag_spans),
        ("standing", market_rows.STANDING, projects.standings),
        ("party_naming", projection_rows.PARTY_NAMING, projects.party_namings),
        ("party_span", registry_rows.PARTY_SPAN, parties),
        ("forum", registry_rows.FORUM, forums),
    )


async def copy_market_effects(connection: Connection, rows: ProjectRows) -> None:
    """COPY flags, and the co-investments, which only markets make."""
    for table, columns, of_table in tables_of_market_effects(rows):
        await copy(connection, table, columns, of_table)


def tables_of_market_effects(rows: ProjectRows) -> Sequence[tuple[str, Sequence[str], Sequence[Row]]]:
    """Each table of what markets do, with its columns and its rows."""
    return (
        ("flag_span", FLAG_SPAN, rows.flag_spans),
        ("co_investment_span", projection_rows.CO_INVESTMENT_SPAN, rows.co_investment_spans),
    )
