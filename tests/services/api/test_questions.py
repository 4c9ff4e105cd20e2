"""docs/questions.md: each sentence of an answer there is made of what the API answers on the real events, and its links open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.central_asia import api_of_central_asia
from tests.stack import Service, Stack

PAGE = Path(__file__).resolve().parents[3] / "docs" / "questions.md"
AS_OF = "2026-11-01"
VISITS = ("ca-japan-summit", "tokayev-japan", "mirziyoyev-japan", "berdimuhamedov-japan", "rahmon-japan")

Get = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def api(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("questions")) as service:
        yield service


@pytest.fixture(scope="module")
def get(api: Service) -> Get:
    def get(path: str, **parameters: Any) -> dict[str, Any]:
        if path != "/v1/money/aid":  # of reference series, which hang on no day
            parameters["as_of"] = AS_OF
        answer = httpx.get(f"{api.address}{path}", params=parameters, timeout=60)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return get


def section(heading: str) -> str:
    """The text of a question, in one line."""
    text = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    assert text, f"no question of {heading!r} in {PAGE.name}"
    return " ".join(text.split())


def test_every_link_of_the_questions_opens(api: Service) -> None:
    links = re.findall(r"`(/[^`]*)`", PAGE.read_text(encoding="utf-8"))
    assert links
    answers = {link: httpx.get(f"{api.address}{link}", timeout=60).status_code for link in links}
    assert {link: status for link, status in answers.items() if status != 200} == {}


def test_what_of_the_summit_of_december_2025_binds_today(get: Get) -> None:
    cards = get("/v1/scorecards", forum=",".join(f"{visit}-2025-12" for visit in VISITS))["together"]
    deals, umbrellas = cards["papers"], cards["umbrellas"]["papers"]
    text = section("How much of the summit of December 2025 binds today?")
    assert f"Of {deals} deals with a paper {bound_of(cards['strict'])}" in text
    assert f"{umbrellas} programme with a pledge, apart from them, {bound_of(cards['umbrellas']['strict'])}" in text
    summit = get("/v1/forums/ca-japan-summit-2025-12/scorecard")
    named = ", ".join(f"{event['project_name']}" for event in summit["left_out"])
    assert (
        f"{summit['without_papers']} of the {summit['projects']} projects that name the summit have no paper there ({named})"
        in text
    )


def test_what_became_of_the_papers_of_2015(get: Get) -> None:
    total = get("/v1/conversion", **{"from": "2015-01-01", "to": "2015-12-31"})["total"]
    text = section("What became of the papers of 2015?")
    assert (
        f"{total['deals']} deals had their first paper in 2015: {total['bound']} bound, {total['ended']} ended, {total['open']} are open"
        in text
    )
    for deal in ("galkynysh-gas", "jogmec-kazgeology-yttrium"):
        assert deal in text


def test_which_of_japans_commodities_are_bound_against_what_demand(get: Get) -> None:
    text = section("Which of Japan's tungsten, copper, rare earths and uranium is bound, against what demand?")
    years = {
        (row["commodity"], year["year"]): year
        for row in get("/v1/supply", buyer_country="JP", commodity="tungsten,copper,rare-earths,uranium")["buyers"]
        for year in row["years"]
    }
    bound_of_others = [year["bound"] for (commodity, _), year in years.items() if commodity != "uranium"]
    assert set(bound_of_others) == {0.0}
    assert "of tungsten, copper and rare earths nothing" in text
    uranium = years["uranium", 2024]
    assert f"{uranium['bound']:,.0f} tU a year" in text
    for figure in uranium["demand"]:
        assert f"{float(figure['value']):,.0f} tU ({figure['metric']}" in text
    for commodity, year in (("tungsten", 2014), ("copper", 2015), ("rare-earths", 2024)):
        assert f"{float(years[commodity, year]['demand'][0]['value']):,.0f} t" in text


def test_who_was_first_donor_in_uzbekistan(get: Get) -> None:
    text = section("Who is first donor in Uzbekistan, by year?")
    years = [year for year in get("/v1/money/aid", recipient="UZ")["years"] if year["measure"] == "gross"]
    assert {year["year"] for year in years} >= set(range(2012, 2017))
    for year in years:
        usd = {row["donor"]: int(row["usd"]) for row in year["donors"]}
        first = next(row["donor"] for row in year["donors"] if row["rank"] == 1)
        assert f"| {year['year']} | {first} | {usd['JP']:,} | {usd['US']:,} |" in text
        assert usd["JP"] > usd["US"]


def test_where_rivals_overtook_paper(get: Get) -> None:
    text = section("Where did rivals overtake paper?")
    overtakings = get("/v1/lifecycle")["overtakings"]
    japan = [overtaking for overtaking in overtakings if "JP" in overtaking["nations"]]
    assert f"{len(overtakings)} times a deal on paper was overtaken" in text and f"{len(japan)} of them Japan's" in text
    for overtaking in japan:
        assert overtaking["project"] in text
    market = get("/v1/markets/KZ/rare-earths")["summary"]
    assert (
        f"{', '.join(market['nations_bound'])} is bound, {', '.join(market['nations_paper_only'])} have paper" in text
    )


def test_what_came_of_the_hydrogen_corridor(get: Get) -> None:
    project = get("/v1/projects/ca-hydrogen-corridors")
    text = section("What came of the hydrogen corridor?")
    assert f"It is {project['level']}" in text and project["last_event_on"] in text
    events = get("/v1/projects/ca-hydrogen-corridors/timeline")["items"]
    assert f"{len(events)} events" in text


def test_what_sareco_reached_and_where_it_stopped(get: Get) -> None:
    project = get("/v1/projects/sareco-stepnogorsk")
    text = section("What did SARECO reach, and where did it stop?")
    (deal,) = project["deals"]
    assert deal["sentence"] in text
    assert f"came as far as {project['highest_level']}" in text
    events = {
        event["name"]: event["occurred"]["text"] for event in get("/v1/projects/sareco-stepnogorsk/timeline")["items"]
    }
    assert f"production started in {events['production.started']}" in text
    assert f"was suspended in {events['production.suspended']}" in text


def bound_of(number: int) -> str:
    return "none is bound" if not number else f"{number} are bound"
