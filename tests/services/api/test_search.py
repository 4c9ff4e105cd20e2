"""How projects and parties are found: by other names and ids, in every country, and with what belongs to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from steppe.domain.values.search_folding import folded
from tests.central_asia import api_of_central_asia
from tests.services.api.reading_api import DAY, Log, event, get, keys, memorandum, refused, registered
from tests.stack import Service, Stack


def party(key: str, **data: Any) -> dict[str, Any]:
    what = {"party": key, "name": key.title(), "home_country": "JP", "kind": "company", "reported": "2019-01-01"}
    return event("party.registered", f"party:{key}", f"party-{key}", **{**what, **data})


@pytest.fixture
async def named(log: Log) -> Log:
    await log.append(
        registered(
            "ahuachapan", name="Ahuachapán", aliases=[{"name": "アワチャパン", "language": "ja"}, {"name": "old-key"}],
            ids=[{"scheme": "gem", "id": "G100000409"}],
        ),
        registered("istanbul", name="İstanbul ısı"),
    )  # fmt: skip
    return log


@pytest.mark.parametrize(
    ("looked_for", "expected"),
    [
        ("Ahuachapan", ["ahuachapan"]),
        ("AHUACHAPÁN", ["ahuachapan"]),
        ("Ahuachapa\u0301n", ["ahuachapan"]),
        ("ｱﾜﾁｬﾊﾟﾝ", ["ahuachapan"]),
        ("old key", ["ahuachapan"]),
        ("g100000409", ["ahuachapan"]),
        ("istanbul isi", ["istanbul"]),
        ("ИСТАНБУЛ", ["istanbul"]),
        ("nothing", []),
    ],
)
async def test_a_project_is_found_by_alias_and_id_and_however_it_is_written(
    named: Log, client: httpx.AsyncClient, looked_for: str, expected: list[str]
) -> None:
    assert await keys(client, q=looked_for) == expected


async def test_a_project_says_its_other_names_and_ids(named: Log, client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/projects/ahuachapan", as_of=DAY)
    assert body["aliases"] == [{"name": "アワチャパン", "language": "ja"}, {"name": "old-key", "language": None}]
    assert body["ids"] == [{"scheme": "gem", "id": "G100000409"}]


async def test_a_pipeline_is_found_in_each_of_its_countries(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        registered(
            "pipeline", country="TM", countries=["UZ", "KZ"], sector="energy", kind="corridor", commodities=["gas"]
        ),
        memorandum("pipeline", "2024-01-01", "alpha"),
    )
    for country in ("TM", "UZ", "KZ"):
        assert await keys(client, country=country) == ["pipeline"]
        assert await keys(client, "/v1/deals", country=country) == ["pipeline"]
        assert await keys(client, "/v1/flags", country=country, flag="memorandum-only") == ["pipeline"]
        market = await get(client, f"/v1/markets/{country}/gas", as_of=DAY)
        assert [project["key"] for project in market["projects"]] == ["pipeline"]
    portfolio = await get(client, "/v1/portfolio", as_of=DAY)
    assert portfolio["facets"]["country"] == {"KZ": 1, "TM": 1, "UZ": 1}
    markets = await get(client, "/v1/markets", as_of=DAY)
    assert [(item["country"], item["commodity"]) for item in markets["items"]] == [
        ("KZ", "gas"),
        ("TM", "gas"),
        ("UZ", "gas"),
    ]


@pytest.fixture
async def groups(log: Log) -> Log:
    await log.append(
        party("top"),
        party("middle", parents=[{"party": "top", "percent": 60}, {"party": "minor", "percent": 40}]),
        party("bottom", parent="middle"),
        registered("theirs"),
        memorandum("theirs", "2024-01-01", "bottom"),
        registered("foreign"),
        memorandum("foreign", "2024-01-01", "stranger"),
    )
    return log


async def test_an_investor_is_found_by_what_belongs_to_it(groups: Log, client: httpx.AsyncClient) -> None:
    for investor in ("top", "middle", "bottom"):
        assert await keys(client, investor=investor) == ["theirs"]
        assert await keys(client, "/v1/deals", investor=investor) == ["theirs"]
        flags = await get(client, "/v1/flags", as_of=DAY, investor=investor)
        assert {flag["project"] for flag in flags["items"]} == {"theirs"}
        assert flags["total"] == len(flags["items"])
    assert await keys(client, investor="minor") == []
    assert await keys(client, "/v1/flags", investor="minor") == []
    assert await keys(client, "/v1/flags", investor="top", investor_country="KR") == []
    facets = (await get(client, "/v1/portfolio", as_of=DAY))["facets"]["investor"]
    assert facets == {"bottom": 1, "middle": 1, "stranger": 1, "top": 1}


async def test_projects_and_deals_are_found_by_the_names_of_who_pursues_them(
    groups: Log, client: httpx.AsyncClient
) -> None:
    await groups.append(
        party("lender", aliases=[{"name": "Кредитный банк"}]),
        event(
            "loan.signed", "foreign", "loan", occurred="2025-01-01", deal="lender",
            parties=[{"party": "lender", "role": "financier"}],
        ),
    )  # fmt: skip
    for words, project in (("BOTTOM", "theirs"), ("stranger", "foreign"), ("kreditnyi bank", "foreign")):
        assert await keys(client, q=words) == [project]
        assert await keys(client, "/v1/deals", q=words) == [project]
    assert await keys(client, q="lender", as_of="2024-12-31") == []
    assert (await get(client, "/v1/portfolio", as_of=DAY, q="lender"))["projects"] == 1


async def test_a_party_shows_its_group_and_the_deals_of_who_belongs_to_it(
    groups: Log, client: httpx.AsyncClient
) -> None:
    top = await get(client, "/v1/parties/top", as_of=DAY)
    assert (top["group"], top["members"]) == (["top"], ["bottom", "middle"])
    assert [(deal["project"], deal["pursuers"]) for deal in top["deals"]] == [("theirs", ["bottom"])]
    middle = await get(client, "/v1/parties/middle", as_of=DAY)
    assert middle["group"] == ["top"]
    assert middle["parents"] == [{"party": "top", "percent": 60}, {"party": "minor", "percent": 40}]
    minor = await refused(client, "/v1/parties/minor", 404, "not-found")
    assert "minor" in minor["detail"]


async def test_parties_are_listed_with_their_groups_and_found_by_what_events_call_them(
    groups: Log, client: httpx.AsyncClient
) -> None:
    named = {"party": "unheard", "role": "investor", "name": "Unheard-of Mining", "country": "CA"}
    await groups.append(
        registered("their-mine"),
        event("memorandum.signed", "their-mine", "paper", occurred="2024-01-01", instrument="mou", parties=[named]),
    )

    async def listed(**query: str) -> list[str]:
        return [item["key"] for item in (await get(client, "/v1/parties", as_of=DAY, **query))["items"]]

    assert await listed() == ["bottom", "middle", "top", "unheard"]
    assert await listed(group="top") == ["bottom", "middle", "top"]
    assert await listed(q="unheard of") == await listed(country="CA") == ["unheard"]
    assert await listed(kind="company") == ["bottom", "middle", "top"]
    assert await keys(client, investor_country="CA") == ["their-mine"]
    party_of_event = await get(client, "/v1/parties/unheard", as_of=DAY)
    assert (party_of_event["registered"], party_of_event["name"], party_of_event["home_country"]) == (
        False, "Unheard-of Mining", "CA",
    )  # fmt: skip


@pytest.fixture(scope="module")
def central_asia(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("search")) as service:
        yield service


@pytest.mark.parametrize(
    ("looked_for", "among_them"),
    [
        ("SARECO", "sareco-stepnogorsk"),
        ("Степногорск", "sareco-stepnogorsk"),
        ("Rogun", "rogun-hydropower"),
        ("Рогун", "rogun-hydropower"),
        ("Sumitomo", "sareco-stepnogorsk"),
        ("Sumitomo", "appak-west-mynkuduk"),
        ("Сумитомо", "kazatomprom-sumitomo-isotopes"),
    ],
)
def test_the_real_projects_are_found_by_what_people_call_them(
    central_asia: Service, looked_for: str, among_them: str
) -> None:
    answer = httpx.get(f"{central_asia.address}/v1/projects", params={"q": looked_for, "limit": 500}, timeout=60)
    listed = [item["key"] for item in answer.raise_for_status().json()["items"]]
    assert among_them in listed
    assert len(listed) < 30


@pytest.mark.parametrize(
    ("written", "looked_for"),
    [
        ("Łódź", "lodz"),
        ("Хуҷанд", "Khujand"),
        ("Toʻytepa", "Toytepa"),
        ("Қостанай", "Kostanai"),
        ("Côte d’Ivoire", "cote d'ivoire"),
        ("Ørsted", "orsted"),
    ],
)
def test_letters_are_found_by_those_that_people_type_for_them(written: str, looked_for: str) -> None:
    assert folded(written) == folded(looked_for)
