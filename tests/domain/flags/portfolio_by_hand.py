"""A few events by hand, and which flags stand because of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from steppe.domain.events import Event
from steppe.domain.history import Flag, Judgement
from steppe.domain.portfolio import portfolio
from tests.domain.event_logs import event


def deposit(subject: str = "north", **data: Any) -> Event:
    """A registered tungsten deposit in Kazakhstan."""
    what = {"country": "KZ", "commodities": ["tungsten"], "sector": "mining", "kind": "deposit", **data}
    return on(subject, event("project.registered", "2008-01-01", deal=None, **what))


def on(subject: str, made: Event) -> Event:
    """The same event of another subject."""
    return replace(made, subject=subject)


def pursued(name: str, occurred: str, *parties: str, **data: Any) -> Event:
    """An event that investors pursue, in the deal of the first of them."""
    named = [{"party": party, "role": "investor"} for party in parties]
    return event(name, occurred, deal=parties[0], parties=named, id=f"{parties[0]}-{name}-{occurred}", **data)


def judged(events: list[Event], as_of: str, project: str = "north") -> Judgement:
    """How the project stands on a day."""
    return portfolio(events).judged(project, date.fromisoformat(as_of))


def standing(events: list[Event], flag: str, as_of: str, project: str = "north") -> list[Flag]:
    """The flags of that name that stand on a day."""
    return [found for found in judged(events, as_of, project).flags if found.flag == flag]
