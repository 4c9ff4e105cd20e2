"""How long deals stay at a level, and how old the papers are whose clock runs (domain page, section 9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from statistics import quantiles

from steppe.domain.values.levels import Level
from steppe.domain.values.months import months_between
from steppe.domain.values.value_class import value_class

ROSE, FELL, ENDED = "rose", "fell", "ended"
BIN_MONTHS = 12
"""How many months of age papers of one bar of the histogram differ by, at most."""


@value_class(frozen=True, slots=True, kw_only=True)
class Spell:
    """Unbroken days of a deal at one level, in one phase. `ended_on`: the first day on which it no longer was; None: it lasts.
    `then`: whether it rose to another level, fell, or the deal ended; None: it lasts."""

    project: str
    deal: str
    level: Level
    began_on: date
    ended_on: date | None
    then: str | None

    def months(self, day: date) -> int:
        """Its whole months, of one that lasts until a day."""
        return months_between(self.began_on, self.ended_on or day)


@value_class(frozen=True, slots=True, kw_only=True)
class Quartiles:
    """Of so many values the quartiles, linear between two neighbours as spreadsheets have them; None: of no value."""

    count: int
    lower: float | None
    median: float | None
    upper: float | None


def quartiles(values: Iterable[int]) -> Quartiles:
    """The quartiles of values."""
    ordered = sorted(values)
    if not ordered:
        return Quartiles(count=0, lower=None, median=None, upper=None)
    lower, median, upper = quantiles(ordered * 2 if len(ordered) == 1 else ordered, n=4, method="inclusive")
    return Quartiles(count=len(ordered), lower=lower, median=median, upper=upper)


def histogram(months: Sequence[int]) -> list[tuple[int, int]]:
    """How many are so old: (first month of a bar, count), from the youngest bar to the oldest, empty ones between them too."""
    bars = [age // BIN_MONTHS for age in months]
    return [(bar * BIN_MONTHS, bars.count(bar)) for bar in range(max(bars, default=-1) + 1)]


def what_followed(level: int, next_level: int | None, *, same_phase: bool) -> str:
    """What a spell ended by: the level rose, or fell, or the deal ended."""
    if next_level is None or not same_phase:
        return ENDED
    return ROSE if next_level > level else FELL
