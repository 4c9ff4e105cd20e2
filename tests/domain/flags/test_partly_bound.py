"""partly-bound: something binds, and a required leg does not follow (domain page, section 6)."""

from __future__ import annotations

from tests.domain.flags.portfolio_by_hand import deposit, pursued, standing

REQUIRED = ["equity", "offtake"]
BOUND = pursued("equity.agreed", "2020-08-31", "alpha")


def test_the_watch_comes_at_the_clamped_end_of_the_month_and_not_the_day_before() -> None:
    log = [deposit(required_legs=REQUIRED), BOUND]
    assert standing(log, "partly-bound", "2022-02-27") == []
    (flag,) = standing(log, "partly-bound", "2022-02-28")
    assert (flag.missing, flag.threshold_months) == (("offtake",), 18)


def test_a_deal_under_construction_is_not_flagged_for_a_missing_leg() -> None:
    log = [deposit(required_legs=REQUIRED), BOUND, pursued("construction.started", "2021-01-10", "alpha")]
    assert standing(log, "partly-bound", "2024-01-01") == []


def test_nothing_is_missing_where_nothing_is_required() -> None:
    assert standing([deposit(), BOUND], "partly-bound", "2024-01-01") == []
