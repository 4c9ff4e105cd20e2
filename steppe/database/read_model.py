"""Writes what follows from the events of some subjects: projects, deals, flags, parties, forums, and what markets do.

The only way into the tables of a read model, for the projector and for the api's copies of it under another knowledge.
Runs in the caller's transaction, on whatever tables the search path finds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from typing import TYPE_CHECKING

from steppe import failpoints
from steppe.database import registry_rows, rows
from steppe.database.market import Markets
from steppe.database.pulse import Pulse
from steppe.database.rows import copy
from steppe.domain.events import Event
from steppe.domain.fold import Life, history, live
from steppe.domain.history import EVER, History
from steppe.domain.record import corrects_itself, effective
from steppe.domain.rules import Rules

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy | asyncpg.Connection

STATEMENTS = ("read_model", "registry", "market")

_REMOVALS = ("remove_projects", "remove_standings", "remove_co_investments")
_REMOVALS_OF_SPANS = ("remove_project_spans", "remove_deal_spans", "remove_flag_spans")


@dataclass(frozen=True, slots=True)
class Subject:
    """All folding events of one subject, and where the last one stands in the log.

    `life`: that of a project without the `news` among its events, whose rows are those that are stored.
    """

    events: Sequence[Event]
    partition: int
    last_offset: int
    news: Sequence[Event] = ()
    life: Life | None = None


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
        await self._write(connection, subjects, {}, known_at, recorded=recorded)

    async def go_on(self, connection: Connection, subjects: Mapping[str, Subject]) -> Mapping[str, Life]:
        """The same with all that is known, and only what changes is written where a life can go on with its news.

        Returns the lives of projects, to go on with once the transaction is committed.
        """
        lives: dict[str, Life] = {}
        pulse = Pulse(connection)
        for name, subject in subjects.items():
            failpoints.reach("fold", name)
            # A life stands for events that do not correct each other.
            unread = subject.events if subject.life is None else subject.news
            if ":" not in name and not corrects_itself(unread):
                await pulse.beat()  # a fold takes milliseconds, and a batch has hundreds
                gone_on = None
                if subject.life is not None and subject.life.rules.version == self.rules.version:
                    gone_on = subject.life.gone_on(subject.news)
                lives[name] = gone_on or live(name, subject.events, self.rules)
        await self._write(connection, subjects, lives, None, recorded=False)
        return lives

    async def _write(
        self,
        connection: Connection,
        subjects: Mapping[str, Subject],
        lives: Mapping[str, Life],
        known_at: datetime | None,
        *,
        recorded: bool,
    ) -> None:
        now = datetime.now(UTC)
        made = rows.ProjectRows()
        told: dict[str, History] = {}
        changed_from: list[date] = []
        parties: dict[str, list[rows.Row]] = {}
        forums: dict[str, list[rows.Row]] = {}
        pulse = Pulse(connection)
        for name, subject in subjects.items():
            await pulse.beat()
            kind, colon, key = name.partition(":")
            life = lives.get(name)
            events = effective(subject.events, known_at, recorded=recorded) if life is None else subject.events
            if not colon:
                told[name] = history(name, events, self.rules) if life is None else life.history()
                changed_from.append(EVER if life is None else life.changed_from)
                count = sum(
                    known_at is None or event.known_by(recorded=recorded) <= known_at for event in subject.events
                )
                if count or events:
                    place = rows.Place(subject.partition, subject.last_offset, count)
                    rows.add_project(made, told[name], events, place, now=now, changed_from=changed_from[-1])
            elif kind == "party":
                parties[key] = registry_rows.party_spans(key, events)
            else:
                forums[key] = list(registry_rows.forum_rows(key, events))
        if told or parties:
            markets = Markets(self.statements, self.rules, alone=self.alone)
            before = await markets.enter(connection, told, sorted(parties))
            await self._replace(connection, "party_span", "remove_party_spans", parties, registry_rows.PARTY_SPAN)
            for query in _REMOVALS:
                await connection.execute(self.statements[query], list(told))
            for query in _REMOVALS_OF_SPANS:
                await connection.execute(self.statements[query], list(told), changed_from)
            await copy(connection, "standing", rows.STANDING, made.standings)
            await copy(connection, "project", rows.PROJECT, made.projects)
            await copy(connection, "project_span", rows.PROJECT_SPAN, made.project_spans)
            await copy(connection, "deal_span", rows.DEAL_SPAN, made.deal_spans)
            await markets.judge(connection, told, sorted(parties), before, made, now)
            await copy(connection, "flag_span", rows.FLAG_SPAN, made.flag_spans)
            await copy(connection, "co_investment_span", rows.CO_INVESTMENT_SPAN, made.co_investment_spans)
        await self._replace(connection, "forum", "remove_forums", forums, registry_rows.FORUM)

    async def _replace(
        self,
        connection: Connection,
        table: str,
        removal: str,
        found: Mapping[str, Sequence[rows.Row]],
        columns: Sequence[str],
    ) -> None:
        if found:
            await connection.execute(self.statements[removal], list(found))
            await copy(connection, table, columns, list(chain.from_iterable(found.values())))
