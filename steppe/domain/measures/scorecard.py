"""What became of the papers and pledges of a forum (domain page, section 9): strict, loose and value, of one forum or several as one.

The cohort is frozen: the deals of the memorandum-class papers and pledges that name it, treaties and repetitions left out. At every
age it holds the same deals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from steppe.domain.analysis.money import COMMITTED, changes
from steppe.domain.deals.papers import is_paper
from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.fold.narrowing import narrowed
from steppe.domain.values.levels import Level
from steppe.domain.values.months import add_months, months_between
from steppe.domain.values.spans import Span
from steppe.domain.values.states import DealState, LegState, Start
from steppe.domain.values.value_class import value_class

PLEDGE = "pledge.announced"
NO_PAPER = ("announcement", "binding", "part-of", "physical", "treaty", "without-deal", "other")
"""Why a row that names a forum puts no deal into its cohort."""


@value_class(frozen=True, slots=True, kw_only=True)
class PaperOutcome:
    """A deal of the cohort. `signed`: the interval of its first paper there. `level` None: it has ended by the day.

    `day` is its forum's, from which ages count. `already_bound`: it had a valid leg the day before. `strict_age` and `loose_age` are
    the ages in months at which it became so, None: it has not by the day.
    """

    project: str
    deal: str
    signed: Start
    day: date
    until: date
    level: Level | None
    highest_since: Level
    already_bound: bool
    strict_age: int | None
    loose_age: int | None
    holds: bool
    paper_only: bool
    ended: Start | None
    ended_how: str | None
    announced: Mapping[str, Decimal]
    bound: Mapping[str, Decimal]

    @property
    def strict(self) -> bool:
        """Whether a leg of it has bound on the forum's day or since; never of what was bound already."""
        return self.strict_age is not None

    @property
    def loose(self) -> bool:
        """Strict, or another row since of a level above memorandum."""
        return self.loose_age is not None


@value_class(frozen=True, slots=True, kw_only=True)
class Value:
    """Money of one currency: the largest sum of each deal's papers there, and what has been bound of those deals since."""

    currency: str
    announced: Decimal
    bound: Decimal


@value_class(frozen=True, slots=True, kw_only=True)
class ForumRow:
    """A row that names the forum, of a project. `why`: of NO_PAPER."""

    project: str
    event: Event
    why: str


@value_class(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """What a paper there says of a portfolio: listed, not compared."""

    project: str
    event: Event


@value_class(frozen=True, slots=True, kw_only=True)
class Point:
    """How many of a cohort were strict, and loose, at an age in months."""

    months: int
    strict: int
    loose: int


@value_class(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The cohort on a day, by project and deal; `bound_there` and `left_out` are the other rows that name the forum. Nothing is
    converted."""

    papers: tuple[PaperOutcome, ...]
    portfolios: tuple[Portfolio, ...]
    bound_there: tuple[ForumRow, ...]
    left_out: tuple[ForumRow, ...]


def signed_at(events: Iterable[Event], forums: Collection[str], until: date) -> list[Event]:
    """The papers and pledges of a project that name one of the forums and count by a day, in the fold's order."""
    return sorted(
        (event for event in events if event.latest <= until and _why_no_paper(event, forums) is None),
        key=lambda event: event.order,
    )


def _why_no_paper(event: Event, forums: Collection[str]) -> str | None:
    """Why a row puts no deal into the cohort: of NO_PAPER, `elsewhere` if it names none of the forums; None: it does."""
    if event.data.get("forum") not in forums:
        return "elsewhere"
    promises = is_paper(event) or event.kind.name == PLEDGE
    if promises and "part_of" in event.data:
        return "part-of"
    if promises:
        return "without-deal" if event.deal is None else None
    if event.kind.effect is Effect.BINDING:
        return "part-of" if "part_of" in event.data else "binding"
    if event.kind.effect is Effect.PHYSICAL:
        return "physical"
    if event.data.get("instrument") == "treaty":
        return "treaty"
    return "announcement" if event.kind.name == "intent.announced" else "other"


def scorecard(
    days: Mapping[str, date | None],
    events: Mapping[str, Sequence[Event]],
    deals: Mapping[str, Sequence[Span[DealState]]],
    as_of: date,
    age: int | None = None,
    stated_elsewhere: Mapping[str, Collection[Identity]] | None = None,
) -> Scorecard:
    """Judge the cohort of forums, given with their days, as one; a deal that signed at several counts from the first of them.

    `events` and `deals` (spans through the days) by project; others than the cohort's may be there. The cohort is that of `as_of`;
    it is judged at an age in months, or on that day if it is not so old yet. `stated_elsewhere`: by project, as for `money_rows`.
    """
    outcomes: list[PaperOutcome] = []
    portfolios: list[Portfolio] = []
    rows: list[ForumRow] = []
    elsewhere = stated_elsewhere or {}
    for project, of_project in sorted(events.items()):
        in_order = narrowed(sorted(of_project, key=lambda event: event.order))
        money = _committed(in_order, elsewhere.get(project, ()))
        papers: dict[str, list[Event]] = {}
        for event in signed_at(in_order, days, as_of):
            assert event.deal is not None, "without one it is no paper"
            papers.setdefault(event.deal, []).append(event)
        for deal, signed in sorted(papers.items()):
            day = min(days[paper.data["forum"]] or paper.latest for paper in signed)
            until = as_of if age is None else min(as_of, add_months(day, age))
            of_deal = [event for event in in_order if event.deal == deal]
            spans = [span for span in deals.get(project, ()) if span.value.deal == deal]
            outcomes.append(_outcome(project, deal, signed, of_deal, spans, money, days, day, until))
            portfolios += [Portfolio(project=project, event=paper) for paper in signed if _is_of_portfolio(paper)]
        for event in in_order:
            why = _why_no_paper(event, days)
            if event.latest <= as_of and why not in (None, "elsewhere"):
                rows.append(ForumRow(project=project, event=event, why=str(why)))
    return Scorecard(
        papers=tuple(outcomes),
        portfolios=tuple(portfolios),
        bound_there=tuple(row for row in rows if row.why == "binding"),
        left_out=tuple(row for row in rows if row.why != "binding"),
    )


def values(papers: Iterable[PaperOutcome]) -> list[Value]:
    """Announced and bound of the deals that announced a sum, by currency."""
    announced: defaultdict[str, Decimal] = defaultdict(Decimal)
    bound: defaultdict[str, Decimal] = defaultdict(Decimal)
    for paper in papers:
        if paper.announced:
            for currency, value in paper.announced.items():
                announced[currency] += value
            for currency, value in paper.bound.items():
                bound[currency] += value
    return [Value(currency=name, announced=announced[name], bound=bound[name]) for name in sorted({*announced, *bound})]


def bound_without_sum(papers: Iterable[PaperOutcome]) -> Mapping[str, Decimal]:
    """What has been bound since of the deals that announced no sum, by currency: compared with nothing."""
    bound: defaultdict[str, Decimal] = defaultdict(Decimal)
    for paper in papers:
        if not paper.announced:
            for currency, value in paper.bound.items():
                bound[currency] += value
    return dict(sorted(bound.items()))


def curve(papers: Sequence[PaperOutcome]) -> list[Point]:
    """How many were strict and loose by age: one point at 0, one at each age at which one became so, and one at the age on the day.

    Each is what a scorecard at that age counts.
    """
    of_age = [paper for paper in papers if not paper.already_bound]
    if not of_age:
        return []
    last = max(months_between(paper.day, paper.until) for paper in of_age)
    ages = {0, last} | {age for paper in of_age for age in (paper.strict_age, paper.loose_age) if age is not None}
    return [
        Point(
            months=months,
            strict=sum(paper.strict_age is not None and paper.strict_age <= months for paper in of_age),
            loose=sum(paper.loose_age is not None and paper.loose_age <= months for paper in of_age),
        )
        for months in sorted(ages)
    ]


def _committed(in_order: Sequence[Event], stated_elsewhere: Collection[Identity]) -> list[tuple[Event, str, Decimal]]:
    """By how much rows move what is committed: the row, the currency, and how much."""
    return [
        (change.row.event, change.row.currency, change.change)
        for change in changes(in_order, stated_elsewhere)
        if change.row.of == COMMITTED
    ]


def _largest(papers: Sequence[Event]) -> Mapping[str, Decimal]:
    """The largest sum that the papers of a deal say, of the currency in which the first that says one says it; none of a portfolio."""
    sums = [paper.data["amount"] for paper in papers if paper.data.get("amount") and not _is_of_portfolio(paper)]
    if not sums:
        return {}
    currency = sums[0]["currency"]
    return {currency: max(Decimal(amount["value"]) for amount in sums if amount["currency"] == currency)}


def _is_of_portfolio(paper: Event) -> bool:
    return (paper.data.get("amount") or {}).get("of") == "portfolio"


def _age(day: date, on: date) -> int:
    """The least age in months at which a day has come."""
    months = months_between(day, on)
    return months if add_months(day, months) >= on else months + 1


def _outcome(
    project: str,
    deal: str,
    signed: Sequence[Event],
    events: Sequence[Event],
    spans: Sequence[Span[DealState]],
    money: Sequence[tuple[Event, str, Decimal]],
    forums: Collection[str],
    day: date,
    until: date,
) -> PaperOutcome:
    paper = signed[0]
    shown = [span for span in spans if span.valid_from <= until]
    now = next((span.value for span in shown if span.valid_from <= until < span.valid_to), None)
    since = [span.value for span in shown if span.valid_to > day]
    reached = [state.level for state in since if state.level is not None]
    there = {event.reference for event in events if event.data.get("forum") in forums}

    def is_since(event: Event) -> bool:
        return event.latest <= until and (event.latest >= day or event.reference in there)

    legs = _legs(shown)
    already = any(leg.since < day and not there.intersection(leg.events) and _held(leg, day) for leg in legs)
    bound_on = [max(leg.since, day) for leg in legs if leg.since >= day or there.intersection(leg.events)]
    papers = {paper.reference for paper in signed}
    steps = [
        max(event.latest, day)
        for event in events
        if is_since(event)
        and event.reference not in papers
        and not _repeats(event, signed)
        and event.kind.level is not None
        and event.kind.level > Level.MEMORANDUM
    ]
    strict_on = None if already else min(bound_on, default=None)
    loose_on = None if already else min([*bound_on, *steps], default=None)
    bound: defaultdict[str, Decimal] = defaultdict(Decimal)
    for event, currency, change in money:
        if event.deal == deal and is_since(event):
            bound[currency] += change
    return PaperOutcome(
        project=project,
        deal=deal,
        signed=Start(earliest=paper.earliest, latest=paper.latest, given=paper.given),
        day=day,
        until=until,
        level=now.level if now else None,
        highest_since=max(reached, default=Level.ANNOUNCED if paper.kind.name == PLEDGE else Level.MEMORANDUM),
        already_bound=already,
        strict_age=None if strict_on is None else _age(day, strict_on),
        loose_age=None if loose_on is None else _age(day, loose_on),
        holds=now is not None and any(leg.valid for leg in now.legs),
        paper_only=bool(now and now.memorandum_runs),
        ended=now.ended if now else None,
        ended_how=now.ended_how if now else None,
        announced=_largest(signed),
        bound=dict(sorted(bound.items())),
    )


def _legs(spans: Sequence[Span[DealState]]) -> list[LegState]:
    """Every leg of a deal in its last state, over all phases."""
    last: dict[tuple[int, int], LegState] = {}
    for span in spans:
        for number, leg in enumerate(span.value.legs):
            last[span.value.phase, number] = leg
    return list(last.values())


def _held(leg: LegState, day: date) -> bool:
    """Whether a leg that bound before a day was valid at the end of the day before."""
    return leg.ended_on is None or leg.ended_on >= day


def _repeats(event: Event, papers: Sequence[Event]) -> bool:
    whole = event.data.get("part_of")
    return whole is not None and any(paper.is_named_by(whole) for paper in papers)
