"""What a batch costs the database: rows that do not differ are left alone, and the statements of a batch are few."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import asyncpg
import pytest

from services.projector.projection.apply import STATEMENTS, Applier
from services.projector.projection.batches import Record
from services.projector.projection.project_cache import ProjectCache
from steppe.contracts.partitioning import partition_of
from steppe.database import rule_versions
from steppe.database.read_model import rule_change, span_changes
from steppe.database.read_model.market_cache import MarketCache
from steppe.database.read_model.projection_rows import ProjectRows
from steppe.database.read_model.span_changes import DEALS, SpanChanges, put
from steppe.database.sql import load
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.rule_document import rules_from
from steppe.domain.values.states import BEGINNING
from tests.services.projector.projection import Message, event
from tests.services.quarantine.quarantining import Worked
from tests.stack import PARTITIONS, Database

_ALPHA = {"party": "alpha", "role": "investor"}
_TABLES = ("project_span", "headline_span", "last_event_span", "deal_span", "flag_span")
_STATEMENTS_MAX = 18


def _life() -> list[Message]:
    """A deposit that somebody pursues for years, on paper."""
    deposit: dict[str, Any] = {
        "name": "North",
        "country": "KZ",
        "sector": "mining",
        "kind": "deposit",
        "commodities": ["tungsten"],
    }
    parties = [_ALPHA]
    return [
        event("registered", "north", "project.registered", **deposit),
        event("other", "north", occurred="2018-02-01", parties=[{"party": "beta", "role": "investor"}]),
        event("mou", "north", occurred="2019-02-01", parties=parties),
        event("study", "north", "study.started", kind="prefeasibility", occurred="2019-05-01", parties=parties),
        event("setback", "north", "setback.reported", kind="price", occurred="2019-09-01", parties=parties),
        event("heads", "north", "termsheet.signed", instrument="heads", occurred="2020-02-01", parties=parties),
        event("done", "north", "study.completed", kind="prefeasibility", occurred="2020-06-01", parties=parties),
    ]


async def test_only_the_rows_that_an_event_changes_are_written_again(worked: Worked) -> None:
    life = _life()
    rewritten: Counter[str] = Counter()
    left: Counter[str] = Counter()
    async with worked.worker() as store:
        for message in life:
            before = await _rows(worked.owner)
            await worked.send(message)
            await worked.feed(store)
            after = await _rows(worked.owner)
            for table in _TABLES:
                same = before[table].keys() & after[table].keys()
                left[table] += sum(before[table][row] == after[table][row] for row in same)
                rewritten[table] += sum(before[table][row] != after[table][row] for row in same)
            await worked.verified()
    assert min(left.values()) > 0, left
    # The first event is the only one behind which nothing was known of the rows that it wrote.
    assert rewritten == dict.fromkeys(_TABLES, 0)


@pytest.mark.parametrize(("rows_compared_max", "is_written_anew"), [(2_000, False), (2, True)])
async def test_rows_that_do_not_differ_are_left_alone_by_who_does_not_know_them_but_for_projects_of_many(
    worked: Worked, monkeypatch: pytest.MonkeyPatch, rows_compared_max: int, is_written_anew: bool
) -> None:
    """As after a late event, or when a worker has just begun."""
    monkeypatch.setattr(span_changes, "_ROWS_COMPARED_MAX", rows_compared_max)
    await worked.send(*_life())
    await worked.apply()
    before = await _rows(worked.owner)
    await worked.send(
        event("late", "north", "setback.reported", kind="financing", occurred="2019-08-01", parties=[_ALPHA])
    )
    await worked.apply()
    after = await _rows(worked.owner)
    await worked.verified()
    rewritten, left = 0, 0
    for table in _TABLES:
        same = before[table].keys() & after[table].keys()
        left += sum(before[table][row] == after[table][row] for row in same)
        rewritten += sum(before[table][row] != after[table][row] for row in same)
    assert (rewritten > 10, left > 10) == (is_written_anew, not is_written_anew), (rewritten, left)


async def test_a_span_is_put_in_the_place_of_the_one_that_began_on_its_day(database: Database) -> None:
    awkward = ['a"b', "c\\d", "e,f", "{g}", "", "NULL", "h i", "ы"]
    spans = [
        ("north", "one", date(2020, 1, 1), date(2021, 1, 1), 1, 2, 2, awkward, "{}"),
        ("north", "one", date(2021, 1, 1), date(2022, 1, 1), 1, None, 2, [], "{}"),
    ]
    longer = (*spans[1][:3], date(2023, 1, 1), *spans[1][4:])
    connection = await asyncpg.connect(database.projector)

    async def stored() -> list[tuple[Any, ...]]:
        columns = ", ".join(DEALS.columns)
        rows = await connection.fetch(f"SELECT {columns} FROM deal_span ORDER BY valid_from")
        return [tuple(row) for row in rows]

    for wanted in (spans, spans, [spans[0], longer]):
        places = await connection.fetch("SELECT valid_from, ctid::text FROM deal_span WHERE valid_from < '2021-01-01'")
        await put(connection, load("read_model"), DEALS, wanted)
        assert await stored() == wanted
        if places:
            assert places == await connection.fetch(
                "SELECT valid_from, ctid::text FROM deal_span WHERE valid_from < '2021-01-01'"
            )
    await connection.close()


async def test_what_was_written_under_other_rules_is_written_again(worked: Worked) -> None:
    *life, last = _life()
    document = {"version": "strict", "values": {"memorandum-only.watch": 6, "memorandum-only.stagnant": 9}}
    strict = rules_from(document, RULES)
    async with worked.worker() as store:
        await worked.send(*life)
        await worked.feed(store)
        await rule_versions.add(worked.owner, strict, by="desk")
        await rule_change.put_in_force(worked.owner, strict.version, by="desk")
        # As if a row that the worker wrote were another one by these rules.
        await worked.owner.execute(
            "DELETE FROM project_span WHERE valid_from = (SELECT max(valid_from) FROM project_span)"
        )
        await worked.send(last)
        await worked.feed(store)
    await worked.verified()


async def test_an_event_takes_few_statements(database: Database, topic_name: str) -> None:
    connection = await asyncpg.connect(database.projector, connection_class=_Counted)
    applier = Applier(STATEMENTS, topic_name, PARTITIONS, market_cache=MarketCache())
    cache = ProjectCache(1000)
    counts = []
    for offset, (key, value, _) in enumerate(_life()):
        record = Record(partition_of(b"north", PARTITIONS), offset, 1_768_000_000_000, key, value)
        _Counted.count = 0
        async with connection.transaction():
            fence = await applier.fence(connection, [record.partition])
            applied = await applier.apply(connection, {record.partition: [record]}, fence, cache)
        for (partition, name), subject in applied.subjects.items():
            cache.put(partition, name, subject)
        counts.append(_Counted.count)
    await connection.close()
    assert max(counts[2:]) == _STATEMENTS_MAX, counts


async def test_what_a_batch_removes_is_looked_up_where_the_planner_knows_nothing_of_the_tables(worked: Worked) -> None:
    for table in _TABLES:
        await worked.owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    await worked.send(*_life())
    await worked.apply()
    for table in _TABLES:  # as in the first minute of a log that is read from its beginning
        await worked.owner.execute(
            f"INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object('project', 'other-' || number))).*"
            f" FROM {table} AS one, generate_series(1, 4000) AS number"
        )
    changes = SpanChanges()
    for number in range(10):
        changes.add(f"other-{number}", ProjectRows(), BEGINNING, None, None)
    query, *arguments = changes.removal(STATEMENTS["remove_spans"])
    plan = "\n".join(row[0] for row in await worked.owner.fetch(f"EXPLAIN {query}", *arguments))
    assert all(f"{table}_pk" in plan for table in _TABLES), plan
    # A join would be one of each row with each: so little does the planner expect.
    assert not any(word in plan for word in ("Seq Scan", "Join", "Nested Loop")), plan


async def _rows(owner: asyncpg.Connection) -> dict[str, dict[str, str]]:
    """Every row of a span as text, with the place where it lies: another one when it was written again."""
    return {
        table: {
            row["said"]: row["place"]
            for row in await owner.fetch(f"SELECT one::text AS said, ctid::text AS place FROM {table} AS one")
        }
        for table in _TABLES
    }


class _Counted(asyncpg.Connection):
    """Counts how often it asks the server and waits for the answer, but for preparing statements."""

    count = 0

    async def execute(self, query: str, *args: Any, **options: Any) -> Any:
        _Counted.count += not args  # others are counted where they are carried out
        return await super().execute(query, *args, **options)

    async def executemany(self, *args: Any, **options: Any) -> Any:
        _Counted.count += 1
        return await super().executemany(*args, **options)

    async def copy_records_to_table(self, *args: Any, **options: Any) -> Any:
        _Counted.count += 1
        return await super().copy_records_to_table(*args, **options)

    async def _execute(self, *args: Any, **options: Any) -> Any:
        _Counted.count += 1
        return await super()._execute(*args, **options)  # type: ignore[misc]  # which its stubs leave out
