"""From the first leg to production (domain page, section 9)."""

from __future__ import annotations

from datetime import date

from steppe.domain.measures.conversion import Standing
from steppe.domain.measures.delivery import Delivery, delivery
from steppe.domain.values.states import Start

PAPER, LEG, WORKS, LATE = date(2015, 1, 1), date(2016, 1, 1), date(2018, 1, 1), date(2020, 1, 1)
DAY = date(2021, 1, 1)
FIRST_LEG = Start(earliest=date(2015, 7, 1), latest=LEG)


def of(*standings: Standing, day: date = DAY) -> Delivery:
    measured = delivery(standings, day)
    assert measured is not None
    return measured


def test_it_counts_from_the_first_leg_to_the_first_day_of_production_with_both_ends() -> None:
    measured = of(
        Standing(since=PAPER, phase=1),
        Standing(since=LEG, phase=1, leg=FIRST_LEG),
        Standing(since=WORKS, phase=1, leg=FIRST_LEG, produces=True),
        Standing(since=LATE, phase=1, leg=FIRST_LEG),
    )
    assert (measured.outcome, measured.months, measured.months_most) == ("delivered", 24, 30)


def test_without_production_it_ends_with_the_deal_or_is_open() -> None:
    bound = Standing(since=LEG, phase=1, leg=FIRST_LEG)
    assert (of(bound).outcome, of(bound).months) == ("open", 60)
    ended = Standing(since=LATE, phase=1, leg=FIRST_LEG, ended=Start(earliest=LATE, latest=LATE), ended_how="withdrawn")
    measured = of(bound, ended)
    assert (measured.outcome, measured.how, measured.months) == ("ended", "withdrawn", 48)
    assert of(bound, ended, day=date(2019, 1, 1)).outcome == "open"
    assert of(bound, ended, Standing(since=date(2020, 6, 1), phase=2)).outcome == "open", "it lives again"


def test_who_binds_when_it_produces_already_is_told_apart_and_without_a_leg_there_is_nothing() -> None:
    produces = Standing(since=PAPER, phase=1, produces=True)
    assert of(produces, Standing(since=LEG, phase=1, leg=FIRST_LEG, produces=True)).outcome == "produced-before"
    same_day = of(Standing(since=LEG, phase=1, leg=FIRST_LEG, produces=True))
    assert same_day.outcome == "produced-before"
    assert delivery([produces], DAY) is None
    assert delivery([Standing(since=LEG, phase=1, leg=FIRST_LEG)], PAPER) is None
