"""What the third edition of the domain page added to answers: names, groups, countries, what stands in another's place."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import httpx
import pytest

from services.api.routes import retractions
from tests.services.api.reading_api import Log, event, get, memorandum, refused, registered

DAY = "2025-12-31"


def party(key: str, **data: Any) -> dict[str, Any]:
    what = {"party": key, "name": key.title(), "home_country": "JP", "kind": "company", "reported": "2019-01-01"}
    return event("party.registered", f"party:{key}", f"party-{key}", **{**what, **data})


async def keys(client: httpx.AsyncClient, path: str = "/v1/projects", **query: Any) -> list[str]:
    body = await get(client, path, **{"as_of": DAY, **query})
    return [item["key" if path == "/v1/projects" else "project"] for item in body["items"]]


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
    assert await keys(client, investor="minor") == []
    facets = (await get(client, "/v1/portfolio", as_of=DAY))["facets"]["investor"]
    assert facets == {"bottom": 1, "middle": 1, "stranger": 1, "top": 1}


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


async def test_a_superseded_project_is_on_no_list_and_says_what_stands_in_its_place(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        registered("old"),
        memorandum("old", "2020-05-01", "alpha"),
        event(
            "project.superseded",
            "old",
            "gone",
            by=["new-north", "new-south"],
            reason="Two pits.",
            reported="2024-01-01",
        ),
    )
    assert await keys(client) == []
    assert await keys(client, "/v1/deals") == await keys(client, "/v1/flags") == []
    body = await get(client, "/v1/projects/old", as_of=DAY)
    assert body["superseded"] == {"by": ["new-north", "new-south"], "reason": "Two pits.", "event": "/tests#gone"}
    assert (body["level"], body["deals"], body["flags"], body["headline"]) == ("identified", [], [], None)
    assert (
        body["explanation"]["stands"] == "Superseded by new-north and new-south (Two pits): this key is no longer used."
    )
    assert await keys(client, known_at="2023-12-31", as_of="2023-12-31") == ["old"]
    timeline = await get(client, "/v1/projects/old/timeline", as_of=DAY)
    assert [entry["name"] for entry in timeline["items"]]
    page = await client.get("/projects/old")
    assert page.status_code == 200
    assert "new-north" in page.text


async def test_before_its_first_event_there_is_no_such_project(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("later"), memorandum("later", "2022-05-01", "alpha"))
    assert await keys(client, as_of="2019-12-31") == []
    problem = await refused(client, "/v1/projects/later?as_of=2019-12-31", 404, "not-found")
    assert "2020-01-01" in problem["detail"]


async def test_a_project_none_of_whose_events_stands_is_not_suggested_under_its_own_key(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        registered("quarry-2"),
        event("event.retracted", "quarry-2", "back", target={"source": "/tests", "id": "quarry-2-registered"}, reason="No such place."),
    )  # fmt: skip
    problem = await refused(client, "/v1/projects/quarry-2", 404, "not-found")
    assert problem["detail"] == "No project 'quarry-2': none of its events stands. See /v1/retractions."
    assert problem["suggestions"] == []
    misspelt = await refused(client, "/v1/projects/quarry-3", 404, "not-found")
    assert "quarry-2" not in misspelt["suggestions"]


async def test_the_only_deal_cancelled_is_no_live_project(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        registered("gone"),
        memorandum("gone", "2018-01-01", "alpha", deal="alpha"),
        event("project.cancelled", "gone", "cancelled", deal="alpha", occurred="2019-06-01", by="owner"),
    )
    assert await keys(client, overlay="cancelled") == ["gone"]
    (item,) = (await get(client, "/v1/projects", as_of=DAY, crosswalk="gem,iati"))["items"]
    assert item["overlays"] == ["cancelled"]
    assert (item["crosswalk"]["gem"]["code"], item["crosswalk"]["iati"]["code"]) == ("cancelled", "5")


async def test_lines_of_works_permits_and_the_clock_of_announcements_are_told(
    log: Log, client: httpx.AsyncClient
) -> None:
    pursuer = [{"party": "alpha", "role": "investor"}]
    await log.append(
        registered(
            "plant", kind="plant", sector="energy", commodities=["power"],
            parts=[{"part": "unit-1", "capacity": {"value": "500", "unit": "MW"}}, {"part": "unit-2"}],
        ),
        event("intent.announced", "plant", "said", occurred="2020", kind="statement", parties=pursuer),
        event("permit.granted", "plant", "permit", occurred="2021-05", permit="construction", part="unit-1", parties=pursuer),
        event("investment.decided", "plant", "fid", occurred="2021-06-01", parties=pursuer),
        event("construction.started", "plant", "started", occurred="2022", part="unit-1", parties=pursuer),
        event("construction.suspended", "plant", "stopped", occurred="2023-03", part="unit-1"),
        event("production.started", "plant", "runs", occurred="2024-02-01", part="unit-2", phase="commercial", parties=pursuer),
    )  # fmt: skip
    body = await get(client, "/v1/projects/plant", as_of=DAY)
    works = {line["part"]: line for line in body["works"]}
    assert works["unit-1"]["level"] is None and works["unit-1"]["suspended"] == ["construction"]
    assert (works["unit-2"]["level"], works["unit-2"]["since"]) == ("producing", "2024-02-01")
    (deal,) = body["deals"]
    assert deal["clocks"]["announcement"]["started_earliest"] == "2020-01-01"
    assert deal["clocks"]["announcement"]["running"] is False
    assert [(permit["permit"], permit["part"], permit["since_earliest"]) for permit in deal["permits"]] == [
        ("construction", "unit-1", "2021-05-01")
    ]
    assert [leg["leg"] for leg in deal["legs"] if leg["valid"]] == ["investment"]
    assert "Unit-1 stands still." in body["explanation"]["stands"]
    page = await client.get("/projects/plant?lang=ru")
    assert "Приостановлено" in page.text


async def test_files_tell_days_as_they_were_given(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("coarse"), memorandum("coarse", "2024-08", "alpha", reported="2024-12-01"))
    response = await client.get("/v1/projects", params={"as_of": DAY, "format": "csv"})
    heading, row = (line.split(",") for line in response.text.strip().splitlines())
    cells = dict(zip(heading, row, strict=True))
    assert cells["memorandum_since"] == "2024-08-31"
    assert cells["memorandum_since_earliest"] == "2024-08-01"
    assert cells["memorandum_since_told"] == "August 2024"
    page = await client.get(f"/?lang=ja&as_of={DAY}")
    assert "2024年8月<" in page.text


async def test_a_forum_and_the_first_that_was_bound_are_told_as_they_were_given(
    log: Log, client: httpx.AsyncClient
) -> None:
    held = {"occurred": "2022-03", "reported": "2022-12-01", "forum": "spring", "name": "Spring"}
    pursuer = [{"party": "alpha", "role": "investor"}]
    await log.append(
        event("forum.held", "forum:spring", "spring", **held),
        registered("north"),
        event("equity.agreed", "north", "agreed", occurred="2023", reported="2024-01-01", parties=pursuer),
    )
    assert ",2022-03-01,2022-03-31,March 2022," in (await client.get("/v1/forums?format=csv")).text
    assert ",2023-12-31,2023," in (await client.get("/v1/markets?format=csv")).text
    page = await client.get("/forums")
    assert ">March 2022<" in page.text
    assert "31 Mar 2022" not in page.text


PURSUER = [{"party": "alpha", "role": "investor"}]


async def test_ends_carry_both_ends_and_are_told_as_they_were_given(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        registered("sold"),
        event("offtake.signed", "sold", "sale", occurred="2014", parties=PURSUER, commodity="tungsten", term_years=3),
        event("offtake.signed", "sold", "again", occurred="2019", parties=PURSUER, commodity="tungsten", ends_on="2020"),
        registered("lent"),
        event("loan.signed", "lent", "loan", occurred="2024-05-01", parties=PURSUER, conditional=True, long_stop="2028"),
        event("permit.granted", "lent", "permit", occurred="2014", parties=PURSUER, permit="export", expires_on="2029"),
        event("hold.placed", "lent", "hold", occurred="2025-01-01", deal="alpha", until="2027"),
    )  # fmt: skip
    (lent,) = (await get(client, "/v1/projects/lent", as_of=DAY))["deals"]
    assert lent["hold"] == {
        "since": "2025-01-01", "until": "2027-12-31", "until_earliest": "2027-01-01", "until_given": None,
    }  # fmt: skip
    (leg,) = lent["legs"]
    assert (leg["long_stop"], leg["long_stop_earliest"]) == ("2028-12-31", "2028-01-01")
    (permit,) = lent["permits"]
    assert (permit["ends_on"], permit["ends_on_earliest"]) == ("2029-12-31", "2029-01-01")
    (first_phase,) = (await get(client, "/v1/projects/sold", as_of="2018-06-01"))["deals"]
    assert first_phase["ended"] == {
        "on": "2017-12-31", "on_earliest": "2017-01-01", "on_given": None, "how": "completed",
    }  # fmt: skip
    (second_phase,) = (await get(client, "/v1/projects/sold", as_of=DAY))["deals"]
    assert second_phase["ended"] == second_phase["legs"][0]["ended"] | {"how": "completed"}
    assert second_phase["ended"]["on_given"] == "2020"

    (lent_row, sold_row) = csv.DictReader(
        io.StringIO((await client.get("/v1/deals", params={"as_of": DAY, "format": "csv"})).text)
    )
    assert [lent_row[f"{name}_told"] for name in ("legs_long_stop", "permits_ends_on", "hold_until")] == [
        "2028", "2029", "2027",
    ]  # fmt: skip
    assert (sold_row["ended_on_told"], sold_row["legs_ended_on_told"]) == ("2020", "2020")


@pytest.mark.parametrize(
    ("language", "permit", "bar", "reckoned"),
    [
        ("en", ">2014</time> – <time", "bound, 2014 – 2017", ("31 Dec 2017", "1 Jan 2021", "31 Dec 2029")),
        ("ja", ">2014年</time> – <time", "2014年 – 2017年", ("2017/12/31", "2021/01/01", "2029/12/31")),
        ("ru", ">2014 г.</time> – <time", "2014 г. – 2017 г.", ("31 дек. 2017", "1 янв. 2021", "31 дек. 2029")),
    ],
)
async def test_the_page_and_its_chart_tell_ends_as_they_were_given(
    log: Log, client: httpx.AsyncClient, language: str, permit: str, bar: str, reckoned: tuple[str, ...]
) -> None:
    await log.append(
        registered("sold"),
        event("offtake.signed", "sold", "sale", occurred="2014", parties=PURSUER, commodity="tungsten", term_years=3),
        event("offtake.signed", "sold", "again", occurred="2019", parties=PURSUER, commodity="tungsten", ends_on="2020"),
        event("permit.granted", "sold", "permit", occurred="2014", deal="beta", permit="export", expires_on="2029"),
    )  # fmt: skip
    page = (await client.get("/projects/sold", params={"as_of": DAY, "lang": language})).text
    assert permit in page
    assert bar in page, "the bar of the first phase, which ended with its term"
    without_flags = re.sub(r'<rect class="band.*?</rect>', "", page)  # a flag's own days are reckoned
    assert not [day for day in reckoned if day in without_flags]


async def test_a_row_that_is_drawn_before_its_ending_says_so_in_the_timeline(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        registered("done"),
        event("grant.committed", "done", "grant", occurred="2007", deal="fund", reported="2008-01-01"),
        event("project.completed", "done", "over", occurred="2007-06-01", reported="2008-01-01"),
    )
    entries = {entry["id"]: entry for entry in (await get(client, "/v1/projects/done/timeline"))["items"]}
    assert entries["grant"]["occurred"] == {
        "text": "2007", "earliest": "2007-01-01", "latest": "2007-06-01", "narrowed_by": "/tests#over",
    }  # fmt: skip
    body = await get(client, "/v1/projects/done")
    assert body["explanation"]["stands"].startswith("Completed on 1 June 2007")
    (leg,) = body["legs"]
    assert (leg["since"], leg["since_earliest"], leg["since_given"]) == ("2007-06-01", "2007-01-01", "2007")


async def test_a_row_that_a_coarse_ending_draws_is_told_with_the_month_of_the_ending(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        registered("done"),
        event("grant.committed", "done", "grant", occurred="2007", deal="fund", reported="2008-01-01"),
        event("project.completed", "done", "over", occurred="2007-06", reported="2008-01-01"),
    )
    page = (await client.get("/projects/done", params={"as_of": DAY})).text
    assert "counted by June 2007, when it had ended" in page
    assert "30 Jun 2007" not in re.sub(r'<rect class="band.*?</rect>', "", page)


def paid(name: str, project: str, id: str, value: str, *, source: str = "/tests", **data: Any) -> dict[str, Any]:
    amount = {"value": value, "currency": "USD", **data.pop("amount", {})}
    return {**event(name, project, id, amount=amount, **data), "source": source}


@pytest.mark.parametrize("limits", [{}, {"_PROJECTS_A_PAGE": 1}, {"_PAIRS_IN_THREAD_MAX": 0}], ids=str)
async def test_many_claims_are_listed_page_by_page_without_loss_or_repeat(
    log: Log, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int]
) -> None:
    gift = {"occurred": "2021-01-01", "parties": [{"party": "unido", "role": "donor"}]}
    for project in ("east", "north", "south"):
        claims = [
            paid("grant.committed", project, f"g{n}", f"{n}", source=f"/{project}/{n}", **gift) for n in range(1, 7)
        ]
        await log.append(registered(project), *claims)
    whole = (await get(client, "/v1/conflicts"))["items"]
    assert len({(item["subject"], *(figure["event"] for figure in item["figures"])) for item in whole}) == 3 * 15
    for name, value in limits.items():
        monkeypatch.setattr(retractions, name, value)
    paged: list[Any] = []
    page = await get(client, "/v1/conflicts", limit=7)
    while page["next_cursor"]:
        paged += page["items"]
        page = await get(client, "/v1/conflicts", limit=7, cursor=page["next_cursor"])
    assert [*paged, *page["items"]] == whole
    file = await client.get("/v1/conflicts", params={"format": "csv"})
    assert (file.headers["Steppe-Rows"], file.headers["Steppe-Complete"]) == ("45", "true")


async def test_two_publishers_of_one_grant_are_told_as_claims_that_may_be_one(
    log: Log, client: httpx.AsyncClient
) -> None:
    gift = {"occurred": "2021-01-01", "parties": [{"party": "unido", "role": "donor"}]}
    await log.append(
        registered("grant"),
        paid("grant.committed", "grant", "g1", "100", source="/file/2021", **gift),
        paid("grant.committed", "grant", "g1", "250", source="/file/2022", **gift),
    )
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["deal"], conflict["leg"], conflict["currency"]) == (
        "may-be-one", "unido", "grant", "USD",
    )  # fmt: skip
    assert conflict["figures"] == [
        {"event": "/file/2021#g1", "value": "100"},
        {"event": "/file/2022#g1", "value": "250"},
    ]
    (money,) = (await get(client, "/v1/projects/grant"))["money"]
    assert money["committed"] == "350", "both count until somebody says part_of"
    correction = event(
        "event.corrected", "grant", "same", target={"source": "/file/2022", "id": "g1"},
        changes={"part_of": {"source": "/file/2021", "id": "g1"}},
    )  # fmt: skip
    await log.append(correction)
    assert (await get(client, "/v1/conflicts"))["items"] == []
    (money,) = (await get(client, "/v1/projects/grant"))["money"]
    assert money["committed"] == "100"


async def test_what_came_back_is_taken_off_and_a_sum_below_zero_is_a_conflict(
    log: Log, client: httpx.AsyncClient
) -> None:
    donor: dict[str, Any] = {"parties": [{"party": "donor", "role": "donor"}]}
    await log.append(
        registered("returned"),
        paid("grant.committed", "returned", "a", "1000", occurred="2020-01-01", **donor),
        paid("funds.disbursed", "returned", "b", "600", occurred="2020-06-01", **donor),
        paid("funds.returned", "returned", "c", "200", occurred="2020-12-01", **donor),
        paid("commitment.reduced", "returned", "d", "300", occurred="2021-01-01", **donor),
    )
    (money,) = (await get(client, "/v1/projects/returned"))["money"]
    assert (money["committed"], money["disbursed"]) == ("700", "400")
    assert (await get(client, "/v1/conflicts"))["items"] == []
    await log.append(paid("funds.returned", "returned", "e", "500", occurred="2022-01-01", **donor))
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["total"], conflict["event"]) == ("below-zero", "-100", "/tests#e")
    assert (await get(client, "/v1/conflicts", as_of="2021-12-31"))["items"] == []


async def test_a_part_of_a_document_that_is_not_there_counts_and_is_a_conflict(
    log: Log, client: httpx.AsyncClient
) -> None:
    lender: dict[str, Any] = {"occurred": "2021-01-01", "parties": [{"party": "bank", "role": "financier"}]}
    typo = {"source": "/tests", "id": "typo"}
    await log.append(registered("dangling"), paid("loan.signed", "dangling", "a", "50", part_of=typo, **lender))
    (money,) = (await get(client, "/v1/projects/dangling"))["money"]
    assert money["committed"] == "50"
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["event"], conflict["names"]) == ("dangling-reference", "/tests#a", "/tests#typo")
    assert conflict["because"] == "part_of names no event of this project"
    assert (conflict["figures"], conflict["currency"], conflict["position"]) == ([], None, conflict["stands_at"])
    assert (await get(client, "/v1/conflicts", as_of="2020-12-31"))["items"] == []
    await log.append(paid("loan.signed", "dangling", "typo", "80", **lender))
    (money,) = (await get(client, "/v1/projects/dangling"))["money"]
    assert money["committed"] == "80"
    assert (await get(client, "/v1/conflicts"))["items"] == []


async def test_a_part_of_a_document_of_another_project_is_not_counted_again_and_no_conflict(
    log: Log, client: httpx.AsyncClient
) -> None:
    lender: dict[str, Any] = {"occurred": "2021-01-01", "parties": [{"party": "bank", "role": "financier"}]}
    await log.append(
        registered("block-1"),
        registered("block-2"),
        paid("loan.signed", "block-1", "both", "50", **lender),
        paid("loan.signed", "block-2", "again", "50", part_of={"source": "/tests", "id": "both"}, **lender),
    )
    assert (await get(client, "/v1/projects/block-2"))["money"] == []
    assert (await get(client, "/v1/conflicts"))["items"] == []
    ended = {"occurred": "2022-01-01", "deal": "bank", "ends": {"source": "/tests", "id": "both"}}
    await log.append(event("contract.terminated", "block-2", "end", **ended))
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["event"]) == ("dangling-reference", "/tests#end")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("memorandum.renewed", {"renews": {"source": "/tests", "id": "typo"}}),
        ("offtake.ended", {"ends": {"source": "/tests", "id": "typo"}}),
        ("rights.amended", {"amends": {"source": "/tests", "id": "typo"}, "ends_on": "2030"}),
    ],
)
async def test_every_reference_to_nothing_is_a_conflict(
    log: Log, client: httpx.AsyncClient, name: str, data: dict[str, Any]
) -> None:
    await log.append(registered("nothing"), event(name, "nothing", "row", occurred="2021-01-01", deal="alpha", **data))
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["deal"], conflict["event"]) == ("dangling-reference", "alpha", "/tests#row")


async def test_what_is_taken_off_one_of_two_legs_without_saying_which_is_a_conflict(
    log: Log, client: httpx.AsyncClient
) -> None:
    both: dict[str, Any] = {"deal": "alpha", "occurred": "2021-01-01"}
    await log.append(
        registered("untold"),
        paid("loan.signed", "untold", "a", "50", **both),
        paid("equity.agreed", "untold", "b", "70", **both),
        paid("commitment.reduced", "untold", "c", "10", deal="alpha", occurred="2022-01-01"),
    )
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert (conflict["kind"], conflict["leg"], conflict["event"]) == ("leg-not-named", "debt", "/tests#c")
    assert conflict["because"].startswith("leg is missing: debt and equity have a sum")
    await log.append(
        event("event.corrected", "untold", "d", target={"source": "/tests", "id": "c"}, changes={"leg": "equity"})
    )
    assert (await get(client, "/v1/conflicts"))["items"] == []
    money = (await get(client, "/v1/projects/untold"))["money"]
    assert {row["leg"]: row["committed"] for row in money} == {"debt": "50", "equity": "60"}


async def test_three_figures_of_one_cost_stand_beside_each_other(log: Log, client: httpx.AsyncClient) -> None:
    said = {"occurred": "2026-03-16", "kind": "statement", "parties": [{"party": "acme", "role": "investor"}]}
    cost = {"of": "project-cost", "basis": "stated"}
    await log.append(
        registered("capex"),
        *(
            paid("intent.announced", "capex", f"capex-{press}", value, source=f"/press/{press}", amount=cost, **said)
            for press, value in (("a", "3000000000"), ("b", "3500000000"), ("c", "5100000000"))
        ),
    )
    body = await get(client, "/v1/projects/capex")
    assert [figure["value"] for figure in body["costs"]] == ["3000000000", "3500000000", "5100000000"]
    (conflict,) = (await get(client, "/v1/conflicts"))["items"]
    assert conflict["kind"] == "figures-differ"
    assert [figure["value"] for figure in conflict["figures"]] == ["3000000000", "3500000000", "5100000000"]
    assert body["money"] == []


async def test_conflicts_are_paged_over_projects_and_within_one(log: Log, client: httpx.AsyncClient) -> None:
    grant = {"occurred": "2021-01-01", "parties": [{"party": "unido", "role": "donor"}]}
    for project in ("one", "two"):
        await log.append(
            registered(project),
            *(paid("grant.committed", project, "g", str(n), source=f"/file/{n}", **grant) for n in range(1, 4)),
        )
    listed, cursor = [], None
    while True:
        body = await get(client, "/v1/conflicts", limit=2, **({"cursor": cursor} if cursor else {}))
        listed += [(item["subject"], [figure["value"] for figure in item["figures"]]) for item in body["items"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    pairs = [["1", "2"], ["1", "3"], ["2", "3"]]
    assert listed == [("one", pair) for pair in pairs] + [("two", pair) for pair in pairs]


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
