"""Flags in plain words, with the figures of the day on which they are read. Knows English, judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from steppe.domain.history import Flag, Start
from steppe.domain.months import months_between


def age_months(start: Start, as_of: date) -> tuple[int, int | None]:
    """The age in whole months, [at least, at most]; no upper end when the start has no earliest day."""
    at_most = None if start.earliest is None else months_between(start.earliest, as_of)
    return months_between(start.latest, as_of), at_most


def sentence(flag: Flag, as_of: date) -> str:
    """One sentence with the figures, as of a day."""
    age = _age(flag, as_of)
    papers = f"{flag.count} {'memorandum' if flag.count == 1 else 'memoranda'}"
    held = " On hold." if flag.on_hold else ""
    match flag.flag:
        case "memorandum-only":
            return f"{papers} in {age}, nothing binding.{held}"
        case "memorandum-churn":
            return f"{papers} one after another, nothing binding in {age}.{held}"
        case "silent":
            return f"Nothing heard for {age}.{held}"
        case "lapsed":
            return f"The paper ran out on {flag.expired_on or flag.since}, and nothing binding followed.{held}"
        case "unchecked":
            return f"Nobody looked for {age}.{held}"
        case "partly-bound":
            return f"Bound in part: {' and '.join(flag.missing)} missing for {age}.{held}"
        case "not-building":
            return f"Bound for {age}, and nothing was begun on the ground.{held}"
        case "not-producing":
            return f"Built or in trial for {age}, without commercial production.{held}"
        case "slipping":
            return f"A milestone was put off {flag.count} times.{held}"
        case "displaced":
            where = "this asset" if flag.tier == "asset" else "the same market"
            return f"Overtaken: {_names(flag.groups)} got {where} while this deal was on paper.{held}"
        case "crowded":
            return f"{flag.count} other groups were bound in this market of late: {_names(flag.groups)}.{held}"
        case _:
            return f"{flag.flag}: {flag.severity} since {flag.since}.{held}"


def _names(groups: Sequence[str]) -> str:
    return ", ".join(groups)


def _age(flag: Flag, as_of: date) -> str:
    if flag.start is None:
        return "an unknown time"
    low, high = age_months(flag.start, as_of)
    if high is None:
        return f"at least {_months(low)}"
    return _months(low) if low == high else f"{low} to {_months(high)}"


def _months(count: int) -> str:
    return f"{count} {'month' if count == 1 else 'months'}"
