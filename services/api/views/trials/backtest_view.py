"""What a back-test of the rules gives. Pure: no database, no clock, no HTTP."""

from __future__ import annotations

from typing import Annotated, TypedDict

from services.api.views.rules_view import RuleOverride
from steppe.contracts.field_types import EARLIEST, Count, Day, Given, Instant, Key, Positions, Severity, choice, doc
from steppe.domain.analysis.backtest import FlagScore, FlagWarning
from steppe.domain.rules.rule_document import document_of
from steppe.domain.rules.thresholds import Rules


class ValuePair(TypedDict):
    """A rule that the two versions do not share."""

    before: Annotated[Count, doc("Its value in the version that is compared with.")]
    tried: Annotated[Count, doc("Its value in the version that is tried.")]


class OverridesPair(TypedDict):
    """The overrides of the two versions."""

    before: Annotated[list[RuleOverride], doc("Those of the version that is compared with.")]
    tried: Annotated[list[RuleOverride], doc("Those of the version that is tried.")]


_Outcome = Annotated[str, choice("bound", "ended", "open")]


class BacktestWarning(TypedDict):
    """One run of days on which a flag is at least so severe, under either version."""

    flag: Annotated[str, doc("The flag's name.")]
    severity: Annotated[Severity, doc("At least this severe.")]
    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key, doc("The deal.")]
    raised_on: Annotated[Day | None, doc("Its first day under the version that is tried; null: not raised under it.")]
    raised_before_on: Annotated[Day | None, doc("Its first day under the other version; null: not raised under it.")]
    days_earlier: Annotated[
        int | None, doc("Days by which it is raised earlier; negative: later; null: by one of them only.")
    ]
    outcome: Annotated[_Outcome, doc("What became of the deal after the warning.")]
    outcome_on: Annotated[Day | None, doc("When; null: open.")]
    outcome_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    outcome_on_given: Given
    outcome_before: Annotated[_Outcome, doc("What became of it after the warning of the other version.")]


class BacktestScore(TypedDict):
    """How a flag of one severity does under both versions."""

    flag: Annotated[str, doc("The flag's name.")]
    severity: Annotated[Severity, doc("At least this severe.")]
    raised: Annotated[Count, doc("How often it is raised under the version that is tried.")]
    raised_before: Annotated[Count, doc("How often under the other version.")]
    only_now: Annotated[Count, doc("How often only under the version that is tried.")]
    only_before: Annotated[Count, doc("How often only under the other version.")]
    earlier: Annotated[Count, doc("How often earlier than before.")]
    later: Annotated[Count, doc("How often later than before.")]
    days_earlier_median: Annotated[float | None, doc("The median of days_earlier; null: there is none.")]
    bound_anyway: Annotated[Count, doc("How many of the warned deals bound afterwards.")]
    ended: Annotated[Count, doc("How many of them ended without that.")]
    open: Annotated[Count, doc("How many of them are open.")]
    precision: Annotated[float | None, doc("The share of what was raised and did not bind; null: nothing was raised.")]
    precision_before: Annotated[float | None, doc("The same of the other version.")]
    months_to_binding_median: Annotated[
        float | None, doc("Median months from the warning to the binding; null: none bound.")
    ]
    months_to_end_median: Annotated[float | None, doc("Median months from the warning to the end; null: none ended.")]


BacktestAnswer = TypedDict(
    "BacktestAnswer",
    {
        "version": Annotated[str, doc("The version that is tried; `tried` for thresholds of the request.")],
        "against": Annotated[str, doc("The version that is compared with.")],
        "changed": Annotated[dict[str, ValuePair], doc("The rules that the two do not share.")],
        "overrides": Annotated[OverridesPair | None, doc("The overrides of both; null: they are the same.")],
        "flags": Annotated[list[str], doc("The flags that are compared.")],
        "projects": Annotated[Count, doc("How many projects were looked at.")],
        "known_at": Annotated[Instant, doc("Both versions judge what was known by then.")],
        "from": Annotated[Day | None, doc("Only what would have been raised from this day on; null: from ever.")],
        "to": Annotated[Day, doc("The last day that is looked at.")],
        "summary": Annotated[list[BacktestScore], doc("How each flag does under both versions.")],
        "items": Annotated[list[BacktestWarning], doc("Each warning.")],
        "position": Annotated[Positions, doc("The prefix of the log that the answer reflects.")],
    },
)
BacktestAnswer.__doc__ = "History under other thresholds: which flags would have been raised, and how much earlier."


def changed(against: Rules, candidate: Rules) -> dict[str, ValuePair]:
    """The rules that have different values."""
    return {
        rule: {"before": against.values[rule], "tried": value}
        for rule, value in sorted(candidate.values.items())
        if against.values[rule] != value
    }


def overrides(against: Rules, candidate: Rules) -> OverridesPair | None:
    """The overrides of both versions; None when they are the same."""
    if against.overrides == candidate.overrides:
        return None
    return {"before": document_of(against)["overrides"], "tried": document_of(candidate)["overrides"]}


def warning(value: FlagWarning) -> BacktestWarning:
    """One warning of a back-test."""
    return {
        "flag": value.flag,
        "severity": value.severity,
        "project": value.project,
        "deal": value.deal,
        "raised_on": value.raised_on,
        "raised_before_on": value.raised_before_on,
        "days_earlier": value.days_earlier,
        "outcome": value.outcome,
        "outcome_on": value.outcome_on,
        "outcome_on_earliest": value.outcome_on_earliest,
        "outcome_on_given": value.outcome_on_given,
        "outcome_before": value.outcome_before,
    }


def score(value: FlagScore) -> BacktestScore:
    """How a flag of one severity does under both versions."""
    return {
        "flag": value.flag,
        "severity": value.severity,
        "raised": value.raised,
        "raised_before": value.raised_before,
        "only_now": value.only_now,
        "only_before": value.only_before,
        "earlier": value.earlier,
        "later": value.later,
        "days_earlier_median": value.days_earlier_median,
        "bound_anyway": value.bound_anyway,
        "ended": value.ended,
        "open": value.open,
        "precision": value.precision,
        "precision_before": value.precision_before,
        "months_to_binding_median": value.months_to_binding_median,
        "months_to_end_median": value.months_to_end_median,
    }
