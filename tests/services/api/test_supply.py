"""/v1/supply: what contracts deliver a calendar year, by days of delivery, in which unit, and against which demand."""

from __future__ import annotations

from typing import Any

import httpx

from tests.services.api.reading_api import Envelope, Log, event, get, memorandum, registered

AS_OF = "2024-06-30"


def party(key: str, home: str, **data: Any) -> Envelope:
    return event(
        "party.registered", f"party:{key}", key,
        **{"party": key, "name": key, "home_country": home, "kind": "company", "reported": "2000-01-01", **data},
    )  # fmt: skip


def signed(
    key: str, occurred: str, *offtakers: str, deal: str | None = None, id: str | None = None, **terms: Any
) -> Envelope:
    named = [{"party": name, "role": "offtaker"} for name in offtakers]
    return event(
        "offtake.signed", key, id or f"{key}-{occurred}-{'-'.join(offtakers)}", occurred=occurred, reported="2024-01-01",
        deal=deal or (offtakers[0] if offtakers else "somebody"), parties=named,
        **{"commodity": "uranium", "unit": "tU", "per": "year", **terms},
    )  # fmt: skip


def without_per(contract: Envelope) -> Envelope:
    del contract["data"]["per"]
    return contract


def of_kind(name: str, key: str, occurred: str, deal: str, **data: Any) -> Envelope:
    return event(name, key, f"{key}-{name}-{occurred}", occurred=occurred, reported="2024-01-01", deal=deal, **data)


def mine(key: str, **data: Any) -> Envelope:
    return registered(key, **{"commodities": ["uranium"], **data})


HOMES = (
    party("kepco", "KR"), party("sumitomo", "JP"), party("dae", "IN"), party("bank", "PH", kind="multilateral"),
)  # fmt: skip


async def bound(client: httpx.AsyncClient, part: str = "buyers", **parameters: str) -> dict[Any, dict[int, float]]:
    answer = await get(client, "/v1/supply", **{"as_of": AS_OF, **parameters})
    return {
        (row.get("group", row.get("country")), row["commodity"], row["unit"]): {
            year["year"]: year["bound"] for year in row["years"] if year["contracts"]
        }
        for row in answer[part]
        if any(year["contracts"] for year in row["years"])
    }


async def test_delivery_is_from_its_start_else_its_end_less_its_years_else_its_signing(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        *HOMES, *(mine(key) for key in ("starts", "back", "signing")),
        signed("starts", "2009-05-01", "kepco", volume=100, starts_on="2010-07-02", ends_on="2011-12-31"),
        signed("back", "2009-05-01", "sumitomo", volume=100, term_years=2, ends_on="2012-12-31"),
        signed("signing", "2019-12-31", "dae", volume=100, term_years=1),
    )  # fmt: skip
    assert await bound(client) == {
        ("KR", "uranium", "tU"): {2010: round(100 * 183 / 365, 3), 2011: 100},
        ("JP", "uranium", "tU"): {2011: 100, 2012: 100},
        ("IN", "uranium", "tU"): {2019: round(100 / 365, 3), 2020: round(100 * 365 / 366, 3)},
    }
    assert await bound(client, year="2012,2020", buyer_country="JP,IN") == {
        ("JP", "uranium", "tU"): {2012: 100},
        ("IN", "uranium", "tU"): {2020: round(100 * 365 / 366, 3)},
    }


async def test_a_total_is_spread_evenly_over_the_days_that_were_agreed(log: Log, client: httpx.AsyncClient) -> None:
    terms: Envelope = {"volume": 1461, "per": "total", "starts_on": "2009-01-01", "ends_on": "2012-12-31"}
    await log.append(
        *HOMES, *(mine(key) for key in ("whole", "cut", "early")),
        signed("whole", "2008-05-01", "kepco", **terms),
        signed("cut", "2008-05-01", "sumitomo", **terms),
        of_kind("contract.terminated", "cut", "2010-01-01", "sumitomo"),
        signed("early", "2008-05-01", "dae", **terms), of_kind("offtake.ended", "early", "2010-12-31", "dae"),
    )  # fmt: skip
    delivered = await bound(client)
    assert delivered["KR", "uranium", "tU"] == {2009: 365, 2010: 365, 2011: 365, 2012: 366}
    assert delivered["JP", "uranium", "tU"] == {2009: 365}, (
        "what a contract that was broken off never delivered is in no year"
    )
    assert sum(delivered["IN", "uranium", "tU"].values()) == 1461, "what was fulfilled was delivered whole"
    before = await bound(client, as_of="2009-06-30")
    assert before["JP", "uranium", "tU"] == {2009: 365, 2010: 365, 2011: 365, 2012: 366}


async def test_units_are_converted_where_that_is_safe_and_stay_apart_elsewhere(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        *HOMES, mine("oxide"), mine("metal"), mine("untold"), mine("wolfram", commodities=["tungsten"]), mine("share"),
        signed("oxide", "2019-12-31", "kepco", volume=100, unit="t U3O8", term_years=1, starts_on="2021-01-01"),
        signed("metal", "2019-12-31", "kepco", volume=100, unit="kgU", term_years=1, starts_on="2021-01-01"),
        signed("untold", "2019-12-31", "kepco", volume=100, unit="t", term_years=1, starts_on="2021-01-01"),
        signed("wolfram", "2019-12-31", "kepco", volume=10, unit="t WO3", term_years=1, starts_on="2021-01-01", commodity="tungsten"),
        signed("share", "2019-12-31", "kepco", volume=90, unit="percent of output", term_years=1, starts_on="2021-01-01"),
    )  # fmt: skip
    assert await bound(client) == {
        ("KR", "uranium", "tU"): {2021: 84.9},
        ("KR", "uranium", "t"): {2021: 100},
        ("KR", "tungsten", "t W"): {2021: 7.93},
    }
    answer = await get(client, "/v1/supply", as_of=AS_OF)
    assert answer["not_added"] == {"offtaker": 0, "volume": 0, "unit": 1, "per": 0, "end": 0}
    contracts = {contract["project"]: contract for contract in answer["contracts"]}
    assert (contracts["share"]["not_added"], contracts["share"]["converted"]) == ("unit", None)
    assert (contracts["oxide"]["converted"], contracts["oxide"]["base_unit"]) == (84.8, "tU")
    assert ("uranium", "t U3O8", "tU", "0.848005") in {
        (row["commodity"], row["unit"], row["base"], row["factor"]) for row in answer["factors"]
    }


async def test_contracts_that_cannot_be_added_up_are_named_with_their_pursuers(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        *HOMES, *(mine(key) for key in ("nobody", "silent", "rate", "endless", "open")), mine("roof", kind="programme"),
        signed("nobody", "2020-01-01", deal="sumitomo", volume=5), memorandum("nobody", "2019-01-01", "sumitomo", reported="2019-01-01"),
        signed("silent", "2020-01-01", "kepco"),
        without_per(signed("rate", "2020-01-01", "kepco", volume=5)),
        signed("endless", "2020-01-01", "kepco", volume=5, per="total"),
        signed("open", "2023-12-31", "stranger", volume=365),
        signed("roof", "2021-12-31", "dae", volume=100, ends_on="2022-12-31"),
    )  # fmt: skip
    answer = await get(client, "/v1/supply", as_of=AS_OF)
    assert answer["not_added"] == {"offtaker": 1, "volume": 1, "unit": 0, "per": 1, "end": 1}
    lacking = {row["project"]: (row["not_added"], row["pursuers"]) for row in answer["contracts"] if row["not_added"]}
    assert lacking == {
        "nobody": ("offtaker", ["sumitomo"]), "silent": ("volume", ["kepco"]), "rate": ("per", ["kepco"]),
        "endless": ("end", ["kepco"]),
    }  # fmt: skip
    assert await bound(client) == {(None, "uranium", "tU"): {2023: 1, 2024: 365}}, "no end: until the year of as_of"
    assert await bound(client, year="2025") == {(None, "uranium", "tU"): {2025: 365}}
    assert await bound(client, "umbrellas") == {("IN", "uranium", "tU"): {2021: round(100 / 365, 3), 2022: 100}}


async def test_a_contract_of_several_countries_is_in_each_and_once_in_a_group(
    log: Log, client: httpx.AsyncClient
) -> None:
    terms: Envelope = {"volume": 100, "starts_on": "2021-01-01", "ends_on": "2026-12-31"}
    await log.append(
        *HOMES, mine("both"), mine("korean"),
        signed("both", "2020-01-01", "sumitomo", "dae", "bank", **terms), signed("korean", "2020-01-01", "kepco", **terms),
    )  # fmt: skip
    assert {country for country, _, _ in await bound(client)} == {"JP", "IN", "KR", "bank"}
    groups = await bound(client, "groups")
    assert groups["quad", "uranium", "tU"] == dict.fromkeys(range(2021, 2027), 100), "each contract once"
    of_2022, of_2026 = (200 * days / 365 for days in (201, 34))
    assert groups["msp", "uranium", "tU"] == {
        2022: round(of_2022, 3), **dict.fromkeys(range(2023, 2026), 200), 2026: round(of_2026, 3),
    }  # fmt: skip


async def test_conflicting_demand_stands_side_by_side_and_none_is_carried_on(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(*HOMES, mine("korean"), signed("korean", "2007-12-31", "kepco", volume=100, ends_on="2009-12-31"))
    answer = await get(client, "/v1/supply", as_of=AS_OF, buyer_country="KR", commodity="uranium")
    (row,) = answer["buyers"]
    demand = {year["year"]: sorted(figure["low"] for figure in year["demand"]) for year in row["years"]}
    assert demand[2008] == [3109, 4000], "two sources"
    assert demand[2009] == [], "nothing is stated for that year"
    assert demand[2010] == [3804]
    figures = await get(client, "/v1/supply", as_of=AS_OF, commodity="rare-earths,dysprosium", buyer_country="JP")
    beside = {(figure["metric"], figure["year"], figure["value"]) for figure in figures["other_figures"]}
    assert ("share of imports from China", 2010, "90") in beside
    assert ("planned SARECO dysprosium output", 2012, "60") in beside, "what one mine plans is no demand"
    assert [year["demand"][0]["source"] != "" for year in row["years"] if year["demand"]]


async def test_amendments_corrections_parts_and_knowledge_count(log: Log, client: httpx.AsyncClient) -> None:
    terms: Envelope = {"volume": 100, "starts_on": "2021-01-01", "ends_on": "2021-12-31"}
    whole = {"source": "/tests", "id": "whole"}
    await log.append(
        *HOMES, mine("amended"), mine("corrected"), mine("twice"), mine("coarse"),
        signed("amended", "2020-01-01", "kepco", **terms),
        of_kind("offtake.amended", "amended", "2020-06-01", "kepco", volume=200, ends_on="2022-12-31"),
        signed("corrected", "2020-01-01", "sumitomo", **terms),
        event("event.corrected", "corrected", "mend", target={"source": "/tests", "id": "corrected-2020-01-01-sumitomo"},
              changes={"volume": 50}, reason="Half.", reported="2024-03-01"),
        signed("twice", "2020-01-01", "dae", id="whole", **terms),
        signed("twice", "2020-01-01", "dae", id="part", part_of=whole, **terms),
        signed("coarse", "2020", "bank", **terms), of_kind("contract.terminated", "coarse", "2020-03-01", "bank"),
    )  # fmt: skip
    assert await bound(client) == {
        ("KR", "uranium", "tU"): {2021: 200, 2022: 200}, ("JP", "uranium", "tU"): {2021: 50}, ("IN", "uranium", "tU"): {2021: 100},
    }  # fmt: skip
    assert (await bound(client, known_at="2024-02-01", buyer_country="JP"))["JP", "uranium", "tU"] == {2021: 100}
    assert (await bound(client, as_of="2020-03-01", buyer_country="KR"))["KR", "uranium", "tU"] == {2021: 100}
    assert await bound(client, known_at="2023-12-31") == {}


async def test_what_is_only_paper_is_counted_apart(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        *HOMES, mine("paper"), mine("bound"), mine("gold", commodities=["gold"]),
        memorandum("paper", "2020-01-01", "sumitomo", reported="2020-01-01"),
        memorandum("gold", "2020-01-01", "sumitomo", reported="2020-01-01"),
        memorandum("bound", "2020-01-01", "kepco", reported="2020-01-01"), signed("bound", "2021-01-01", "kepco", volume=10, ends_on="2030"),
    )  # fmt: skip
    answer = await get(client, "/v1/supply", as_of=AS_OF)
    assert [(row["country"], row["commodity"], row["deals"]) for row in answer["papers"]] == [
        ("JP", "uranium", [{"project": "paper", "deal": "sumitomo"}])
    ]
