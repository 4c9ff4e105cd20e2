"""The crossings of rivals as every project at one place sees them: on which days they displace and crowd a deal, and which do on a day.

Prepared once for all deals there (`RivalField`). A deal differs from the next by its own crossings, by those in which its own
groups have a part, and by the days on which it could be displaced: these few are looked up (`FieldView`), the rest is shared.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import accumulate, pairwise

from steppe.domain.markets.day_runs import Days, Run, contains, difference, intersection, union
from steppe.domain.markets.groups import Groups
from steppe.domain.markets.standings import RivalCrossing
from steppe.domain.values.months import add_months
from steppe.domain.values.states import FOREVER

Pursuers = tuple[str, ...]
Deal = tuple[str, str]
"""A project and its deal."""

_NONE: frozenset[int] = frozenset()


class RivalField:
    """What the rivals do at one place. `crossings`: in any order, all of those that are seen from there and no other."""

    def __init__(self, crossings: Iterable[RivalCrossing]) -> None:
        in_order = sorted(crossings, key=_order)
        # Whoever wins for nobody displaces nobody: no groups are among any deal's own.
        self.displacing = _Crossings([one for one in in_order if one.scope == "market" and one.winners])
        self.crowding = _Crossings([one for one in in_order if one.scope == "any"])
        self._crowds: dict[int, _Crowd] = {}

    def crowd(self, months: int) -> _Crowd:
        """What was won at most so many months ago, day by day."""
        crowd = self._crowds.get(months)
        if crowd is None:
            crowd = self._crowds[months] = _Crowd(self.crowding.all, months)
        return crowd


class FieldView:
    """A field as deals see it that belong to these groups."""

    def __init__(self, field: RivalField, groups: Groups) -> None:
        self._field = field
        self._groups = groups
        self._won_with: dict[Pursuers, frozenset[int]] = {}
        self._bound_with: dict[Pursuers, frozenset[int]] = {}
        self._crowded: dict[tuple[Pursuers, int, int], Days] = {}

    def displaced_days(self, first: date, last: date, pursuers: Pursuers, project: str) -> list[Run]:
        """The days on which somebody holds what they won from `first` to the day before `last`, no group of these pursuers having
        a part in it. `project` is the deal's own, where others displace by other rules.
        """
        crossings, shared = self._field.displacing, self._won_with_us(pursuers)
        held: list[Run] = []
        held_for_ever_from = FOREVER
        for number in crossings.won_between(first, last):
            crossing = crossings.all[number]
            if crossing.on >= held_for_ever_from:
                break  # it counts from its winning day at the earliest
            if crossing.project != project and number not in shared:
                held.append((crossing.valid_from, crossing.valid_to))
                if crossing.valid_to == FOREVER:
                    held_for_ever_from = min(held_for_ever_from, crossing.valid_from)
        return union(held)

    def shared(self, first: date, last: date, pursuers: Pursuers, project: str) -> list[RivalCrossing]:
        """What was won between these days by some of the pursuers' groups together with others, in order."""
        shared = self._won_with_us(pursuers)
        if not shared:
            return []
        numbers = self._field.displacing.won_between(first, last)
        candidates = (self._field.displacing.all[number] for number in sorted(shared) if number in numbers)
        return [one for one in candidates if one.project != project and not self._is_won_by(pursuers, one)]

    def displacing(
        self, first: date, last: date, day: date, pursuers: Pursuers, project: str
    ) -> Sequence[RivalCrossing]:
        """What was won between these days, as `displaced_days` has it, and is held on `day`; in order."""
        crossings, shared = self._field.displacing, self._won_with_us(pursuers)
        numbers, counting = crossings.won_between(first, last), crossings.counting_on(day)
        won = counting[bisect_left(counting, numbers.start) : bisect_left(counting, numbers.stop)]
        return [
            crossings.all[number] for number in won if number not in shared and crossings.all[number].project != project
        ]

    def crowded_days(self, pursuers: Pursuers, months: int, groups_least: int, own: Deal) -> Days:
        """The days on which so many other groups were bound at most these months ago."""
        shared, of_own = self._bound_with_us(pursuers), self._field.crowding.of_deal(own)
        crowd = self._field.crowd(months)
        if not of_own <= shared:
            return crowd.days_without(shared | of_own, groups_least)
        days = self._crowded.get((pursuers, months, groups_least))
        if days is None:
            days = self._crowded[pursuers, months, groups_least] = crowd.days_without(shared, groups_least)
        return days

    def crowding(self, day: date, pursuers: Pursuers, months: int, own: Deal) -> Sequence[RivalCrossing]:
        """What others won at most these months before `day` and hold on it; in order."""
        crossings = self._field.crowding
        left_out = self._bound_with_us(pursuers) | crossings.of_deal(own)
        return [crossings.all[number] for number in self._field.crowd(months).numbers_on(day) if number not in left_out]

    def _won_with_us(self, pursuers: Pursuers) -> frozenset[int]:
        """What a group of these pursuers, on the winning day, won, alone or with others."""
        shared = self._won_with.get(pursuers)
        if shared is None:
            crossings = self._field.displacing
            shared = self._won_with[pursuers] = frozenset(
                number
                for number in crossings.of_groups(self._groups.ever(pursuers))
                if not crossings.all[number].winners.isdisjoint(self._ours(pursuers, crossings.all[number]))
            )
        return shared

    def _bound_with_us(self, pursuers: Pursuers) -> frozenset[int]:
        """Where a group of these pursuers, on the winning day, won or pursued the deal."""
        shared = self._bound_with.get(pursuers)
        if shared is None:
            crossings = self._field.crowding
            shared = self._bound_with[pursuers] = frozenset(
                number
                for number in crossings.of_groups(self._groups.ever(pursuers))
                if not crossings.all[number].parts.isdisjoint(self._ours(pursuers, crossings.all[number]))
            )
        return shared

    def _is_won_by(self, pursuers: Pursuers, crossing: RivalCrossing) -> bool:
        """Whether all that won belong to these pursuers: then it is no rival's."""
        return crossing.winners <= self._ours(pursuers, crossing)

    def _ours(self, pursuers: Pursuers, crossing: RivalCrossing) -> frozenset[str]:
        return self._groups.of_all(pursuers, crossing.on)


class _Crossings:
    """Crossings of one scope in order of their winning days, by number."""

    def __init__(self, in_order: Sequence[RivalCrossing]) -> None:
        self.all = in_order
        self._days = [crossing.on for crossing in in_order]
        self._by_group: dict[str, list[int]] = {}
        by_deal: dict[Deal, list[int]] = {}
        for number, crossing in enumerate(in_order):
            by_deal.setdefault((crossing.project, crossing.deal), []).append(number)
            for group in crossing.parts:
                self._by_group.setdefault(group, []).append(number)
        self._by_deal = {deal: frozenset(numbers) for deal, numbers in by_deal.items()}
        self._counting: tuple[date, Sequence[int]] | None = None

    def won_between(self, first: date, last: date) -> range:
        """Those whose winning day is from `first` to the day before `last`."""
        return range(bisect_left(self._days, first), bisect_left(self._days, last))

    def of_deal(self, deal: Deal) -> frozenset[int]:
        """Those of a deal."""
        return self._by_deal.get(deal, _NONE)

    def of_groups(self, groups: Iterable[str]) -> set[int]:
        """Those in which one of these groups has a part."""
        return {number for group in groups for number in self._by_group.get(group, ())}

    def counting_on(self, day: date) -> Sequence[int]:
        """Those that count on a day, in order; the same day is asked for many deals."""
        if self._counting is None or self._counting[0] != day:
            self._counting = (day, [n for n, one in enumerate(self.all) if one.valid_from <= day < one.valid_to])
        return self._counting[1]


class _Crowd:
    """How many groups were bound at most so many months ago, day by day."""

    def __init__(self, crossings: Sequence[RivalCrossing], months: int) -> None:
        self._crossings = crossings
        self._windows = [
            (crossing.valid_from, min(crossing.valid_to, _day_after(add_months(crossing.on, months))))
            for crossing in crossings
        ]
        self._by_group: dict[str, list[int]] = {}
        for number, crossing in enumerate(crossings):
            for group in crossing.winners:
                self._by_group.setdefault(group, []).append(number)
        self._runs: dict[str, Days] = {}
        self._days: list[date] = []
        self._counts: list[int] = []
        self._crowded: dict[int, Days] = {}
        self._numbers: tuple[date, Sequence[int]] | None = None

    def numbers_on(self, day: date) -> Sequence[int]:
        """Those that crowd others on a day; the same day is asked for many deals."""
        if self._numbers is None or self._numbers[0] != day:
            self._numbers = (day, [n for n, (since, until) in enumerate(self._windows) if since <= day < until])
        return self._numbers[1]

    def days_without(self, left_out: frozenset[int], groups_least: int) -> Days:
        """The days with so many groups, were it not for some crossings."""
        if not self._runs:
            self._count_groups()
        crowded = self._days_with(groups_least)
        if not left_out or not crowded:
            return crowded
        lost: list[Days] = []
        for group in frozenset[str]().union(*(self._crossings[number].winners for number in left_out)):
            others = union(self._windows[number] for number in self._by_group[group] if number not in left_out)
            if days := difference(self._runs[group], others):
                lost.append(days)
        too_few = [
            run
            for part in intersection(crowded, union(run for days in lost for run in days))
            for run in self._parts_between_turns(part, lost)
            if self._count_on(run[0]) - sum(contains(days, run[0]) for days in lost) < groups_least
        ]
        return difference(crowded, union(too_few))

    def _count_groups(self) -> None:
        self._runs = {
            group: union(self._windows[number] for number in numbers) for group, numbers in self._by_group.items()
        }
        turns: dict[date, int] = {}
        for runs in self._runs.values():
            for since, until in runs:
                turns[since] = turns.get(since, 0) + 1
                turns[until] = turns.get(until, 0) - 1
        self._days = sorted(turns)
        self._counts = list(accumulate(turns[day] for day in self._days))

    def _days_with(self, groups_least: int) -> Days:
        days = self._crowded.get(groups_least)
        if days is None:
            runs = zip(pairwise([*self._days, FOREVER]), self._counts, strict=True)
            days = self._crowded[groups_least] = union(run for run, count in runs if count >= groups_least)
        return days

    def _parts_between_turns(self, run: Run, lost: Iterable[Days]) -> Iterable[Run]:
        """The run in parts on which neither the count nor what is lost of it changes."""
        since, until = run
        turns = set(self._days[bisect_right(self._days, since) : bisect_left(self._days, until)])
        turns.update(day for days in lost for of_lost in days for day in of_lost if since < day < until)
        return pairwise([since, *sorted(turns), until])

    def _count_on(self, day: date) -> int:
        return self._counts[bisect_right(self._days, day) - 1]


def _order(crossing: RivalCrossing) -> tuple[date, str, str, str, date]:
    return (crossing.on, crossing.event, crossing.project, crossing.deal, crossing.since)


def _day_after(day: date) -> date:
    return FOREVER if day >= FOREVER else day + timedelta(days=1)
