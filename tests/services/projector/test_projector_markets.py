"""Projects that share a market, judged by several workers in whatever order: every row equals a fresh judgement."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import asyncpg
import pytest

from services.projector.commands.verify import verify
from services.projector.projection.apply import STATEMENTS, Applier
from services.projector.projection.batches import Record
from services.projector.projection.project_cache import ProjectCache
from steppe.contracts.partitioning import partition_of
from steppe.database.read_model.market_cache import MarketCache
from tests.services.api.reading_api import Log, memorandum, registered
from tests.services.api.reading_api import event as reading_event
from tests.services.projector.projection import QUICK, Message, event, log_ends, publish, until_covered
from tests.stack import PARTITIONS, Database, Service, Stack

_PROJECTS = tuple(f"deposit-{number}" for number in range(8))
_PARTIES = ("alpha", "beta", "gamma", "delta")
_STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("memorandum.signed", {"instrument": "mou"}),
    ("termsheet.signed", {"instrument": "heads"}),
    ("equity.agreed", {"conditional": True, "long_stop": "2021-06-30"}),
    ("rights.granted", {"right": "mining"}),
    ("offtake.signed", {"commodity": "tungsten", "ends_on": "2022-12-31"}),
    ("equity.exited", {}),
    ("construction.started", {}),
    ("hold.placed", {"reason": "sanctions", "until": "2021-12-31"}),
)
_CORRECTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("event.retracted", {}),
    ("event.corrected", {"changes": {"occurred": "2019-05"}}),
    ("event.reclassified", {"name": "setback.reported", "changes": {"kind": "price"}}),
)


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.api)
    yield connection
    await connection.close()


def _from(day: str) -> dict[str, Any]:
    return {"from": day}


def portfolio_of_messages(chance: random.Random, count: int) -> list[Message]:
    """Deposits in a few markets, parties that get parents, steps of deals, and corrections of any of them."""
    made: list[Message] = []
    for number, project in enumerate(_PROJECTS):
        commodities = [["tungsten"], ["tungsten", "lithium"], ["lithium"], ["copper"]][number % 4]
        data: dict[str, Any] = {
            "name": project,
            "country": "KZ",
            "sector": "mining",
            "kind": "deposit",
            "commodities": commodities,
        }
        made.append(event("registered", project, "project.registered", **data))
        if number % 3 == 0:
            made.append(
                event(
                    "amended", project, "project.amended", **{"from": "2021-03-01"}, commodities=["tungsten", "copper"]
                )
            )
    for party in _PARTIES[1:]:
        data = {"party": party, "name": party, "home_country": "JP", "kind": "company", "parent": "alpha"}
        made.append(event("registered", f"party:{party}", "party.registered", **data))
        made.append(event("sold", f"party:{party}", "party.amended", party=party, parent=party, **_from("2020-06-01")))
    for number in range(count):
        project, party = chance.choice(_PROJECTS), chance.choice(_PARTIES)
        name, data = chance.choice(_STEPS)
        day = f"{chance.randint(2018, 2023)}-{chance.randint(1, 12):02}"
        parties = [{"party": party, "role": chance.choice(["investor", "investor", "offtaker", "financier"])}]
        made.append(event(f"e{number}", project, name, occurred=day, parties=parties, **data))
        if chance.random() < 0.2:
            target = {"source": "/desk/test", "id": f"e{number}"}
            name, data = chance.choice(_CORRECTIONS)
            made.append(event(f"c{number}", project, name, target=target, **data))
    chance.shuffle(made)
    return made


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_two_workers_judge_a_market_as_one_look_at_the_whole_log_does(
    stack: Stack,
    topic: str,
    database: Database,
    reader: asyncpg.Connection,
    start: Callable[..., Service],
    seed: int,
) -> None:
    """Domain page, sections 6 and 7: whatever the order of partitions, rivals and parents."""
    made = portfolio_of_messages(random.Random(seed), 220)
    workers = [start("projector", **QUICK), start("projector", **QUICK)]
    for first in range(0, len(made), 40):
        last = await publish(stack.kafka, topic, made[first : first + 40])
        await until_covered(reader, last, workers[0], 60)
    ends = await log_ends(stack.kafka, topic)
    await until_covered(reader, {partition: end - 1 for partition, end in ends.items() if end})
    verdict = await verify(stack.kafka, database.api, topic)
    assert verdict.differences == []
    flags = {row["flag"] for row in await reader.fetch("SELECT DISTINCT flag FROM flag_span")}
    assert "displaced" in flags, flags
    assert await reader.fetchval("SELECT count(*) FROM quarantine") == 0


async def test_a_deal_that_many_displace_and_crowd_has_a_row_for_each_run_of_days_and_not_for_each_rival(
    database: Database, topic: str
) -> None:
    log, rivals = Log(database, topic), 30
    await log.append(registered("north"), memorandum("north", "2015-03-01", "alpha"))
    for number in range(rivals):
        project, parties = f"rival-{number:02}", [{"party": f"party-{number}", "role": "investor"}]
        occurred = f"{2016 + number // 12}-{number % 12 + 1:02}-10"
        bought = reading_event("equity.agreed", project, "bought", occurred=occurred, parties=parties)
        await log.append(registered(project), bought)
    connection = await asyncpg.connect(database.api)
    rows = await connection.fetch(
        "SELECT flag, valid_from, valid_to, length(document) AS size FROM flag_span"
        " WHERE project = 'north' AND flag IN ('displaced', 'crowded') ORDER BY flag"
    )
    crossings = await connection.fetchval("SELECT count(*) FROM crossing")
    await connection.close()
    assert [(row["flag"], row["valid_from"], row["valid_to"]) for row in rows] == [
        ("crowded", date(2016, 2, 10), date(2020, 5, 11)),
        ("displaced", date(2016, 1, 10), date.max),
    ]
    assert all(row["size"] < 400 for row in rows)
    assert crossings == 2 * rivals


async def test_what_a_worker_saw_in_a_batch_that_was_undone_is_not_what_it_judges_by_later(
    stack: Stack, database: Database, topic: str
) -> None:
    chance = random.Random(11)
    records: dict[int, list[Record]] = {}
    batches = []
    made = portfolio_of_messages(chance, 200)
    for first in range(0, len(made), 20):
        batch: dict[int, list[Record]] = {}
        for key, value, _ in made[first : first + 20]:
            assert key is not None
            partition = partition_of(key, PARTITIONS)
            of_partition = records.setdefault(partition, [])
            of_partition.append(Record(partition, len(of_partition), 1_768_000_000_000, key, value))
            batch.setdefault(partition, []).append(of_partition[-1])
        batches.append(batch)
    applier = Applier(STATEMENTS, topic, PARTITIONS, market_cache=MarketCache())
    connection = await asyncpg.connect(database.projector)

    async def apply(batch: dict[int, list[Record]]) -> None:
        fence = await applier.fence(connection, sorted(batch))
        await applier.apply(connection, batch, fence, ProjectCache(0))

    for batch in batches:
        for undone in batches_of_one(batch) if chance.random() < 0.5 else [batch]:
            transaction = connection.transaction()
            await transaction.start()
            await apply(undone)
            await transaction.rollback()
        async with connection.transaction():
            await apply(batch)
    await connection.close()
    await publish(stack.kafka, topic, made)
    assert (await verify(stack.kafka, database.api, topic)).differences == []


def batches_of_one(batch: dict[int, list[Record]]) -> list[dict[int, list[Record]]]:
    """The first record of each partition alone."""
    return [{partition: of_partition[:1]} for partition, of_partition in batch.items()]
