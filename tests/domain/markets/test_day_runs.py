"""Runs of days are sets of days: what they give equals the same of sets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from steppe.domain.markets.day_runs import Run, contains, difference, intersection, union, within

_FIRST = date(2020, 1, 1)
_DAYS = range(30)


def _day(number: int) -> date:
    return _FIRST + timedelta(days=number)


def _set_of(runs: Sequence[Run]) -> set[int]:
    return {number for number in _DAYS for since, until in runs if since <= _day(number) < until}


_runs = st.lists(
    st.tuples(st.integers(0, 28), st.integers(0, 9)).map(lambda run: (_day(run[0]), _day(min(run[0] + run[1], 29)))),
    max_size=6,
)


@given(_runs, _runs, st.integers(0, 28), st.integers(0, 10))
def test_union_intersection_difference_and_part_are_those_of_sets(
    one: list[Run], other: list[Run], first: int, length: int
) -> None:
    days, others = union(one), union(other)
    assert _set_of(days) == _set_of(one)
    assert all(since < until for since, until in days)
    assert all(before[1] < after[0] for before, after in pairwise(days)), "they are apart"
    assert _set_of(intersection(days, others)) == _set_of(one) & _set_of(other)
    assert _set_of(difference(days, others)) == _set_of(one) - _set_of(other)
    assert _set_of(within(days, _day(first), _day(first + length))) == _set_of(one) & set(range(first, first + length))
    assert {number for number in _DAYS if contains(days, _day(number))} == _set_of(one)
