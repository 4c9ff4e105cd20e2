"""A few events by hand, and what is said of the project that they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from steppe.domain.analysis.forecast import UpcomingChange, upcoming_changes
from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event
from steppe.domain.explanation import flag_text
from steppe.domain.explanation.deal_text import sentence
from steppe.domain.explanation.project_text import explanation
from steppe.domain.fold.fold_state import fold_history
from steppe.domain.messages.english import english
from steppe.domain.messages.message import Sentences
from steppe.domain.values.flag_clock import flag_spans

KNOWN_ON = date(2026, 11, 22)


@dataclass(frozen=True)
class EnglishExplanation:
    """What is said of a project, in English."""

    stands: str
    missing: str
    next: str


def coming(events: Sequence[Event], as_of: date, project: str = "north") -> tuple[UpcomingChange, ...]:
    """What comes to a project if nothing else occurs after a day."""
    events_so_far = [event for event in events if event.subject == project and event.latest <= as_of]
    histories = fold_history(project, events_so_far)
    return upcoming_changes(histories.deals, flag_spans(histories.flags), as_of)


def explained(events: Sequence[Event], as_of: str, project: str = "north") -> EnglishExplanation:
    """What is said of a project on a day."""
    day = date.fromisoformat(as_of)
    whole = portfolio(events)
    judged = whole.judged(project, day)
    assert judged.project is not None
    in_words = explanation(judged.project, judged.deals, judged.flags, coming(events, day, project), day, KNOWN_ON)
    return EnglishExplanation(english(in_words.stands), english(in_words.missing), english(in_words.next))


def all_told(events: Sequence[Event], days: Iterable[date]) -> Iterator[Sentences]:
    """All that is said of every project, deal and flag on these days."""
    whole = portfolio(events)
    for day, project in product(days, whole.histories):
        judged = whole.judged(project, day)
        if judged.project is None:
            continue
        upcoming = coming(events, day, project)
        in_words = explanation(judged.project, judged.deals, judged.flags, upcoming, day, KNOWN_ON)
        yield from (in_words.stands, in_words.missing, in_words.next)
        yield from (flag_text.sentence(flag, day) for flag in judged.flags)
        for deal in judged.deals:
            yield sentence(deal, [flag for flag in judged.flags if flag.deal == deal.deal], day)


def deal_sentence(events: Sequence[Event], as_of: str, deal: str = "alpha") -> str:
    """What is said of a deal of the project `north` on a day."""
    day = date.fromisoformat(as_of)
    judged = portfolio(events).judged("north", day)
    (state,) = [one for one in judged.deals if one.deal == deal]
    return english(sentence(state, [flag for flag in judged.flags if flag.deal == deal], day))
