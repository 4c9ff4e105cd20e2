"""/v1/conversion: the check vector of the domain page as deals, what is left out, groups, and days that are not certain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from steppe.domain.values.levels import LEVEL_OF_LABEL
from steppe.domain.values.months import add_months
from tests.central_asia import api_of_central_asia
from tests.services.api.reading_api import Envelope, Log, event, get, memorandum, registered
from tests.stack import Service, Stack

START = date(2018, 1, 1)
AS_OF = "2021-01-01"


def party(key: str, **data: Any) -> Envelope:
    return event(
        "party.registered",
        f"party:{key}",
        key,
        **{"party": key, "name": key, "kind": "company", "reported": "2018-01-01", **data},
    )


def paper(key: str, occurred: str, investor: str = "sumitomo", **data: Any) -> list[Envelope]:
    return [registered(key), memorandum(key, occurred, investor, reported="2020-12-01", **data)]


def bound(key: str, occurred: str, investor: str = "sumitomo") -> Envelope:
    return event(
        "equity.agreed", key, f"{key}-{occurred}-bound", occurred=occurred, reported="2020-12-02", deal=investor,
        parties=[{"party": investor, "role": "investor"}], stake_percent=50,
    )  # fmt: skip


def withdrawn(key: str, occurred: str, investor: str = "sumitomo") -> Envelope:
    return event(
        "investor.withdrew", key, f"{key}-{occurred}-out", occurred=occurred, reported="2020-12-02", deal=investor,
        parties=[{"party": investor, "role": "investor"}],
    )  # fmt: skip


def after(months: int) -> str:
    return add_months(START, months).isoformat()


def check_vector(copy: str) -> list[Envelope]:
    """10 bound, 12 withdrew, 18 bound, 24 bound, 24 open, 36 open, as of three years after the start."""
    signed = START.isoformat()
    return [
        *(row for months in (10, 18, 24) for row in (*paper(f"{copy}-{months}", signed), bound(f"{copy}-{months}", after(months)))),
        *paper(f"{copy}-out", signed), withdrawn(f"{copy}-out", after(12)),
        *paper(f"{copy}-young", after(12)), *paper(f"{copy}-old", signed),
    ]  # fmt: skip


@pytest.fixture
async def vector(log: Log) -> Log:
    await log.append(party("sumitomo", home_country="JP"), *check_vector("a"), *check_vector("b"))
    return log


async def test_the_check_vector_of_the_domain_page(vector: Log, client: httpx.AsyncClient) -> None:
    answer = await get(client, "/v1/conversion", include="deals", as_of=AS_OF)
    total = answer["total"]
    assert (total["deals"], total["bound"], total["ended"], total["open"]) == (12, 6, 2, 4)
    assert total["ended_how"] == {"withdrawn": 2}
    steps = [(step["months"], step["at_risk"], step["bound"], step["ended"], step["open"]) for step in total["curve"]]
    assert steps == [(10, 12, 2, 0, 0), (12, 10, 0, 2, 0), (18, 8, 2, 0, 0), (24, 6, 2, 0, 2)], "at 36 two are at risk"
    at_24 = total["curve"][-1]
    assert (at_24["incidence"], at_24["incidence_ended"], at_24["km"]) == (0.5, 0.1667, 0.5833)
    assert at_24["low"] < 0.5 < at_24["high"]
    assert at_24["km_low"] < 0.5833 < at_24["km_high"]
    assert len(answer["deals"]) == 12
    assert sorted(deal["months"] for deal in answer["deals"]) == sorted([10, 12, 18, 24, 24, 36] * 2)


async def test_bound_to_delivered_counts_from_the_first_leg_to_production(log: Log, client: httpx.AsyncClient) -> None:
    def produces(key: str, occurred: str, deal: str | None = "sumitomo") -> Envelope:
        of_deal = {} if deal is None else {"deal": deal}
        return event(
            "production.started",
            key,
            f"{key}-{occurred}",
            occurred=occurred,
            reported="2020-12-02",
            phase="commercial",
            **of_deal,
        )

    start = START.isoformat()
    await log.append(party("sumitomo", home_country="JP"))
    for copy in ("a", "b"):
        for name in ("10", "18", "24", "out", "young", "old"):
            await log.append(
                registered(f"{copy}-{name}"), bound(f"{copy}-{name}", after(12) if name == "young" else start)
            )
        await log.append(*(produces(f"{copy}-{months}", after(months)) for months in (10, 18, 24)))
        await log.append(withdrawn(f"{copy}-out", after(12)))
    await log.append(registered("late"), produces("late", start), bound("late", after(5)))
    await log.append(registered("idea", kind="umbrella"), bound("idea", start))
    deliveries = (await get(client, "/v1/conversion", as_of=AS_OF))["delivery"]
    counts = [deliveries[name] for name in ("deals", "delivered", "ended", "open", "produced_before")]
    assert counts == [12, 6, 2, 4, 1], "the umbrella is none that delivers"
    assert deliveries["ended_how"] == {"withdrawn": 2}
    at_24 = deliveries["curve"][-1]
    assert (at_24["months"], at_24["incidence"], at_24["incidence_ended"]) == (24, 0.5, 0.1667)
    early = (await get(client, "/v1/conversion", as_of=after(17)))["delivery"]
    assert (early["delivered"], early["ended"], early["open"]) == (2, 2, 8)
    unknown = (await get(client, "/v1/conversion", as_of=AS_OF, known_at="2020-12-01T12:00:00Z"))["delivery"]
    assert unknown["deals"] == 0
    by_leg = (await get(client, "/v1/conversion", as_of=AS_OF, **{"from": "2018-06-01"}))["delivery"]
    assert (by_leg["deals"], by_leg["open"], by_leg["produced_before"]) == (2, 2, 1)


async def test_under_ten_deals_there_are_counts_and_no_curve(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(*check_vector("a"))
    total = (await get(client, "/v1/conversion", include="deals", as_of=AS_OF))["total"]
    assert (total["deals"], total["bound"], total["curve"], total["range"]) == (6, 3, [], [])


async def test_as_of_and_known_at_and_the_days_of_the_papers_move_it(vector: Log, client: httpx.AsyncClient) -> None:
    early = (await get(client, "/v1/conversion", as_of=after(17)))["total"]
    assert (early["deals"], early["bound"], early["open"]) == (12, 2, 8)
    unknown = (await get(client, "/v1/conversion", include="deals", as_of=AS_OF, known_at="2020-12-01T12:00:00Z"))[
        "total"
    ]
    assert (unknown["deals"], unknown["bound"], unknown["open"]) == (12, 0, 12)
    late = (await get(client, "/v1/conversion", include="deals", as_of=AS_OF, **{"from": "2018-06-01"}))["total"]
    assert (late["deals"], late["open"]) == (2, 2)
    assert (await get(client, "/v1/conversion", include="deals", as_of=AS_OF, to="2018-06-01"))["total"]["deals"] == 10


async def test_who_was_bound_before_its_paper_is_listed_and_in_no_curve(vector: Log, client: httpx.AsyncClient) -> None:
    await vector.append(*paper("early", "2019-01-01"), bound("early", "2018-12-31"))
    await vector.append(*paper("same-day", "2019-01-01"), bound("same-day", "2019-01-01"))
    answer = await get(client, "/v1/conversion", include="deals", as_of=AS_OF)
    assert [deal["project"] for deal in answer["left_out"]["deals"]] == ["early"]
    assert answer["total"]["deals"] == 13
    assert next(deal for deal in answer["deals"] if deal["project"] == "same-day")["months"] == 0


async def test_a_deal_counts_once_with_the_outcome_of_its_last_phase(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        *paper("lost", "2018-01-01"), bound("lost", "2018-07-01"), withdrawn("lost", "2019-01-01"),
        *paper("again", "2018-01-01"), withdrawn("again", "2018-03-01"),
        memorandum("again", "2018-09-01", "sumitomo", reported="2020-12-01"), bound("again", "2019-01-01"),
        *paper("gone", "2018-01-01"), bound("gone", "2018-07-01"), withdrawn("gone", "2018-09-01"),
        memorandum("gone", "2019-01-01", "sumitomo", reported="2020-12-01"), withdrawn("gone", "2019-07-01"),
        *paper("back-to-paper", "2018-01-01"), bound("back-to-paper", "2018-07-01"),
        event(
            "contract.terminated", "back-to-paper", "terminated", occurred="2019-01-01", reported="2020-12-02", deal="sumitomo",
            ends={"source": "/tests", "id": "back-to-paper-2018-07-01-bound"},
        ),
        memorandum("back-to-paper", "2019-01-01", "sumitomo", reported="2020-12-01"),
    )  # fmt: skip
    deals = {
        deal["project"]: deal for deal in (await get(client, "/v1/conversion", include="deals", as_of=AS_OF))["deals"]
    }
    assert {key: (deal["outcome"], deal["months"], deal["on"]) for key, deal in deals.items()} == {
        "lost": ("bound", 6, "2018-07-01"),
        "again": ("bound", 12, "2019-01-01"),
        "gone": ("ended", 18, "2019-07-01"),
        "back-to-paper": ("open", 36, None),
    }


async def test_a_paper_of_an_uncertain_day_has_a_range(log: Log, client: httpx.AsyncClient) -> None:
    rows = [row for number in range(10) for row in (*paper(f"p{number}", "2018"), bound(f"p{number}", "2019-12-31"))]
    await log.append(*rows)
    answer = await get(client, "/v1/conversion", include="deals", as_of=AS_OF)
    deal = answer["deals"][0]
    assert (deal["signed_on_earliest"], deal["signed_on"], deal["signed_on_given"]) == (
        "2018-01-01",
        "2018-12-31",
        None,
    )
    assert (deal["months"], deal["months_most"]) == (12, 23)
    assert [step["months"] for step in answer["total"]["curve"]] == [12]
    assert [step["months"] for step in answer["total"]["range"]] == [23]


async def test_groups_are_those_of_the_paper_and_a_deal_of_several_is_in_each(
    log: Log, client: httpx.AsyncClient
) -> None:
    of_two = [{"party": "sumitomo", "role": "investor"}, {"party": "posco", "role": "investor"}]
    of_host = [{"party": "kazatomprom", "role": "investor"}, {"party": "adb", "role": "investor"}]
    await log.append(
        party("sumitomo", home_country="JP"), party("posco", home_country="KR"), party("kazatomprom", home_country="KZ"),
        party("adb", kind="multilateral", home_country="PH"),
        registered("both", commodities=["copper", "gold"]),
        memorandum("both", "2018-01-01", "sumitomo", reported="2018-01-01", parties=of_two, forum="summit", deal="both"),
        registered("host", commodities=["gold"], sector="processing"),
        memorandum("host", "2019-01-01", "kazatomprom", reported="2019-01-01", parties=of_host, instrument="loi", deal="host"),
        *paper("nobody", "2019-02-01", "stranger"),
        registered("roof", kind="umbrella"), memorandum("roof", "2019-01-01", "sumitomo", reported="2019-01-01"),
    )  # fmt: skip

    async def groups(by: str) -> dict[str | None, int]:
        answer = await get(client, "/v1/conversion", include="deals", as_of=AS_OF, by=by)
        assert (answer["total"]["deals"], answer["umbrellas"]["deals"]) == (3, 1)
        return {group["group"]: group["deals"] for group in answer["groups"]}

    assert await groups("investor_country") == {"JP": 1, "KR": 1, "adb": 1, None: 1}, "KZ is the project's own"
    assert await groups("commodity") == {"copper": 1, "gold": 2, "tungsten": 1}
    assert await groups("sector") == {"mining": 2, "processing": 1}
    assert await groups("forum") == {"summit": 1, None: 2}
    assert await groups("instrument") == {"loi": 1, "mou": 2}
    assert await groups("year") == {"2018": 1, "2019": 2}


async def test_corrections_and_retractions_of_a_paper_count(vector: Log, client: httpx.AsyncClient) -> None:
    def target(key: str) -> dict[str, str]:
        return {"source": "/tests", "id": f"{key}-sumitomo-2018-01-01"}

    await vector.append(
        event("event.retracted", "a-old", "back", target=target("a-old"), reason="Never signed.", reported="2020-12-05"),
        event("event.corrected", "b-old", "mended", target=target("b-old"), changes={"occurred": "2018-07-01"}, reported="2020-12-05"),
    )  # fmt: skip
    answer = await get(client, "/v1/conversion", include="deals", as_of=AS_OF)
    assert answer["total"]["deals"] == 11
    assert {deal["project"]: deal["months"] for deal in answer["deals"] if deal["project"].endswith("-old")} == {
        "b-old": 30
    }


async def test_a_superseded_project_is_in_no_measure(vector: Log, client: httpx.AsyncClient) -> None:
    await vector.append(
        event("project.superseded", "a-old", "a-old-superseded", by=["other"], reason="One pit.", reported="2020-12-05")
    )
    assert (await get(client, "/v1/conversion", include="deals", as_of=AS_OF))["total"]["deals"] == 11


@pytest.fixture(scope="module")
def api(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("conversion")) as service:
        yield service


def test_on_the_real_events_its_rows_are_the_deals_of_the_other_lists(api: Service) -> None:
    with httpx.Client(base_url=api.address, params={"as_of": "2026-11-01"}, timeout=30) as plain:
        answer = plain.get("/v1/conversion", params={"by": "year", "include": "deals"}).raise_for_status().json()
        deals: list[dict[str, Any]] = []
        page: dict[str, Any] = {"next_cursor": ""}
        while page["next_cursor"] is not None:
            more = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
            page = plain.get("/v1/deals", params={"limit": 500, **more}).raise_for_status().json()
            deals += page["items"]
    listed = {(deal["project"], deal["deal"]): deal for deal in deals}
    rows = {(row["project"], row["deal"]): row for row in answer["deals"]}
    assert len(rows) > 60
    for key, row in rows.items():
        deal = listed[key]
        holds = any(leg["valid"] for leg in deal["legs"]) if deal["ended"] is None else deal["bound_on"] is not None
        expected = "bound" if holds else "ended" if deal["ended"] else "open"
        assert row["outcome"] == expected, key
        assert row["months"] <= row["months_most"], key
    living_paper = {key for key, deal in listed.items() if deal["level"] == "memorandum"}
    assert living_paper <= rows.keys()
    direct = [row for row in answer["deals"] if not row["umbrella"]]
    assert answer["total"]["deals"] == len(direct) == sum(group["deals"] for group in answer["groups"])
    assert answer["total"]["bound"] == sum(row["outcome"] == "bound" for row in direct)
    assert answer["total"]["curve"][0]["at_risk"] == len(direct)
    counts = {line["theirs"]["mark"]: line for line in answer["their_way"]}
    of_uttar_pradesh = counts["uttar-pradesh-2018"]["theirs"]
    assert (of_uttar_pradesh["counted"], of_uttar_pradesh["of"], of_uttar_pradesh["months"]) == (106, 1045, 25)
    for line in counts.values():
        level = line["theirs"]["level"]
        reaching = [
            row for row in direct
            if (row["outcome"] != "ended" if level is None else reached(listed[row["project"], row["deal"]], level))
        ]  # fmt: skip
        assert (line["counted"], line["deals"]) == (len(reaching), len(direct)), line["theirs"]["mark"]
    assert counts["belt-and-road-forum-2017"]["counted"] > counts["uttar-pradesh-2018"]["counted"] > 0


def reached(deal: dict[str, Any], level: str) -> bool:
    return LEVEL_OF_LABEL[deal["highest_level"]] >= LEVEL_OF_LABEL[level]
