"""The table of goals says what was reached, beside limits and what was measured before; the programs it is made of are there."""

from pathlib import Path

import pytest

from benchmarks import figures, goals, smoke
from benchmarks.figures import Figure


def test_a_goal_stands_beside_its_limit_and_what_was_before() -> None:
    measured = goals.by_name([Figure("rebuild", value, 40_000) for value in (9_000, 12_000, 8_000)])
    (line,) = [line for line in goals.table(measured, {"rebuild": 8_900}).splitlines() if "rebuild" in line]
    assert line == (
        "| rebuild with full judgement | >= 10,000 events/s | 8,000 / 9,000 / 12,000 | 40,000 | 0.23 | 8,900 | missed |"
    )


@pytest.mark.parametrize(
    ("name", "value", "was", "falls"),
    [
        ("rebuild", 20_000, 31_000, True),
        ("rebuild", 20_000, 29_000, False),
        ("pages", 31, 20, True),
        ("pages", 29, 20, False),
    ],
)
def test_what_fell_by_more_than_a_third_is_marked(name: str, value: float, was: float, falls: bool) -> None:
    table = goals.table(goals.by_name([Figure(name, value)]), {name: was})
    assert ("worse than before by more than a third" in table) == falls
    assert "reached" in table


def test_growth_is_the_cost_of_the_largest_rebuild_beside_that_of_the_smallest() -> None:
    costs = {1_000_000: (110, 120), 10_000: (100, 100), 100_000: (900, 900)}
    measured = goals.by_name(Figure(f"rebuild cost of {size}", cost) for size, both in costs.items() for cost in both)
    assert measured["growth"].values == [1.1, 1.2]


def test_figures_are_left_only_where_somebody_asks_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(figures.FILE, raising=False)
    figures.note("rebuild", 1.0)
    monkeypatch.setenv(figures.FILE, str(tmp_path / "figures"))
    figures.note("rebuild", 2.0, 4.0)
    assert list(figures.read(tmp_path / "figures")) == [Figure("rebuild", 2.0, 4.0)]
    assert list(figures.read(tmp_path / "nothing")) == []


@pytest.mark.parametrize("kind", ["CPython 3.11", "CPython 3.11, compiled"])
def test_every_step_that_is_compared_was_recorded(kind: str) -> None:
    assert smoke.recorded(kind).keys() >= set(smoke.COMPARED)


def test_what_an_event_costs_by_size_stands_below_the_goals() -> None:
    measured = goals.by_name([Figure(f"rebuild cost of {size}", cost) for size, cost in ((100_000, 70), (10_000, 68))])
    assert goals.table(measured, {}).splitlines()[-2:] == [
        "| a rebuild of 10,000 events, each | flat µs CPU | 68 / 68 / 68 | | | | |",
        "| a rebuild of 100,000 events, each | flat µs CPU | 70 / 70 / 70 | | | | |",
    ]
