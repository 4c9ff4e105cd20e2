"""Flags that come from a market, on a real Postgres over real HTTP: what they rest on is told of the day that is asked."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from services.projector.projection import decode
from services.projector.projection.batches import Record
from services.projector.projection.decode import StoredEvent
from steppe.contracts.items import flag as flag_item
from steppe.contracts.partitioning import partition_of
from steppe.domain.analysis.portfolio import Portfolio, portfolio
from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import MARKET_FLAGS
from tests.services.api.reading_api import Log, event, get, memorandum, registered
from tests.services.projector.projection import Message
from tests.services.projector.test_projector_markets import portfolio_of_messages
from tests.stack import PARTITIONS, Database

_MARKET_FLAGS = ",".join(flag.name for flag in MARKET_FLAGS)
_DAYS = [date(2018, 6, 1) + timedelta(days=200 * number) for number in range(12)]
_OF_PROJECT = ("project_name", "country", "sector")


def _events(messages: Sequence[Message]) -> Iterator[Event]:
    for offset, (key, value, _) in enumerate(messages):
        assert key is not None
        record = Record(partition_of(key, PARTITIONS), offset, 0, key, value)
        decoded = decode.decode_record(record, PARTITIONS)
        if isinstance(decoded, StoredEvent) and decoded.event is not None:
            yield decoded.event


def _told(judged: Portfolio, day: date) -> list[dict[str, Any]]:
    """What the domain says of these flags on a day, as JSON."""
    items = [
        flag_item(project, flag, day)
        for project in judged.histories
        for flag in judged.judged(project, day).flags
        if flag.flag in _MARKET_FLAGS.split(",")
    ]
    told: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(items))
    return told


@pytest.mark.parametrize("seed", [4, 7])
async def test_whatever_the_day_they_are_those_of_a_judgement_of_everything(
    log: Log, client: httpx.AsyncClient, seed: int
) -> None:
    """Domain page, sections 6 and 8: displaced and crowded, as known now and as known then."""
    messages = portfolio_of_messages(random.Random(seed), 220)
    for first in range(0, len(messages), 60):
        batch = messages[first : first + 60]
        await log.append_records((key, value) for key, value, _ in batch if key is not None and value is not None)
        for day in _DAYS[::4]:  # what is kept of markets must not outlive what comes next
            for known_then in ({}, {"known_at": "2024-06-30"}):
                await get(client, "/v1/flags", flag=_MARKET_FLAGS, as_of=day.isoformat(), limit=500, **known_then)
    events = list(_events(messages))
    assert len(events) == len(messages)
    judged = portfolio(events)
    tiers = set()
    for day in _DAYS:
        answer = await get(client, "/v1/flags", flag=_MARKET_FLAGS, as_of=day.isoformat(), sort="project", limit=500)
        items = [{name: value for name, value in item.items() if name not in _OF_PROJECT} for item in answer["items"]]
        expected = _told(judged, day)
        assert sorted(items, key=_key) == sorted(expected, key=_key), day
        tiers |= {(item["flag"], item["tier"]) for item in items}
        for project in {item["project"] for item in items}:
            flags = (await get(client, f"/v1/projects/{project}", as_of=day.isoformat()))["flags"]
            assert [flag for flag in flags if flag["flag"] in _MARKET_FLAGS] == [
                item for item in expected if item["project"] == project
            ]
    assert tiers >= {("displaced", "asset"), ("displaced", "market"), ("crowded", None)}


def _key(item: dict[str, Any]) -> tuple[str, str, str]:
    return item["project"], item["deal"] or "", item["flag"]


async def test_as_known_then_a_flag_rests_on_what_was_known_then(log: Log, client: httpx.AsyncClient) -> None:
    parties = [{"party": "rival", "role": "investor"}]
    late = [{"party": "late-rival", "role": "investor"}]
    await log.append(
        registered("north"),
        memorandum("north", "2020-03-01", "alpha", reported="2020-03-01"),
        registered("south"),
        event("equity.agreed", "south", "bought", occurred="2021-05-01", reported="2021-05-01", parties=parties),
        registered("east"),
        event("equity.agreed", "east", "bought", occurred="2021-06-01", reported="2024-01-01", parties=late),
    )
    now = await get(client, "/v1/flags", flag="displaced", as_of="2022-01-01")
    then = await get(client, "/v1/flags", flag="displaced", as_of="2022-01-01", known_at="2023-01-01")
    assert [item["groups"] for item in now["items"]] == [["late-rival", "rival"]]
    assert [item["groups"] for item in then["items"]] == [["rival"]]
    assert [len(item["evidence"]) for item in (*now["items"], *then["items"])] == [2, 1]


async def test_a_project_is_updated_when_what_its_flags_rest_on_changes(
    log: Log, client: httpx.AsyncClient, database: Database
) -> None:
    parties = [{"party": "rival", "role": "investor"}]
    others = [{"party": "other-rival", "role": "investor"}]
    await log.append(
        registered("north"), memorandum("north", "2020-03-01", "alpha"), registered("far", country="UZ"),
        memorandum("far", "2020-03-01", "alpha"), registered("south"),
        event("equity.agreed", "south", "bought", occurred="2021-05-01", parties=parties), registered("east"),
    )  # fmt: skip
    connection = await asyncpg.connect(database.owner)
    before: datetime = await connection.fetchval("SELECT clock_timestamp()")
    rows = "SELECT * FROM flag_span WHERE project = 'north' AND flag = 'displaced'"
    rows_before = await connection.fetch(rows)
    await log.append(event("equity.agreed", "east", "bought", occurred="2021-06-01", parties=others))
    assert await connection.fetch(rows) == rows_before, "the flag stands on the same days"
    await connection.close()
    question = {"as_of": "2022-01-01", "updated_after": before.isoformat()}
    assert [item["key"] for item in (await get(client, "/v1/projects", **question))["items"]] == ["east", "north"]
    assert {item["project"] for item in (await get(client, "/v1/deals", **question))["items"]} == {"east", "north"}
    (flag,) = (await get(client, "/v1/flags", flag="displaced", project="north", as_of="2022-01-01"))["items"]
    assert flag["groups"] == ["other-rival", "rival"]
