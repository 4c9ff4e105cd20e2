"""The rows of flags say in SQL what the clocks they are made of say of every day."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steppe.database.read_model.flag_rows import (
    FLAG_SPAN,
    HEADLINE_SPAN,
    clock_document,
    clock_of,
    flag_rows,
    headline_rows,
)
from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import FLAGS
from steppe.domain.values.flag_clock import FlagClock, flag_on, flag_spans, headline_on
from steppe.domain.values.spans import Span
from steppe.domain.values.states import SEVERITIES, Flag
from tests.domain.event_logs import event
from tests.domain.random_logs import Log, portfolios
from tests.stack import Database

_SINCE = "notice_since, watch_since, stagnant_since, presumed_dead_since, alert_since"
_CERTAIN = "notice_certain_since, watch_certain_since, stagnant_certain_since, presumed_dead_certain_since, alert_certain_since"
_STANDING = f"""
    SELECT
        project, deal, flag, steppe.severity_on($1, {_SINCE}) AS severity, steppe.since_on($1, {_SINCE}) AS since,
        steppe.certainty_on($1, {_SINCE}, {_CERTAIN}) AS certainty,
        steppe.rises_after($1, watch_since, stagnant_since, presumed_dead_since) AS next_on
    FROM clocks
    WHERE valid_from <= $1 AND valid_to > $1
"""  # the names are the constants above
_HEADLINE_SINCE = "NULL, watch_since, stagnant_since, presumed_dead_since, NULL"
_HEADLINE_CERTAIN = "NULL, watch_certain_since, stagnant_certain_since, presumed_dead_certain_since, NULL"
_HEADLINES = f"""
    SELECT
        project, steppe.severity_on($1, {_HEADLINE_SINCE}) AS severity, steppe.since_on($1, {_HEADLINE_SINCE}) AS since,
        steppe.certainty_on($1, {_HEADLINE_SINCE}, {_HEADLINE_CERTAIN}) AS certainty
    FROM headlines
    WHERE valid_from <= $1 AND valid_to > $1
"""
_PARTIES = [{"party": "sojitz", "role": "investor"}]
_Session = tuple[asyncio.Runner, asyncpg.Connection]


@pytest.fixture
def session(database: Database) -> Iterator[_Session]:
    """A session with tables like those of flags and headlines."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(database.projector))
        runner.run(connection.execute("CREATE TEMPORARY TABLE clocks (LIKE flag_span INCLUDING CONSTRAINTS)"))
        runner.run(connection.execute("CREATE TEMPORARY TABLE headlines (LIKE headline_span INCLUDING CONSTRAINTS)"))
        yield runner, connection
        runner.run(connection.close())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(log=portfolios(50), chance=st.randoms(use_true_random=False))
def test_sql_says_of_a_flag_on_a_day_what_its_clock_says(session: _Session, log: Log, chance: random.Random) -> None:
    """Domain page, section 6: severity, certainty, since and what comes next."""
    runner, connection = session
    clocks = _clocks(log)
    rows = [row for project, spans in clocks.items() for row in flag_rows(project, spans)]
    runner.run(connection.execute("TRUNCATE clocks"))
    runner.run(connection.copy_records_to_table("clocks", records=rows, columns=list(FLAG_SPAN)))
    turns = sorted({day for spans in clocks.values() for span in spans for day in _turns(span)})
    for day in chance.sample(turns, min(len(turns), 8)):
        standing = runner.run(connection.fetch(_STANDING, day))
        assert sorted(map(tuple, standing)) == _flags_as_rows(clocks, day)


def test_sql_says_of_a_held_flag_what_its_clock_says(session: _Session) -> None:
    """Section 6, Hold: what is reached under a hold shows when it ends; random logs seldom have one that lasts for so long."""
    runner, connection = session
    hold = event("hold.placed", "2021-06-01", until="2023-06-01")
    clocks = _clocks([event("memorandum.signed", "2020-03-15", instrument="mou", parties=_PARTIES), hold])
    rows = [row for project, spans in clocks.items() for row in flag_rows(project, spans)]
    runner.run(connection.copy_records_to_table("clocks", records=rows, columns=list(FLAG_SPAN)))
    severities = []
    for day in (
        date(2020, 12, 1),
        date(2021, 4, 1),
        date(2022, 5, 1),
        date(2023, 5, 31),
        date(2023, 6, 1),
        date(2024, 1, 1),
    ):
        standing = sorted(map(tuple, runner.run(connection.fetch(_STANDING, day))))
        assert standing == _flags_as_rows(clocks, day)
        severities.append([row[3] for row in standing if row[2] == "memorandum-only"])
    assert severities == [[], ["watch"], ["watch"], ["watch"], ["stagnant"], ["stagnant"]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(log=portfolios(50), chance=st.randoms(use_true_random=False))
def test_sql_says_of_a_headline_on_a_day_what_its_clock_says(
    session: _Session, log: Log, chance: random.Random
) -> None:
    runner, connection = session
    histories = portfolio(log).histories
    rows = [row for project, history in histories.items() for row in headline_rows(project, history.headlines)]
    runner.run(connection.execute("TRUNCATE headlines"))
    runner.run(connection.copy_records_to_table("headlines", records=rows, columns=list(HEADLINE_SPAN)))
    turns = sorted({day for history in histories.values() for span in history.headlines for day in _turns(span)})
    for day in chance.sample(turns, min(len(turns), 8)):
        shown = {
            project: headline_on(span.value, day)
            for project, history in histories.items()
            for span in history.headlines
            if span.valid_from <= day < span.valid_to
        }
        assert {tuple(row) for row in runner.run(connection.fetch(_HEADLINES, day))} == {
            (project, headline.severity, headline.since, headline.certainty)
            for project, headline in shown.items()
            if headline is not None
        }


@given(log=portfolios(50))
def test_a_stored_clock_says_the_same_on_every_day(log: Log) -> None:
    for spans in _clocks(log).values():
        stored = [
            Span(
                valid_from=span.valid_from,
                valid_to=span.valid_to,
                value=clock_of(span.value.deal or "", span.value.flag, clock_document(span.value)),
            )
            for span in spans
        ]
        assert flag_spans(stored) == flag_spans(spans)


def test_the_severities_of_every_flag_are_in_the_order_of_the_columns() -> None:
    for flag in FLAGS.values():
        assert list(flag.severities) == sorted(flag.severities, key=SEVERITIES.index)


def _clocks(log: Sequence[Event]) -> dict[str, list[Span[FlagClock]]]:
    whole = portfolio(log)
    return {project: [*history.flags, *whole.rivalries[project].flags] for project, history in whole.histories.items()}


def _flags_as_rows(clocks: Mapping[str, list[Span[FlagClock]]], day: date) -> list[tuple[object, ...]]:
    return sorted(
        (project, flag.deal or "", flag.flag, flag.severity, flag.since, flag.certainty, flag.next_on)
        for project, spans in clocks.items()
        for flag in _flags(spans, day)
    )


def _turns(span: Span[FlagClock]) -> Iterator[date]:
    inside = sorted({span.valid_from, *(day for day in span.value.turns() if span.valid_from < day < span.valid_to)})
    yield from inside
    yield from (day - timedelta(days=1) for _, day in pairwise(inside))


def _flags(spans: list[Span[FlagClock]], day: date) -> Iterator[Flag]:
    for span in spans:
        if span.valid_from <= day < span.valid_to:
            flag = flag_on(span.value, day)
            assert flag is not None, "a span has the days on which its flag shows"
            yield flag
