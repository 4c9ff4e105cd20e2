"""History under other thresholds: which flags would have been raised, how much earlier, and what became of the deals.

Domain page, section 6, last paragraph. Both versions judge the same events as known at one instant, so a back-test looks
with hindsight at the record, not at the days on which its events came in. Knows spans of flags; judges nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from statistics import median
from typing import Literal

from steppe.domain.analysis.portfolio import Portfolio
from steppe.domain.values.months import months_between
from steppe.domain.values.states import FOREVER, SEVERITIES, Flag, Span

# The flags of deals that ask whether anything binding will follow, with their severities.
FLAGS: Mapping[str, tuple[str, ...]] = {
    "memorandum-only": ("watch", "stagnant", "presumed-dead"),
    "memorandum-churn": ("watch",),
    "silent": ("watch",),
    "unchecked": ("notice",),
    "lapsed": ("watch",),
    "slipping": ("watch",),
    "displaced": ("alert",),
    "crowded": ("notice",),
}
Outcome = Literal["bound", "ended", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
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
    outcome_before: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What came out, in order of flag, severity, project, deal and day."""

    scores: tuple[Score, ...]
    warnings: tuple[Warned, ...]


def backtest(before: Portfolio, tried: Portfolio, *, flags: Sequence[str], first_day: date, last_day: date) -> Backtest:
    """Compare what two versions raise of deals from `first_day` to `last_day` (UTC, both included).

    Both portfolios must hold the same events. Twice gives the same.
    """
    found = [
        warning
        for project in tried.histories
        for warning in _warnings(before, tried, project, frozenset(flags) & FLAGS.keys(), first_day, last_day)
    ]
    found.sort(key=_order)
    scores = tuple(
        _score(flag, severity, list(of_one))
        for (flag, severity), of_one in groupby(found, key=lambda warning: (warning.flag, warning.severity))
    )
    return Backtest(scores=scores, warnings=tuple(found))


def _order(warning: Warned) -> tuple[str, int, str, str, date]:
    return (
        warning.flag,
        SEVERITIES.index(warning.severity),
        warning.project,
        warning.deal,
        warning.raised_on or warning.raised_before_on or FOREVER,
    )


def _warnings(
    before: Portfolio, tried: Portfolio, project: str, flags: frozenset[str], first_day: date, last_day: date
) -> Iterator[Warned]:
    then, now = (
        _runs([*portfolio.histories[project].flags, *portfolio.rivalries[project].flags], flags)
        for portfolio in (before, tried)
    )
    for key in sorted(then.keys() | now.keys()):
        flag, deal, severity = key
        for raised, raised_before in _paired(now.get(key, []), then.get(key, [])):
            days = [run[0] for run in (raised, raised_before) if run is not None]
            if not first_day <= min(days) <= last_day:
                continue
            on, on_before = _until(raised, last_day), _until(raised_before, last_day)
            outcome, outcome_on = _outcome(tried, project, deal, on or min(days), last_day)
            outcome_before, _ = _outcome(tried, project, deal, on_before or min(days), last_day)
            yield Warned(
                flag=flag,
                severity=severity,
                project=project,
                deal=deal,
                raised_on=on,
                raised_before_on=on_before,
                days_earlier=(on_before - on).days if on and on_before else None,
                outcome=outcome,
                outcome_on=outcome_on,
                outcome_before=outcome_before,
            )


_Run = tuple[date, date]


def _runs(spans: Iterable[Span[Flag]], flags: frozenset[str]) -> dict[tuple[str, str, str], list[_Run]]:
    """Unbroken runs of days by flag, deal and least severity."""
    found: dict[tuple[str, str, str], list[_Run]] = {}
    wanted = [span for span in spans if span.value.flag in flags and span.value.deal is not None]
    for span in sorted(wanted, key=lambda span: span.valid_from):
        rungs = FLAGS[span.value.flag]
        for severity in rungs[: rungs.index(span.value.severity) + 1]:
            runs = found.setdefault((span.value.flag, span.value.deal or "", severity), [])
            if runs and runs[-1][1] == span.valid_from:
                runs[-1] = (runs[-1][0], span.valid_to)
            else:
                runs.append((span.valid_from, span.valid_to))
    return found


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


def _until(run: _Run | None, last_day: date) -> date | None:
    return run[0] if run is not None and run[0] <= last_day else None


def _outcome(found: Portfolio, project: str, deal: str, since: date, last_day: date) -> tuple[Outcome, date | None]:
    told = found.histories[project]
    bound = [crossing.on for crossing in told.crossings if crossing.deal == deal and since <= crossing.on <= last_day]
    if bound:
        return "bound", min(bound)
    ended = [
        span.value.ended_on
        for span in told.deals
        if span.value.deal == deal and span.value.ended_on is not None and since <= span.value.ended_on <= last_day
    ]
    return ("ended", min(ended)) if ended else ("open", None)


def _score(flag: str, severity: str, warnings: Sequence[Warned]) -> Score:
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
    return Score(
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
