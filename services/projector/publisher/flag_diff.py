"""Announces transitions of flags: compares the active read model with what was announced, and announces each difference once.

It decides nothing; the spans say which flags are up on which day. Days that passed since the last announcement are gone
through one by one, so that a flag that changed meanwhile is announced with its own day. Silent while the read model is behind
the log.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

import asyncpg

from services.projector.publisher import causes
from services.projector.publisher.causes import MARKET_FLAGS, AppliedEvent, Cause, EventContext, FlagDifference
from steppe.contracts.announcements import Transition, transition_between
from steppe.database import active_read_model, locks, outbox_writer, rule_versions, sql
from steppe.database.read_model.market_causes import MarketCauses, crowded_months, flags_of_markets, read_causes
from steppe.database.read_model.projection_rows import document
from steppe.database.read_model.stored_events import folded_event
from steppe.domain.events.event import Event
from steppe.domain.rules.thresholds import Rules

_STATEMENTS = {**sql.load("checkpoint"), **sql.load("event"), **sql.load("pending_fold"), **outbox_writer.STATEMENTS}
_FLAGS_AT_ONCE = 1000
_FLAGS_ANNOUNCED_AT_ONCE = 100
# Some milliseconds.
_FLAGS_BETWEEN_PAUSES = 50
_EVENTS_AT_ONCE = 1000


Projects = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class _AnnouncedUntil:
    """What was announced already: up to where in the log, but for subjects of whom something earlier was folded meanwhile."""

    next_offsets: Sequence[int]
    refolded_from: Mapping[str, int]


class Announcer:
    """One leader's announcements. Its first pass, and the first over another read model or under other rules, compares everything.

    `transitions` counts what was announced, by flag and transition. `pause` is awaited before each piece of some milliseconds.
    """

    def __init__(
        self,
        topic: str,
        transitions: Counter[tuple[str, str]] | None = None,
        pause: Callable[[], Awaitable[None]] = outbox_writer.no_pause,
    ) -> None:
        self._topic = topic
        self._pause = pause
        self._transitions = Counter[tuple[str, str]]() if transitions is None else transitions
        self._uncommitted = Counter[tuple[str, str]]()
        self._compare_all = True
        # The day that was met last, and where the log ended when it was: what was acknowledged before the day lies before that.
        self._day_began: tuple[date, Mapping[int, int]] | None = None

    async def announce(self, connection: asyncpg.Connection, day: date, ends: Mapping[int, int]) -> int | None:
        """Announce what changed until this day (UTC), in one transaction; return how many transitions, None while behind.

        `ends` are the ends of the log, asked for after the day had begun. Twice is safe. The connection needs the rights of
        the projector.
        """
        self._uncommitted.clear()
        await connection.execute(*_STATEMENTS["hold_announcing"](lock=locks.ANNOUNCING))
        try:
            async with connection.transaction(isolation="repeatable_read"):
                count = await self._announce(connection, day, ends)
            self._transitions.update(self._uncommitted)
        finally:
            with contextlib.suppress(asyncpg.InterfaceError, OSError):  # a lost session has released it already
                await connection.execute(*_STATEMENTS["release_announcing"](lock=locks.ANNOUNCING))
        if count is not None:
            self._compare_all = False
        return count

    async def _announce(self, connection: asyncpg.Connection, day: date, ends: Mapping[int, int]) -> int | None:
        await active_read_model.use_active(connection)
        checkpoints = await connection.fetch(*_STATEMENTS["read_checkpoints"](topic=self._topic))
        next_offsets: list[int] = [row["next_offset"] for row in checkpoints]
        # Of large projects whose later records wait for their fold.
        folded_before: dict[int, int] = {
            row["partition"]: row["first_offset"]
            for row in await connection.fetch(_STATEMENTS["folded_before_in_partitions"])
        }
        until = await connection.fetchrow(_STATEMENTS["announced_until"])
        assert until is not None, "the statement always gives a row"
        offsets_before: list[int] = until["next_offsets"] or []
        if any(now < before for now, before in zip(next_offsets, offsets_before, strict=False)):
            # Rebuilt, or restored from a backup: what was announced of records that are to be applied again is not new until
            # they are. What is equal then is not announced again, what is not is.
            self._compare_all = True
            return None
        if any(row["next_offset"] < ends.get(row["partition"], 0) for row in checkpoints):
            return None
        first_time = until["day"] is None
        compare_all = (
            first_time
            or self._compare_all
            or len(offsets_before) != len(next_offsets)  # another log was adopted
            or (until["schema_name"], until["rule_version"]) != (until["schema_now"], until["rules_now"])
        )
        base: date = day if first_time else until["day"]
        day = max(day, base)
        if day > base and self._day_waits(day, ends, folded_before):
            day = base
        last_action = until["last_action_now"]
        acted = await connection.fetch(*_STATEMENTS["subjects_acted_on"](last_action=until["last_action"]))
        since = _AnnouncedUntil(offsets_before, {row["subject"]: row["log_offset"] for row in acted})
        moved: set[str] = set()
        if not compare_all:
            if (day, next_offsets, last_action) == (base, offsets_before, until["last_action"]):
                return 0
            if next_offsets != offsets_before:
                rows = await connection.fetch(*_STATEMENTS["projects_applied_since"](next_offsets=offsets_before))
                moved = {row["project"] for row in rows}
            moved.update(since.refolded_from)
        judged_by = await rule_versions.in_force(connection)
        changing: dict[date, set[str]] = defaultdict(set)
        if day > base:
            for row in await connection.fetch(
                *_STATEMENTS["projects_changing"](after=base, until=day, crowded_months=crowded_months(judged_by))
            ):
                changing[row["day"]].add(row["project"])

        differences = await self._differences(
            connection, base, None if compare_all else sorted(moved), judged_by, turning=compare_all
        )
        context = EventContext() if first_time else await self._context(connection, differences, since)
        # Where nothing was applied since, other rules judge, or another release.
        nothing_applied = (next_offsets, last_action) == (offsets_before, until["last_action"])
        only_cause = Cause("event") if first_time else Cause("rules") if nothing_applied else None
        reasons = [only_cause or causes.cause_of_change(difference, context) for difference in differences]
        rules: str = until["rules_now"]
        count = await self._save(connection, base, differences, reasons, rules)
        concerned = moved.union(difference.project for difference in differences)
        for changing_on in sorted(changing):
            differences = await self._differences(
                connection, changing_on, sorted(changing[changing_on]), judged_by, turning=True
            )
            context = await self._context(connection, differences, since)
            reasons = [causes.cause_on_day(difference, changing_on, context) for difference in differences]
            count += await self._save(connection, changing_on, differences, reasons, rules)
            concerned |= changing[changing_on]
        await outbox_writer.announce_projects(
            connection, day, judged_by, None if compare_all else concerned, pause=self._pause
        )
        await connection.execute(_STATEMENTS["set_announced_markets"])
        await connection.execute(
            *_STATEMENTS["set_announced_until"](
                day=day,
                # What waits for its fold is new when that is written, wherever its records lie.
                next_offsets=[
                    min(offset, folded_before.get(partition, offset)) for partition, offset in enumerate(next_offsets)
                ],
                schema=until["schema_now"],
                rule_version=until["rules_now"],
                last_action=last_action,
            )
        )
        return count

    def _day_waits(self, day: date, ends: Mapping[int, int], folded_before: Mapping[int, int]) -> bool:
        """Whether records of large projects that were acknowledged before this day began wait for their fold."""
        if self._day_began is None or self._day_began[0] != day:
            self._day_began = (day, ends)
        began_at = self._day_began[1]
        return any(offset < began_at.get(partition, 0) for partition, offset in folded_before.items())

    async def _differences(
        self, connection: asyncpg.Connection, day: date, projects: Projects, rules: Rules, *, turning: bool
    ) -> list[FlagDifference]:
        """What differs in these projects (None: in all), and what other projects do anywhere.

        `turning`: also where the clock is the one that was announced, because it may say something else on that day.
        """

        async def rows_of(projects: Projects, flags: Sequence[str] | None, resting: Sequence[str]) -> list[Any]:
            return await connection.fetch(
                *_STATEMENTS["flag_differences"](
                    day=day, projects=projects, flags=flags, resting=resting, turning=turning and flags is None
                )
            )

        rows = await rows_of(projects, None, MARKET_FLAGS)
        if projects is not None:
            changed = await connection.fetch(_STATEMENTS["projects_in_changed_markets"])
            beside = {row["project"] for row in changed} - set(projects)
            if beside:
                rows += await rows_of(sorted(beside), MARKET_FLAGS, MARKET_FLAGS)
            seen = beside.union(projects)
            rows += [row for row in await rows_of(None, MARKET_FLAGS, ()) if row["project"] not in seen]
        differences: list[FlagDifference] = []
        for first in range(0, len(rows), _FLAGS_AT_ONCE):
            some = rows[first : first + _FLAGS_AT_ONCE]
            rests_on = await read_causes(connection, flags_of_markets(some), day, rules)
            for number, row in enumerate(some):
                if number % _FLAGS_BETWEEN_PAUSES == 0:
                    await self._pause()
                difference = _difference(row, rests_on)
                if (row["clock_before"], difference.before) != (difference.clock, difference.after):
                    differences.append(difference)
        return differences

    async def _context(
        self, connection: asyncpg.Connection, differences: Iterable[FlagDifference], since: _AnnouncedUntil
    ) -> EventContext:
        """The new events behind the differences that are to be announced."""
        announced = [difference for difference in differences if difference.changes_severity]
        if not announced:
            return EventContext()
        subjects = await self._subjects_of_evidence(connection, announced)
        concerned = sorted({difference.project for difference in announced}.union(*subjects.values()))
        new_events: dict[str, list[AppliedEvent]] = defaultdict(list)
        # Of a large project there are very many: the loop answers others between two pages.
        async for row in connection.cursor(
            *_STATEMENTS["events_applied_since"](
                subjects=concerned,
                next_offsets=since.next_offsets,
                acted_subjects=list(since.refolded_from),
                acted_offsets=list(since.refolded_from.values()),
            ),
            prefetch=_EVENTS_AT_ONCE,
        ):
            new_events[row["subject"]].append(_applied_event(row))
        corrected = [subject for subject, events in new_events.items() if any(event.is_correction for event in events)]
        all_events: dict[str, list[Event]] = {subject: [] for subject in corrected}
        if corrected:
            async for row in connection.cursor(
                *_STATEMENTS["events_of_subjects"](subjects=corrected), prefetch=_EVENTS_AT_ONCE
            ):
                all_events[row["subject"]].append(folded_event(row))
        return EventContext(
            new_events=new_events,
            changed={
                subject: await asyncio.to_thread(causes.changed_by, new_events[subject], all_events[subject])
                for subject in corrected
            },
            subjects=subjects,
        )

    async def _subjects_of_evidence(
        self, connection: asyncpg.Connection, differences: Iterable[FlagDifference]
    ) -> dict[str, frozenset[str]]:
        """Of each event on which a flag of the market rests, in which subjects it is."""
        evidence = (difference.evidence for difference in differences if difference.flag in MARKET_FLAGS)
        references = sorted(set(chain.from_iterable(evidence)))
        if not references:
            return {}
        # Both halves of a reference may hold the sign that joins them.
        ids = [text[at + 1 :] for text in references for at, sign in enumerate(text) if sign == "#"]
        subjects: dict[str, set[str]] = defaultdict(set)
        for row in await connection.fetch(*_STATEMENTS["subjects_of_events"](ids=ids, refs=references)):
            subjects[row["reference"]].add(row["subject"])
        return {reference: frozenset(of_event) for reference, of_event in subjects.items()}

    async def _save(
        self,
        connection: asyncpg.Connection,
        on: date,
        differences: Sequence[FlagDifference],
        reasons: Sequence[Cause],
        rules: str,
    ) -> int:
        """Announce where the severity differs, and only remember what else differs. Returns how many were announced."""
        announced = [pair for pair in zip(differences, reasons, strict=True) if pair[0].changes_severity]
        silent = [difference for difference in differences if not difference.changes_severity]
        await connection.execute(
            *_STATEMENTS["refresh_announced_flags"](
                projects=[difference.project for difference in silent],
                deals=[difference.deal for difference in silent],
                flags=[difference.flag for difference in silent],
                documents=[document(difference.after) for difference in silent],
                clocks=[difference.clock for difference in silent],
            ),
        )
        for first in range(0, len(announced), _FLAGS_ANNOUNCED_AT_ONCE):
            page = announced[first : first + _FLAGS_ANNOUNCED_AT_ONCE]
            await self._pause()
            countries = await outbox_writer.countries(connection, on, (difference.project for difference, _ in page))
            transitions = [
                _transition(difference, cause, on, rules, countries.get(difference.project))
                for difference, cause in page
            ]
            clocks = [difference.clock for difference, _ in page]
            await outbox_writer.announce_transitions(connection, transitions, clocks, on)
            self._uncommitted.update((transition.flag, transition.transition) for transition in transitions)
        return len(announced)


def _difference(row: asyncpg.Record, rests_on: MarketCauses) -> FlagDifference:
    """A flag as it was announced and as it stands, of a row of `flag_differences`."""
    clock = row["clock"]
    return FlagDifference(
        project=row["project"],
        deal=row["deal"],
        flag=row["flag"],
        severity_before=row["severity_before"],
        severity=row["severity"],
        before=outbox_writer.flag_of(row["document_before"]),
        after=None if clock is None else rests_on.flag_of_clock(row["project"], row["deal"], row["flag"], clock),
        clock=clock,
    )


def _transition(difference: FlagDifference, cause: Cause, on: date, rules: str, country: str | None) -> Transition:
    return Transition(
        project=difference.project,
        deal=difference.deal or None,
        flag=difference.flag,
        transition="revoked" if cause.revoked else transition_between(difference.severity_before, difference.severity),
        severity_before=difference.severity_before,
        severity=difference.severity,
        on=on,
        cause=cause.kind,
        events=cause.events,
        rule_version=rules,
        country=country,
        flag_state=difference.after or difference.before,
        event_id=outbox_writer.new_event_id(),
    )


def _applied_event(row: asyncpg.Record) -> AppliedEvent:
    return AppliedEvent(
        subject=row["subject"],
        reference=f"{row['source']}#{row['id']}",
        name=row["name"],
        deal=row["deal"],
        latest=row["occurred_latest"],
    )
