"""How many of a cohort have reached something by an age, where an end may come first (domain page, section 9).

Aalen-Johansen: the cumulative incidence of the one outcome with the other as its competing risk, its variance by the delta
method; and 1 - Kaplan-Meier, which takes the end for a mere leave of absence. Bands are log(-log), 95 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from math import exp, log, sqrt

from steppe.domain.values.value_class import value_class

BOUND, ENDED, OPEN = "bound", "ended", "open"
DEALS_MIN = 10
"""Under so many there is no curve."""
AT_RISK_MIN = 5
"""Where fewer are left, a curve ends."""
_Z = 1.959963984540054  # 97.5 % of the normal distribution


@value_class(frozen=True, slots=True)
class Age:
    """What became of one at which age in months: `bound`, `ended` without it, or `open` still."""

    months: int
    outcome: str


@value_class(frozen=True, slots=True, kw_only=True)
class Step:
    """A curve from this age on. `at_risk` are those that were left just before it; of them so many bound, ended, or are open
    and no older. `incidence` is the share that has bound, `low` and `high` its band, `incidence_ended` the share that has
    ended; `km` is 1 - Kaplan-Meier, with its own band. A band is None where nothing has happened yet, or all has.
    """

    months: int
    at_risk: int
    bound: int
    ended: int
    open: int
    incidence: float
    low: float | None
    high: float | None
    incidence_ended: float
    km: float
    km_low: float | None
    km_high: float | None


def steps(ages: Iterable[Age]) -> list[Step]:
    """The curve, one step an age at which something came to one of them; empty for a cohort of none.

    What is open at an age was at risk of what happened at it.
    """
    ordered = sorted(ages, key=lambda age: age.months)
    left = len(ordered)
    alive = survival = 1.0
    incidence = incidence_ended = 0.0
    greenwood = of_all = of_all_reached = of_all_squared = of_bound = covariance = covariance_reached = 0.0
    curve: list[Step] = []
    for months, group in groupby(ordered, key=lambda age: age.months):
        outcomes = Counter(age.outcome for age in group)
        at_risk, bound, ended = left, outcomes[BOUND], outcomes[ENDED]
        incidence += alive * bound / at_risk
        incidence_ended += alive * ended / at_risk
        # The variance is a sum over earlier ages of terms with what has been reached since: its powers are summed apart.
        hazard = _greenwood(bound + ended, at_risk)
        of_all += hazard
        of_all_reached += incidence * hazard
        of_all_squared += incidence**2 * hazard
        of_bound += alive**2 * bound * (at_risk - bound) / at_risk**3
        covariance += alive * bound / at_risk**2
        covariance_reached += incidence * alive * bound / at_risk**2
        variance = incidence**2 * of_all - 2 * incidence * of_all_reached + of_all_squared
        variance += of_bound - 2 * (incidence * covariance - covariance_reached)
        greenwood += _greenwood(bound, at_risk)
        alive *= 1 - (bound + ended) / at_risk
        survival *= 1 - bound / at_risk
        left -= outcomes.total()
        low, high = _band(incidence, sqrt(max(variance, 0)))
        survival_low, survival_high = _band(survival, survival * sqrt(greenwood))
        step = Step(
            months=months, at_risk=at_risk, bound=bound, ended=ended, open=outcomes[OPEN],
            incidence=incidence, low=low, high=high, incidence_ended=incidence_ended,
            km=1 - survival, km_low=_complement(survival_high), km_high=_complement(survival_low),
        )  # fmt: skip
        curve.append(step)
    return curve


def shown(curve: Sequence[Step]) -> Sequence[Step]:
    """What of a curve is shown: nothing of a cohort that is too small, and nothing from where too few are left."""
    if not curve or curve[0].at_risk < DEALS_MIN:
        return ()
    return [step for step in curve if step.at_risk >= AT_RISK_MIN]


def _greenwood(events: int, at_risk: int) -> float:
    """A term of Greenwood's sum; none for the last of a cohort, behind whom nothing varies."""
    return 0.0 if events == at_risk else events / (at_risk * (at_risk - events))


def _complement(share: float | None) -> float | None:
    return None if share is None else 1 - share


def _band(share: float, deviation: float) -> tuple[float, float] | tuple[None, None]:
    """The log(-log) band of a share: its lower and its upper end. None where the share is 0 or 1."""
    if not 0 < share < 1:
        return None, None
    width = _Z * deviation / (share * -log(share))
    return float(share ** exp(width)), float(share ** exp(-width))
