"""What became of the first paper of each deal (domain page, section 9): bound, ended without binding, or open, and after how long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from steppe.domain.deals.papers import is_paper
from steppe.domain.deals.pursuers import Pursuers
from steppe.domain.events.event import Event
from steppe.domain.measures.incidence import BOUND, ENDED, OPEN, Age
from steppe.domain.values.levels import Level
from steppe.domain.values.months import months_between
from steppe.domain.values.states import Start
from steppe.domain.values.value_class import value_class

BOUND_BEFORE = "bound-before"
"""The outcome of a deal that had a valid leg before its first paper, and so was never at risk."""


@value_class(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a phase of a deal stands from a day on, as far as conversion and delivery ask: when it first bound, whether a leg is valid, how
    it ended; `leg`: when its first leg bound that no other one implies; `produces`: it is at producing; `highest`: its highest level."""

    since: date
    phase: int
    bound: Start | None = None
    valid: bool = False
    ended: Start | None = None
    ended_how: str | None = None
    leg: Start | None = None
    produces: bool = False
    highest: Level = Level.IDENTIFIED


@value_class(frozen=True, slots=True, kw_only=True)
class Conversion:
    """The first paper of a deal and what came of it by a day: bound, ended, open or bound-before.

    `on` is when it first bound since the paper, or ended (`how`); None while it is open. `months` are counted from the
    latest day of the paper, `months_most` from its earliest, where one is known; both to the latest day of the outcome.
    `highest`: the highest level that the deal came to, in whatever phase.
    """

    deal: str
    paper: Event
    outcome: str
    on: Start | None
    how: str | None
    months: int
    months_most: int
    highest: Level

    @property
    def age(self) -> Age:
        """For the curve: with latest days."""
        return Age(self.months, self.outcome)

    @property
    def age_most(self) -> Age:
        """For the range of the curve: with the start on its earliest day."""
        return Age(self.months_most, self.outcome)


def papers_in_order(events: Iterable[Event]) -> list[Event]:
    """The memorandum-class papers among the events of a project, from early to late."""
    return sorted((event for event in events if is_paper(event)), key=lambda event: event.order)


def first_papers(papers: Iterable[Event], until: date) -> dict[str, Event]:
    """The first paper ever of each deal of a project, of those that count by a day, by deal. A part of another document is a paper, too.
    Papers are in their order, and those that corrections leave."""
    first: dict[str, Event] = {}
    for paper in papers:
        if paper.deal is not None and paper.latest <= until:
            first.setdefault(paper.deal, paper)
    return first


def pursuers_of(paper: Event) -> tuple[str, ...]:
    """Who pursues the deal by its paper: the parties of the highest pursuing role that it names."""
    return Pursuers().with_those_of(paper).parties


def without_repeats(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """The standings of a deal, from early to late, without those that say what the one before says."""
    changes: list[Standing] = []
    for standing in standings:
        if not changes or replace(standing, since=changes[-1].since) != changes[-1]:
            changes.append(standing)
    return tuple(changes)


def phases_by(standings: Iterable[Standing], day: date) -> list[Standing]:
    """The last standing of each phase of a deal by a day, in order; those of one deal, from early to late."""
    phases: dict[int, Standing] = {}
    for standing in standings:
        if standing.since <= day:
            phases[standing.phase] = standing
    return [phases[phase] for phase in sorted(phases)]


def conversion(deal: str, paper: Event, phases: Sequence[Standing], day: date) -> Conversion:
    """What came of a paper by a day. `phases`: the deal as it stood last in each of its phases by then, in order; at least one.

    The last phase decides. A deal that lives is bound while a leg of it is valid, else open; one that has ended is bound if a
    leg of it ever was.
    """
    last = phases[-1]
    started, started_earliest = paper.latest, paper.earliest or paper.latest
    bound = sorted((phase.bound for phase in phases if phase.bound is not None), key=_first)
    on: Start | None
    how: str | None = None
    if bound and bound[0].latest < started_earliest:
        outcome, on = BOUND_BEFORE, bound[0]
    elif last.ended is None:
        outcome, on = (BOUND, bound[0]) if last.valid else (OPEN, None)
    elif last.bound is not None:
        outcome, on = BOUND, bound[0]
    else:
        outcome, on, how = ENDED, last.ended, last.ended_how
    end = day if on is None else on.latest
    return Conversion(
        deal=deal, paper=paper, outcome=outcome, on=on, how=how,
        months=months_between(started, end), months_most=months_between(started_earliest, end),
        highest=max(phase.highest for phase in phases),
    )  # fmt: skip


def counted_as(level: Level | None, conversions: Iterable[Conversion]) -> int:
    """How many deals somebody counts who counts those that came to a level, or for None those that have not ended unbound."""
    return sum(measured.outcome != ENDED if level is None else measured.highest >= level for measured in conversions)


def _first(start: Start) -> tuple[date, date]:
    return start.latest, start.earliest or date.min
