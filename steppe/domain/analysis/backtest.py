"""The back-test: which flags other thresholds would have raised, how much earlier, and what became of the deals.

Domain page, section 6, last paragraph. Both versions of the rules judge the same events as known at one instant, so a
back-test has the hindsight of the record; it does not replay the days on which its events came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from statistics import median
from typing import Literal

from steppe.domain.analysis.portfolio import Portfolio
from steppe.domain.flags import idle_right
from steppe.domain.flags.flag_registry import FLAGS
from steppe.domain.legs.legs import EXPLORATION
from steppe.domain.values.flag_clock import flag_spans
from steppe.domain.values.history import History
from steppe.domain.values.months import months_between
from steppe.domain.values.spans import Span
from steppe.domain.values.states import BEGINNING, FOREVER, SEVERITIES, Flag, Start
from steppe.domain.values.value_class import value_class

# The flags of deals that ask whether anything binding will follow, with their severities.
BACKTEST_FLAGS: Mapping[str, tuple[str, ...]] = {
    name: flag.severities for name, flag in FLAGS.items() if flag.warns_of_unbound
}
Outcome = Literal["bound", "ended", "open"]


@value_class(frozen=True, slots=True, kw_only=True)
class FlagWarning:
    """One run of days on which a flag is at least so severe, under either version.

    `raised_on` and `raised_before_on` are its first days under the version that is tried and the one it is compared with;
    None: not raised under it. `outcome` is what became of the deal after the warning by the last day of the back-test:
    `bound` (it crossed the line), `ended` without that, or `open`. It counts from `raised_on`, and `outcome_before` from
    `raised_before_on`, each from the other where it is None: a deal may bind between the two.
    """

    flag: str
    severity: str
    project: str
    deal: str
    raised_on: date | None
    raised_before_on: date | None
    days_earlier: int | None
    outcome: Outcome
    outcome_on: date | None
    outcome_on_earliest: date | None
    outcome_on_given: str | None
    outcome_before: Outcome


@value_class(frozen=True, slots=True, kw_only=True)
class FlagScore:
    """How a flag of one severity does under both versions.

    `precision` is the share of what was raised and did not bind afterwards, None when nothing was raised. Median months run
    from the day it was raised to the day on which the deal bound, or ended unbound: the lead time of the warning.
    """

    flag: str
    severity: str
    raised: int
    raised_before: int
    only_now: int
    only_before: int
    earlier: int
    later: int
    days_earlier_median: float | None
    bound_anyway: int
    ended: int
    open: int
    precision: float | None
    precision_before: float | None
    months_to_binding_median: float | None
    months_to_end_median: float | None


@value_class(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The result, in order of flag, severity, project, deal and day."""

    scores: tuple[FlagScore, ...]
    warnings: tuple[FlagWarning, ...]


def backtest(before: Portfolio, tried: Portfolio, *, flags: Sequence[str], first_day: date, last_day: date) -> Backtest:
    """Compare what two versions raise of deals from `first_day` to `last_day` (UTC, both included).

    Both portfolios must hold the same events. Twice gives the same.
    """
    compared = frozenset(flags) & BACKTEST_FLAGS.keys()
    warnings = [
        warning
        for project in tried.histories
        for warning in _warnings(before, tried, project, compared, first_day, last_day)
    ]
    warnings.sort(key=_order)
    scores = tuple(
        _score(flag, severity, list(of_severity))
        for (flag, severity), of_severity in groupby(warnings, key=lambda warning: (warning.flag, warning.severity))
    )
    return Backtest(scores=scores, warnings=tuple(warnings))


def _order(warning: FlagWarning) -> tuple[str, int, str, str, date]:
    return (
        warning.flag,
        SEVERITIES.index(warning.severity),
        warning.project,
        warning.deal,
        warning.raised_on or warning.raised_before_on or FOREVER,
    )


def _warnings(
    before: Portfolio, tried: Portfolio, project: str, flags: frozenset[str], first_day: date, last_day: date
) -> Iterator[FlagWarning]:
    then, now = (
        _runs(flag_spans([*portfolio.histories[project].flags, *portfolio.rivalries[project].flags]), flags)
        for portfolio in (before, tried)
    )
    for key in sorted(then.keys() | now.keys()):
        flag, deal, severity = key
        for raised, raised_before in _paired(now.get(key, []), then.get(key, [])):
            days = [run[0] for run in (raised, raised_before) if run is not None]
            if not first_day <= min(days) <= last_day:
                continue
            on, on_before = _raised_by(raised, last_day), _raised_by(raised_before, last_day)
            outcome, at = _outcome(tried, project, deal, flag, on or min(days), last_day)
            outcome_before, _ = _outcome(tried, project, deal, flag, on_before or min(days), last_day)
            yield FlagWarning(
                flag=flag,
                severity=severity,
                project=project,
                deal=deal,
                raised_on=on,
                raised_before_on=on_before,
                days_earlier=(on_before - on).days if on and on_before else None,
                outcome=outcome,
                outcome_on=None if at is None else at.latest,
                outcome_on_earliest=None if at is None else at.earliest,
                outcome_on_given=None if at is None else at.given,
                outcome_before=outcome_before,
            )


_Run = tuple[date, date]


def _runs(spans: Iterable[Span[Flag]], flags: frozenset[str]) -> dict[tuple[str, str, str], list[_Run]]:
    """Unbroken runs of days by flag, deal and least severity."""
    runs: dict[tuple[str, str, str], list[_Run]] = {}
    wanted = [span for span in spans if span.value.flag in flags and span.value.deal is not None]
    for span in sorted(wanted, key=lambda span: span.valid_from):
        severities = BACKTEST_FLAGS[span.value.flag]
        for severity in severities[: severities.index(span.value.severity) + 1]:
            of_severity = runs.setdefault((span.value.flag, span.value.deal or "", severity), [])
            if of_severity and of_severity[-1][1] == span.valid_from:
                of_severity[-1] = (of_severity[-1][0], span.valid_to)
            else:
                of_severity.append((span.valid_from, span.valid_to))
    return runs


def _paired(now: Sequence[_Run], then: Sequence[_Run]) -> Iterator[tuple[_Run | None, _Run | None]]:
    """Runs that overlap belong together, the first with the first."""
    left = list(then)
    for run in now:
        match = next((other for other in left if other[0] < run[1] and run[0] < other[1]), None)
        if match is not None:
            left.remove(match)
        yield run, match
    for run in left:
        yield None, run


def _raised_by(run: _Run | None, last_day: date) -> date | None:
    return run[0] if run is not None and run[0] <= last_day else None


def _outcome(
    portfolio: Portfolio, project: str, deal: str, flag: str, since: date, last_day: date
) -> tuple[Outcome, Start | None]:
    history = portfolio.histories[project]
    bound = _first(_bound(history, deal, flag), since, last_day)
    if bound is not None:
        return "bound", bound
    ends = [span.value.ended for span in history.deals if span.value.deal == deal and span.value.ended is not None]
    ended = _first(ends, since, last_day)
    return ("open" if ended is None else "ended"), ended


def _first(starts: Iterable[Start], since: date, last_day: date) -> Start | None:
    """The first that counts within these days."""
    within = [start for start in starts if since <= start.latest <= last_day]
    return min(within, key=lambda start: (start.latest, start.earliest or BEGINNING), default=None)


def _bound(history: History, deal: str, flag: str) -> list[Start]:
    """When the deal was bound anew; what idle-right warns of is bound already, by a right to explore: when by more."""
    if flag != idle_right.FLAG.name:
        return [
            Start(earliest=crossing.on_earliest, latest=crossing.on, given=crossing.on_given)
            for crossing in history.crossings
            if crossing.deal == deal and crossing.scope == "any"
        ]
    return [
        leg.bound
        for span in history.deals
        if span.value.deal == deal
        for leg in span.value.legs
        if leg.right != EXPLORATION
    ]


def _score(flag: str, severity: str, warnings: Sequence[FlagWarning]) -> FlagScore:
    now = [warning for warning in warnings if warning.raised_on is not None]
    then = [warning for warning in warnings if warning.raised_before_on is not None]
    moved = [warning.days_earlier for warning in warnings if warning.days_earlier is not None]
    months: Mapping[Outcome, list[int]] = {
        outcome: [
            months_between(warning.raised_on, warning.outcome_on)
            for warning in now
            if warning.outcome == outcome and warning.raised_on and warning.outcome_on
        ]
        for outcome in ("bound", "ended")
    }
    return FlagScore(
        flag=flag,
        severity=severity,
        raised=len(now),
        raised_before=len(then),
        only_now=sum(warning.raised_before_on is None for warning in now),
        only_before=sum(warning.raised_on is None for warning in then),
        earlier=sum(days > 0 for days in moved),
        later=sum(days < 0 for days in moved),
        days_earlier_median=_median(moved),
        bound_anyway=sum(warning.outcome == "bound" for warning in now),
        ended=sum(warning.outcome == "ended" for warning in now),
        open=sum(warning.outcome == "open" for warning in now),
        precision=_precision([warning.outcome for warning in now]),
        precision_before=_precision([warning.outcome_before for warning in then]),
        months_to_binding_median=_median(months["bound"]),
        months_to_end_median=_median(months["ended"]),
    )


def _precision(outcomes: Sequence[Outcome]) -> float | None:
    if not outcomes:
        return None
    return round(sum(outcome != "bound" for outcome in outcomes) / len(outcomes), 4)


def _median(figures: Sequence[int]) -> float | None:
    return float(median(figures)) if figures else None
