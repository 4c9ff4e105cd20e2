"""What became of the papers of a forum (domain page, section 9): strict, loose and value.

The cohort is frozen: the deals of the memorandum-class papers that were signed there, treaties and repetitions left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from steppe.domain.analysis.money import added, sums
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import MEMORANDUM_CLASS
from steppe.domain.values.levels import Level
from steppe.domain.values.spans import Span
from steppe.domain.values.states import DealState, Start
from steppe.domain.values.value_class import value_class


@value_class(frozen=True, slots=True, kw_only=True)
class PaperOutcome:
    """A deal of the cohort. `signed`: the interval of its first paper there. `level` None: it has ended by the day."""

    project: str
    deal: str
    signed: Start
    level: Level | None
    highest_since: Level
    strict: bool
    loose: bool
    paper_only: bool
    ended: Start | None
    ended_how: str | None


@value_class(frozen=True, slots=True, kw_only=True)
class Value:
    """Money of one currency: what the papers said, and what has been bound of those deals since."""

    currency: str
    announced: Decimal
    bound: Decimal


@value_class(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The cohort on a day. Sums are in their own currencies; nothing is converted."""

    until: date
    papers: tuple[PaperOutcome, ...]
    values: tuple[Value, ...]


def signed_at(events: Iterable[Event], forum: str, until: date) -> list[Event]:
    """The papers of a project that were signed at a forum by a day, in the fold's order."""
    return sorted(
        (
            event
            for event in events
            if event.data.get("forum") == forum
            and event.kind.name in MEMORANDUM_CLASS
            and event.data.get("instrument") != "treaty"
            and "part_of" not in event.data
            and event.latest <= until
        ),
        key=lambda event: event.order,
    )


def scorecard(
    forum: str,
    events: Mapping[str, Sequence[Event]],
    deals: Mapping[str, Sequence[Span[DealState]]],
    until: date,
) -> Scorecard:
    """Judge the cohort on a day. `events` and `deals` (spans through the days) by project; others than the cohort's may be there."""
    outcomes: list[PaperOutcome] = []
    announced: defaultdict[str, Decimal] = defaultdict(Decimal)
    bound: defaultdict[str, Decimal] = defaultdict(Decimal)
    stated = {(event.source, event.id) for of in events.values() for event in of if event.data.get("amount")}
    for project, known in sorted(events.items()):
        papers: dict[str, list[Event]] = {}
        for event in signed_at(known, forum, until):
            if event.deal is not None:
                papers.setdefault(event.deal, []).append(event)
        for deal, signed in sorted(papers.items()):
            paper = signed[0]
            first = paper.latest
            start = Start(earliest=paper.earliest, latest=first, given=paper.given)
            spans = [span for span in deals.get(project, ()) if span.value.deal == deal and span.valid_from <= until]
            outcomes.append(_outcome(project, deal, start, spans, until))
            for currency, value in _announced(signed).items():
                announced[currency] += value
            since = sorted(
                (event for event in known if event.deal == deal and first <= event.latest <= until),
                key=lambda event: event.order,
            )
            for (_, _, currency), money in sums(since, stated).items():
                bound[currency] += money.committed
    values = [
        Value(currency=name, announced=announced[name], bound=bound[name]) for name in sorted({*announced, *bound})
    ]
    return Scorecard(until=until, papers=tuple(outcomes), values=tuple(values))


def _announced(papers: Sequence[Event]) -> Mapping[str, Decimal]:
    """What the papers of a deal say that it is about, whatever it is of, by currency."""
    by_currency: defaultdict[str, Decimal] = defaultdict(Decimal)
    for paper in papers:
        if amount := paper.data.get("amount"):
            by_currency[amount["currency"]] = added(by_currency[amount["currency"]], paper)
    return by_currency


def _outcome(project: str, deal: str, signed: Start, spans: Sequence[Span[DealState]], until: date) -> PaperOutcome:
    first = signed.latest
    since = [span.value for span in spans if span.valid_to > first]
    reached = [state.level for state in since if state.level is not None]
    highest = max(reached, default=Level.MEMORANDUM)
    now = next((span.value for span in spans if span.valid_from <= until < span.valid_to), None)
    return PaperOutcome(
        project=project,
        deal=deal,
        signed=signed,
        level=now.level if now else None,
        highest_since=highest,
        strict=any(leg.since >= first for state in since for leg in state.legs),
        loose=highest > Level.MEMORANDUM,
        paper_only=bool(now and now.memorandum_runs),
        ended=now.ended if now else None,
        ended_how=now.ended_how if now else None,
    )
