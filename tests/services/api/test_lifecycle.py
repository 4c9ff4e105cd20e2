"""/v1/lifecycle: months at each level, ages of papers, shares that bind, first movers and overtakings."""

from __future__ import annotations

import httpx

from tests.services.api.reading_api import SOURCE, Envelope, Log, api, event, get, memorandum, registered
from tests.stack import Database

AS_OF = "2022-01-01"


def party(key: str, home: str) -> Envelope:
    return event(
        "party.registered", f"party:{key}", key,
        party=key, name=key, home_country=home, kind="company", reported="2000-01-01",
    )  # fmt: skip


def paper(key: str, occurred: str, investor: str) -> Envelope:
    return memorandum(key, occurred, investor, reported="2021-12-01", deal=investor)


def of_kind(name: str, key: str, occurred: str, investor: str, **data: object) -> Envelope:
    parties = [{"party": investor, "role": "investor"}]
    return event(name, key, f"{key}-{name}-{occurred}", occurred=occurred, reported="2021-12-01", deal=investor, parties=parties, **data)  # fmt: skip


HOMES = (party("sumitomo", "JP"), party("cove", "US"), party("xiamen", "CN"))


async def test_spells_that_ended_stand_beside_those_that_last(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        *HOMES, *(registered(key) for key in ("a", "b", "c", "d")), registered("roof", kind="programme"),
        paper("a", "2018-01-01", "sumitomo"), of_kind("equity.agreed", "a", "2018-11-01", "sumitomo"),
        paper("b", "2018-01-01", "sumitomo"), of_kind("investor.withdrew", "b", "2019-09-01", "sumitomo"),
        paper("c", "2018-01-01", "sumitomo"), paper("d", "2020-01-01", "sumitomo"), paper("roof", "2018-01-01", "sumitomo"),
    )  # fmt: skip
    answer = await get(client, "/v1/lifecycle", as_of=AS_OF)
    levels = {level["level"]: level for level in answer["levels"]}
    assert levels["memorandum"]["ended"] == {
        "count": 2, "lower": 12.5, "median": 15, "upper": 17.5, "rose": 1, "fell": 0, "deal_ended": 1,
    }  # fmt: skip
    assert levels["memorandum"]["lasting"] == {"count": 2, "lower": 30, "median": 36, "upper": 42}
    assert (levels["bound"]["ended"]["count"], levels["bound"]["ended"]["median"]) == (0, None)
    assert levels["bound"]["lasting"]["median"] == 38
    assert [level["lasting"]["count"] for level in answer["umbrellas"]] == [1]
    assert answer["spells"] == []
    spells = (await get(client, "/v1/lifecycle", as_of=AS_OF, level="memorandum"))["spells"]
    assert {(spell["project"], spell["months"], spell["then"]) for spell in spells} == {
        ("a", 10, "rose"), ("b", 20, "ended"), ("c", 48, None), ("d", 24, None), ("roof", 48, None),
    }  # fmt: skip
    early = await get(client, "/v1/lifecycle", as_of="2018-10-31")
    assert {level["level"]: level["lasting"]["count"] for level in early["levels"]} == {"memorandum": 3}
    assert (await get(client, "/v1/lifecycle", as_of=AS_OF, known_at="2021-11-30"))["levels"] == []


async def test_ages_of_papers_whose_clock_runs_are_told_by_twelve_months(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        *HOMES, *(registered(key) for key in ("a", "b", "c")), registered("elsewhere", country="UZ"),
        paper("a", "2021-03-01", "sumitomo"), paper("b", "2019-01-01", "sumitomo"), of_kind("equity.agreed", "c", "2018-01-01", "cove"),
        paper("elsewhere", "2018", "cove"),
    )  # fmt: skip
    ages = (await get(client, "/v1/lifecycle", as_of=AS_OF))["ages"]
    assert [(bar["from_months"], bar["to_months"], bar["deals"]) for bar in ages["histogram"]] == [
        (0, 12, 1),
        (12, 24, 0),
        (24, 36, 0),
        (36, 48, 2),
    ]
    assert [(paper["project"], paper["months"], paper["months_most"]) for paper in ages["papers"]] == [
        ("a", 10, 10),
        ("b", 36, 36),
        ("elsewhere", 36, 48),
    ]
    assert (await get(client, "/v1/lifecycle", as_of=AS_OF, country="UZ"))["ages"]["count"] == 1


async def test_shares_are_those_of_conversion_by_year_and_nation(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        *HOMES, *(registered(key) for key in ("a", "b", "c")),
        paper("a", "2018-01-01", "sumitomo"), of_kind("equity.agreed", "a", "2018-11-01", "sumitomo"),
        paper("b", "2018-01-01", "sumitomo"), paper("c", "2019-01-01", "cove"),
    )  # fmt: skip
    answer = await get(client, "/v1/lifecycle", as_of=AS_OF)
    assert [(row["group"], row["deals"], row["bound"], row["share"]) for row in answer["bound_by_year"]] == [
        ("2018", 2, 1, 0.5),
        ("2019", 1, 0, 0.0),
    ]
    assert [(row["group"], row["open"], row["share"]) for row in answer["bound_by_nation"]] == [
        ("JP", 1, 0.5),
        ("US", 1, 0.0),
    ]


async def test_first_movers_and_overtakings_of_a_market_are_told_in_time(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        *HOMES, registered("katpar"), registered("gold", commodities=["gold"]),
        paper("katpar", "2018-01-01", "xiamen"), paper("katpar", "2019-05-01", "sumitomo"),
        of_kind("equity.agreed", "katpar", "2020-03-01", "cove"), of_kind("investor.withdrew", "katpar", "2020-09-01", "xiamen"),
        paper("gold", "2017-01-01", "sumitomo"),
    )  # fmt: skip
    answer = await get(client, "/v1/lifecycle", as_of=AS_OF)
    (market,) = [market for market in answer["markets"] if market["commodity"] == "tungsten"]
    assert [(mover["deal"], mover["nations"], mover["on"]) for mover in market["first_paper"]] == [
        ("xiamen", ["CN"], "2018-01-01")
    ]
    assert [(mover["deal"], mover["nations"]) for mover in market["first_bound"]] == [("cove", ["US"])]
    runs = [(run["deal"], run["tier"], run["since"], run["until"]) for run in answer["overtakings"]]
    assert runs == [("sumitomo", "asset", "2020-03-01", None), ("xiamen", None, "2020-03-01", "2020-09-01")]
    lasting, over = answer["overtakings"]
    assert ([winner["deal"] for winner in lasting["by"]], over["by"]) == (["cove"], None)
    assert (market["overtakings"], lasting["markets"], lasting["nations"]) == (2, ["KZ/tungsten"], ["JP"])
    while_both = await get(client, "/v1/lifecycle", as_of="2020-08-31", commodity="tungsten")
    assert [run["by"][0]["deal"] for run in while_both["overtakings"]] == ["cove", "cove"]
    assert [market["commodity"] for market in answer["markets"]] == ["gold", "tungsten"]
    before = await get(client, "/v1/lifecycle", as_of="2020-02-29")
    assert before["overtakings"] == []


async def test_the_cache_follows_events_of_the_project_and_of_its_market(
    log: Log, client: httpx.AsyncClient, database: Database, topic_name: str
) -> None:
    parameters = {"as_of": AS_OF, "level": "memorandum,bound"}
    figures = []
    for events in (
        (*HOMES, registered("a"), registered("b"), paper("a", "2018-01-01", "sumitomo")),
        (paper("b", "2019-05-01", "xiamen"),),
        (of_kind("equity.agreed", "b", "2020-03-01", "cove"),),  # overtakes the paper of another project
        (of_kind("investor.withdrew", "a", "2021-02-01", "sumitomo"),),
        (registered("roof", kind="programme"), paper("roof", "2018-01-01", "sumitomo")),
        (event("event.retracted", "b", "taken-back", target={"source": SOURCE, "id": "b-equity.agreed-2020-03-01"}, reason="denied", reported="2021-12-02"),),
    ):  # fmt: skip
        await log.append(*events)
        answer = await get(client, "/v1/lifecycle", **parameters)
        async with api(database.api, topic_name) as anew:
            read_anew = await get(anew, "/v1/lifecycle", **parameters)
        assert {**answer, "known_at": None} == {**read_anew, "known_at": None}
        figures.append((len(answer["spells"]), [(run["project"], run["until"]) for run in answer["overtakings"]]))
    both = [("a", "2021-02-01"), ("b", None)]
    assert figures == [(1, []), (2, []), (3, [("a", None), ("b", None)]), (3, both), (4, both), (3, [])]
