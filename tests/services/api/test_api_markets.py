"""Markets: who is bound, who has only paper, who was first, who displaced whom; on a real Postgres over real HTTP."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import Any

import httpx
import pytest

from tests.services.api.reading_api import DAY, SOURCE, Envelope, Log, event, get, memorandum, refused, registered

TUNGSTEN = "/v1/markets/KZ/tungsten"


def party(key: str, home_country: str, **data: Any) -> Envelope:
    """A company at home somewhere."""
    what = {"party": key, "name": key.title(), "home_country": home_country, "kind": "company", **data}
    return event("party.registered", f"party:{key}", f"{key}-registered", **what)


def purchase(key: str, occurred: str, investor: str, **data: Any) -> Envelope:
    """A binding purchase of a share by one investor."""
    parties = [{"party": investor, "role": "investor"}]
    return event("equity.agreed", key, f"{key}-{investor}-bought", **{"occurred": occurred, "parties": parties, **data})


@pytest.fixture
async def market_log(log: Log) -> Log:
    """Tungsten in KZ: a Chinese group bought what a Japanese one had a paper on, while a Korean one waits next door.

    Copper in UZ: a paper of a Korean and a Japanese investor together. An umbrella is in no market.
    """
    both = [{"party": "alpha", "role": "investor"}, {"party": "gamma", "role": "investor"}]
    await log.append(
        party("alpha", "KR"),
        party("beta", "CN"),
        party("gamma", "JP"),
        registered("north"),
        memorandum("north", "2021-03-01", "alpha"),
        registered("south", commodities=["tungsten", "molybdenum"]),
        memorandum("south", "2020-05", "gamma"),
        purchase("south", "2023-06-15", "beta"),
        registered("joint", country="UZ", sector="processing", kind="plant", commodities=["copper"]),
        memorandum("joint", "2024-02-01", "alpha", deal="consortium", parties=both),
        registered("roof", kind="umbrella"),
        memorandum("roof", "2019-01-01", "alpha"),
    )
    return log


async def rows(client: httpx.AsyncClient, **parameters: Any) -> list[tuple[str, str]]:
    body = await get(client, "/v1/markets", **{"as_of": DAY, **parameters})
    return [(item["country"], item["commodity"]) for item in body["items"]]


async def test_a_market_counts_who_is_bound_and_who_only_has_paper(market_log: Log, client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/markets", as_of=DAY, country="KZ", commodity="tungsten")
    assert set(body) == {"items", "next_cursor", "as_of", "known_at", "position"}
    (item,) = body["items"]
    levels = item.pop("deals_by_level")
    assert {level: count for level, count in levels.items() if count} == {"memorandum": 2, "bound": 1}
    assert len(levels) == 10
    assert item == {
        "country": "KZ",
        "commodity": "tungsten",
        "projects": 2,
        "deals": 3,
        "bound": 1,
        "paper_only": 2,
        "nations_bound": ["CN"],
        "nations_paper_only": ["JP", "KR"],
        "deals_of_unknown_nation": 0,
        "first_bound_on": "2023-06-15",
        "first_bound_on_earliest": "2023-06-15",
        "first_bound_on_given": None,
        "flags": {
            "displaced": 2,
            "crowded": 0,
            "memorandum-only": {"watch": 0, "stagnant": 0, "presumed-dead": 2},
        },
    }


async def test_a_nation_with_paper_beside_something_binding_is_bound(
    market_log: Log, client: httpx.AsyncClient
) -> None:
    await market_log.append(memorandum("north", "2022-01-01", "beta"))
    (item,) = (await get(client, "/v1/markets", as_of=DAY, country="KZ", commodity="tungsten"))["items"]
    assert (item["paper_only"], item["nations_bound"], item["nations_paper_only"]) == (3, ["CN"], ["JP", "KR"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [("KZ", "molybdenum"), ("KZ", "tungsten"), ("UZ", "copper")]),
        ({"country": "uz"}, [("UZ", "copper")]),
        ({"commodity": "copper,molybdenum"}, [("KZ", "molybdenum"), ("UZ", "copper")]),
        ({"investor_country": "KR"}, [("KZ", "tungsten"), ("UZ", "copper")]),
        ({"investor_country": "CN"}, [("KZ", "molybdenum"), ("KZ", "tungsten")]),
        ({"investor_country": "CN", "as_of": "2023-06-14"}, []),
        ({"investor_country": "DE"}, []),
        ({"country": "KG"}, []),
    ],
)
async def test_markets_are_filtered_and_in_order(
    market_log: Log, client: httpx.AsyncClient, query: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert await rows(client, **query) == expected


async def test_a_nation_that_has_withdrawn_pursues_nothing_there(market_log: Log, client: httpx.AsyncClient) -> None:
    left = [{"party": "alpha", "role": "investor"}]
    await market_log.append(event("investor.withdrew", "north", "left", occurred="2024-05-05", parties=left))
    assert await rows(client, investor_country="KR") == [("UZ", "copper")]
    body = await get(client, TUNGSTEN, as_of=DAY)
    korea = body["nations"][2]
    assert (korea["nation"], korea["bound"], korea["paper_only"]) == ("KR", 0, 0)
    assert [(deal["level"], deal["ended"]) for deal in korea["deals"]] == [
        (None, {"on": "2024-05-05", "on_earliest": "2024-05-05", "on_given": None, "how": "withdrawn"})
    ]
    assert body["summary"]["deals"] == 2


async def test_an_umbrella_is_in_no_market(market_log: Log, client: httpx.AsyncClient) -> None:
    body = await get(client, TUNGSTEN, as_of=DAY)
    assert [project["key"] for project in body["projects"]] == ["north", "south"]
    assert body["first"]["memorandum"][0]["project"] != "roof"


async def test_a_market_tells_each_nations_deals_and_who_was_first(market_log: Log, client: httpx.AsyncClient) -> None:
    body = await get(client, TUNGSTEN, as_of=DAY)
    listed = await get(client, "/v1/markets", as_of=DAY, country="KZ", commodity="tungsten")
    assert body["summary"] == listed["items"][0]
    assert [(one["nation"], one["bound"], one["paper_only"]) for one in body["nations"]] == [
        ("CN", 1, 0),
        ("JP", 0, 1),
        ("KR", 0, 1),
    ]
    (chinese,), (japanese,) = body["nations"][0]["deals"], body["nations"][1]["deals"]
    assert (chinese["level"], chinese["bound_on"], chinese["memorandum_since"]) == ("bound", "2023-06-15", None)
    assert (japanese["level"], japanese["bound_on"], japanese["memorandum_since"]) == ("memorandum", None, "2020-05-31")
    assert {"flag": "displaced", "severity": "alert"} in japanese["flags"]
    assert body["first"] == {
        "memorandum": [
            {
                "project": "south",
                "deal": "gamma",
                "nations": ["JP"],
                "on": "2020-05-31",
                "on_earliest": "2020-05-01",
                "on_given": None,
            }
        ],
        "bound": [
            {
                "project": "south",
                "deal": "beta",
                "nations": ["CN"],
                "parties": ["beta"],
                "event": f"{SOURCE}#south-beta-bought",
                "leg": "equity",
                "on": "2023-06-15",
                "on_earliest": "2023-06-15",
                "on_given": None,
            }
        ],
    }
    north = body["projects"][0]
    assert (north["level"], north["headline"]["severity"]) == ("memorandum", "presumed-dead")


async def test_who_displaced_whom_names_victim_winner_tier_and_day(market_log: Log, client: httpx.AsyncClient) -> None:
    body = await get(client, TUNGSTEN, as_of=DAY)
    displaced = [
        (one["project"], one["deal"], one["nations"], one["tier"], one["since"], one["groups"])
        for one in body["displaced"]
    ]
    assert displaced == [
        ("north", "alpha", ["KR"], "market", "2023-06-15", ["beta"]),
        ("south", "gamma", ["JP"], "asset", "2023-06-15", ["beta"]),
    ]
    for one in body["displaced"]:
        assert one["by"] == body["first"]["bound"]
    assert (await get(client, TUNGSTEN, as_of="2023-06-14"))["displaced"] == []


async def test_a_winner_of_another_market_that_the_project_shares_is_named(
    market_log: Log, client: httpx.AsyncClient
) -> None:
    """South is displaced through its molybdenum, by a project that puts out no tungsten."""
    await market_log.append(
        registered("west", commodities=["molybdenum"]),
        purchase("west", "2024-01-10", "delta"),
        registered("east", commodities=["molybdenum"]),
        purchase("east", "2024-02-20", "epsilon"),
    )
    body = await get(client, TUNGSTEN, as_of="2025-06-15")
    south = next(one for one in body["displaced"] if one["project"] == "south")
    assert [(one["project"], one["nations"]) for one in south["by"]] == [("south", ["CN"]), ("west", []), ("east", [])]
    (crowded,) = body["crowded"]
    assert (crowded["project"], crowded["deal"], crowded["groups"]) == ("south", "gamma", ["beta", "delta", "epsilon"])
    assert body["summary"]["flags"]["crowded"] == 1
    assert [one["project"] for one in body["first"]["bound"]] == ["south"]


async def test_a_deal_of_two_nations_counts_under_both_and_once_for_the_market(
    market_log: Log, client: httpx.AsyncClient
) -> None:
    body = await get(client, "/v1/markets/uz/copper", as_of=DAY)
    assert [(one["nation"], one["paper_only"]) for one in body["nations"]] == [("JP", 1), ("KR", 1)]
    assert body["nations"][0]["deals"] == body["nations"][1]["deals"]
    assert (body["summary"]["deals"], body["summary"]["nations_paper_only"]) == (1, ["JP", "KR"])
    assert body["first"]["memorandum"][0]["nations"] == ["JP", "KR"]


async def test_a_deal_that_only_a_lender_pursues_is_of_the_lenders_nation(
    market_log: Log, client: httpx.AsyncClient
) -> None:
    await market_log.append(
        party("bank", "DE"),
        event(
            "loan.signed", "joint", "joint-loan", deal="credit", occurred="2024-06-01", lender_kind="eca",
            parties=[{"party": "bank", "role": "financier"}],
        ),
    )  # fmt: skip
    (listed,) = (await get(client, "/v1/markets", as_of=DAY, country="UZ"))["items"]
    assert (listed["deals"], listed["nations_bound"], listed["deals_of_unknown_nation"]) == (2, ["DE"], 0)
    lender = await get(client, "/v1/parties/bank", as_of=DAY)
    assert ([deal["deal"] for deal in lender["deals"]], lender["living_deals"], lender["bound"]) == (["credit"], 1, 1)


async def test_the_first_to_cross_the_line_is_told_as_of_the_day_only(
    market_log: Log, client: httpx.AsyncClient
) -> None:
    await market_log.append(purchase("north", "2022-09", "delta"))
    for as_of, first in (("2022-12-31", "2022-09-30"), (DAY, "2022-09-30"), ("2022-09-15", None)):
        (listed,) = (await get(client, "/v1/markets", as_of=as_of, commodity="tungsten"))["items"]
        summary = (await get(client, TUNGSTEN, as_of=as_of))["summary"]
        assert (listed["first_bound_on"], summary["first_bound_on"]) == (first, first)
        assert listed["first_bound_on_earliest"] == summary["first_bound_on_earliest"] == (first and "2022-09-01")


async def test_deals_of_an_unknown_nation_come_last(market_log: Log, client: httpx.AsyncClient) -> None:
    await market_log.append(
        memorandum("north", "2019-02-01", "nobody-registered"),
        memorandum("north", "2022-02-01", "zeta"),
    )
    body = await get(client, TUNGSTEN, as_of=DAY)
    assert [one["nation"] for one in body["nations"]] == ["CN", "JP", "KR", None]
    assert [deal["deal"] for deal in body["nations"][3]["deals"]] == ["nobody-registered", "zeta"]
    assert body["first"]["memorandum"][0]["nations"] == []
    assert (body["summary"]["deals_of_unknown_nation"], body["summary"]["paper_only"]) == (2, 4)


async def test_homes_are_read_on_the_day_judged_and_of_winners_on_the_day_they_won(
    market_log: Log, client: httpx.AsyncClient
) -> None:
    moved = {"party": "beta", "home_country": "SG", "from": "2024-06-01"}
    await market_log.append(event("party.amended", "party:beta", "beta-moved", **moved))
    body = await get(client, TUNGSTEN, as_of=DAY)
    assert body["summary"]["nations_bound"] == ["SG"]
    assert body["first"]["bound"][0]["nations"] == ["CN"]
    assert (await get(client, TUNGSTEN, as_of="2024-05-31"))["summary"]["nations_bound"] == ["CN"]


async def test_the_first_paper_counts_from_a_phase_that_is_over(log: Log, client: httpx.AsyncClient) -> None:
    left = [{"party": "alpha", "role": "investor"}]
    await log.append(
        registered("north"),
        memorandum("north", "2015-03-01", "alpha"),
        event("investor.withdrew", "north", "left", occurred="2016-01-01", parties=left),
        memorandum("north", "2022-03-01", "alpha"),
        memorandum("north", "2020-03-01", "beta"),
    )
    body = await get(client, TUNGSTEN, as_of=DAY)
    assert [(one["deal"], one["on"]) for one in body["first"]["memorandum"]] == [("alpha", "2015-03-01")]
    since = {deal["deal"]: deal["memorandum_since"] for deal in body["nations"][0]["deals"]}
    assert since == {"alpha": "2022-03-01", "beta": "2020-03-01"}


async def test_papers_of_one_day_are_both_first(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        registered("north"), memorandum("north", "2020-03-01", "beta"), memorandum("north", "2020-03-01", "alpha")
    )
    body = await get(client, TUNGSTEN, as_of=DAY)
    assert [one["deal"] for one in body["first"]["memorandum"]] == ["alpha", "beta"]
    assert body["first"]["bound"] == []


async def test_another_day_gives_another_market(market_log: Log, client: httpx.AsyncClient) -> None:
    before = (await get(client, TUNGSTEN, as_of="2023-06-14"))["summary"]
    assert (before["deals"], before["bound"], before["nations_bound"], before["first_bound_on"]) == (2, 0, [], None)
    assert before["nations_paper_only"] == ["JP", "KR"]
    earliest = await get(client, TUNGSTEN, as_of="2020-01-01")
    assert (earliest["summary"]["deals"], earliest["nations"]) == (0, [])
    assert earliest["first"] == {"memorandum": [], "bound": []}


async def test_a_project_is_in_the_market_of_what_is_registered_on_the_day(log: Log, client: httpx.AsyncClient) -> None:
    moved = {"commodities": ["copper"], "from": "2023-01-01"}
    await log.append(registered("north"), event("project.amended", "north", "copper-it-is", **moved))
    assert await rows(client, as_of="2022-12-31") == [("KZ", "tungsten")]
    assert await rows(client, as_of="2023-01-01") == [("KZ", "copper")]
    gone = await get(client, TUNGSTEN, as_of=DAY)
    assert (gone["projects"], gone["nations"], gone["summary"]["projects"]) == ([], [], 0)


async def test_as_known_then_the_sale_stands_that_was_taken_back_later(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        party("alpha", "KR"),
        party("beta", "CN"),
        registered("north"),
        memorandum("north", "2018-06-01", "alpha", reported="2018-06-12"),
        registered("south"),
        purchase("south", "2019-03-10", "beta", reported="2019-04-01"),
        event(
            "event.retracted", "south", "no-purchase", reported="2023-02-01",
            target={"source": SOURCE, "id": "south-beta-bought"}, reason="the sale was never signed",
        ),
    )  # fmt: skip
    then = await get(client, TUNGSTEN, as_of="2021-12-31", known_at="2021-12-31")
    now = await get(client, TUNGSTEN, as_of="2021-12-31")
    assert (then["summary"]["nations_bound"], now["summary"]["nations_bound"]) == (["CN"], [])
    assert [(one["deal"], one["by"][0]["deal"]) for one in then["displaced"]] == [("alpha", "beta")]
    assert (now["displaced"], now["first"]["bound"]) == ([], [])
    (listed,) = (await get(client, "/v1/markets", as_of="2021-12-31", known_at="2021-12-31"))["items"]
    assert listed == then["summary"]


async def test_no_markets_are_an_empty_list_and_a_header(client: httpx.AsyncClient) -> None:
    assert (await get(client, "/v1/markets"))["items"] == []
    text = (await client.get("/v1/markets", params={"format": "csv"})).text
    assert text.startswith("country,commodity,projects,deals,bound,paper_only,") and text.count("\r\n") == 1
    await refused(client, TUNGSTEN, 404, "not-found")


async def test_a_market_that_never_was_is_refused_with_what_may_be_meant(
    market_log: Log, client: httpx.AsyncClient
) -> None:
    problem = await refused(client, "/v1/markets/KZ/tungstene", 404, "not-found")
    assert problem["suggestions"][0] == "KZ/tungsten"
    assert "Did you mean KZ/tungsten" in problem["detail"]
    assert (await refused(client, "/v1/markets/XX/unobtainium", 404, "not-found"))["suggestions"] == []
    assert (await client.get("/v1/markets/KZ/%00")).status_code == 404
    await refused(client, "/v1/markets?sector=mining", 400, "unknown-parameter")
    await refused(client, f"{TUNGSTEN}?format=csv", 406, "format-not-available")


async def test_markets_as_csv_have_a_column_for_each_level(market_log: Log, client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/markets", params={"format": "csv", "as_of": DAY})
    rows_by_market = {
        row["country"] + "/" + row["commodity"]: row for row in csv.DictReader(io.StringIO(response.text))
    }
    row = rows_by_market["KZ/tungsten"]
    assert (row["nations_paper_only"], row["first_bound_on"], row["flags_displaced"]) == ("JP;KR", "2023-06-15", "2")
    assert (row["deals_by_level_memorandum"], row["deals_by_level_partly-bound"]) == ("2", "0")
    assert row["flags_memorandum-only_presumed-dead"] == "2"


async def test_walking_the_pages_of_markets_gives_each_once(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        *(
            registered(f"p{number}", country=("KZ", "UZ")[number % 2], commodities=[f"ore-{number}", "tin"])
            for number in range(5)
        )
    )
    whole = await rows(client)
    assert len(whole) == 7
    walked: list[tuple[str, str]] = []
    url: str | None = f"/v1/markets?as_of={DAY}&limit=3"
    while url:
        response = await client.get(url)
        walked += [(item["country"], item["commodity"]) for item in response.json()["items"]]
        link = response.links.get("next")
        url = link["url"] if link else None
    assert walked == whole


async def test_an_answer_that_is_held_is_not_sent_again(market_log: Log, client: httpx.AsyncClient) -> None:
    for path in ("/v1/markets", TUNGSTEN):
        first = await client.get(path, params={"as_of": DAY})
        again = await client.get(path, params={"as_of": DAY}, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, first.headers["Steppe-As-Of"]) == (304, DAY)
    position = await market_log.append(memorandum("north", "2023-01-01", "beta"))
    changed = await client.get(TUNGSTEN, params={"as_of": DAY, "min_position": position})
    assert changed.json()["summary"]["deals"] == 4


async def test_the_description_says_what_may_be_asked_of_markets(client: httpx.AsyncClient) -> None:
    paths = (await get(client, "/openapi.json"))["paths"]
    listed = {parameter["name"] for parameter in paths["/v1/markets"]["get"]["parameters"]}
    assert {"country", "commodity", "investor_country", "as_of", "known_at", "rules", "cursor"} <= listed
    one = {
        parameter["name"]: parameter["in"]
        for parameter in paths["/v1/markets/{country}/{commodity}"]["get"]["parameters"]
    }
    assert (one["country"], one["commodity"], one["as_of"]) == ("path", "path", "query")


async def test_a_large_market_comes_in_pages_and_its_figures_are_of_all(
    market_log: Log, client: httpx.AsyncClient
) -> None:
    await market_log.append(
        registered("empty"),
        registered("deep"),
        *(memorandum("deep", f"2020-0{month}-01", investor) for month, investor in enumerate("vwxyz", 1)),
        purchase("deep", "2023-07-01", "beta"),
        registered("zero"),
    )
    whole = await get(client, TUNGSTEN, as_of=DAY)
    assert "next_cursor" not in whole and len(whole["displaced"]) > 2
    for limit in (1, 2, 3, 7):
        pages = [await get(client, TUNGSTEN, as_of=DAY, limit=limit)]
        while "next_cursor" in pages[-1]:
            pages.append(await get(client, TUNGSTEN, as_of=DAY, limit=limit, cursor=pages[-1]["next_cursor"]))
        assert len(pages) > 1
        assert [project for page in pages for project in page["projects"]] == whole["projects"]
        assert [one for page in pages for one in page["displaced"]] == whole["displaced"]
        deals: dict[str | None, list[Any]] = {}
        for page in pages:
            assert (page["summary"], page["first"]) == (whole["summary"], whole["first"])
            assert sum(len(nation["deals"]) for nation in page["nations"]) <= 2 * limit
            assert len(page["projects"]) <= limit
            for nation in page["nations"]:
                deals.setdefault(nation["nation"], []).extend(nation["deals"])
        for nation in whole["nations"]:
            assert sorted(deals[nation["nation"]], key=str) == sorted(nation["deals"], key=str)
            counted = [page_nation for page in pages for page_nation in page["nations"]]
            figures = {name: value for name, value in nation.items() if name != "deals"}
            for other in counted:
                if other["nation"] == nation["nation"]:
                    assert {name: value for name, value in other.items() if name != "deals"} == figures
    first = await client.get(TUNGSTEN, params={"as_of": DAY, "limit": "2"})
    assert first.headers["Link"].endswith('; rel="next"')
    cursor = first.json()["next_cursor"]
    await refused(client, f"/v1/markets/UZ/copper?as_of={DAY}&cursor={cursor}", 400, "stale-cursor")


async def test_the_page_of_a_large_market_leads_to_the_next(market_log: Log, client: httpx.AsyncClient) -> None:
    await market_log.append(
        *(
            envelope
            for number in range(110)
            for envelope in (registered(f"p{number:03}"), memorandum(f"p{number:03}", "2020-01-01", "alpha"))
        )
    )
    first = (await client.get("/markets/KZ/tungsten", params={"as_of": DAY})).text
    (link,) = re.findall(r'<a href="([^"]+)" rel="next">', first)
    second = (await client.get(html.unescape(link))).text
    shown = [re.findall(r"/projects/(p\d+)\?", text.partition("investor")[2]) for text in (first, second)]
    assert "p000" in shown[0] and "p109" in shown[1] and not {*shown[0]} & {*shown[1]} - {"p000"}
    assert 'rel="next"' not in second
