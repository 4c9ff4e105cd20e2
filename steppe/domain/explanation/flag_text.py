"""Flags in plain words, with the figures of the day on which they are read. Knows English, judges nothing."""

from __future__ import annotations

from datetime import date

from steppe.domain.explanation.grammar import age, age_months, named, papers
from steppe.domain.values.states import Flag

__all__ = ["age_months", "overtaken", "sentence"]


def sentence(flag: Flag, as_of: date) -> str:
    """One sentence with the figures, as of a day."""
    old = age(flag.start, as_of)
    counted = papers(flag.count) if flag.count else "Part of another deal's paper"
    held = " On hold." if flag.on_hold else ""
    match flag.flag:
        case "memorandum-only":
            return f"{counted} in {old}, nothing binding.{held}"
        case "memorandum-churn":
            return f"{counted} one after another, nothing binding in {old}.{held}"
        case "silent":
            return f"Nothing heard for {old}.{held}"
        case "lapsed":
            return f"The paper ran out on {flag.expired_on or flag.since}, and nothing binding followed.{held}"
        case "unchecked":
            return f"Nobody looked for {old}.{held}"
        case "partly-bound":
            return f"Bound in part: {' and '.join(flag.missing)} missing for {old}.{held}"
        case "not-building":
            return f"Bound for {old}, and nothing was begun on the ground.{held}"
        case "not-producing":
            return f"Built or in trial for {old}, without commercial production.{held}"
        case "slipping":
            return f"A milestone was put off {flag.count} times.{held}"
        case "displaced":
            return f"{overtaken(flag)}{held}"
        case "crowded":
            return f"{flag.count} other groups were bound in this market of late: {', '.join(flag.groups)}.{held}"
        case _:
            return f"{flag.flag}: {flag.severity} since {flag.since}.{held}"


def overtaken(flag: Flag) -> str:
    """Who got what a displaced deal was after. With several rivals, `tier` speaks of the nearest of them."""
    groups = named(flag.groups)
    if flag.tier != "asset":
        return f"Overtaken: {groups} got the same market while this deal was on paper."
    if len(flag.groups) == 1:
        return f"Overtaken: {groups} got this asset while this deal was on paper."
    return f"Overtaken: {groups} got this asset or its market while this deal was on paper."
