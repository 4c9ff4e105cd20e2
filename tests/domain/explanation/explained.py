"""A few events by hand, and what is said of the project that they make."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from steppe.domain.analysis.forecast import UpcomingChange, upcoming_changes
from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event
from steppe.domain.explanation.deal_text import sentence
from steppe.domain.explanation.project_text import Explanation, explanation
from steppe.domain.fold.fold_state import fold_history

KNOWN_ON = date(2026, 11, 22)


def coming(events: Sequence[Event], as_of: date, project: str = "north") -> tuple[UpcomingChange, ...]:
    """What comes to a project if nothing else occurs after a day."""
    events_so_far = [event for event in events if event.subject == project and event.latest <= as_of]
    histories = fold_history(project, events_so_far)
    return upcoming_changes(histories.deals, histories.flags, as_of)


def explained(events: Sequence[Event], as_of: str, project: str = "north") -> Explanation:
    """What is said of a project on a day."""
    day = date.fromisoformat(as_of)
    whole = portfolio(events)
    judged = whole.judged(project, day)
    assert judged.project is not None
    return explanation(judged.project, judged.deals, judged.flags, coming(events, day, project), day, KNOWN_ON)


def deal_sentence(events: Sequence[Event], as_of: str, deal: str = "alpha") -> str:
    """What is said of a deal of the project `north` on a day."""
    day = date.fromisoformat(as_of)
    judged = portfolio(events).judged("north", day)
    (state,) = [one for one in judged.deals if one.deal == deal]
    return sentence(state, [flag for flag in judged.flags if flag.deal == deal], day)
