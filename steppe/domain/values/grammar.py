"""Small pieces of English that the sentences about deals, flags and projects share: names, ages, days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from steppe.domain.values.months import add_months, months_between
from steppe.domain.values.states import Start

_NAMES_MOST = 4


def age_months(start: Start, as_of: date) -> tuple[int, int | None]:
    """The age in whole months, [at least, at most]; no upper end when the start has no earliest day."""
    at_most = None if start.earliest is None else months_between(start.earliest, as_of)
    return months_between(start.latest, as_of), at_most


def age(start: Start | None, as_of: date) -> str:
    """How old it is, as `3 months`, `3 to 14 months`, `at least 3 months`."""
    if start is None:
        return "an unknown time"
    low, high = age_months(start, as_of)
    if high is None:
        return f"at least {months(low)}"
    return months(low) if low == high else f"{low} to {months(high)}"


def months(count: int) -> str:
    """As `1 month`."""
    return counted(count, "month", "months")


def counted(count: int, singular: str, plural: str) -> str:
    """As `1 deal`, `2 deals`."""
    return f"{count} {singular if count == 1 else plural}"


def papers(count: int) -> str:
    """As `3 memoranda`."""
    return counted(count, "memorandum", "memoranda")


def when(start: Start) -> str:
    """A day, month, year or interval as one would say it after `since`."""
    first, last = start.earliest, start.latest
    if first is None:
        return f"{last} or before"
    if first == last:
        return last.isoformat()
    after_last = last + timedelta(days=1)
    if first.day == 1 and after_last == add_months(first, 1):
        return f"{first:%Y-%m}"
    if (first.month, first.day) == (1, 1) and after_last == add_months(first, 12):
        return f"{first:%Y}"
    return f"a day from {first} to {last}"


def listed(words: Sequence[str]) -> str:
    """As `equity, debt and works`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "none"


def named(parties: Sequence[str]) -> str:
    """Who, the first few of many; `nobody named` for none."""
    if not parties:
        return "nobody named"
    more = len(parties) - _NAMES_MOST
    return listed([*parties[:_NAMES_MOST], counted(more, "other", "others")] if more > 0 else list(parties))


def capital(sentence: str) -> str:
    """With a capital letter at its beginning."""
    return sentence[:1].upper() + sentence[1:]
