"""Days in answers, files, pages and charts are told as their events gave them (domain page, section 2)."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest

from tests.services.api.reading_api import DAY, Log, event, get, memorandum, registered

PURSUER = [{"party": "alpha", "role": "investor"}]


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
