"""Forums and their scorecards, portfolios and parties: what the page needs, checked by hand on a few deals."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.services.api.reading_api import Log, event, get, memorandum, refused, registered

FORUM = "summit-2020"


def forum(slug: str, occurred: str) -> dict[str, Any]:
    return event(
        "forum.held", f"forum:{slug}", f"{slug}-held", occurred=occurred, reported=occurred, forum=slug,
        name=slug.title(), place="Tashkent", countries=["JP", "UZ"],
    )  # fmt: skip


def money(value: str, **more: str) -> dict[str, str]:
    return {"value": value, "currency": "USD", **more}


@pytest.fixture
async def summit(log: Log) -> Log:
    """Three papers of a summit: one bound two years later, one went on to a term sheet, one stayed; and one of elsewhere."""
    at = {"forum": FORUM, "reported": "2020-06-02"}
    await log.append(
        forum(FORUM, "2020-06-01"),
        forum("later-2024", "2024-06-01"),
        *(registered(key) for key in ("bound", "advanced", "paper", "elsewhere")),
        memorandum("bound", "2020-06-01", "sumitomo", **at, amount=money("100")),
        event(
            "offtake.signed", "bound", "bound-offtake", occurred="2022-06-01", reported="2022-06-02", deal="sumitomo",
            parties=[{"party": "sumitomo", "role": "offtaker"}], commodity="tungsten", amount=money("40"),
        ),
        memorandum("advanced", "2020-06-01", "itochu", **at, amount=money("60")),
        event(
            "termsheet.signed", "advanced", "advanced-terms", occurred="2021-01-01", reported="2021-01-02",
            instrument="heads", parties=[{"party": "itochu", "role": "investor"}],
        ),
        memorandum("paper", "2020-06-01", "marubeni", **at),
        memorandum("elsewhere", "2020-06-01", "itochu", reported="2020-06-02"),
    )  # fmt: skip
    return log


async def test_a_scorecard_counts_strict_loose_and_value_of_the_papers_of_that_forum_only(
    summit: Log, client: httpx.AsyncClient
) -> None:
    card = await get(client, f"/v1/forums/{FORUM}/scorecard", as_of="2023-01-01")
    assert (card["papers"], card["strict"], card["loose"], card["paper_only"], card["ended"]) == (3, 1, 2, 2, 0)
    assert card["value"] == [{"currency": "USD", "announced": "160", "bound": "40", "share": 0.25}]
    assert {deal["project"]: (deal["strict"], deal["loose"]) for deal in card["deals"]} == {
        "bound": (True, True),
        "advanced": (False, True),
        "paper": (False, False),
    }


async def test_a_scorecard_at_an_age_is_as_it_stood_then(summit: Log, client: httpx.AsyncClient) -> None:
    young = await get(client, f"/v1/forums/{FORUM}/scorecard", as_of="2023-01-01", horizon_months="12")
    assert (young["until"], young["strict"], young["loose"]) == ("2021-06-01", 0, 1)
    assert young["value"][0]["bound"] == "0"
    then = await get(client, f"/v1/forums/{FORUM}/scorecard", as_of="2023-01-01", known_at="2021-12-31")
    assert (then["strict"], then["loose"]) == (0, 1)


@pytest.mark.parametrize("gone", ["bound", "paper"])
async def test_a_superseded_project_is_in_no_measure(summit: Log, client: httpx.AsyncClient, gone: str) -> None:
    await summit.append(
        event("project.superseded", gone, f"{gone}-superseded", by=["other"], reason="One pit.", reported="2022-12-01")
    )
    card = await get(client, f"/v1/forums/{FORUM}/scorecard", as_of="2023-01-01")
    assert (card["papers"], card["strict"]) == ((2, 0) if gone == "bound" else (2, 1))
    assert gone not in [deal["project"] for deal in card["deals"]]
    market = await get(client, "/v1/markets/KZ/tungsten", as_of="2023-01-01")
    assert {project["key"] for project in market["projects"]} == {"bound", "advanced", "paper", "elsewhere"} - {gone}
    deals = (await get(client, "/v1/deals", as_of="2023-01-01"))["items"]
    assert gone not in [deal["project"] for deal in deals]


async def test_what_bound_before_the_forum_is_not_its_doing(summit: Log, client: httpx.AsyncClient) -> None:
    await summit.append(
        event(
            "offtake.signed", "paper", "old-offtake", occurred="2019-01-01", reported="2019-01-02", deal="marubeni",
            parties=[{"party": "marubeni", "role": "offtaker"}], commodity="tungsten", amount=money("40"),
        )
    )  # fmt: skip
    card = await get(client, f"/v1/forums/{FORUM}/scorecard", as_of="2023-01-01")
    (deal,) = (one for one in card["deals"] if one["project"] == "paper")
    assert (deal["level"], deal["strict"]) == ("bound", False)
    assert card["value"][0]["bound"] == "40"


async def test_a_total_replaces_the_sum_of_its_own_leg_and_nobody_elses(summit: Log, client: httpx.AsyncClient) -> None:
    papers = {"occurred": "2022-07-01", "reported": "2022-07-02", "deal": "sumitomo", "lender_kind": "policy-bank"}
    await summit.append(
        event("loan.signed", "bound", "loan", **papers, parties=[{"party": "jbic", "role": "financier"}], amount=money("7")),
        event(
            "loan.signed", "bound", "loan-anew", **{**papers, "occurred": "2022-08-01", "reported": "2022-08-02"},
            parties=[{"party": "jbic", "role": "financier"}], amount=money("10", semantics="total"),
        ),
        event(
            "loan.signed", "advanced", "other-loan", occurred="2022-09-01", reported="2022-09-02", deal="itochu",
            lender_kind="policy-bank",             parties=[{"party": "jbic", "role": "financier"}], amount=money("5", semantics="total"),
        ),
    )  # fmt: skip
    card = await get(client, f"/v1/forums/{FORUM}/scorecard", as_of="2023-01-01")
    assert card["value"] == [{"currency": "USD", "announced": "160", "bound": "55", "share": 0.3438}]


async def test_forums_are_listed_from_the_latest_and_only_when_they_were_held(
    summit: Log, client: httpx.AsyncClient
) -> None:
    items = (await get(client, "/v1/forums", as_of="2025-01-01"))["items"]
    assert [(one["key"], one["projects"]) for one in items] == [("later-2024", 0), (FORUM, 3)]
    first = await get(client, "/v1/forums", as_of="2025-01-01", limit="1")
    rest = await get(client, "/v1/forums", as_of="2025-01-01", limit="1", cursor=first["next_cursor"])
    assert [one["key"] for one in (*first["items"], *rest["items"])] == ["later-2024", FORUM]
    assert [one["key"] for one in (await get(client, "/v1/forums", as_of="2020-12-31"))["items"]] == [FORUM]
    problem = await refused(client, "/v1/forums/sumit-2020/scorecard", 404, "not-found")
    assert problem["suggestions"] == [FORUM]


@pytest.mark.parametrize("query", [{}, {"country": "KZ"}, {"investor": "itochu"}, {"forum": FORUM}, {"q": "bou"}])
async def test_each_count_of_a_portfolio_is_the_length_of_the_list_with_that_filter(
    summit: Log, client: httpx.AsyncClient, query: dict[str, str]
) -> None:
    day = {"as_of": "2023-01-01", **query}
    answer = await get(client, "/v1/portfolio", **day)

    async def listed(**more: str) -> int:
        return len((await get(client, "/v1/projects", **{**day, **more}))["items"])

    assert answer["projects"] == await listed()
    for name, count in answer["by_level"].items():
        assert count == await listed(level=name), name
    for name, count in answer["by_headline"].items():
        assert count == await listed(headline=name), name
    for facet, counts in answer["facets"].items():
        if facet not in query:
            for value, count in counts.items():
                assert count == await listed(**{facet: value}), (facet, value)


async def test_a_party_has_the_deals_that_it_pursues_in_whatever_role(summit: Log, client: httpx.AsyncClient) -> None:
    answer = await get(client, "/v1/parties/itochu", as_of="2023-01-01")
    assert [(deal["project"], deal["level"]) for deal in answer["deals"]] == [
        ("advanced", "advanced"), ("elsewhere", "memorandum"),
    ]  # fmt: skip
    assert (answer["living_deals"], answer["bound"], answer["paper_only"]) == (2, 0, 2)
    await refused(client, "/v1/parties/nobody", 404, "not-found")


async def test_the_deals_of_a_party_come_in_pages_and_the_figures_are_of_all(
    summit: Log, client: httpx.AsyncClient
) -> None:
    day = {"as_of": "2023-01-01"}
    whole = await get(client, "/v1/parties/itochu", **day)
    first = await get(client, "/v1/parties/itochu", limit=1, **day)
    second = await get(client, "/v1/parties/itochu", limit=1, cursor=first["next_cursor"], **day)
    assert first["deals"] + second["deals"] == whole["deals"]
    assert whole["next_cursor"] is second["next_cursor"] is None
    for name in ("living_deals", "bound", "paper_only", "deals_by_level"):
        assert first[name] == second[name] == whole[name]
    answer = await client.get("/v1/parties/itochu", params={"limit": 1, **day})
    following = await client.get(answer.links["next"]["url"])
    assert following.json()["deals"] == second["deals"]
    await refused(client, f"/v1/parties/jogmec?cursor={first['next_cursor']}", 400, "stale-cursor")


async def test_flags_that_rise_before_a_day_are_asked_for(summit: Log, client: httpx.AsyncClient) -> None:
    day = {"flag": "memorandum-only", "as_of": "2022-05-01"}
    every = (await get(client, "/v1/flags", **day))["items"]
    soon = (await get(client, "/v1/flags", **day, next_before="2022-07-01"))["items"]
    assert soon == [one for one in every if one["next"] and one["next"]["on"] < "2022-07-01"]
    assert soon and len(soon) <= len(every)
    assert (await get(client, "/v1/flags", **day, next_before="2022-05-02"))["items"] == []


async def test_what_is_in_quarantine_is_told_with_the_beginning_of_its_bytes(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append_records([(b"a", b"\xff\x00"), (b"a", b"not json"), (b"a", "я".encode() * 1500)])
    items = (await get(client, "/v1/quarantine"))["items"]
    assert [one["value"] for one in items[:2]] == [{"hex": "ff00"}, {"text": "not json"}]
    assert items[2]["value"] == {"text": "я" * 1024} and items[2]["bytes"] == 3000
    assert all(one["subject"] == "a" and one["reason"] for one in items)
