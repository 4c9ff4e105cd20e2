"""Puts a version of the rules in force: judges every project again from the stored events, without Kafka, at once.

One transaction under the fence of every checkpoint: workers wait, readers go on with the old judgement and then see all of the new one
(domain page, section 6). Shares the folding and writing with the projector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import asyncpg

from steppe.contracts.announcements import Transition, transition_between
from steppe.database import active_read_model, locks, outbox_writer, rule_versions, sql
from steppe.database.read_model.market_causes import flags_of_markets, read_causes
from steppe.database.read_model.market_judgement import fill_crossings
from steppe.database.read_model.projection import STATEMENTS, ReadModel, Subject, name_unregistered
from steppe.database.read_model.stored_events import stored_event
from steppe.database.rule_versions import RuleVersionError
from steppe.domain.events.event import Event
from steppe.domain.rules.thresholds import Rules
from steppe.release import EDITION

# Longer than a batch takes: a projector that still holds its rows by then hangs.
_LOCK_TIMEOUT = "30s"
_SUBJECTS_AT_ONCE = 200

Severities = dict[tuple[str, str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagDifference:
    """What another version makes of a flag today (UTC). `deal` '': of the project. `severity` None: it no longer stands."""

    project: str
    deal: str
    flag: str
    transition: str
    severity_before: str | None
    severity: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """What was done. `change_id` None: it was only tried, and undone.

    `faults`: subjects that cannot be judged, which is a defect, with the reason; nothing is left of them in the read model.
    """

    version_before: str
    version: str
    projects: int
    change_id: int | None
    differences: tuple[FlagDifference, ...]
    faults: Mapping[str, str] = field(default_factory=dict)


async def put_in_force(
    connection: asyncpg.Connection,
    version: str,
    *,
    by: str,
    reason: str | None = None,
    trial: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> RuleChange:
    """Judge everything under a stored version and record the change with its differences. `trial` undoes all of it.

    Needs the rights of the projector. The version that is in force already changes nothing but is recorded again.
    Raises RuleVersionError when there is no such version.
    """
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SELECT set_config('lock_timeout', $1, true)", _LOCK_TIMEOUT)
        schema = await active_read_model.lock_active_for_write(connection, exclusive=True)
        await connection.fetch(sql.load("rebuild")["lock_every_checkpoint"])
        rules = await rule_versions.find_version(connection, version)
        if rules is None:
            versions = [row["version"] for row in await connection.fetch(rule_versions.STATEMENTS["rule_versions"])]
            raise RuleVersionError(f"There is no version {version}; there are {', '.join(versions)}.")
        before = await rule_versions.in_force(connection)
        today = datetime.now(UTC).date()
        severities_before = await _severities_on(connection, today)
        projects, faults = await rejudge_all(connection, rules, progress)
        differences = _differences(severities_before, await _severities_on(connection, today))
        change_id: int | None = None
        if not trial:
            change_id = await connection.fetchval(
                *rule_versions.STATEMENTS["put_in_force"](
                    version=version, changed_by=by, reason=reason, projects=projects
                )
            )
            await _announce(connection, differences, today, rules, change_id)
            await connection.execute(*active_read_model.STATEMENTS["judged_by"](schema=schema, change_id=change_id))
            await connection.execute(*active_read_model.STATEMENTS["set_edition"](schema=schema, edition=EDITION))
    except BaseException:  # also interrupted: workers wait behind these locks until the transaction ends
        await transaction.rollback()
        raise
    await (transaction.rollback() if trial else transaction.commit())
    return RuleChange(
        version_before=before.version,
        version=version,
        projects=projects,
        change_id=change_id,
        differences=differences,
        faults=faults,
    )


async def rejudge_all(
    connection: asyncpg.Connection, rules: Rules, progress: Callable[[int, int], None]
) -> tuple[int, Mapping[str, str]]:
    """Write all of the read model on the search path anew under these rules, in the caller's transaction, which must keep all
    others from writing there.

    Nothing that was judged before is read. First every subject is folded, then each project judged beside the others: so each
    is judged once. Returns how many projects there are, and which subjects could not be folded, with the reason.
    """
    statements = {name: text for file in (*STATEMENTS, "event") for name, text in sql.load(file).items()}
    subjects = {
        row["subject"]: (row["partition"], row["log_offset"])
        for row in await connection.fetch(rule_versions.STATEMENTS["folded_subjects"])
    }
    projects = [subject for subject in subjects if ":" not in subject]
    await connection.execute(rule_versions.STATEMENTS["remove_judgements"])
    writer = ReadModel(statements, rules, exclusive=True)
    faults: dict[str, str] = {}
    for some in _pages(list(subjects)):
        events_by_subject: dict[str, list[Event]] = {subject: [] for subject in some}
        for row in await connection.fetch(*statements["events_of_subjects"](subjects=some)):
            event = stored_event(row)
            if event is not None:
                events_by_subject[row["subject"]].append(event)
        faults |= await writer.fill(
            connection, {subject: Subject(events_by_subject[subject], *subjects[subject]) for subject in some}
        )
    await name_unregistered(connection, statements, None)
    await fill_crossings(connection, statements)
    judged = 0
    for some in _pages(projects):
        await writer.fill_markets(connection, some)
        judged += len(some)
        progress(judged, len(projects))
    return len(projects), faults


def _pages(subjects: Sequence[str]) -> Iterator[Sequence[str]]:
    return (subjects[first : first + _SUBJECTS_AT_ONCE] for first in range(0, len(subjects), _SUBJECTS_AT_ONCE))


async def _severities_on(connection: asyncpg.Connection, day: object) -> Severities:
    rows = await connection.fetch(*rule_versions.STATEMENTS["flags_on_day"](day=day))
    return {(row["project"], row["deal"], row["flag"]): row["severity"] for row in rows}


def _differences(before: Severities, after: Severities) -> tuple[FlagDifference, ...]:
    keys = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    return tuple(_difference(key, before.get(key), after.get(key)) for key in keys)


def _difference(key: tuple[str, str, str], before: str | None, after: str | None) -> FlagDifference:
    project, deal, flag = key
    return FlagDifference(
        project=project,
        deal=deal,
        flag=flag,
        transition=transition_between(before, after),
        severity_before=before,
        severity=after,
    )


async def _announce(
    connection: asyncpg.Connection,
    differences: Sequence[FlagDifference],
    today: date,
    rules: Rules,
    change_id: int | None,
) -> None:
    """Announce what the rules changed. Where the severity before was not announced yet, the publisher announces both at once."""
    statements = outbox_writer.STATEMENTS
    await connection.execute(*statements["lock_announcing"](lock=locks.ANNOUNCING))
    projects = sorted({difference.project for difference in differences})
    began = await connection.fetchval(statements["announced_until"]) is not None
    announced = {
        _key(row): row for row in await connection.fetch(*statements["announced_flags_of_projects"](projects=projects))
    }
    current = {
        _key(row): row for row in await connection.fetch(*statements["flags_of_projects"](day=today, projects=projects))
    }
    countries = await outbox_writer.countries(connection, today, projects)
    rests_on = await read_causes(connection, flags_of_markets(current.values()), today, rules)
    transitions: list[Transition] = []
    clocks: list[str | None] = []
    for difference in differences:
        key = (difference.project, difference.deal, difference.flag)
        before = announced.get(key)
        if began and (before["severity"] if before else None) != difference.severity_before:
            continue
        now = None if difference.severity is None else current[key]["document"]
        clocks.append(now)
        transitions.append(
            Transition(
                project=difference.project,
                deal=difference.deal or None,
                flag=difference.flag,
                transition=difference.transition,
                severity_before=difference.severity_before,
                severity=difference.severity,
                on=today,
                cause="rules",
                events=(),
                rule_version=rules.version,
                country=countries.get(difference.project),
                flag_state=rests_on.flag_of_clock(difference.project, difference.deal, difference.flag, now)
                if now is not None
                else outbox_writer.flag_of(before["document"] if before else None),
                event_id=outbox_writer.new_event_id(),
            )
        )
    await outbox_writer.announce_transitions(connection, transitions, clocks, today, change_id)


def _key(row: asyncpg.Record) -> tuple[str, str, str]:
    return (row["project"], row["deal"], row["flag"])
