"""not-producing: built or in trial for long, without commercial production (domain page, section 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.thresholds import Override
from tests.domain.event_logs import event
from tests.domain.flags import portfolio_by_hand as by_hand
from tests.domain.flags.portfolio_by_hand import (
    NOTHING,
    deposit,
    freed,
    held,
    judged,
    of_project,
    paper,
    pursued,
    said,
    the,
)

FLAG = "not-producing"
MINE = deposit()


def ground(name: str, occurred: str, **data: str) -> Event:
    """A physical row that speaks of the project."""
    return event(name, occurred, deal=None, **data)


def turns(*events: Event) -> dict[str, str]:
    return by_hand.turns([MINE, *events], FLAG, deal=None)


def test_construction_is_a_watch_after_36_months_and_stagnant_after_60() -> None:
    assert turns(ground("construction.started", "2016-02-29")) == {"2019-02-28": "watch", "2021-02-28": "stagnant"}
    assert turns(ground("construction.started", "2015-03-15")) == {"2018-03-15": "watch", "2020-03-15": "stagnant"}


def test_a_trial_is_a_watch_after_12_months_and_stagnant_after_24() -> None:
    assert turns(ground("production.started", "2020-02-29")) == {"2021-02-28": "watch", "2022-02-28": "stagnant"}
    assert turns(ground("production.started", "2020-08-31", phase="trial")) == {
        "2021-08-31": "watch",
        "2022-08-31": "stagnant",
    }


@pytest.mark.parametrize(
    ("built", "tried", "watch", "stagnant"),
    [
        ("2018-03-15", "2019-06-06", "2020-06-06", "2021-06-06"),
        ("2018-03-15", "2020-06-06", "2021-03-15", "2022-06-06"),
        ("2018-03-15", "2022-06-06", "2021-03-15", "2023-03-15"),
    ],
)
def test_each_severity_comes_by_the_clock_that_gets_there_first(
    built: str, tried: str, watch: str, stagnant: str
) -> None:
    changes = turns(ground("construction.started", built), ground("production.started", tried))
    assert changes == {watch: "watch", stagnant: "stagnant"}


def test_a_year_makes_it_possible_before_it_is_certain_and_an_open_start_does_not() -> None:
    assert turns(ground("production.started", "2020")) == {
        "2021-01-01": "possible watch",
        "2021-12-31": "watch",
        "2022-01-01": "possible stagnant",
        "2022-12-31": "stagnant",
    }
    assert turns(ground("production.started", "../2020-12-31")) == {"2021-12-31": "watch", "2022-12-31": "stagnant"}


def test_of_two_starts_of_construction_the_first_counts() -> None:
    assert turns(ground("construction.started", "2015-03-15"), ground("construction.started", "2017-05-05")) == {
        "2018-03-15": "watch",
        "2020-03-15": "stagnant",
    }


@pytest.mark.parametrize("name", ["construction.suspended", "construction.resumed", "construction.completed"])
def test_whatever_proves_that_construction_had_begun_starts_the_clock(name: str) -> None:
    assert list(turns(ground(name, "2015-03-15"))) == ["2018-03-15", "2020-03-15"]


def test_construction_runs_on_through_suspensions() -> None:
    stopped, resumed = ground("construction.suspended", "2016-01-01"), ground("construction.resumed", "2017-12-31")
    halted = ground("project.suspended", "2016-06-06")
    built = ground("construction.started", "2015-03-15")
    assert turns(built, stopped) == turns(built, stopped, resumed) == turns(built, halted) == turns(built)


def test_commercial_output_clears_it_for_good_and_a_trial_does_not() -> None:
    built, tried = ground("construction.started", "2015-03-15"), ground("production.started", "2019-01-01")
    sold = ground("production.started", "2019-05-05", phase="commercial")
    assert turns(built, tried, sold) == {"2018-03-15": "watch", "2019-05-05": NOTHING}
    assert turns(built, sold, ground("production.suspended", "2020-01-01")) == {"2018-03-15": "watch", "2019-05-05": NOTHING}  # fmt: skip
    assert turns(built, tried) == {"2018-03-15": "watch", "2020-03-15": "stagnant"}


def test_output_that_was_commercial_before_a_new_construction_leaves_nothing_to_ask() -> None:
    sold = ground("production.started", "2010-05-05", phase="commercial")
    assert turns(sold, ground("construction.started", "2015-03-15")) == {}


@pytest.mark.parametrize("kind", ["plant", "corridor"])
def test_it_is_asked_of_what_is_built(kind: str) -> None:
    log = [deposit(kind=kind), ground("construction.started", "2015-03-15")]
    assert list(by_hand.turns(log, FLAG, deal=None)) == ["2018-03-15", "2020-03-15"]


@pytest.mark.parametrize("kind", ["exploration", "supply", "corporate", "programme", "umbrella"])
def test_it_is_not_asked_of_anything_else(kind: str) -> None:
    log = [deposit(kind=kind), ground("construction.started", "2015-03-15")]
    assert by_hand.turns(log, FLAG, deal=None) == {}


def test_it_rests_when_every_deal_has_ended_and_wakes_with_a_new_one() -> None:
    built = pursued("construction.started", "2015-03-15", "alpha")
    left = pursued("investor.withdrew", "2019-01-01", "alpha")
    assert turns(built, left) == {"2018-03-15": "watch", "2019-01-01": NOTHING}
    assert turns(built, left, paper("2021-01-01", "beta")) == {
        "2018-03-15": "watch",
        "2019-01-01": NOTHING,
        "2021-01-01": "stagnant",
    }


def test_a_deal_of_which_only_news_is_known_neither_lives_nor_ever_was() -> None:
    news = pursued("setback.reported", "2014-01-01", "alpha", kind="price")
    left = pursued("investor.withdrew", "2014-02-02", "alpha")
    assert turns(news, left, ground("construction.started", "2015-03-15")) == turns(
        ground("construction.started", "2015-03-15")
    )


@pytest.mark.parametrize("name", ["project.cancelled", "project.completed"])
def test_without_any_deal_it_rests_when_the_project_is_given_up_or_done(name: str) -> None:
    built = ground("construction.started", "2015-03-15")
    assert turns(built, event(name, "2019-01-01", deal=None)) == {"2018-03-15": "watch", "2019-01-01": NOTHING}


def test_it_is_of_the_project_and_names_what_was_done_on_the_ground() -> None:
    built, tried = ground("construction.started", "2018-03-15"), ground("production.started", "2020-06-06")
    log = [MINE, paper("2018-01-01"), built, tried]
    flag = the(log, FLAG, "2022-01-01")
    assert (flag.deal, flag.severity, flag.clock, flag.threshold_months) == (None, "watch", "delivery", 36)
    assert flag.evidence == (built.reference, tried.reference)
    assert (flag.since, flag.certain_on) == (date(2021, 3, 15), date(2021, 3, 15))
    assert (flag.next_severity, flag.next_on) == ("stagnant", date(2022, 6, 6))
    assert said(log, FLAG, "2022-01-01") == "Built or in trial for 45 months, without commercial production."
    assert said(log, FLAG, "2022-06-06") == "Built or in trial for 24 months, without commercial production."


def test_nothing_comes_next_when_the_last_living_deal_ends_first() -> None:
    tried = ground("production.started", "2020-03-15")
    sold = pursued("offtake.signed", "2020-01-01", "alpha", commodity="tungsten", ends_on="2021-12-31")
    log = [MINE, sold, tried]
    assert turns(sold, tried) == {"2021-03-15": "watch", "2022-01-01": NOTHING}
    assert (the(log, FLAG, "2021-06-01").next_severity, the(log, FLAG, "2021-06-01").next_on) == (None, None)
    prolonged = [*log[:1], pursued("offtake.signed", "2020-01-01", "alpha", commodity="tungsten", ends_on="2022-03-15"), tried]  # fmt: skip
    assert the(prolonged, FLAG, "2021-06-01").next_on == date(2022, 3, 15)
    beside = [*log, paper("2020-05-05", "beta")]
    assert the(beside, FLAG, "2021-06-01").next_on == date(2022, 3, 15)


def test_only_a_hold_on_the_project_holds_it() -> None:
    built = ground("construction.started", "2015-03-15")
    assert turns(built, held("2018-01-01", until="2018-09-09")) == {"2018-09-09": "watch", "2020-03-15": "stagnant"}
    assert turns(built, held("2019-01-01"), freed("2020-06-06")) == {"2018-03-15": "watch", "2020-06-06": "stagnant"}
    assert turns(built, paper("2015-01-01"), held("2018-01-01", deal="alpha")) == turns(built)
    assert turns(built, held("2019-01-01"), freed("2019-02-02", deal="alpha")) == {"2018-03-15": "watch"}
    (flag,) = [f for f in judged([MINE, built, held("2019-01-01")], "2019-05-05").flags if f.flag == FLAG]
    assert flag.on_hold


def test_a_threshold_by_level_goes_by_the_level_of_the_project_not_of_its_ground() -> None:
    rules = replace(RULES, overrides=(Override(rule="not-producing.construction.watch", value=12, level="bound"),))
    halted = event("construction.suspended", "2020-01-10")
    whole = portfolio([MINE, halted], rules=rules)
    for day, flags in ((date(2021, 1, 9), []), (date(2021, 1, 10), [FLAG])):
        found_then = whole.judged("north", day)
        assert (of_project(found_then).level.label, of_project(found_then).physical_state) == ("bound", None)
        assert [flag.flag for flag in found_then.flags if flag.deal is None] == flags


def test_each_part_is_asked_by_itself_and_rows_without_a_part_are_one_too() -> None:
    one = ground("production.started", "2010-01-10", part="unit-1", phase="commercial")
    other = ground("construction.started", "2018-03-15", part="unit-2")
    assert turns(one, other) == {"2021-03-15": "watch", "2023-03-15": "stagnant"}
    assert turns(one, ground("construction.started", "2018-03-15")) == turns(other)
    done = ground("production.started", "2022-03-15", part="unit-2", phase="commercial")
    assert turns(one, other, done) == {"2021-03-15": "watch", "2022-03-15": NOTHING}
    assert turns(other, ground("production.started", "2022-03-15", phase="commercial")) == turns(other)


def test_of_parts_that_are_late_on_one_day_the_clock_is_that_of_the_first_to_begin() -> None:
    later, first = ground("construction.started", "2016-02-29"), ground("construction.started", "2016-02-28", part="u1")
    flag = the([MINE, later, first], FLAG, "2019-03-05")
    assert (flag.start and flag.start.latest, flag.since) == (date(2016, 2, 28), date(2019, 2, 28))


def test_it_names_the_parts_from_the_day_on_which_each_is_late() -> None:
    log = [
        MINE,
        ground("construction.started", "2018-03-15", part="unit-1"),
        ground("construction.started", "2019-03-15", part="unit-2"),
    ]
    assert by_hand.turns(log, FLAG, deal=None) == {"2021-03-15": "watch", "2023-03-15": "stagnant"}
    assert the(log, FLAG, "2021-06-06").parts == ("unit-1",)
    assert the(log, FLAG, "2022-03-15").parts == ("unit-1", "unit-2")
    assert said(log, FLAG, "2022-03-15").endswith("without commercial production (unit-1 and unit-2).")


def test_a_part_that_is_retired_is_asked_no_more_until_it_begins_anew() -> None:
    built = ground("construction.started", "2015-03-15", part="unit-1")
    retired = event("project.retired", "2019-05-05", deal=None, part="unit-1")
    assert turns(built, retired) == {"2018-03-15": "watch", "2019-05-05": NOTHING}
    again = ground("construction.started", "2020-03-15", part="unit-1")
    assert turns(built, retired, again)["2023-03-15"] == "watch"


def test_works_of_another_deal_on_the_same_part_are_of_that_part() -> None:
    built = pursued("construction.started", "2015-03-15", "alpha", part="unit-1")
    producing = pursued("production.started", "2017-03-15", "beta", part="unit-1", phase="commercial")
    assert turns(built, producing) == {}


def test_a_suspension_of_construction_does_not_stop_the_clock() -> None:
    built, stopped = ground("construction.started", "2015-03-15"), ground("construction.suspended", "2016-01-01")
    assert turns(built, stopped) == turns(built)
