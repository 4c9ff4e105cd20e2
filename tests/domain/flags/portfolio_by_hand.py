"""A few events by hand, and which flags stand because of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any

from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event
from steppe.domain.explanation.flag_text import sentence
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.messages.english import english
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.flag_clock import flag_spans
from steppe.domain.values.history import Judgement
from steppe.domain.values.states import FOREVER, DealState, Flag, ProjectState
from tests.domain.event_logs import event

NOTHING = "nothing"


def deposit(subject: str = "north", **data: Any) -> Event:
    """A registered tungsten deposit in Kazakhstan."""
    what = {"country": "KZ", "commodities": ["tungsten"], "sector": "mining", "kind": "deposit", **data}
    return on(subject, event("project.registered", "2008-01-01", deal=None, **what))


def child(party: str, parent: str, occurred: str = "2008-01-01") -> Event:
    """A party that belongs to another one."""
    return on(f"party:{party}", event("party.registered", occurred, deal=None, party=party, parent=parent))


def on(subject: str, made: Event) -> Event:
    """The same event of another subject."""
    return replace(made, subject=subject)


def recorded_on(day: str, made: Event) -> Event:
    """The same event, accepted by ingest at noon of that day; known as before."""
    return replace(made, recorded=datetime.combine(date.fromisoformat(day), time(12), UTC))


def pursued(name: str, occurred: str, *parties: str, **data: Any) -> Event:
    """An event that investors pursue, in the deal of the first of them."""
    named = [{"party": party, "role": "investor"} for party in parties]
    return event(name, occurred, deal=parties[0], parties=named, id=f"{parties[0]}-{name}-{occurred}", **data)


def paper(occurred: str, party: str = "alpha", **data: Any) -> Event:
    """A memorandum that an investor signed."""
    return pursued("memorandum.signed", occurred, party, **{"instrument": "mou", **data})


def held(occurred: str, *, deal: str | None = None, **data: Any) -> Event:
    """A hold on one deal, or on the whole project."""
    return event("hold.placed", occurred, deal=deal, reason="a strike", **data)


def freed(occurred: str, *, deal: str | None = None) -> Event:
    """The end of every hold on one deal, or on all."""
    return event("hold.lifted", occurred, deal=deal)


def judged(events: Sequence[Event], as_of: str, project: str = "north", rules: Rules = RULES) -> Judgement:
    """How the project stands on a day."""
    return portfolio(events, rules=rules).judged(project, date.fromisoformat(as_of))


def of_project(judgement: Judgement) -> ProjectState:
    """How the project stands. AssertionError: on that day there is none."""
    assert judgement.project is not None, "no such project on that day"
    return judgement.project


def deal_on(events: Sequence[Event], as_of: str, deal: str = "alpha") -> DealState:
    """How one deal of `north` stands on a day."""
    return next(state for state in judged(events, as_of).deals if state.deal == deal)


def standing(events: Sequence[Event], flag: str, as_of: str, project: str = "north") -> list[Flag]:
    """The flags of that name that stand on a day."""
    return [found for found in judged(events, as_of, project).flags if found.flag == flag]


def the(events: Sequence[Event], flag: str, as_of: str) -> Flag:
    """The one flag of that name that stands on a day."""
    (found,) = standing(events, flag, as_of)
    return found


def said(events: Sequence[Event], flag: str, as_of: str) -> str:
    """That flag in words."""
    return english(sentence(the(events, flag, as_of), date.fromisoformat(as_of)))


def turns(
    events: Sequence[Event],
    flag: str,
    *,
    deal: str | None = "alpha",
    project: str = "north",
    rules: Rules = RULES,
) -> dict[str, str]:
    """The whole life of a flag: each day on which it turns, the future included, and what it shows from then on.

    `watch` is certain, `possible watch` is not, and NOTHING is no flag: `{"2021-03-01": "watch", "2022-05-01": NOTHING}`.
    Whatever day is not listed shows what the day before showed.
    """
    whole = portfolio(events, rules=rules)
    spans = [
        span
        for span in flag_spans((*whole.histories[project].flags, *whole.rivalries[project].flags))
        if (span.value.flag, span.value.deal) == (flag, deal)
    ]
    shown: dict[date, str] = {}
    for span in spans:
        shown[span.valid_from] = _shown(span.value)
        shown[span.valid_to] = NOTHING  # until the next span, if it begins there, says otherwise
    shown.pop(FOREVER, None)
    days = sorted(shown)
    changed = [day for before, day in pairwise(days) if shown[day] != shown[before]]
    return {day.isoformat(): shown[day] for day in [*days[:1], *changed]}


def _shown(flag: Flag) -> str:
    return flag.severity if flag.certainty == "certain" else f"possible {flag.severity}"
