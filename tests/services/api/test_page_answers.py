"""What the page shows of events: who pursues, which clocks run, what changed, what was learned, and where projects lie."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import date

import asyncpg
import httpx
import pytest

from services.projector.publisher.flag_diff import Announcer
from tests.services.api.reading_api import Log, api, event, get, keys, memorandum, registered
from tests.stack import Database

Announce = Callable[[date], Awaitable[None]]


@pytest.fixture
def announce(database: Database, topic_name: str) -> Announce:
    """Announces a day, as a leading worker would."""

    async def announce_day(day: date) -> None:
        connection = await asyncpg.connect(database.projector)
        try:
            assert await Announcer(topic_name).announce(connection, day, {}) is not None
        finally:
            await connection.close()

    return announce_day


async def page(client: httpx.AsyncClient, path: str, **parameters: str) -> str:
    answer = await client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.text


def section(text: str, heading: str) -> str:
    """The part of a page below a heading, up to the next section."""
    _, found, rest = text.partition(f"<h2>{heading}</h2>")
    assert found, heading
    return rest.partition("</section>")[0]


def linked(text: str) -> set[str]:
    """The projects that a part of a page links to."""
    return set(re.findall(r'href="/projects/([\w-]+)', text))


def parties(**roles: str) -> list[dict[str, str]]:
    return [{"party": party.replace("_", "-"), "role": role} for party, role in roles.items()]


def party_registered(key: str, name: str, country: str) -> dict[str, object]:
    return event(
        "party.registered", f"party:{key}", f"{key}-registered", reported="2020-01-01", party=key, name=name,
        home_country=country, kind="company",
    )  # fmt: skip


async def test_the_map_shows_every_project_with_coordinates_however_many_have_none(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        *(registered(f"nowhere-{number:03}") for number in range(510)),
        registered("zz-last", latitude=48.0, longitude=67.0),
        registered("zz-japan", country="JP", commodities=["copper"], latitude=35.7, longitude=139.7),
    )
    assert await keys(client, located="true") == ["zz-japan", "zz-last"]
    assert (await get(client, "/v1/portfolio", located="false"))["projects"] == 510
    central_asia = await page(client, "/map", commodity="tungsten")
    assert 'href="/projects/zz-last"' in section_of_map(central_asia)
    assert 'data-country="JP"' not in central_asia
    assert "Without coordinates" in central_asia and "Only the first 100 are listed" in central_asia
    world = await page(client, "/map")
    assert linked(section_of_map(world)) == {"zz-japan", "zz-last"}
    assert {"JP", "KZ", "CN"} <= set(re.findall(r'data-country="(\w\w)"', world))
    assert "located=true" in world


def section_of_map(text: str) -> str:
    return text[text.index('<svg class="map"') : text.index('<ul class="legend"')]


async def test_registered_names_stand_where_keys_would(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        party_registered("alpha", "Alpha Metals", "JP"),
        event("forum.held", "forum:summit-2022", "f1", occurred="2022-03-01", forum="summit-2022", name="The Summit"),
        registered("north", name="Northern Tungsten"),
        memorandum("north", "2022-03-01", "alpha", forum="summit-2022"),
    )
    day = {"as_of": "2024-02-10"}
    for path in ("/", "/flags", "/markets/KZ/tungsten", "/parties/alpha", "/forums/summit-2022"):
        text = await page(client, path, **day)
        assert ">Northern Tungsten</a>" in text, path
        assert ">north</a>" not in text and ">alpha</a>" not in text, path
    portfolio = await page(client, "/", **day)
    assert ">Alpha Metals</a>" in portfolio and ">Alpha Metals (1)</option>" in portfolio
    assert ">The Summit (1)</option>" in portfolio and ">Kazakhstan (1)</option>" in portfolio
    assert ">Alpha Metals</a>" in await page(client, "/projects/north", **day)
    assert "Kazakhstan · tungsten</a>" in await page(client, "/markets", **day)
    assert "Казахстан · tungsten</a>" in await page(client, "/markets", lang="ru", **day)
