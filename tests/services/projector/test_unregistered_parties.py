"""What stands in for the registration of a party: the first event, wherever it is told, that names it or its country."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from steppe.database import edition_upgrade, rule_versions
from steppe.database.read_model import rule_change
from steppe.domain.flags.flag_registry import RULES
from tests.services.api.reading_api import SOURCE, Log, api, event, get, memorandum, registered
from tests.stack import Database

Row = tuple[Any, ...]


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner)
    yield connection
    await connection.close()


async def parties(reader: asyncpg.Connection) -> list[Row]:
    rows = await reader.fetch("SELECT party, name, home_country, registered FROM party_span ORDER BY party")
    return [tuple(row) for row in rows]


def paper(key: str, reported: str, **party: str) -> dict[str, Any]:
    named = [{"party": "alpha", "role": "investor", **party}]
    return memorandum(key, "2019-01-01", "alpha", f"{key}-{reported}", reported=reported, parties=named)


async def test_the_first_event_of_any_project_tells_name_and_country_until_somebody_registers(
    log: Log, reader: asyncpg.Connection
) -> None:
    await log.append(registered("north"), paper("north", "2020-03-01", name="Alpha Ltd", country="CN"))
    assert await parties(reader) == [("alpha", "Alpha Ltd", "CN", False)]
    await log.append(registered("south"), paper("south", "2020-02-01", name="Alpha"))
    assert await parties(reader) == [("alpha", "Alpha", "CN", False)]
    await log.append(event("party.registered", "party:alpha", "reg", party="alpha", name="Alpha Group", home_country="JP", kind="company"))  # fmt: skip
    assert await parties(reader) == [("alpha", "Alpha Group", "JP", True)]
    await log.append(event("event.retracted", "party:alpha", "undo", target={"source": SOURCE, "id": "reg"}))
    assert await parties(reader) == [("alpha", "Alpha", "CN", False)]


async def test_what_is_retracted_names_nobody_any_more(log: Log, reader: asyncpg.Connection) -> None:
    first = paper("north", "2020-03-01", name="Alpha Ltd", country="CN")
    await log.append(registered("north"), first, paper("north", "2020-04-01", name="Alpha"))
    target = {"source": first["source"], "id": first["id"]}
    await log.append(event("event.retracted", "north", "undo", target=target))
    assert await parties(reader) == [("alpha", "Alpha", None, False)]
    await log.append(event("project.superseded", "north", "gone", by=["south"]))
    assert await parties(reader) == []


async def test_a_list_is_filtered_by_the_country_that_an_event_gives_as_then_known(
    log: Log, database: Database, topic: str
) -> None:
    await log.append(
        registered("north"), paper("north", "2020-03-01", country="CN"), paper("north", "2020-02-01", country="KZ")
    )
    async with api(database.api, topic) as client:
        for query, expected in (
            ({"investor_country": "KZ"}, ["north"]),
            ({"investor_country": "CN"}, []),
            ({"investor_country": "KZ", "known_at": "2020-02-15"}, ["north"]),
            ({"investor_country": "KZ", "known_at": "2020-01-15"}, []),
        ):
            answer = await get(client, "/v1/projects", **query)
            assert [item["key"] for item in answer["items"]] == expected, query


async def test_judging_again_names_the_same(log: Log, reader: asyncpg.Connection) -> None:
    await log.append(registered("north"), paper("north", "2020-03-01", name="Alpha Ltd", country="CN"))
    before = await parties(reader)
    await reader.execute("UPDATE steppe.read_model SET edition = 2")
    rejudged = await edition_upgrade.upgrade(reader)
    assert rejudged is not None and (rejudged.projects, rejudged.version, rejudged.differences) == (
        1,
        RULES.version,
        (),
    )
    assert await parties(reader) == before
    assert await edition_upgrade.upgrade(reader) is None


async def test_a_version_of_an_operator_stays_in_force(log: Log, reader: asyncpg.Connection) -> None:
    await log.append(registered("north"))
    own = '{"version": "desk-1", "values": {"memorandum-only.watch": 6}, "overrides": []}'
    await reader.execute(
        "INSERT INTO steppe.rule_version (version, document, added_by) VALUES ('desk-1', $1, 'desk')", own
    )
    await rule_change.put_in_force(reader, "desk-1", by="desk")
    await reader.execute("UPDATE steppe.read_model SET edition = 2")
    assert await edition_upgrade.upgrade(reader) is not None
    rules = await rule_versions.in_force(reader)
    assert (rules.version, rules.values["memorandum-only.watch"]) == ("desk-1", 6)
    assert rules.values["overdue.watch"] == RULES.values["overdue.watch"]
