"""Ages in months (section 5): add to the date, clamp to the end of the month, compare inclusively."""

from __future__ import annotations

import calendar
from datetime import date
from functools import lru_cache

_SHORTEST_MONTH_DAYS = 28


@lru_cache(maxsize=65_536)  # each step of each flag asks for it at each event, mostly of a day that it knows
def add_months(day: date, months: int) -> date:
    """The day on which something that started on `day` reaches this age; `date.max` beyond the calendar."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    if day.day <= _SHORTEST_MONTH_DAYS:
        return date(year, month + 1, day.day)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_between(start: date, day: date) -> int:
    """The whole months from `start` to `day`; 0 before the start."""
    months = (day.year - start.year) * 12 + day.month - start.month
    if months > 0 and day.day < start.day and not _ends_its_month(day):
        months -= 1  # this month's day has not come; on its last day a longer month's has
    return max(months, 0)


def _ends_its_month(day: date) -> bool:
    return day.day >= _SHORTEST_MONTH_DAYS and day.day == calendar.monthrange(day.year, day.month)[1]
