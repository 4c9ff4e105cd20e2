"""A back-test: history under other thresholds (domain page, section 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

from steppe.domain.analysis.backtest import Backtest, FlagWarning, backtest
from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.rule_document import rules_from
from tests.domain.flags.portfolio_by_hand import deposit, on, pursued

PAPER = pursued("memorandum.signed", "2018-03-15", "alpha", instrument="mou")


def tried(events: list[Event], values: dict[str, int], **question: Any) -> Backtest:
    rules = rules_from({"version": "tried", "values": values}, RULES)
    parameters = {"flags": ["memorandum-only"], "first_day": date(2010, 1, 1), "last_day": date(2022, 1, 1), **question}
    return backtest(portfolio(events), portfolio(events, rules=rules), **parameters)


def of(result: Backtest, severity: str) -> FlagWarning:
    (warned,) = [warned for warned in result.warnings if warned.severity == severity]
    return warned


def test_a_lower_threshold_warns_earlier_by_the_difference() -> None:
    comparison = tried([deposit(), PAPER], {"memorandum-only.stagnant": 18})
    warned = of(comparison, "stagnant")
    assert (warned.raised_on, warned.raised_before_on) == (date(2019, 9, 15), date(2020, 3, 15))
    assert (warned.days_earlier, warned.outcome) == (182, "open")
    assert of(comparison, "watch").days_earlier == 0


def test_a_deal_that_bound_anyway_counts_against_the_precision() -> None:
    log = [deposit(), PAPER, pursued("equity.agreed", "2020-01-15", "alpha")]
    log += [on("south", deposit()), on("south", pursued("memorandum.signed", "2018-03-15", "beta", instrument="mou"))]
    comparison = tried(log, {"memorandum-only.stagnant": 18})
    (score,) = [score for score in comparison.scores if score.severity == "stagnant"]
    assert (score.raised, score.raised_before, score.only_now, score.earlier) == (2, 1, 1, 1)
    assert (score.bound_anyway, score.open, score.precision, score.precision_before) == (1, 1, 0.5, 1.0)
    assert score.months_to_binding_median == 4.0


def test_a_higher_threshold_says_what_would_not_have_been_raised() -> None:
    log = [deposit(), PAPER, pursued("equity.agreed", "2020-05-01", "alpha")]
    comparison = tried(log, {"memorandum-only.stagnant": 30})
    warned = of(comparison, "stagnant")
    assert (warned.raised_on, warned.raised_before_on, warned.outcome) == (None, date(2020, 3, 15), "bound")
    (score,) = [score for score in comparison.scores if score.severity == "stagnant"]
    assert (score.raised, score.only_before, score.precision) == (0, 1, None)


def test_the_end_of_an_unbound_deal_gives_the_lead_time() -> None:
    log = [deposit(), PAPER, pursued("investor.withdrew", "2021-03-14", "alpha", reason="price")]
    comparison = tried(log, {})
    (score,) = [score for score in comparison.scores if score.severity == "watch"]
    assert (score.ended, score.months_to_end_median, score.days_earlier_median) == (1, 23.0, 0.0)


def test_what_became_of_a_deal_carries_both_ends_of_its_day() -> None:
    log = [deposit(), PAPER, pursued("equity.agreed", "2020-05", "alpha")]
    warned = of(tried(log, {}), "stagnant")
    assert (warned.outcome_on_earliest, warned.outcome_on) == (date(2020, 5, 1), date(2020, 5, 31))
    log = [deposit(), PAPER, pursued("investor.withdrew", "2021~", "alpha", reason="price")]
    warned = of(tried(log, {}), "stagnant")
    assert (warned.outcome, warned.outcome_on_earliest, warned.outcome_on, warned.outcome_on_given) == (
        "ended", date(2021, 1, 1), date(2021, 12, 31), "2021~",
    )  # fmt: skip


def test_what_comes_after_the_last_day_is_not_seen() -> None:
    log = [deposit(), PAPER, pursued("equity.agreed", "2021-01-15", "alpha")]
    comparison = tried(log, {}, last_day=date(2020, 6, 1))
    assert of(comparison, "stagnant").outcome == "open"
    assert {warned.severity for warned in comparison.warnings} == {"watch", "stagnant"}


def test_only_the_flags_that_were_asked_for_are_compared() -> None:
    comparison = tried([deposit(), PAPER], {}, flags=["silent"])
    assert {warned.flag for warned in comparison.warnings} == {"silent"}


def test_a_deal_that_bound_between_the_two_warnings_bound_anyway_for_the_earlier_one_only() -> None:
    plans = [("2018-04-01", "2020"), ("2018-10-01", "2021"), ("2019-06-01", "2022")]
    log = [deposit(), PAPER, pursued("equity.agreed", "2019-01-15", "alpha")]
    log += [pursued("milestone.planned", on_day, "alpha", milestone="start", planned_on=to) for on_day, to in plans]
    comparison = tried(log, {"slipping.moves": 1}, flags=["slipping"])
    (warned,) = comparison.warnings
    assert (warned.raised_on, warned.raised_before_on) == (date(2018, 10, 1), date(2019, 6, 1))
    assert (warned.outcome, warned.outcome_before) == ("bound", "open")
    (score,) = comparison.scores
    assert (score.precision, score.precision_before) == (0.0, 1.0)
