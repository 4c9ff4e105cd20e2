"""Announces what stands: compares the living read model with what was told, and tells the difference once.

It decides nothing; the spans say what stands on which day. Days that passed since the last look are gone through one by
one, so that a flag that turned meanwhile is told with its own day. Silent while the read model is behind the log.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

import asyncpg

from services.projector.projection import decode
from services.projector.publisher import causes
from services.projector.publisher.causes import OF_THE_MARKET, Difference, Learnt, News, Why
from steppe.contracts.announcements import Transition, turned
from steppe.database import active_read_model, locks, outbox_writer, sql
from steppe.database.read_model.projection_rows import document
from steppe.domain.events.event import Event

_STATEMENTS = {**sql.load("checkpoint"), **sql.load("event"), **outbox_writer.STATEMENTS}
_FLAGS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class _Since:
    """What was told already: up to where in the log, but for subjects of whom something earlier was folded meanwhile."""

    next_offsets: Sequence[int]
    acted: Mapping[str, int]


class Announcer:
    """One leader's telling. Its first look, and the first at another read model or under other rules, is at everything.

    `transitions` counts what was told, by flag and transition.
    """

    def __init__(self, topic: str, transitions: Counter[tuple[str, str]] | None = None) -> None:
        self._topic = topic
        self._transitions = Counter[tuple[str, str]]() if transitions is None else transitions
        self._telling = Counter[tuple[str, str]]()
        self._look_at_all = True

    async def announce(self, connection: asyncpg.Connection, day: date, ends: Mapping[int, int]) -> int | None:
        """Tell what changed until this day (UTC), in one transaction; return how many transitions, None while behind.

        `ends` are the ends of the log, asked for after the day had begun. Twice is safe. The connection needs the rights of
        the projector.
        """
        self._telling.clear()
        await connection.execute(_STATEMENTS["hold_telling"], locks.ANNOUNCING)
        try:
            async with connection.transaction(isolation="repeatable_read"):
                told = await self._announce(connection, day, ends)
            self._transitions.update(self._telling)
        finally:
            with contextlib.suppress(asyncpg.InterfaceError, OSError):  # a lost session has let go of it already
                await connection.execute(_STATEMENTS["release_telling"], locks.ANNOUNCING)
        if told is not None:
            self._look_at_all = False
        return told

    async def _announce(self, connection: asyncpg.Connection, day: date, ends: Mapping[int, int]) -> int | None:
        await active_read_model.enter(connection)
        checkpoints = await connection.fetch(_STATEMENTS["read_checkpoints"], self._topic)
        next_offsets: list[int] = [row["next_offset"] for row in checkpoints]
        until = await connection.fetchrow(_STATEMENTS["announced_until"])
        assert until is not None, "the statement always gives a row"
        since: list[int] = until["next_offsets"] or []
        if any(now < then for now, then in zip(next_offsets, since, strict=False)):
            # Rebuilt, or restored from a backup: what was told of records that are to be applied again is no news until
            # they are. What is equal then is not told again, what is not is.
            self._look_at_all = True
            return None
        if any(row["next_offset"] < ends.get(row["partition"], 0) for row in checkpoints):
            return None
        first = until["day"] is None
        look_at_all = (
            first
            or self._look_at_all
            or len(since) != len(next_offsets)  # another log was adopted
            or (until["schema_name"], until["rule_version"]) != (until["schema_now"], until["rules_now"])
        )
        base: date = day if first else until["day"]
        day = max(day, base)
        last_action = until["last_action_now"]
        acted = await connection.fetch(_STATEMENTS["subjects_acted_on"], until["last_action"])
        since_when = _Since(since, {row["subject"]: row["log_offset"] for row in acted})
        moved: set[str] = set()
        if not look_at_all:
            if (day, next_offsets, last_action) == (base, since, until["last_action"]):
                return 0
            if next_offsets != since:
                moved = {row["project"] for row in await connection.fetch(_STATEMENTS["projects_moved"], since)}
            moved.update(since_when.acted)
        turning: dict[date, set[str]] = defaultdict(set)
        for row in await connection.fetch(_STATEMENTS["projects_turning"], base, day):
            turning[row["day"]].add(row["project"])

        found = await self._differing(connection, base, None if look_at_all else sorted(moved))
        learnt = Learnt() if first else await self._learn(connection, found, since_when)
        whys = [Why("event") if first else causes.why_now(one, learnt) for one in found]
        rules: str = until["rules_now"]
        count = await self._tell(connection, base, found, whys, rules)
        concerned = moved.union(one.project for one in found)
        for turn in sorted(turning):
            found = await self._differing(connection, turn, sorted(turning[turn]))
            learnt = await self._learn(connection, found, since_when)
            count += await self._tell(connection, turn, found, [causes.why_on(o, turn, learnt) for o in found], rules)
            concerned |= turning[turn]
        await outbox_writer.tell_projects(connection, day, None if look_at_all else concerned)
        await connection.execute(
            _STATEMENTS["set_announced_until"], day, next_offsets, until["schema_now"], until["rules_now"], last_action
        )
        return count

    async def _differing(
        self, connection: asyncpg.Connection, day: date, projects: Sequence[str] | None
    ) -> list[Difference]:
        """What differs in these projects (None: in all), and what other projects do anywhere."""
        rows = await connection.fetch(_STATEMENTS["flag_differences"], day, projects, None)
        if projects is not None:
            elsewhere = await connection.fetch(_STATEMENTS["flag_differences"], day, None, list(OF_THE_MARKET))
            here = set(projects)
            rows += [row for row in elsewhere if row["project"] not in here]
        return [
            Difference(
                project=row["project"],
                deal=row["deal"],
                name=row["flag"],
                severity_before=row["severity_before"],
                severity=row["severity"],
                before=outbox_writer.flag_of(row["document_before"]),
                after=outbox_writer.flag_of(row["document"]),
            )
            for row in rows
        ]

    async def _learn(self, connection: asyncpg.Connection, found: Iterable[Difference], since: _Since) -> Learnt:
        """What is new about those whose severity differs."""
        differing = [one for one in found if one.severity != one.severity_before]
        if not differing:
            return Learnt()
        of_market = [one.evidence for one in differing if one.name in OF_THE_MARKET]
        subjects: dict[str, set[str]] = defaultdict(set)
        references = sorted(set(chain.from_iterable(of_market)))
        if references:
            # Both halves of a reference may hold the sign that joins them.
            ids = [text[at + 1 :] for text in references for at, sign in enumerate(text) if sign == "#"]
            for row in await connection.fetch(_STATEMENTS["subjects_of_events"], ids, references):
                subjects[row["reference"]].add(row["subject"])
        asked = sorted({one.project for one in differing}.union(*subjects.values()))
        news: dict[str, list[News]] = defaultdict(list)
        for row in await connection.fetch(
            _STATEMENTS["events_moved"], asked, since.next_offsets, list(since.acted), list(since.acted.values())
        ):
            news[row["subject"]].append(_news(row))
        corrected = [subject for subject, ones in news.items() if any(one.corrects for one in ones)]
        events: dict[str, list[Event]] = {subject: [] for subject in corrected}
        if corrected:
            for row in await connection.fetch(_STATEMENTS["events_of_subjects"], corrected):
                events[row["subject"]].append(decode.decode_stored(row["raw"], row["headers"], row["subject"]))
        return Learnt(
            news=news,
            changed={subject: causes.changed_by(news[subject], events[subject]) for subject in corrected},
            subjects={reference: frozenset(found) for reference, found in subjects.items()},
        )

    async def _tell(
        self, connection: asyncpg.Connection, on: date, found: Sequence[Difference], whys: Sequence[Why], rules: str
    ) -> int:
        """Tell where the severity differs, and remember where it does not."""
        told = [pair for pair in zip(found, whys, strict=True) if pair[0].severity != pair[0].severity_before]
        quiet = [one for one in found if one.severity == one.severity_before]
        await connection.execute(
            _STATEMENTS["refresh_flags"],
            [one.project for one in quiet],
            [one.deal for one in quiet],
            [one.name for one in quiet],
            [document(one.after) for one in quiet],
        )
        for first in range(0, len(told), _FLAGS_AT_ONCE):
            some = told[first : first + _FLAGS_AT_ONCE]
            countries = await outbox_writer.countries(connection, on, (one.project for one, _ in some))
            transitions = [_transition(one, why, on, rules, countries.get(one.project)) for one, why in some]
            await outbox_writer.tell(connection, transitions, on)
            self._telling.update((one.name, one.transition) for one in transitions)
        return len(told)


def _transition(one: Difference, why: Why, on: date, rules: str, country: str | None) -> Transition:
    return Transition(
        project=one.project,
        deal=one.deal or None,
        name=one.name,
        transition="revoked" if why.revoked else turned(one.severity_before, one.severity),
        severity_before=one.severity_before,
        severity=one.severity,
        on=on,
        cause=why.cause,
        events=why.events,
        rule_version=rules,
        country=country,
        flag=one.after or one.before,
        event_id=outbox_writer.new_event_id(),
    )


def _news(row: Any) -> News:
    return News(
        subject=row["subject"],
        reference=f"{row['source']}#{row['id']}",
        name=row["name"],
        deal=row["deal"],
        latest=row["occurred_latest"],
    )
