"""slipping: the same milestone is put off again and again (domain page, section 6)."""

from __future__ import annotations

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags import portfolio_by_hand as by_hand
from tests.domain.flags.portfolio_by_hand import NOTHING, deposit, freed, held, paper, pursued, said, the

FLAG = "slipping"
START = [deposit(), paper("2018-01-01")]


def plan(occurred: str, planned_on: str, milestone: str = "first-ore", party: str = "alpha", **data: str) -> Event:
    return pursued("milestone.planned", occurred, party, milestone=milestone, planned_on=planned_on, **data)


def turns(*events: Event) -> dict[str, str]:
    return by_hand.turns([*START, *events], FLAG)


def test_the_second_move_makes_it_on_its_day_and_the_first_does_not() -> None:
    first, once, twice = plan("2018-05-05", "2020"), plan("2019-05-05", "2021"), plan("2020-05-05", "2022")
    assert turns(first, once) == {}
    assert turns(first, once, twice) == {"2020-05-05": "watch"}


def test_moving_a_plan_earlier_counts_for_nothing_and_undoes_nothing() -> None:
    plans = [plan("2018-05-05", "2020"), plan("2019-05-05", "2022"), plan("2019-08-08", "2021")]
    assert turns(*plans) == {}
    assert turns(*plans, plan("2020-05-05", "2022")) == {"2020-05-05": "watch"}


@pytest.mark.parametrize(
    ("before", "after", "later"),
    [
        ("2021-06", "2021", True),  # the latest day counts
        ("2021", "2021-06", False),
        ("2021", "2021-07/2021", True),  # then the earliest
        ("2021-07/2021", "2021", False),
        ("2021", "2021/..", True),  # an open end comes after every day
        ("2021/..", "2022/..", True),
        ("2022/..", "2030", False),
        ("2021", "2021-12-31", True),
        ("2021", "2021~", False),
        ("2021", "unknown", True),
        ("unknown", "2021/..", True),
        ("../2021", "2021", True),
    ],
)
def test_plans_compare_by_the_latest_then_the_earliest_day(before: str, after: str, later: bool) -> None:
    moved_once = [plan("2018-02-02", "2010"), plan("2018-05-05", before)]
    assert bool(turns(*moved_once, plan("2019-05-05", after))) is later


def test_milestones_are_counted_apart() -> None:
    plans = [plan("2018-05-05", "2020"), plan("2019-05-05", "2021"), plan("2018-06-06", "2020", "smelter"), plan("2019-06-06", "2021", "smelter")]  # fmt: skip
    assert turns(*plans) == {}
    assert turns(*plans, plan("2020-06-06", "2022", "smelter")) == {"2020-06-06": "watch"}


def test_the_same_milestone_of_two_parts_is_counted_apart() -> None:
    plans = [
        plan("2018-05-05", "2020", part="pit-1"),
        plan("2019-05-05", "2021", part="pit-1"),
        plan("2019-06-06", "2022", part="pit-2"),
        plan("2019-07-07", "2023"),
    ]
    assert turns(*plans) == {}
    assert turns(*plans, plan("2020-05-05", "2022", part="pit-1")) == {"2020-05-05": "watch"}


def test_only_the_deals_own_plans_count() -> None:
    mine = [plan("2018-05-05", "2020"), plan("2019-05-05", "2021")]
    of_project = event("milestone.planned", "2020-05-05", deal=None, milestone="first-ore", planned_on="2025")
    assert turns(*mine, of_project, plan("2020-06-06", "2026", party="beta")) == {}


def test_plans_before_the_first_step_are_not_the_phases_own() -> None:
    early = [plan("2016-05-05", "2018"), plan("2017-05-05", "2019")]
    assert turns(*early, plan("2018-05-05", "2020"), plan("2019-05-05", "2021")) == {}


def test_the_next_phase_counts_afresh() -> None:
    slipped = [plan("2018-05-05", "2020"), plan("2019-05-05", "2021"), plan("2020-05-05", "2022")]
    left = pursued("investor.withdrew", "2020-08-08", "alpha")
    again = [paper("2021-01-01"), plan("2021-05-05", "2023"), plan("2022-05-05", "2024")]
    assert turns(*slipped, left, *again) == {"2020-05-05": "watch", "2020-08-08": NOTHING}
    assert turns(*slipped, left, *again, plan("2023-05-05", "2025"))["2023-05-05"] == "watch"


def test_it_slips_also_when_bound_and_rests_while_it_produces() -> None:
    slipped = [plan("2018-05-05", "2020"), plan("2019-05-05", "2021"), plan("2020-05-05", "2022")]
    bound = pursued("equity.closed", "2019-01-01", "alpha")
    produced = pursued("production.started", "2022-08-08", "alpha", phase="commercial")
    stopped = pursued("production.suspended", "2023-08-08", "alpha")
    assert turns(bound, *slipped, produced, stopped) == {
        "2020-05-05": "watch",
        "2022-08-08": NOTHING,
        "2023-08-08": "watch",
    }


def test_a_plan_of_an_imprecise_day_counts_from_its_latest() -> None:
    assert turns(plan("2018-05-05", "2020"), plan("2019", "2021"), plan("2020", "2022")) == {"2020-12-31": "watch"}


def test_it_names_each_move_and_how_often() -> None:
    moves = [plan("2019-05-05", "2021"), plan("2020-05-05", "2022"), plan("2021-05-05", "2023")]
    log = [*START, plan("2018-05-05", "2020"), *moves]
    flag = the(log, FLAG, "2022-01-01")
    assert flag.evidence == tuple(move.reference for move in moves)
    assert (flag.severity, flag.certainty, flag.clock, flag.start, flag.next_on) == ("watch", "certain", None, None, None)  # fmt: skip
    assert (flag.since.isoformat(), flag.count) == ("2020-05-05", 3)
    assert said(log, FLAG, "2022-01-01") == "A milestone was put off 3 times."


def test_in_a_hold_it_does_not_come_and_on_the_thaw_it_does() -> None:
    slipped = [plan("2018-05-05", "2020"), plan("2019-05-05", "2021"), plan("2020-05-05", "2022")]
    assert turns(*slipped, held("2020-01-01", deal="alpha"), freed("2020-09-09", deal="alpha")) == {
        "2020-09-09": "watch"
    }
