"""not-building: bound for long, and nothing stirs on the ground (domain page, section 6)."""

from __future__ import annotations

import pytest

from tests.domain.flags.portfolio_by_hand import deposit, pursued, standing

BOUND = pursued("equity.agreed", "2018-02-28", "alpha")


def test_the_watch_comes_on_the_day_and_not_the_day_before() -> None:
    assert standing([deposit(), BOUND], "not-building", "2020-02-27") == []
    (flag,) = standing([deposit(), BOUND], "not-building", "2020-02-28")
    assert (flag.severity, flag.since.isoformat(), flag.threshold_months) == ("watch", "2020-02-28", 24)


def test_building_that_was_begun_and_suspended_was_building_all_the_same() -> None:
    begun = [
        deposit(), BOUND,
        pursued("construction.started", "2019-01-10", "alpha"),
        pursued("construction.suspended", "2019-06-10", "alpha"),
    ]  # fmt: skip
    assert standing(begun, "not-building", "2024-01-01") == []


def test_money_alone_is_no_building() -> None:
    paid = [deposit(), BOUND, pursued("funds.disbursed", "2019-01-10", "alpha")]
    assert len(standing(paid, "not-building", "2020-02-28")) == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [("offtake.signed", {"commodity": "tungsten"}), ("rights.granted", {"right": "exploration"})],
)
def test_an_offtake_and_a_right_to_explore_oblige_nobody_to_build(name: str, data: dict[str, str]) -> None:
    assert standing([deposit(), pursued(name, "2018-02-28", "alpha", **data)], "not-building", "2024-01-01") == []


def test_only_what_is_built_can_be_not_built() -> None:
    assert standing([deposit(kind="supply"), BOUND], "not-building", "2024-01-01") == []
