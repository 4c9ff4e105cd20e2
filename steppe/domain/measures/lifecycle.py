"""How long deals stay at a level, how old the papers are whose clock runs, and on which days deals were displaced (domain page, section 9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from statistics import quantiles

from steppe.domain.values.levels import Level
from steppe.domain.values.months import months_between
from steppe.domain.values.states import BEGINNING, Start
from steppe.domain.values.value_class import value_class

ROSE, FELL, ENDED = "rose", "fell", "ended"
BIN_MONTHS = 12
"""How many months of age papers of one bar of the histogram differ by, at most."""


@value_class(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a phase of a deal stands from a day on, as far as the lifecycle asks. `level` None: it has ended."""

    since: date
    phase: int
    level: Level | None
    memorandum: Start | None = None
    memorandum_runs: bool = False
    bound: Start | None = None
    pursuers: tuple[str, ...] = ()


@value_class(frozen=True, slots=True, kw_only=True)
class Spell:
    """Unbroken days of a deal at one level, in one phase, through all days. `ended_on`: the first day on which it no longer was; None:
    it lasts. `then`: whether it rose to another level, fell, or the deal ended; `lasted`: its whole months; both None: it lasts."""

    level: Level
    began_on: date
    ended_on: date | None
    then: str | None
    lasted: int | None


@value_class(frozen=True, slots=True, kw_only=True)
class Life:
    """A deal through all days: its spells and standings, from early to late."""

    spells: tuple[Spell, ...]
    standings: tuple[Standing, ...]


@value_class(frozen=True, slots=True, kw_only=True)
class StandingOnDay:
    """A deal by a day. `now`: its last phase. `signed` and `bound`: when it first did, in whatever phase; None: it never did.
    `waits`: the papers whose clock runs, one a phase."""

    now: Standing
    signed: tuple[Start, Standing] | None
    bound: tuple[Start, Standing] | None
    waits: tuple[Start, ...]


@value_class(frozen=True, slots=True, kw_only=True)
class DisplacedRun:
    """Unbroken days on which a deal stands displaced, through all days: the first one, and the first one no more."""

    deal: str
    since: date
    until: date


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


def life(standings: Sequence[Standing]) -> Life:
    """A deal of its standings, from early to late; at least one."""
    turns = [standings[0], *(after for before, after in pairwise(standings) if _turns(before, after))]
    spells = [
        _spell(turn, following)
        for turn, following in zip(turns, [*turns[1:], None], strict=True)
        if turn.level is not None and turn.level > 0
    ]
    changes: list[Standing] = []
    for standing in standings:
        same = changes and replace(standing, since=changes[-1].since, level=changes[-1].level) == changes[-1]
        if not same:
            changes.append(standing)
    return Life(spells=tuple(spells), standings=tuple(changes))


def _turns(before: Standing, after: Standing) -> bool:
    return (before.phase, before.level) != (after.phase, after.level)


def _spell(turn: Standing, following: Standing | None) -> Spell:
    assert turn.level is not None, "a spell is at a level"
    if following is None:
        return Spell(level=turn.level, began_on=turn.since, ended_on=None, then=None, lasted=None)
    return Spell(
        level=turn.level,
        began_on=turn.since,
        ended_on=following.since,
        then=what_followed(turn.level, following.level, same_phase=turn.phase == following.phase),
        lasted=months_between(turn.since, following.since),
    )


def standing_on(standings: Iterable[Standing], day: date) -> StandingOnDay | None:
    """How a deal stands by a day; None: it is not there yet."""
    by_phase: dict[int, Standing] = {}
    for standing in standings:
        if standing.since > day:
            break
        by_phase[standing.phase] = standing
    if not by_phase:
        return None
    phases = [by_phase[phase] for phase in sorted(by_phase)] if len(by_phase) > 1 else list(by_phase.values())
    return StandingOnDay(
        now=phases[-1],
        signed=_first((phase.memorandum, phase) for phase in phases),
        bound=_first((phase.bound, phase) for phase in phases),
        waits=tuple(phase.memorandum for phase in phases if phase.memorandum_runs and phase.memorandum is not None),
    )


def _first(starts: Iterable[tuple[Start | None, Standing]]) -> tuple[Start, Standing] | None:
    first: tuple[Start, Standing] | None = None
    for start, standing in starts:
        if start is not None and (first is None or _order(start) < _order(first[0])):
            first = start, standing
    return first


def _order(start: Start) -> tuple[date, date]:
    return start.latest, start.earliest or BEGINNING


def runs(spans: Iterable[DisplacedRun]) -> tuple[DisplacedRun, ...]:
    """Spans as unbroken runs. They come by deal, those of one from early to late."""
    whole: list[DisplacedRun] = []
    for span in spans:
        last = whole[-1] if whole else None
        if last is not None and (last.deal, last.until) == (span.deal, span.since):
            whole[-1] = replace(last, until=span.until)
        else:
            whole.append(span)
    return tuple(whole)
