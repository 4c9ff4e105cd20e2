"""The ladder: what lifts a deal and a project, and what does not (domain page, section 4)."""

from __future__ import annotations

from typing import Any

import pytest

from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import VOCABULARY, Effect, EventKind
from steppe.domain.values.levels import Level
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deal_on, deposit, judged, of_project, paper, pursued

DAY = "2022-01-01"
TALKS = pursued("intent.announced", "2019-01-01", "alpha", kind="talks")
OWN = {
    "milestone": "start", "planned_on": "2030", "right": "mining", "commodity": "tungsten", "step": "metal", "kind": "talks",
    "instrument": "mou", "result": "ore", "what": "welding", "scheme": "iso", "until": "2030",
    "permit": "planning", "by": ["south"],
}  # fmt: skip


def made(name: str, occurred: str, **data: Any) -> Event:
    return pursued(name, occurred, "alpha", **{**OWN, **data})


def levels(*events: Event, as_of: str = DAY) -> tuple[str | None, str, str, str]:
    """Level and highest level of the deal, then those of the project."""
    judgement = judged([deposit(), *events], as_of)
    (state,) = judgement.deals
    level = None if state.level is None else state.level.label
    return (
        level,
        state.highest_level.label,
        of_project(judgement).level.label,
        of_project(judgement).highest_level.label,
    )


def test_the_levels_have_the_order_and_the_line_of_the_page() -> None:
    labels = ["identified", "announced", "memorandum", "advanced", "partly-bound", "bound", "financed", "construction", "commissioning", "producing"]  # fmt: skip
    assert [level.label for level in sorted(Level)] == labels
    assert [level.label for level in Level if level.crosses_the_line] == labels[4:]
    assert list(map(int, Level)) == list(range(10))


@pytest.mark.parametrize(
    "kind", [k for k in VOCABULARY if k.effect is not Effect.RECORD], ids=lambda kind: str(kind.name)
)
def test_each_event_lifts_its_deal_to_the_level_of_its_row_and_no_further(kind: EventKind) -> None:
    level, highest, _, _ = levels(TALKS, made(kind.name, "2020-01-01"))
    expected = kind.level or Level.ANNOUNCED
    if kind.name in ("investor.withdrew", "project.cancelled", "project.completed", "project.retired"):
        assert (level, highest) == (None, "announced")
    elif kind.name == "construction.suspended" or (kind.effect is Effect.PHYSICAL and kind.level is None):
        # It binds with an inferred leg, and nothing stands on the ground.
        assert (level, highest) == ("bound", "bound")
    else:
        assert level == highest == expected.label


def test_commercial_production_is_producing_and_the_default_is_a_trial() -> None:
    assert levels(made("production.started", "2020-01-01"))[0] == "commissioning"
    assert levels(made("production.started", "2020-01-01", phase="trial"))[0] == "commissioning"
    assert levels(made("production.started", "2020-01-01", phase="commercial"))[0] == "producing"


def test_the_level_is_the_highest_of_steps_legs_and_ground() -> None:
    study, agreed = made("study.started", "2020-01-01"), made("equity.agreed", "2020-02-02")
    assert levels(paper("2019-02-02"), study)[0] == "advanced"
    assert levels(study, paper("2020-03-03"))[0] == "advanced"
    assert levels(study, agreed)[0] == "bound"
    assert levels(agreed, event("construction.started", "2019-01-01", deal=None))[0] == "construction"


def test_what_stands_on_the_ground_lifts_only_a_deal_with_a_valid_leg() -> None:
    ground = event("production.started", "2018-01-01", deal=None, phase="commercial")
    assert levels(ground, paper("2019-02-02"))[::2] == ("memorandum", "producing")
    assert levels(ground, made("offtake.signed", "2019-02-02"))[::2] == ("producing", "producing")


def test_partly_bound_says_which_leg_is_missing_and_needs_known_requirements() -> None:
    requiring = deposit(required_legs=["equity", "debt", "rights"])
    log = [requiring, made("equity.agreed", "2020-01-01")]
    assert (deal_on(log, DAY).level, deal_on(log, DAY).missing_legs) == (Level.PARTLY_BOUND, ("debt", "rights"))
    full = [*log, made("rights.granted", "2020-02-02"), made("loan.signed", "2020-03-03")]
    assert (deal_on(full, DAY).level, deal_on(full, DAY).missing_legs) == (Level.BOUND, ())
    assert deal_on([deposit(), log[1]], DAY).level == Level.BOUND


@pytest.mark.parametrize("name", ["finance.closed", "funds.disbursed"])
def test_financed_needs_a_valid_leg_that_was_closed_or_disbursed(name: str) -> None:
    paid = made(name, "2020-02-02")
    requiring = [deposit(required_legs=["equity", "debt"]), paid]
    assert (deal_on(requiring, DAY).level, deal_on(requiring, DAY).missing_legs) == (Level.FINANCED, ("equity",))
    lost = [made("equity.agreed", "2020-01-01"), paid, made("contract.terminated", "2021-01-01", leg="debt")]
    assert levels(*lost)[:2] == ("bound", "financed")


def test_a_deal_under_construction_with_a_missing_leg_is_in_construction_and_still_lists_the_leg() -> None:
    log = [deposit(required_legs=["equity"]), made("construction.started", "2020-01-01")]
    assert (deal_on(log, DAY).level, deal_on(log, DAY).missing_legs) == (Level.CONSTRUCTION, ("equity",))


def test_an_ended_deal_has_no_level_only_its_overlay_and_its_highest_ever() -> None:
    log = [made("equity.agreed", "2020-01-01"), made("investor.withdrew", "2021-01-01")]
    assert levels(*log) == (None, "bound", "identified", "bound")
    assert deal_on([deposit(), *log], DAY).overlays == ("withdrawn",)


def test_a_project_is_as_high_as_the_highest_of_its_living_deals_and_at_least_identified() -> None:
    assert of_project(judged([deposit()], DAY)).level is Level.IDENTIFIED
    log = [deposit(), paper("2020-01-01"), pursued("study.started", "2020-02-02", "beta", kind="survey")]
    assert of_project(judged(log, DAY)).level is Level.ADVANCED
    left = pursued("investor.withdrew", "2021-01-01", "beta")
    judgement = of_project(judged([*log, left], DAY))
    assert (judgement.level, judgement.highest_level) == (Level.MEMORANDUM, Level.ADVANCED)


def test_the_highest_ever_is_taken_at_the_end_of_days_up_to_the_day_that_is_asked_for() -> None:
    agreed, terminated = made("equity.agreed", "2020-01-01"), made("contract.terminated", "2020-01-01")
    assert levels(paper("2019-01-01"), agreed, terminated)[:2] == ("memorandum", "memorandum")
    later = made("contract.terminated", "2020-01-02")
    assert levels(paper("2019-01-01"), agreed, later)[:2] == ("memorandum", "bound")
    assert levels(paper("2019-01-01"), agreed, later, as_of="2019-12-31")[1] == "memorandum"


def test_a_required_leg_that_comes_later_lowers_the_level_and_not_the_highest() -> None:
    more = event("project.amended", "2021-01-01", deal=None, required_legs=["debt"])
    assert levels(made("equity.agreed", "2020-01-01"), more)[:2] == ("partly-bound", "bound")


@pytest.mark.parametrize("name", ["memorandum.lapsed", "setback.reported"])
def test_a_lapse_and_a_setback_change_no_level(name: str) -> None:
    for begun in (paper("2019-01-01"), made("equity.agreed", "2019-01-01")):
        assert levels(begun, made(name, "2020-01-01")) == levels(begun)


def test_a_ceremony_is_no_construction_and_a_letter_of_interest_no_debt() -> None:
    assert levels(made("intent.announced", "2020-01-01", kind="ground-breaking"))[0] == "announced"
    letter = made("termsheet.signed", "2020-01-01", instrument="letter-of-interest")
    assert (levels(letter)[0], deal_on([deposit(), letter], DAY).legs) == ("advanced", ())


def test_a_treaty_gives_the_level_of_a_memorandum_and_starts_no_clock() -> None:
    treaty = paper("2020-01-01", instrument="treaty")
    assert levels(treaty)[0] == "memorandum"
    state = deal_on([deposit(), treaty], DAY)
    assert (state.memorandum, state.step, state.papers) == (None, None, 0)


def test_a_later_row_with_a_level_opens_a_phase_that_starts_afresh_and_keeps_the_highest() -> None:
    ended = [made("equity.agreed", "2019-01-01"), made("investor.withdrew", "2020-01-01")]
    news = made("setback.reported", "2020-06-06")
    assert levels(*ended, news)[0] is None
    state = deal_on([deposit(), *ended, news, TALKS, paper("2021-01-01")], DAY)
    assert (state.phase, state.level, state.highest_level) == (2, Level.MEMORANDUM, Level.BOUND)
    assert (state.legs, state.papers) == ((), 1)
    assert state.memorandum is not None
    assert state.memorandum.latest.isoformat() == "2021-01-01"


def test_a_physical_row_without_a_level_opens_a_phase_too() -> None:
    ended = [paper("2019-01-01"), made("investor.withdrew", "2020-01-01")]
    state = deal_on([deposit(), *ended, made("processing.localised", "2021-01-01")], DAY)
    assert (state.phase, state.level) == (2, Level.BOUND)


@pytest.mark.parametrize("confidence", ["high", "medium", "low"])
def test_confidence_and_evidence_change_no_judgement(confidence: str) -> None:
    doubted = paper("2020-01-01", confidence=confidence, evidence=[{"grade": "press", "title": "a rumour"}])
    assert judged([deposit(), doubted], DAY) == judged([deposit(), paper("2020-01-01")], DAY)
