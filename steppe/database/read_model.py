"""Writes what follows from the events of some subjects: projects, deals, flags, parties, forums, and what markets do.

The only way into the tables of a read model, for the projector and for the api's copies of it under another knowledge.
Runs in the caller's transaction, on whatever tables the search path finds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from steppe.database import registry_rows, rows
from steppe.database.market import Markets
from steppe.database.rows import copy
from steppe.domain.events import Event
from steppe.domain.fold import history
from steppe.domain.history import History
from steppe.domain.record import effective
from steppe.domain.rules import Rules

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy | asyncpg.Connection

STATEMENTS = ("read_model", "registry", "market")

_REMOVALS = (
    "remove_projects", "remove_project_spans", "remove_deal_spans", "remove_flag_spans", "remove_standings",
    "remove_co_investments",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """All folding events of one subject, and where the last one stands in the log."""

    events: Sequence[Event]
    partition: int
    last_offset: int


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
        now = datetime.now(UTC)
        made = rows.ProjectRows()
        told: dict[str, History] = {}
        parties: dict[str, list[rows.Row]] = {}
        forums: dict[str, list[rows.Row]] = {}
        for name, subject in subjects.items():
            await asyncio.sleep(0)  # a fold takes milliseconds, and signals and the stream want their turn
            kind, colon, key = name.partition(":")
            events = effective(subject.events, known_at, recorded=recorded)
            if not colon:
                told[name] = history(name, events, self.rules)
                count = sum(
                    known_at is None or event.known_by(recorded=recorded) <= known_at for event in subject.events
                )
                if count or events:
                    place = rows.Place(subject.partition, subject.last_offset, count)
                    rows.add_project(made, told[name], events, place, now=now)
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
