"""Writes what follows from the events of some subjects: projects, deals, flags, parties, forums, and what markets do.

The only way into the tables of a read model, for the projector and for the api's copies of it under another knowledge.
Runs in the caller's transaction, on whatever tables the search path finds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import chain
from typing import TYPE_CHECKING

from steppe import failpoints
from steppe.database.keepalive import Pulse
from steppe.database.read_model import projection_rows, registry_rows
from steppe.database.read_model.market_judgement import Markets
from steppe.database.read_model.projection_rows import copy
from steppe.domain.events.corrections import effective_events, has_corrections
from steppe.domain.events.event import Event
from steppe.domain.fold.fold import FoldState, fold, fold_history
from steppe.domain.rules.rules import Rules
from steppe.domain.values.states import BEGINNING, History

if TYPE_CHECKING:
    from steppe.database.connection import Connection

STATEMENTS = ("read_model", "registry", "market")

_REMOVALS = ("remove_projects", "remove_standings")
_REMOVALS_OF_SPANS = ("remove_project_spans", "remove_deal_spans")


@dataclass(frozen=True, slots=True)
class Subject:
    """All folding events of one subject, and where the last one stands in the log.

    `life`: that of a project without the `news` among its events, whose rows are those that are stored.
    """

    events: Sequence[Event]
    partition: int
    last_offset: int
    news: Sequence[Event] = ()
    life: FoldState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What follows from the events of one subject, not written yet. `history` and `life` are a project's."""

    subject: Subject
    history: History | None = None
    life: FoldState | None = None
    changed_from: date = BEGINNING
    made: projection_rows.ProjectRows = field(default_factory=projection_rows.ProjectRows)
    registered: Sequence[projection_rows.Row] = ()


@dataclass(frozen=True, slots=True)
class ReadModel:
    """Knows the statements of `STATEMENTS` and the rules; keeps nothing. `alone`: nobody else writes these tables."""

    statements: Mapping[str, str]
    rules: Rules
    alone: bool = False

    async def write(
        self,
        connection: Connection,
        subjects: Mapping[str, Subject],
        known_at: datetime | None = None,
        *,
        recorded: bool = False,
    ) -> None:
        """Replace everything that is stored of these subjects by what follows from their events, as known at an instant.

        Of a subject of which nothing was known, nothing is stored.
        """
        told: dict[str, Told] = {}
        pulse = Pulse(connection)
        for name, subject in subjects.items():
            await pulse.beat()
            told[name] = self._tell(name, subject, None, known_at, recorded=recorded)
        await self.put(connection, told)

    def tell(self, name: str, subject: Subject) -> Told:
        """What follows from all that is known of a subject; of a life that can go on with its news only what changes.

        Raises whatever the fold raises, and touches no table. Its life may go on once what was told is committed.
        """
        failpoints.reach("fold", name)
        life: FoldState | None = None
        # A life stands for events that do not correct each other.
        unread = subject.events if subject.life is None else subject.news
        if ":" not in name and not has_corrections(unread):
            if subject.life is not None and subject.life.rules.version == self.rules.version:
                life = subject.life.append(subject.news)
            life = life or fold(name, subject.events, self.rules)
        return self._tell(name, subject, life, None, recorded=False)

    def _tell(
        self, name: str, subject: Subject, life: FoldState | None, known_at: datetime | None, *, recorded: bool
    ) -> Told:
        kind, colon, key = name.partition(":")
        events = effective_events(subject.events, known_at, recorded=recorded) if life is None else subject.events
        if colon:
            registered = registry_rows.party_spans if kind == "party" else registry_rows.forum_rows
            return Told(subject=subject, registered=registered(key, events))
        told = fold_history(name, events, self.rules) if life is None else life.history()
        found = Told(
            subject=subject, history=told, life=life, changed_from=BEGINNING if life is None else life.changed_from
        )
        count = sum(known_at is None or event.known_by(recorded=recorded) <= known_at for event in subject.events)
        if count or events:
            place = projection_rows.Place(subject.partition, subject.last_offset, count)
            projection_rows.add_project(
                found.made, told, events, place, now=datetime.now(UTC), changed_from=found.changed_from
            )
        return found

    async def put(self, connection: Connection, told: Mapping[str, Told]) -> Mapping[str, str]:
        """Write what was told. Returns the projects whose rivals could not be judged, with the reason.

        Of these the flags that come from their market stand as they stood.
        """
        made = projection_rows.ProjectRows()
        for one in told.values():
            made.extend(one.made)
        histories = {name: one.history for name, one in told.items() if one.history is not None}
        parties = {name.partition(":")[2]: one.registered for name, one in told.items() if name.startswith("party:")}
        forums = {name.partition(":")[2]: one.registered for name, one in told.items() if name.startswith("forum:")}
        faults: Mapping[str, str] = {}
        if histories or parties:
            changed_from = [told[name].changed_from for name in histories]
            markets = Markets(self.statements, self.rules, alone=self.alone)
            before = await markets.enter(connection, histories, sorted(parties))
            await self._replace(connection, "party_span", "remove_party_spans", parties, registry_rows.PARTY_SPAN)
            for query in _REMOVALS:
                await connection.execute(self.statements[query], list(histories))
            for query in _REMOVALS_OF_SPANS:
                await connection.execute(self.statements[query], list(histories), changed_from)
            await copy(connection, "standing", projection_rows.STANDING, made.standings)
            await copy(connection, "project", projection_rows.PROJECT, made.projects)
            await copy(connection, "project_span", projection_rows.PROJECT_SPAN, made.project_spans)
            await copy(connection, "deal_span", projection_rows.DEAL_SPAN, made.deal_spans)
            faults = await markets.judge(connection, histories, sorted(parties), before, made, datetime.now(UTC))
            await connection.execute(self.statements["remove_flag_spans"], list(histories), changed_from)
            await connection.execute(self.statements["remove_co_investments"], list(histories))
            await copy(connection, "flag_span", projection_rows.FLAG_SPAN, made.flag_spans)
            await copy(connection, "co_investment_span", projection_rows.CO_INVESTMENT_SPAN, made.co_investment_spans)
        await self._replace(connection, "forum", "remove_forums", forums, registry_rows.FORUM)
        return faults

    async def _replace(
        self,
        connection: Connection,
        table: str,
        removal: str,
        found: Mapping[str, Sequence[projection_rows.Row]],
        columns: Sequence[str],
    ) -> None:
        if found:
            await connection.execute(self.statements[removal], list(found))
            await copy(connection, table, columns, list(chain.from_iterable(found.values())))
