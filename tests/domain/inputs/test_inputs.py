"""Small inputs of the field read as the people who wrote them meant them; each kind in two (see README.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event, interpret
from steppe.domain.events.validation import faults_of
from steppe.domain.events.vocabulary import name_of_type
from steppe.domain.markets.standings import standing_of
from steppe.domain.values.history import Judgement
from steppe.domain.values.states import DealState, Flag, ProjectState
from tests.domain.explanation.explained import explained
from tests.domain.flags.portfolio_by_hand import judged, of_project

RECORDED = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY = "2026-11-22"
FOLDER = Path(__file__).parent


def read(name: str) -> tuple[list[Event], list[str]]:
    """The rows of a file that ingest takes, and why it refuses the others."""
    taken, refused = [], []
    for line in (FOLDER / f"{name}.ndjson").read_text().splitlines():
        row = json.loads(line)
        kind = name_of_type(row["type"])
        assert kind is not None, row["type"]
        faults = faults_of(kind, row["data"], RECORDED.date())
        refused += [f"{fault.pointer}: {fault.message}" for fault in faults]
        if not faults:
            taken.append(
                interpret(
                    source=row["source"],
                    id=row["id"],
                    subject=row["subject"],
                    name=kind,
                    recorded=RECORDED,
                    data=row["data"],
                )
            )
    return taken, refused


def accepted(name: str) -> list[Event]:
    taken, refused = read(name)
    assert refused == []
    return taken


def judgement(name: str, as_of: str = TODAY) -> Judgement:
    events, _ = read(name)
    return judged(events, as_of, events[0].subject)


def deal(name: str, key: str | None = None, as_of: str = TODAY) -> DealState:
    (state,) = [state for state in judgement(name, as_of).deals if key in (None, state.deal)]
    return state


def project(name: str, as_of: str = TODAY) -> ProjectState:
    return of_project(judgement(name, as_of))


def flags(name: str, as_of: str = TODAY) -> set[tuple[str, str | None, str]]:
    return {(flag.flag, flag.deal, flag.severity) for flag in judgement(name, as_of).flags}


def flag(name: str, flag_name: str, as_of: str = TODAY) -> Flag:
    (raised,) = [flag for flag in judgement(name, as_of).flags if flag.flag == flag_name]
    return raised


def words(name: str) -> str:
    events = accepted(name)
    return explained(events, TODAY, events[0].subject).stands


def days(moments: Sequence[date | None]) -> list[str | None]:
    return [moment.isoformat() if moment else None for moment in moments]


@pytest.mark.parametrize(
    ("name", "ended", "how", "highest"),
    [
        ("01-coarse-year-then-day", "2007-06-01", "completed", "bound"),
        ("01-another-month-then-day", "2011-07-15", "completed", "bound"),
        ("02-coarse-mou-then-withdrawal", "2015-09-01", "withdrawn", "memorandum"),
        ("02-another-coarse-termsheet-open-start", "2016-02-01", "withdrawn", "advanced"),
    ],
)
def test_what_is_begun_by_the_year_and_ended_on_a_day_of_it_is_ended(
    name: str, ended: str, how: str, highest: str
) -> None:
    accepted(name)
    state = deal(name)
    assert (state.phase, state.level, state.ended_how, days([state.ended_on])) == (1, None, how, [ended])
    assert (state.highest_level.label, flags(name), project(name).overlays) == (highest, set(), (how,))


@pytest.mark.parametrize(
    ("name", "physical"),
    [("04-coarse-start-then-suspended", "commissioning"), ("04-another-coarse-construction-then-suspended", None)],
)
def test_what_is_started_by_the_year_and_stopped_on_a_day_of_it_stands_still(name: str, physical: str | None) -> None:
    accepted(name)
    state = project(name)
    assert "suspended" in state.overlays
    assert (state.physical_state.label if state.physical_state else None) == physical


@pytest.mark.parametrize("name", ["07-coarse-construction-production", "07-another-coarse-completion-production"])
def test_production_on_a_day_stands_whatever_of_its_construction_is_known_by_the_year(name: str) -> None:
    accepted(name)
    assert (project(name).level.label, flags(name), project(name).overlays) == ("producing", set(), ())


@pytest.mark.parametrize(
    ("name", "party", "count"), [("10-announced-only", "acme-mining", 13), ("10-another-pledge-only", "donor-x", 2)]
)
def test_what_is_announced_for_years_and_never_on_paper_stagnates(name: str, party: str, count: int) -> None:
    accepted(name)
    raised = flag(name, "announced-only")
    assert (raised.deal, raised.severity, raised.certainty, raised.count) == (party, "stagnant", "certain", count)


def test_a_plan_that_went_by_is_overdue() -> None:
    """Of a deal, and of a part of a project that another part does not meet."""
    accepted("11-plan-overdue")
    of_deal = flag("11-plan-overdue", "overdue")
    assert (of_deal.deal, of_deal.severity, of_deal.milestones) == ("acme-mining", "watch", ("construction-start",))
    assert days([of_deal.since, of_deal.next_on]) == ["2026-03-31", "2026-12-31"]
    accepted("11-another-plan-of-a-part")
    of_part = flag("11-another-plan-of-a-part", "overdue")
    assert (of_part.deal, of_part.severity, of_part.milestones) == (None, "stagnant", ("first-output",))


@pytest.mark.parametrize(
    ("name", "leg", "replaced"),
    [
        ("14-novation-same-day", "equity", "2021-06-01"),
        ("14-another-lender-replaced-same-day", "debt", "2020-06-30"),
        ("15-licence-conversion", "rights", "2020-06-01"),
        ("15-another-licence-renewed-same-day", "rights", "2020-06-01"),
    ],
)
def test_what_is_replaced_on_the_day_on_which_it_ends_binds(name: str, leg: str, replaced: str) -> None:
    accepted(name)
    state = deal(name)
    assert [(one.leg, one.valid, *days([one.since if one.valid else one.ended_on])) for one in state.legs] == [
        (leg, False, replaced),
        (leg, True, replaced),
    ]
    assert (project(name).level.label, state.phase, state.memorandum_runs) == ("bound", 1, False)


def test_a_renewed_right_to_explore_is_idle_since_the_first() -> None:
    start = flag("15-another-licence-renewed-same-day", "idle-right").start
    assert start is not None
    assert days([start.latest]) == ["2015-01-10"]


def test_the_end_of_a_licence_is_its_ends_on() -> None:
    _, refused = read("17-licence-expiry")
    assert [("expires_on" in text, "ends_on" in text) for text in refused] == [(True, True)]
    name = "17-another-licence-with-ends_on"
    accepted(name)
    assert [leg.valid for leg in deal(name, as_of="2024-03-01").legs] == [True]
    state = deal(name, as_of="2024-03-02")
    assert ([leg.valid for leg in state.legs], state.ended_how) == ([False], "terminated")


def test_a_licence_that_is_prolonged_in_time_stands() -> None:
    name = "17-another-licence-prolonged"
    accepted(name)
    assert [leg.valid for leg in deal(name).legs] == [True]
    assert deal(name, as_of="2030-03-02").ended_how == "terminated"


def test_a_long_stop_without_a_condition_does_nothing_and_drilling_cures_one() -> None:
    accepted("17b-licence-expiry-as-long-stop")
    assert [leg.valid for leg in deal("17b-licence-expiry-as-long-stop").legs] == [True]
    accepted("17c-licence-expiry-conditional-then-drilled")
    (leg,) = deal("17c-licence-expiry-conditional-then-drilled").legs
    assert (leg.valid, leg.conditional) == (True, False)


@pytest.mark.parametrize(
    ("name", "overlay"),
    [
        ("33-only-deal-cancelled", "cancelled"),
        ("33-another-only-deal-withdrawn", "withdrawn"),
        ("34-only-deal-suspended", "suspended"),
        ("34-another-both-deals-suspended", "suspended"),
        ("35-project-suspended-memo", "suspended"),
        ("35-another-suspended-before-the-paper", "suspended"),
        ("43-another-cancelled-by-the-state", "cancelled"),
    ],
)
def test_a_project_shows_what_became_of_all_its_deals(name: str, overlay: str) -> None:
    accepted(name)
    assert overlay in project(name).overlays
    assert all(overlay in state.overlays for state in judgement(name).deals)


def test_the_paper_of_an_expansion_is_seen_when_it_has_a_deal_of_its_own() -> None:
    accepted("36-expansion-paper-same-owner")
    assert flags("36-expansion-paper-same-owner") == set()
    name = "36b-expansion-paper-own-deal"
    accepted(name)
    assert ("memorandum-only", "train-2", "presumed-dead") in flags(name)
    assert (project(name).headline, project(name).level.label) == (None, "producing")
    other = "36-another-study-for-an-expansion-own-deal"
    accepted(other)
    assert ("announced-only", "train-3", "stagnant") in flags(other)


def test_a_line_through_several_countries_is_in_the_markets_of_all() -> None:
    _, refused = read("37-pipeline-three-countries")
    assert [text.partition(":")[0] for text in refused] == ["/data/country"]
    name = "37-another-corridor-with-countries"
    events = accepted(name)
    assert project(name).countries == ("KZ", "UZ", "AF")
    history = portfolio(events).histories[events[0].subject]
    assert standing_of(history).markets == {("KZ", "zinc"), ("UZ", "zinc"), ("AF", "zinc")}


@pytest.mark.parametrize(
    ("name", "since"), [("41-reopened-deal", "2025-01-01"), ("41-another-reopened-after-an-exit", "2024-01-01")]
)
def test_a_deal_that_is_taken_up_again_later_counts_from_its_new_paper(name: str, since: str) -> None:
    accepted(name)
    state = deal(name)
    assert state.memorandum is not None
    assert (state.phase, state.memorandum_runs, *days([state.memorandum.latest])) == (2, True, since)


def test_a_promise_of_money_is_a_pledge_and_one_that_is_told_again_is_no_second_paper() -> None:
    _, refused = read("42-pledge-revised")
    assert [text.partition(":")[0] for text in refused] == ["/data/conditional"]
    accepted("42b-pledge-revised")
    assert (deal("42b-pledge-revised").papers, project("42b-pledge-revised").level.label) == (2, "memorandum")
    name = "42-another-pledge-told-again-lower"
    accepted(name)
    assert (deal(name).papers, project(name).level.label) == (0, "announced")


def test_who_cancelled_a_project_is_one_of_those_who_can() -> None:
    _, refused = read("43-cancelled-by-side")
    (text,) = refused
    assert text.startswith("/data/by: ")
    assert "owner, state, lender, court, investor" in text
    name = "43-another-cancelled-by-the-state"
    cancelled = accepted(name)[-1]
    assert (cancelled.data["by"], cancelled.data["reason"]) == ("state", "parliament voted it down")
    assert deal(name).ended_how == "cancelled"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("45-first-on-open-start", "first by 31 March 2022"),
        ("45-another-rights-on-open-start", "since 31 December 2019 or before"),
        ("46-first-on-year", "first in 2014"),
        ("46-another-first-in-a-month", "since August 2016"),
        ("47-bound-since-year", "since 2014"),
        ("47-another-bound-between", "since a day between 2013 and 2015"),
        ("48-bound-since-unknown", "since an unknown day"),
        ("48-another-ended-on-an-unknown-day", "by 30 June 2020"),
    ],
)
def test_a_day_is_told_as_it_was_given(name: str, said: str) -> None:
    assert said in words(name)


def test_the_fields_of_an_imprecise_day_carry_both_its_ends() -> None:
    year, unknown = project("47-bound-since-year"), project("48-bound-since-unknown")
    assert days([year.bound_on_earliest, year.bound_on]) == ["2014-01-01", "2014-12-31"]
    assert days([unknown.bound_on_earliest, unknown.bound_on]) == [None, TODAY]
    gone = deal("48-another-ended-on-an-unknown-day")
    assert days([gone.ended_on_earliest, gone.ended_on]) == [None, "2020-06-30"]


@pytest.mark.parametrize("name", ["49-one-of-two-units-mothballed", "49-another-one-of-two-parts-mothballed"])
def test_a_plant_of_which_one_unit_is_idle_produces_and_tells_which(name: str) -> None:
    accepted(name)
    plant = project(name)
    assert (plant.level.label, plant.overlays, flags(name)) == ("producing", (), set())
    assert [(line.part or line.deal, line.suspended) for line in plant.works] == [
        ("unit-1", ("production",)),
        ("unit-2", ()),
    ]


def test_a_second_unit_that_is_never_finished_is_told_when_it_is_a_part() -> None:
    """Rows without `part` are one part, whoever's they are: there it is produced."""
    accepted("50-second-unit-never-finished")
    assert flags("50-second-unit-never-finished") == set()
    name = "50-another-second-part-never-finished"
    accepted(name)
    raised = flag(name, "not-producing")
    assert (raised.deal, raised.severity, raised.parts, project(name).level.label) == (
        None,
        "stagnant",
        ("unit-2",),
        "producing",
    )


@pytest.mark.parametrize("name", ["51-one-of-two-units-retired", "51-another-one-of-two-parts-retired"])
def test_a_plant_of_which_one_unit_is_retired_produces(name: str) -> None:
    accepted(name)
    assert (project(name).level.label, project(name).overlays, flags(name)) == ("producing", (), set())
    assert [state.ended_how for state in judgement(name).deals if state.deal != "acme-power"] in (
        ["completed", None],
        [],
    )


def test_of_several_contracts_the_one_that_is_named_ends() -> None:
    accepted("57-one-of-two-contracts-terminated")
    assert [leg.valid for leg in deal("57-one-of-two-contracts-terminated").legs] == [False, False]
    name = "57-another-one-contract-named-by-ends"
    accepted(name)
    assert ([leg.valid for leg in deal(name).legs], project(name).level.label) == ([True, False], "bound")


def test_an_event_under_the_wrong_key_is_sent_again_and_the_key_superseded() -> None:
    _, refused = read("58-event-under-the-wrong-project")
    assert [text.partition(":")[0] for text in refused] == ["/data/changes/subject"]
    events = accepted("58-another-key-superseded")
    whole = portfolio(events)
    superseded = whole.histories["a58-from"].superseded
    assert superseded is not None
    assert (superseded.by, superseded.reason) == (("a58-to",), "one deposit had two keys")
    for day in ("2021-01-01", TODAY):
        assert judged(events, day, "a58-from") == Judgement(project=None, deals=(), flags=())
        assert of_project(judged(events, day, "a58-to")).level.label == "memorandum"
