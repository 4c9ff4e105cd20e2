"""The filters of the page: several values of one, and the links and forms that keep them."""

from __future__ import annotations

import httpx
import pytest

from tests.services.api.reading_api import Log, memorandum, registered
from tests.services.api.test_page_answers import linked


@pytest.fixture
async def three_countries(log: Log) -> Log:
    """Three projects that differ in country, commodity, sector and investor."""
    for key, country, sector in (("north", "KZ", "mining"), ("south", "UZ", "energy"), ("west", "KG", "processing")):
        await log.append(
            registered(key, country=country, sector=sector, commodities=[f"{key}-ore"]),
            memorandum(key, "2022-03-01", f"{key}-group"),
        )
    return log


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("country", ("KZ", "UZ")),
        ("sector", ("mining", "energy")),
        ("commodity", ("north-ore", "south-ore")),
        ("investor", ("north-group", "south-group")),
    ],
)
async def test_several_values_of_a_filter_count_as_they_do_in_the_api(
    three_countries: Log, client: httpx.AsyncClient, name: str, values: tuple[str, str]
) -> None:
    several = f"{name}={values[0]}&{name}={values[1]}"
    for query in (several, f"{name}={','.join(values)}"):
        assert linked((await client.get(f"/?as_of=2024-02-10&{query}")).text) == {"north", "south"}, query
    answer = await client.get(f"/v1/projects?as_of=2024-02-10&{several}")
    assert {item["key"] for item in answer.json()["items"]} == {"north", "south"}


@pytest.mark.parametrize(
    ("path", "name", "values"),
    [
        ("/", "q", ("north", "south")),
        ("/", "sort", ("name", "key")),
        ("/", "notices", ("true", "false")),
        ("/", "lang", ("ja", "ru")),
        ("/flags", "as_of", ("2024-02-10", "2024-02-11")),
        ("/projects/north", "known_at", ("2024-02-10", "2024-02-11")),
        ("/forums/summit", "beside", ("one", "other")),
    ],
)
async def test_several_values_where_one_is_meant_are_refused_by_name(
    three_countries: Log, client: httpx.AsyncClient, path: str, name: str, values: tuple[str, str]
) -> None:
    answer = await client.get(f"{path}?{name}={values[0]}&{name}={values[1]}")
    assert answer.status_code == 400
    assert f"{name}: it is given more than once." in answer.text
