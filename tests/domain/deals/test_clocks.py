"""When the clocks start, what restarts them, and how months are counted (domain page, section 5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import MEMORANDUM_CLASS, VOCABULARY, Effect, EventKind
from steppe.domain.values.months import add_months, months_between
from steppe.domain.values.states import Start, age_months
from tests.domain.deals.test_levels import made
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deal_on, deposit, paper, pursued

DAY = "2024-01-01"
SIGNED = paper("2020-01-31")
ENDS_THE_DEAL = ("investor.withdrew", "project.cancelled", "project.completed", "project.retired")
STEPS = MEMORANDUM_CLASS | {
    "study.started", "study.completed", "finance.approved", "permit.applied", "permit.granted",
}  # fmt: skip


def start(clock: Start | None) -> tuple[str | None, str] | None:
    if clock is None:
        return None
    return (clock.earliest.isoformat() if clock.earliest else None, clock.latest.isoformat())


def clocks(*events: Event) -> tuple[Any, Any, Any]:
    """M, S and T of the deal: where each began."""
    state = deal_on([deposit(), *events], DAY)
    return (start(state.memorandum), start(state.silence), start(state.step))


def exact(day: str) -> tuple[str, str]:
    return (day, day)


@pytest.mark.parametrize(
    "kind", [k for k in VOCABULARY if k.effect is not Effect.RECORD and k.name not in ENDS_THE_DEAL], ids=lambda kind: str(kind.name)
)  # fmt: skip
def test_every_event_is_heard_and_only_some_are_steps_and_none_restarts_the_memorandum_clock(kind: EventKind) -> None:
    memorandum, silence, step = clocks(SIGNED, made(kind.name, "2022-03-03"))
    is_step = kind.name in STEPS or kind.effect in (Effect.BINDING, Effect.PHYSICAL)
    assert memorandum == exact("2020-01-31")
    assert silence == exact("2022-03-03")
    assert step == exact("2022-03-03" if is_step else "2020-01-31")


@pytest.mark.parametrize("kind", [k for k in VOCABULARY if k.effect is Effect.RECORD], ids=lambda kind: str(kind.name))
def test_a_row_about_the_record_is_not_heard(kind: EventKind) -> None:
    if not kind.is_correction and kind.name != "project.superseded":
        assert clocks(SIGNED, made(kind.name, "2022-03-03")) == clocks(SIGNED)


@pytest.mark.parametrize("kind", [k for k in VOCABULARY if k.may_speak_of_project and k.effect is not Effect.RECORD and k.name not in ENDS_THE_DEAL], ids=lambda kind: str(kind.name))  # fmt: skip
def test_what_speaks_of_the_project_is_heard_by_every_deal_and_is_no_step_of_any(kind: EventKind) -> None:
    data = {
        "kind": "talks",
        "milestone": "x",
        "planned_on": "2030",
        "right": "land",
        "step": "metal",
        "permit": "other",
    }
    spoken = event(kind.name, "2022-03-03", deal=None, **data)
    assert clocks(SIGNED, spoken) == (exact("2020-01-31"), exact("2022-03-03"), exact("2020-01-31"))


def test_a_rivals_success_is_neither_heard_nor_a_step() -> None:
    assert clocks(SIGNED, pursued("equity.closed", "2022-03-03", "beta")) == clocks(SIGNED)


def test_what_speaks_of_the_project_before_the_deals_first_event_is_not_heard_by_it() -> None:
    spoken = event("intent.announced", "2020-06-06", deal=None, kind="talks")
    assert clocks(paper("2020"), spoken)[1] == ("2020-01-01", "2020-12-31")


@pytest.mark.parametrize("name", sorted(MEMORANDUM_CLASS))
def test_the_memorandum_clock_starts_with_the_first_memorandum_class_event_of_the_phase(name: str) -> None:
    talks = made("intent.announced", "2019-01-01")
    study = made("study.started", "2019-02-02")
    assert clocks(talks, study)[0] is None
    assert clocks(talks, study, made(name, "2020-02-02"), paper("2021-01-01"))[0] == exact("2020-02-02")


def test_the_memorandum_clock_runs_while_the_deal_lives_without_a_valid_leg() -> None:
    agreed = pursued("equity.agreed", "2021-01-01", "alpha")
    lost = pursued("contract.terminated", "2022-01-01", "alpha")
    left = pursued("investor.withdrew", "2023-01-01", "alpha")
    log = [deposit(), SIGNED, agreed, lost, left]
    running = {
        day: deal_on(log, day).memorandum_runs for day in ("2020-12-31", "2021-01-01", "2022-01-01", "2023-01-01")
    }
    assert list(running.values()) == [True, False, True, False]
    assert start(deal_on(log, "2022-06-06").memorandum) == exact("2020-01-31")


def test_the_first_of_several_starts_is_the_least_at_both_ends() -> None:
    assert clocks(paper("2020"), paper("2020-06-06"))[0] == ("2020-01-01", "2020-06-06")
    assert clocks(paper("../2021"), paper("2020-06-06"))[0] == (None, "2020-06-06")


def test_the_latest_of_several_starts_is_the_greatest_at_both_ends() -> None:
    assert clocks(paper("2020"), paper("2020-06-06"))[1:] == (("2020-06-06", "2020-12-31"),) * 2
    assert clocks(paper("2020-06-06"), paper("../2021"))[2] == ("2020-06-06", "2021-12-31")


def test_a_new_phase_starts_every_clock_afresh() -> None:
    left = pursued("investor.withdrew", "2021-01-01", "alpha")
    assert clocks(SIGNED, left)[1:] == (None, None)
    talks = made("intent.announced", "2022-01-01")
    assert clocks(SIGNED, left, talks) == (None, exact("2022-01-01"), None)
    assert clocks(SIGNED, left, talks, paper("2022-02-02")) == (exact("2022-02-02"),) * 3


def test_the_delivery_clocks_run_from_bound_to_construction_and_from_construction_to_production() -> None:
    """They are told by the flags not-building and not-producing."""
    agreed = pursued("equity.agreed", "2020-02-29", "alpha")
    built = pursued("construction.started", "2022-02-28", "alpha")
    assert deal_on([deposit(), agreed, built], DAY).bound_on == date(2020, 2, 29)


@pytest.mark.parametrize(
    ("day", "months", "reached"),
    [
        ("2020-08-31", 6, "2021-02-28"),
        ("2023-08-31", 6, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2021-12-31", 1, "2022-01-31"),
        ("2021-10-31", 1, "2021-11-30"),
        ("2021-02-28", 6, "2021-08-28"),
    ],
)
def test_an_age_is_reached_on_the_day_so_many_months_on_or_the_last_of_that_month(
    day: str, months: int, reached: str
) -> None:
    begun, on = date.fromisoformat(day), date.fromisoformat(reached)
    assert add_months(begun, months) == on
    assert months_between(begun, on) == months
    assert months_between(begun, date.fromordinal(on.toordinal() - 1)) == months - 1


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1)), st.integers(1, 240))
def test_an_age_is_never_reached_before_its_day(begun: date, months: int) -> None:
    on = add_months(begun, months)
    assert months_between(begun, on) >= months
    assert months_between(begun, date.fromordinal(on.toordinal() - 1)) == months - 1


def test_the_age_of_an_imprecise_start_has_two_ends_and_an_open_one_has_no_upper() -> None:
    as_of = date(2022, 1, 1)
    assert age_months(Start(earliest=date(2020, 1, 1), latest=date(2020, 12, 31)), as_of) == (12, 24)
    assert age_months(Start(earliest=None, latest=date(2020, 12, 31)), as_of) == (12, None)
