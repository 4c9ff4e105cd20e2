"""The lists: filters, order, pages, days and formats, on a real Postgres over real HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest

from steppe.domain.values.states import SEVERITIES
from tests.services.api.reading_api import DAY, Log, event, get, keys, memorandum, refused, registered


@pytest.fixture
async def portfolio_log(log: Log) -> Log:
    """Three projects: stuck at a memorandum, bound by an offtake, and merely registered."""
    buyer = [{"party": "beta", "role": "investor"}, {"party": "buyer", "role": "offtaker"}]
    await log.append(
        event(
            "party.registered", "party:alpha", "alpha", party="alpha", name="Alpha", home_country="KR", kind="company"
        ),
        event("party.registered", "party:beta", "beta", party="beta", name="Beta", home_country="JP", kind="company"),
        event("forum.held", "forum:summit", "summit", forum="summit", name="Summit", occurred="2022-03-01"),
        registered("stuck"),
        memorandum("stuck", "2022-03-01", "alpha", "stuck-memo", forum="summit"),
        registered("bound", country="UZ", sector="processing", kind="plant", commodities=["copper", "gold"]),
        memorandum("bound", "2021-05-01", "beta", "bound-memo"),
        event("offtake.signed", "bound", "bound-offtake", occurred="2023-06-15", parties=buyer, commodity="copper"),
        registered("quiet", country="KG", name="A Quiet Place"),
    )
    return log


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["bound", "quiet", "stuck"]),
        ({"country": "KZ"}, ["stuck"]),
        ({"country": "kz,UZ"}, ["bound", "stuck"]),
        ({"commodity": "gold"}, ["bound"]),
        ({"sector": "processing"}, ["bound"]),
        ({"level": "memorandum"}, ["stuck"]),
        ({"level": ["bound", "identified"]}, ["bound", "quiet"]),
        ({"flag": "memorandum-only"}, ["stuck"]),
        ({"flag": "memorandum-only", "severity": "watch"}, []),
        ({"severity": "presumed-dead"}, ["stuck"]),
        ({"headline": "any"}, ["stuck"]),
        ({"headline": "none"}, ["bound", "quiet"]),
        ({"investor": "beta"}, ["bound"]),
        ({"investor_country": "KR"}, ["stuck"]),
        ({"investor_country": "KR,JP"}, ["bound", "stuck"]),
        ({"forum": "summit"}, ["stuck"]),
        ({"q": "QUIET pl"}, ["quiet"]),
        ({"q": "%"}, []),
        ({"updated_after": "2099-01-01T00:00:00Z"}, []),
        ({"updated_after": "2020-01-01"}, ["bound", "quiet", "stuck"]),
        ({"sort": "name"}, ["quiet", "bound", "stuck"]),
        ({"sort": "level"}, ["quiet", "stuck", "bound"]),
        ({"sort": "-level"}, ["bound", "stuck", "quiet"]),
        ({"sort": "severity"}, ["stuck", "bound", "quiet"]),
        ({"sort": "-last_event_on"}, ["bound", "stuck", "quiet"]),
        ({"sort": "memorandum_since"}, ["stuck", "bound", "quiet"]),
    ],
)
async def test_projects_are_filtered_and_ordered(
    portfolio_log: Log, client: httpx.AsyncClient, query: dict[str, Any], expected: list[str]
) -> None:
    assert await keys(client, **query) == expected


async def test_a_project_says_all_that_the_contract_lists(portfolio_log: Log, client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/projects", as_of=DAY, country="KZ")
    assert set(body) == {"items", "next_cursor", "as_of", "known_at", "position"}
    assert body["as_of"] == DAY
    (item,) = body["items"]
    assert set(item) == {
        "key", "name", "country", "sector", "kind", "commodities", "level", "highest_level", "overlays", "headline",
        "flags", "investors", "memorandum_since", "bound_on", "last_event_on", "position", "quarantined",
        "latitude", "longitude", "countries", "memorandum_since_earliest", "memorandum_since_given", "bound_on_earliest",
        "bound_on_given", "last_event_on_earliest", "last_event_on_given", "living_deals", "ended_deals",
    }  # fmt: skip
    assert (item["key"], item["name"], item["level"], item["investors"]) == ("stuck", "Stuck", "memorandum", ["alpha"])
    assert item["headline"]["flag"] == "memorandum-only"
    assert item["memorandum_since"] == "2022-03-01"
    assert (item["living_deals"], item["ended_deals"]) == (1, 0)


@pytest.mark.parametrize(
    ("day", "severity"),
    [
        ("2022-02-28", None),
        ("2023-02-28", None),
        ("2023-03-01", "watch"),
        ("2024-02-29", "watch"),
        ("2024-03-01", "stagnant"),
    ],
)
async def test_a_flag_is_raised_on_the_day_and_not_the_day_before(
    portfolio_log: Log, client: httpx.AsyncClient, day: str, severity: str | None
) -> None:
    flags = (await get(client, "/v1/flags", as_of=day, flag="memorandum-only", project="stuck"))["items"]
    assert [flag["severity"] for flag in flags] == ([severity] if severity else [])
    project = (await get(client, "/v1/projects", as_of=day, q="stuck"))["items"][0]
    assert (project["headline"] and project["headline"]["severity"]) == severity


async def test_a_flag_says_its_figures(portfolio_log: Log, client: httpx.AsyncClient) -> None:
    body = await get(client, "/v1/flags", as_of="2024-12-31", flag="memorandum-only", country="KZ")
    (flag,) = body["items"]
    assert flag["clock"] == {
        "name": "memorandum",
        "started": "2022-03-01",
        "started_earliest": "2022-03-01",
        "started_given": None,
        "age_months": 33,
        "age_months_most": 33,
        "threshold_months": 24,
    }
    assert (flag["project"], flag["deal"], flag["since"]) == ("stuck", "alpha", "2024-03-01")
    assert flag["evidence"] == ["/tests#stuck-memo"]
    assert flag["sentence"] and flag["rule_version"]
    assert flag["next"] == {"severity": "presumed-dead", "on": "2025-03-01"}


async def test_flags_are_filtered_by_deal_certainty_and_home_country(
    portfolio_log: Log, client: httpx.AsyncClient
) -> None:
    assert set(await keys(client, "/v1/flags", deal="alpha", certainty="certain")) == {"stuck"}
    assert await keys(client, "/v1/flags", certainty="possible") == []
    assert set(await keys(client, "/v1/flags", investor_country="KR")) == {"stuck"}
    assert "stuck" not in await keys(client, "/v1/flags", commodity="copper")


async def test_deals_carry_legs_clocks_and_flags(portfolio_log: Log, client: httpx.AsyncClient) -> None:
    assert await keys(client, "/v1/deals") == ["bound", "stuck"]
    assert await keys(client, "/v1/deals", project="stuck") == ["stuck"]
    assert await keys(client, "/v1/deals", level="bound", investor_country="JP") == ["bound"]
    assert await keys(client, "/v1/deals", flag="memorandum-only") == ["stuck"]
    bound, stuck = (await get(client, "/v1/deals", as_of=DAY))["items"]
    (leg,) = bound["legs"]
    assert (leg["leg"], leg["since"], leg["valid"], leg["events"]) == (
        "offtake", "2023-06-15", True, ["/tests#bound-offtake"],
    )  # fmt: skip
    assert (bound["clocks"]["memorandum"]["running"], stuck["clocks"]["memorandum"]["running"]) == (False, True)
    assert stuck["clocks"]["memorandum"]["age_months"] == 45
    assert (stuck["level"], stuck["ended"]) == ("memorandum", None)
    assert "memorandum-only" in {flag["flag"] for flag in stuck["flags"]}


@pytest.mark.parametrize("sort", ["key", "name", "level", "-level", "severity", "memorandum_since", "-last_event_on"])
async def test_walking_the_pages_gives_the_whole_list_once(log: Log, client: httpx.AsyncClient, sort: str) -> None:
    events = [registered(f"p{number:02}", name=f"Same {number % 3}") for number in range(11)]
    events += [memorandum(f"p{number:02}", f"202{number % 4}-03-01", "alpha") for number in range(0, 11, 2)]
    await log.append(*events)
    whole = await keys(client, sort=sort)
    assert len(whole) == 11
    walked: list[str] = []
    url: str | None = f"/v1/projects?as_of={DAY}&limit=4&sort={sort}"
    while url:
        response = await client.get(url)
        body = response.json()
        walked += [item["key"] for item in body["items"]]
        link = response.links.get("next")
        assert bool(link) == bool(body["next_cursor"])
        url = link["url"] if link else None
    assert walked == whole


async def test_flags_and_deals_page_without_doubles(log: Log, client: httpx.AsyncClient) -> None:
    for number in range(5):
        key = f"p{number}"
        await log.append(registered(key), memorandum(key, "2021-03-01", "alpha"), memorandum(key, "2021-04-01", "beta"))
    for path, name in (("/v1/flags", "flag"), ("/v1/deals", "deal")):
        whole = [(i["project"], i["deal"], i[name]) for i in (await get(client, path, as_of=DAY))["items"]]
        walked: list[tuple[str, str, str]] = []
        cursor: str | None = ""
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            body = await get(client, path, as_of=DAY, limit=3, **more)
            walked += [(i["project"], i["deal"], i[name]) for i in body["items"]]
            cursor = body["next_cursor"]
        assert walked == whole
        assert len(set(whole)) == len(whole) >= 10


FLAG_ORDERS: dict[str, Callable[[Any], Any]] = {
    "severity": lambda flag: (-SEVERITIES.index(flag["severity"]), flag["since"]),
    "since": lambda flag: flag["since"],
    "-since": lambda flag: -date.fromisoformat(flag["since"]).toordinal(),
    "next": lambda flag: flag["next"]["on"] if flag["next"] else "~",
    "project": lambda flag: "",
}


@pytest.mark.parametrize("sort", FLAG_ORDERS)
async def test_flags_are_walked_in_every_order_once_and_their_total_is_told(
    log: Log, client: httpx.AsyncClient, sort: str
) -> None:
    events = [registered(f"p{number}") for number in range(9)]
    events += [memorandum(f"p{number}", f"20{15 + number}-03-0{1 + number % 2}", "alpha") for number in range(9)]
    await log.append(*events, memorandum("p3", "2024-01-01", "beta"), memorandum("p5", "2019-03-02", "beta"))
    whole = await get(client, "/v1/flags", as_of=DAY, **({} if sort == "severity" else {"sort": sort}))
    flags = whole["items"]
    assert len({flag["severity"] for flag in flags}) >= 3
    assert flags == sorted(
        flags, key=lambda flag: (FLAG_ORDERS[sort](flag), flag["project"], flag["deal"] or "", flag["flag"])
    )
    assert whole["total"] == len(flags) > 12
    walked: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        page = await get(client, "/v1/flags", as_of=DAY, sort=sort, limit=2, **more)
        assert page["total"] == len(flags)
        walked += page["items"]
        cursor = page["next_cursor"]
    assert walked == flags
    only = await get(client, "/v1/flags", as_of=DAY, sort=sort, severity="presumed-dead", limit=1)
    assert only["total"] == sum(flag["severity"] == "presumed-dead" for flag in flags) > 1


async def test_an_order_that_flags_do_not_have_is_refused(client: httpx.AsyncClient) -> None:
    problem = await refused(client, "/v1/flags?sort=name", 400, "bad-parameter")
    assert "-since" in problem["detail"]


async def test_lists_say_how_many_deals_live(log: Log, client: httpx.AsyncClient) -> None:
    ended = event("project.cancelled", "over", "over-cancelled", occurred="2024-06-01")
    await log.append(
        registered("over"), memorandum("over", "2022-03-01", "alpha"), memorandum("over", "2022-04-01", "beta"), ended,
        registered("alive"), memorandum("alive", "2022-03-01", "alpha"), registered("bare"),
    )  # fmt: skip
    rows = (await get(client, "/v1/projects", as_of=DAY))["items"]
    assert {row["key"]: (row["living_deals"], row["ended_deals"]) for row in rows} == {
        "alive": (1, 0), "bare": (0, 0), "over": (0, 2),
    }  # fmt: skip
    detail = await get(client, "/v1/projects/over", as_of=DAY)
    assert (detail["living_deals"], detail["ended_deals"]) == (0, 2)
    for query, living in (({}, 1), ({"limit": 1}, 1), ({"project": "over"}, 0), ({"project": "over", "limit": 1}, 0)):
        assert (await get(client, "/v1/deals", as_of=DAY, **query))["living_deals"] == living


async def test_the_cursor_keeps_the_day_of_the_first_page(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a"), registered("b"))
    first = await get(client, "/v1/projects", as_of="2021-01-01", limit=1)
    second = await get(client, "/v1/projects", limit=1, cursor=first["next_cursor"])
    assert (second["as_of"], [item["key"] for item in second["items"]]) == ("2021-01-01", ["b"])


async def test_a_cursor_of_another_question_is_refused(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a"), registered("b"))
    cursor = (await get(client, "/v1/projects", as_of=DAY, limit=1))["next_cursor"]
    for url in (
        f"/v1/projects?as_of=2025-12-30&cursor={cursor}",
        f"/v1/projects?as_of={DAY}&country=KZ&cursor={cursor}",
        f"/v1/deals?as_of={DAY}&cursor={cursor}",
        "/v1/projects?cursor=nonsense",
        "/v1/projects?cursor=é",
        "/v1/projects?cursor=eyJ2Ijo5LCJmIjoiIiwiYSI6IjIwMjUtMDEtMDEiLCJrIjpbXX0",
    ):
        problem = await refused(client, url, 400, "stale-cursor")
        assert problem["parameter"] == "cursor"


async def test_csv_is_flat_and_safe_to_open(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a", name="=1+1", commodities=["zinc", "lead"]), memorandum("a", "2022-03-01", "alpha"))
    for request in ({"params": {"format": "csv", "as_of": DAY}}, {"headers": {"Accept": "text/csv"}}):
        response = await client.get("/v1/projects", **request)  # type: ignore[arg-type]  # two kinds of argument
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        (row,) = csv.DictReader(io.StringIO(response.text))
        assert (row["key"], row["name"], row["commodities"]) == ("a", "'=1+1", "lead;zinc")
        assert row["headline_flag"] == "memorandum-only"
    for path in ("/v1/deals", "/v1/flags", "/v1/projects/a/timeline"):
        text = (await client.get(path, params={"format": "csv", "as_of": DAY})).text
        assert len(list(csv.reader(io.StringIO(text)))) >= 2


async def test_formats_that_there_are_not_are_refused(client: httpx.AsyncClient) -> None:
    problem = await refused(client, "/v1/projects?format=ods", 406, "format-not-available")
    assert problem["formats"] == ["json", "csv", "xlsx", "parquet"]
    await refused(client, "/v1/projects", 406, "format-not-available", Accept="application/xml")


async def test_projects_are_told_in_the_words_of_other_registers_when_asked(
    portfolio_log: Log, client: httpx.AsyncClient
) -> None:
    body = await get(client, "/v1/projects", as_of=DAY, crosswalk="gem,iati", sort="-level")
    assert [list(item["crosswalk"]) for item in body["items"]] == [["iati", "gem"]] * 3
    bound, stuck, quiet = (item["crosswalk"] for item in body["items"])
    assert bound["iati"] == {"code": "2", "name": "Implementation"}
    assert (stuck["gem"]["code"], quiet["gem"]["code"]) == ("shelved - inferred 2 y", "announced")
    one = await get(client, "/v1/projects/bound", as_of=DAY, crosswalk=["aiddata", "oc4ids"])
    assert one["crosswalk"] == {
        "oc4ids": {"code": "preparation", "name": "Preparation"},
        "aiddata": {"code": "Pipeline: Commitment", "name": "Pipeline: Commitment"},
    }
    assert "crosswalk" not in await get(client, "/v1/projects/bound", as_of=DAY)


async def test_a_list_of_projects_has_flags_unless_it_is_asked_to_leave_them_out(
    portfolio_log: Log, client: httpx.AsyncClient
) -> None:
    whole = await get(client, "/v1/projects", as_of=DAY)
    assert any(item["flags"] for item in whole["items"])
    assert (await get(client, "/v1/projects", as_of=DAY, include="flags"))["items"] == whole["items"]
    light = await get(client, "/v1/projects", as_of=DAY, include="")
    assert light["items"] == [
        {name: value for name, value in item.items() if name != "flags"} for item in whole["items"]
    ]
    named = await get(client, "/v1/projects", as_of=DAY, include="names")
    project = await get(client, f"/v1/projects/{named['items'][0]['key']}", as_of=DAY)
    assert named["items"][0] == light["items"][0] | {name: project[name] for name in ("place", "aliases", "ids")}
    first = await get(client, "/v1/projects", as_of=DAY, include="", limit=1)
    second = await get(client, "/v1/projects", as_of=DAY, include="", limit=1, cursor=first["next_cursor"])
    assert [*first["items"], *second["items"]] == light["items"][:2]
    table = await client.get("/v1/projects", params={"format": "csv", "as_of": DAY, "include": ""})
    columns = next(csv.reader(io.StringIO(table.text)))
    assert "headline_flag" in columns
    assert not [column for column in columns if column.startswith("flags_")]


async def test_what_cannot_be_left_out_is_refused(client: httpx.AsyncClient) -> None:
    problem = await refused(client, "/v1/projects?include=flag", 400, "bad-parameter")
    assert "Did you mean flags?" in problem["detail"]
    await refused(client, "/v1/projects?country=", 400, "bad-parameter")
    await refused(client, "/v1/flags?include=", 400, "unknown-parameter")


async def test_the_words_follow_the_day_and_are_part_of_the_question(
    portfolio_log: Log, client: httpx.AsyncClient
) -> None:
    early = await get(client, "/v1/projects/bound", as_of="2023-06-14", crosswalk="aiddata")
    assert early["crosswalk"]["aiddata"]["code"] == "Pipeline: Pledge"
    queries = [{}, {"crosswalk": "iati"}, {"crosswalk": "iati,gem"}, {"crosswalk": "gem,iati"}]
    for path in ("/v1/projects", "/v1/projects/bound"):
        answers = [await client.get(path, params={"as_of": DAY, **more}) for more in queries]
        plain, one, two, turned = (answer.headers["ETag"] for answer in answers)
        assert len({plain, one, two}) == 3
        assert (two, answers[2].json()) == (turned, answers[3].json() | {"known_at": answers[2].json()["known_at"]})
        problem = await refused(client, f"{path}?crosswalk=iatii", 400, "bad-parameter")
        assert "Did you mean iati?" in problem["detail"]


async def test_the_words_are_columns_of_the_table(portfolio_log: Log, client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/projects", params={"format": "csv", "as_of": DAY, "crosswalk": "iati"})
    row = next(csv.DictReader(io.StringIO(response.text)))
    assert (row["key"], row["crosswalk_iati_code"], row["crosswalk_iati_name"]) == ("bound", "2", "Implementation")
    plain = await client.get("/v1/projects", params={"format": "csv", "as_of": DAY})
    assert "crosswalk" not in plain.text


async def test_the_description_names_the_registers(client: httpx.AsyncClient) -> None:
    paths = (await get(client, "/openapi.json"))["paths"]
    for path in ("/v1/projects", "/v1/projects/{key}"):
        parameters = {parameter["name"]: parameter for parameter in paths[path]["get"]["parameters"]}
        assert parameters["crosswalk"]["schema"]["items"]["enum"] == ["iati", "oc4ids", "gem", "aiddata"]
