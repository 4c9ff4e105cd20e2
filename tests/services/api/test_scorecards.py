"""Scorecards of forums: the frozen cohort, what was bound already, curves by age, several forums, and what is left out."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from steppe.domain.values.months import add_months
from tests.central_asia import EVENTS, api_of_central_asia
from tests.domain.measures import slow_scorecards
from tests.domain.measures.slow_pledges import deal_of, name_of
from tests.services.api.reading_api import Envelope, Log, event, get, memorandum, refused, registered
from tests.stack import Service, Stack

AS_OF = "2024-01-01"
HELD = "2020-06-15"


def forum(slug: str, occurred: str) -> Envelope:
    return event(
        "forum.held",
        f"forum:{slug}",
        f"{slug}-held",
        occurred=occurred,
        reported=occurred,
        forum=slug,
        name=slug.title(),
    )


def usd(value: str, **more: str) -> dict[str, str]:
    return {"value": value, "currency": "USD", **more}


def row(name: str, project: str, occurred: str, party: str = "itochu", role: str = "investor", **data: Any) -> Envelope:
    parties = [{"party": party, "role": role}]
    return event(
        name,
        project,
        f"{project}-{name}-{occurred}",
        **{"occurred": occurred, "reported": occurred, "deal": "itochu", "parties": parties, **data},
    )


def paper(project: str, occurred: str = HELD, slug: str = "summit", **data: Any) -> Envelope:
    return memorandum(project, occurred, "itochu", **{"reported": occurred, "deal": "itochu", "forum": slug, **data})


@pytest.fixture
async def summit(log: Log) -> Log:
    """A summit: bound a year later, bound on the day, bound before, a term sheet there only, a study since, a pledge, an umbrella."""
    keys = ("year", "day", "before", "terms", "study", "promise", "talk", "lost")
    await log.append(
        forum("summit", HELD), *(registered(key) for key in keys), registered("roof", kind="umbrella"),
        paper("year", amount=usd("100")), row("equity.agreed", "year", "2021-06-16", amount=usd("25.50")),
        paper("day", amount=usd("10")), row("offtake.signed", "day", HELD, commodity="tungsten", forum="summit", amount=usd("7")),
        row("rights.granted", "before", "2019-01-01", right="mining"), paper("before", amount=usd("1000")),
        row("loan.signed", "before", "2021-01-01", "jbic", "financier", amount=usd("500")),
        row("termsheet.signed", "terms", HELD, instrument="heads", forum="summit", amount=usd("60")),
        row("termsheet.signed", "terms", HELD, instrument="mandate", forum="summit", amount=usd("40")) | {"id": "terms-2"},
        paper("study"), row("study.completed", "study", "2020-07-15", kind="scoping"),
        row("equity.agreed", "study", "2023-01-01", amount=usd("3")),
        row("pledge.announced", "promise", HELD, amount=usd("900", of="portfolio"), forum="summit"),
        row("intent.announced", "talk", HELD, kind="talks", forum="summit"),
        paper("lost"), row("equity.agreed", "lost", "2020-12-15"), row("investor.withdrew", "lost", "2022-01-01"),
        paper("roof", amount=usd("5")),
    )  # fmt: skip
    return log


async def test_the_cohort_is_told_apart_as_section_9_says(summit: Log, client: httpx.AsyncClient) -> None:
    card = await get(client, "/v1/forums/summit/scorecard", as_of=AS_OF)
    figures = {
        name: card[name] for name in ("papers", "already_bound", "strict", "holding", "loose", "paper_only", "ended")
    }
    assert figures == {
        "papers": 7,
        "already_bound": 1,
        "strict": 4,
        "holding": 3,
        "loose": 4,
        "paper_only": 1,
        "ended": 1,
    }
    assert (card["umbrellas"]["papers"], card["umbrellas"]["strict"]) == (1, 0)
    deals = {deal["project"]: deal for deal in card["deals"]}
    assert {key: (deal["strict_age"], deal["loose_age"]) for key, deal in deals.items()} == {
        "year": (13, 13), "day": (0, 0), "before": (None, None), "terms": (None, None), "study": (31, 1),
        "promise": (None, None), "lost": (6, 6), "roof": (None, None),
    }  # fmt: skip
    assert deals["before"]["already_bound"] and not deals["before"]["strict"]
    assert not deals["terms"]["loose"], "the papers there are no step since"
    assert [row["event"].split("#")[1] for row in card["bound_there"]] == [f"day-offtake.signed-{HELD}"]


async def test_value_is_money_bound_over_the_largest_sum_of_each_deal_that_announced_one(
    summit: Log, client: httpx.AsyncClient
) -> None:
    card = await get(client, "/v1/forums/summit/scorecard", as_of=AS_OF)
    assert card["value"] == [{"currency": "USD", "announced": "170", "bound": "32.50", "share": 0.1912}]
    assert card["bound_without_sum"] == [{"currency": "USD", "value": "3"}]
    assert [(row["project"], row["value"]) for row in card["portfolios"]] == [("promise", "900")]


async def test_what_names_the_forum_without_a_paper_is_said(summit: Log, client: httpx.AsyncClient) -> None:
    (listed,) = (await get(client, "/v1/forums", as_of=AS_OF))["items"]
    card = await get(client, "/v1/forums/summit/scorecard", as_of=AS_OF)
    assert [(row["project"], row["why"]) for row in card["left_out"]] == [("talk", "announcement")]
    of_cohort = {deal["project"] for deal in card["deals"]}
    assert listed["projects"] == card["projects"] == len(of_cohort) + card["without_papers"] == 9


async def test_the_cohort_is_frozen_and_each_point_of_the_curve_is_the_scorecard_of_that_age(
    summit: Log, client: httpx.AsyncClient
) -> None:
    await summit.append(registered("late"), paper("late", "2020-07", reported="2020-08-01"))
    card = await get(client, "/v1/forums/summit/scorecard", as_of=AS_OF)
    assert [point["months"] for point in card["curve"]] == [0, 1, 6, 13, 31, 42]
    for point in card["curve"]:
        at_age = await get(client, "/v1/forums/summit/scorecard", as_of=AS_OF, horizon_months=point["months"])
        assert (at_age["papers"], at_age["strict"], at_age["loose"]) == (8, point["strict"], point["loose"]), point
        assert at_age["until"] == min(add_months(date.fromisoformat(HELD), point["months"]).isoformat(), AS_OF)


async def test_forums_stand_beside_each_other_at_the_age_of_the_youngest_and_as_one(
    summit: Log, client: httpx.AsyncClient
) -> None:
    await summit.append(
        forum("later", "2023-06-01"), registered("new"), paper("new", "2023-06-01", "later"),
        paper("year", "2023-06-01", "later", id="again"), row("equity.agreed", "new", "2023-12-01"),
    )  # fmt: skip
    answer = await get(client, "/v1/scorecards", as_of=AS_OF, forum="later,summit")
    assert answer["horizon_months"] == 7
    by_key = {card["key"]: card for card in answer["forums"]}
    assert list(by_key) == ["later", "summit"]
    assert (by_key["summit"]["until"], by_key["summit"]["strict"], by_key["later"]["strict"]) == ("2021-01-15", 2, 1)
    assert by_key["later"]["already_bound"] == 1, "the deal of the year was bound when it signed there"
    for slug, card in by_key.items():
        assert card == {
            key: value
            for key, value in (await get(client, f"/v1/forums/{slug}/scorecard", as_of=AS_OF, horizon_months=7)).items()
            if key not in ("as_of", "known_at")
        }
    together = answer["together"]
    assert (together["papers"], together["already_bound"], together["strict"]) == (8, 1, 3), (
        "it counts once, from the first"
    )
    older = await get(client, "/v1/scorecards", as_of=AS_OF, forum="later,summit", horizon_months=24)
    assert {card["key"]: card["strict"] for card in older["forums"]} == {"later": 1, "summit": 3}
    await refused(client, "/v1/scorecards", 400, "bad-parameter")
    await refused(client, "/v1/scorecards?forum=sumit", 404, "not-found")


@pytest.mark.parametrize("seed", range(4))
async def test_generated_logs_reckoned_again_slowly_from_raw_events(
    log: Log, client: httpx.AsyncClient, seed: int
) -> None:
    draw = random.Random(seed)
    days = [(date(2018, 1, 1) + timedelta(days=number)).isoformat() for number in range(1500)]
    names = [
        "loan.signed",
        "equity.agreed",
        "works.awarded",
        "funds.disbursed",
        "study.completed",
        "intent.announced",
        "finance.approved",
    ]
    events: list[Envelope] = [forum("summit", HELD), *(registered(f"p{n}") for n in range(8))]
    for number in range(70):
        project, deal = f"p{draw.randint(0, 7)}", draw.choice(["itochu", "marubeni"])
        amount = usd(f"{draw.randint(1, 10**7) / 100:.2f}", of=draw.choice(["price", "leg", "portfolio"]))
        more: dict[str, Any] = {"deal": deal, "amount": amount} if draw.random() < 0.7 else {"deal": deal}
        if draw.random() < 0.4:
            name = draw.choice(["memorandum.signed", "termsheet.signed"])
            more["instrument"] = "mou" if name == "memorandum.signed" else "heads"
            on = HELD if draw.random() < 0.7 else draw.choice(days)
        else:
            name, on = draw.choice(names), draw.choice(days)
            more |= (
                {"kind": "scoping"}
                if name == "study.completed"
                else {"kind": "talks"}
                if name == "intent.announced"
                else {}
            )
        if draw.random() < 0.5:
            more["forum"] = "summit"
        events.append({**row(name, project, on, deal, **more), "id": f"e{number}"})
    await log.append(*events)
    for months in (6, 30):
        until = min(add_months(date.fromisoformat(HELD), months).isoformat(), AS_OF)
        card = await get(client, "/v1/forums/summit/scorecard", as_of=AS_OF, horizon_months=months)
        expected = slow_scorecards.cohort(events, "summit", HELD, until, AS_OF)
        _equals_slow(card, expected)
        assert card["papers"] == len(expected) > 2
        assert card["strict"] == sum(deal["strict"] for deal in expected.values())
        announced = sum(
            (sum(deal["announced"].values()) for deal in expected.values() if not deal["already_bound"]), Decimal(0)
        )
        assert sum(Decimal(value["announced"]) for value in card["value"]) == announced


def _equals_slow(card: dict[str, Any], expected: dict[tuple[str, str], dict[str, Any]]) -> None:
    for deal in card["deals"]:
        reckoned = expected[deal["project"], deal["deal"]]
        answered = {
            **{name: deal[name] for name in ("already_bound", "strict", "loose")},
            **{
                name: {amount["currency"]: Decimal(amount["value"]) for amount in deal[name]}
                for name in ("announced", "bound")
            },
        }
        assert answered == reckoned, deal


@pytest.fixture(scope="module")
def api(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("scorecards")) as service:
        yield service


def test_all_real_forums_reckoned_again_slowly_from_raw_events(api: Service) -> None:
    day = "2026-11-01"
    log = [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]
    ends = {
        "investor.withdrew",
        "project.cancelled",
        "project.completed",
        "contract.terminated",
        "rights.revoked",
        "equity.exited",
    }
    ended = {
        (event["subject"], deal_of(event))
        for event in log
        if name_of(event) in ends | {"offtake.ended", "event.reclassified"}
    }
    with httpx.Client(base_url=api.address, params={"as_of": day}, timeout=30) as plain:
        forums = plain.get("/v1/forums", params={"limit": 500}).raise_for_status().json()["items"]
        slugs = ",".join(forum["key"] for forum in forums)
        answer = plain.get("/v1/scorecards", params={"forum": slugs, "horizon_months": 1200}).raise_for_status().json()
    compared = 0
    for card in answer["forums"]:
        expected = slow_scorecards.cohort(log, card["key"], card["held"]["latest"], day, day)
        assert {(deal["project"], deal["deal"]) for deal in card["deals"]} == set(expected), card["key"]
        lasting = [
            deal
            for deal in card["deals"]
            if (deal["project"], deal["deal"]) not in ended and (deal["project"], None) not in ended
        ]
        _equals_slow({"deals": lasting}, expected)
        compared += len(lasting)
    assert compared > 30


def test_the_summit_of_december_2025_with_the_visits_around_it(api: Service) -> None:
    forums = "ca-japan-summit-2025-12,tokayev-japan-2025-12,mirziyoyev-japan-2025-12,berdimuhamedov-japan-2025-12"
    answer = httpx.get(
        f"{api.address}/v1/scorecards", params={"forum": forums, "as_of": "2026-11-01"}, timeout=30
    ).json()
    summit = answer["forums"][0]
    assert (summit["papers"], summit["umbrellas"]["papers"], summit["without_papers"]) == (0, 1, 2)
    assert [(row["project"], row["value"]) for row in summit["portfolios"]] == [
        ("ca-japan-action-plan", "3000000000000")
    ]
    together = answer["together"]
    assert (together["papers"], together["strict"], together["umbrellas"]["papers"]) == (5, 0, 1)
