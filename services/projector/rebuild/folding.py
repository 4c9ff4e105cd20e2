"""Second stage: every subject folded once, from its stored events, part by part. Nothing of markets yet.

Parts are ranges of subjects; each is one transaction with its mark, so any number of workers may take them, and one that is
killed leaves its part to the next.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

import asyncpg

from steppe.database import living, queries, registry_rows, rows
from steppe.database.rows import copy
from steppe.database.stored_events import stored_before
from steppe.domain.fold import history
from steppe.domain.record import effective
from steppe.domain.rules import Rules

PHASE = "fold"
_STATEMENTS = queries.load("rebuild")


async def fold(connection: asyncpg.Connection, schema: str, rules: Rules) -> None:
    """Fold parts until none is left that nobody has taken."""
    while True:
        async with connection.transaction():
            part = await connection.fetchrow(_STATEMENTS["claim_part"], schema, PHASE)
            if part is None:
                return
            await connection.execute(living.STATEMENTS["enter"], schema)
            found = await connection.fetch(_STATEMENTS["events_of_range"], part["first_subject"], part["last_subject"])
            made = _Rows()
            for subject, events in groupby(found, key=itemgetter("subject")):
                made.add(subject, list(events), rules)
            await made.copy(connection)
            await connection.execute(_STATEMENTS["part_done"], schema, PHASE, part["part"])
        gc.collect()


class _Rows:
    """The rows of a part."""

    def __init__(self) -> None:
        self._projects = rows.ProjectRows()
        self._parties: list[rows.Row] = []
        self._forums: list[rows.Row] = []
        self._now = datetime.now(UTC)

    def add(self, subject: str, found: Sequence[asyncpg.Record], rules: Rules) -> None:
        """Fold a subject."""
        events = effective(stored_before(row) for row in found)
        kind, colon, key = subject.partition(":")
        if not colon:
            last = max(found, key=itemgetter("log_offset"))
            place = rows.Place(last["partition"], last["log_offset"], len(found))
            rows.add_project(self._projects, history(subject, events, rules), events, place, now=self._now)
        elif kind == "party":
            self._parties += registry_rows.party_spans(key, events)
        else:
            self._forums += registry_rows.forum_rows(key, events)

    async def copy(self, connection: asyncpg.Connection) -> None:
        """Write them."""
        projects = self._projects
        tables: Iterable[tuple[str, Sequence[str], Sequence[rows.Row]]] = (
            ("project", rows.PROJECT, projects.projects),
            ("project_span", rows.PROJECT_SPAN, projects.project_spans),
            ("deal_span", rows.DEAL_SPAN, projects.deal_spans),
            ("flag_span", rows.FLAG_SPAN, projects.flag_spans),
            ("standing", rows.STANDING, projects.standings),
            ("party_span", registry_rows.PARTY_SPAN, self._parties),
            ("forum", registry_rows.FORUM, self._forums),
        )
        for table, columns, made in tables:
            await copy(connection, table, columns, made)
