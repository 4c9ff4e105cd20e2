"""Ends that lie before the event itself: a hold, paper, permit, right, contract or condition that is over before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from steppe.domain.events.event import clamp_to_known_day
from steppe.domain.events.field_checks import days_of
from steppe.domain.events.vocabulary import EVENT_KINDS

_ENDS = ("expires_on", "ends_on", "long_stop")
_ASKED = {
    name: tuple(
        field.name for field in kind.fields if field.name in _ENDS or (name, field.name) == ("hold.placed", "until")
    )
    for name, kind in EVENT_KINDS.items()
}


def doubtful_days(name: str, data: Mapping[str, Any], known_day: date) -> list[str]:
    """The ends that are before the day from which the event counts; empty of nearly all events. Days are UTC."""
    ends = [(field, days_of(data[field])) for field in _ASKED[name] if field in data]
    if not ends:
        return []
    days = days_of(data["occurred"]) if "occurred" in data else None
    counts_from = known_day if days is None else clamp_to_known_day(days, known_day)[1]
    return [
        f"{field} {data[field]} is {_before(field)} {counts_from}, the day from which {name} counts: {_effect(field)}; correct "
        "one of the two"
        for field, end in ends
        if end is not None and end.latest is not None and _is_over(field, end.latest, counts_from)
    ]


def _is_over(field: str, end: date, counts_from: date) -> bool:
    return end <= counts_from if field == "until" else end < counts_from  # free again on the day of `until` itself


def _before(field: str) -> str:
    return "not after" if field == "until" else "before"


def _effect(field: str) -> str:
    return "nothing is held" if field == "until" else "it is over before it begins"
