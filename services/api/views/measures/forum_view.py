"""Forums and what became of the papers and pledges that name them. Pure: from rows and outcomes to items."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as Number
from typing import Annotated, TypedDict

from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row
from services.api.views.frames import DayRange, Ended, OnDay, Sum, sums
from services.api.views.frames import ended as ended_item
from steppe.contracts.field_types import EARLIEST, Count, Day, Decimal, Given, Key, LevelName, Reference, choice, doc
from steppe.contracts.items import level_name
from steppe.domain.events.event import Event
from steppe.domain.measures import scorecard as measure
from steppe.domain.measures.scorecard import NO_PAPER, ForumRow, PaperOutcome, Portfolio
from steppe.domain.values.months import add_months
from steppe.domain.values.spans import Span
from steppe.domain.values.states import DealState


class ForumItem(TypedDict):
    """A summit or visit at which papers were signed."""

    key: Annotated[Key, doc("The key of the forum.")]
    forum: Annotated[Key, doc("Use `key`.", deprecated=True)]
    name: Annotated[str | None, doc("Its name; null: nobody said.")]
    place: Annotated[str | None, doc("Where it was held; null: nobody said.")]
    countries: Annotated[list[str], doc("Who took part, ISO 3166-1 alpha-2, alphabetical.")]
    held: Annotated[DayRange, doc("When it was held.")]
    projects: Annotated[Count, doc("How many projects have an event that names it.")]


class Paper(TypedDict):
    """A deal of the cohort, and how far it came since."""

    project: Annotated[Key, doc("The project.")]
    project_name: Annotated[str | None, doc("Its name; null: not registered.")]
    umbrella: Annotated[bool, doc("Whether that is an umbrella or a programme, which stand under `umbrellas`.")]
    deal: Annotated[Key, doc("The deal.")]
    signed_on: Annotated[Day, doc("The latest day of its first paper or pledge there.")]
    signed_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    signed_on_given: Given
    level: Annotated[LevelName | None, doc("Its level; null: it has ended, or its paper counts later.")]
    highest_since: Annotated[LevelName, doc("The highest level it reached since.")]
    already_bound: Annotated[
        bool, doc("Whether it had a valid leg the day before the forum: then it is neither strict nor loose.")
    ]
    strict: Annotated[bool, doc("Whether a leg of it has bound on the forum's day or since.")]
    strict_age: Annotated[int | None, doc("At how many months of age it first had; null: it has not.")]
    holds: Annotated[bool, doc("Whether it holds a valid leg.")]
    loose: Annotated[bool, doc("Strict, or another row since of a level above memorandum.")]
    loose_age: Annotated[int | None, doc("At how many months of age it became so; null: it has not.")]
    paper_only: Annotated[bool, doc("Whether it lives and has nothing but paper.")]
    announced: Annotated[
        list[Sum], doc("The largest sum of its papers there; empty: they state none, or of a portfolio.")
    ]
    bound: Annotated[list[Sum], doc("What has been bound of it since.")]
    ended: Annotated[Ended | None, doc("When and how it ended; null: it lives.")]
    ended_on: Annotated[Day | None, doc("Use `ended`.", deprecated=True)]


class ForumValue(TypedDict):
    """Money of the deals that announced a sum, in one currency. Nothing is converted."""

    currency: Annotated[str, doc("ISO 4217.")]
    announced: Annotated[Decimal, doc("The largest sum of each deal among its papers there.")]
    bound: Annotated[Decimal, doc("What has been bound of those deals since.")]
    share: Annotated[float | None, doc("Bound over announced, four decimals; null: nothing was announced.")]


class ScorecardPoint(TypedDict):
    """How many of the cohort were strict and loose from an age on, until the next point."""

    months: Annotated[Count, doc("The age, in months since the forum's day.")]
    strict: Annotated[Count, doc("How many were strict.")]
    loose: Annotated[Count, doc("How many were loose.")]


class ScorecardLine(TypedDict):
    """A cohort on a day. What was bound the day before the forum is told apart: it is in no figure but `papers` and `already_bound`."""

    papers: Annotated[Count, doc("How many deals have a paper or a pledge that names the forum.")]
    already_bound: Annotated[Count, doc("How many of them had a valid leg the day before.")]
    strict: Annotated[Count, doc("In how many of the others a leg has bound on the forum's day or since.")]
    holding: Annotated[Count, doc("How many of the strict ones hold a valid leg.")]
    loose: Annotated[Count, doc("How many are strict or have another row since of a level above memorandum.")]
    paper_only: Annotated[Count, doc("How many live and have nothing but paper.")]
    ended: Annotated[Count, doc("How many have ended.")]
    value: Annotated[
        list[ForumValue], doc("Announced and bound of the deals that announced a sum, currency by currency.")
    ]
    bound_without_sum: Annotated[
        list[Sum], doc("What has been bound of those that announced none: compared with nothing.")
    ]
    curve: Annotated[list[ScorecardPoint], doc("Strict and loose by age; empty without a cohort.")]


class PortfolioSum(TypedDict):
    """What a paper there says of a portfolio: it is compared with nothing."""

    project: Annotated[Key, doc("The project.")]
    project_name: Annotated[str | None, doc("Its name; null: not registered.")]
    event: Annotated[Reference, doc("The paper or pledge, as source#id.")]
    currency: Annotated[str, doc("ISO 4217.")]
    value: Annotated[Decimal, doc("How much.")]


class ForumRowItem(TypedDict):
    """A row that names the forum and puts no deal into its cohort."""

    project: Annotated[Key, doc("The project.")]
    project_name: Annotated[str | None, doc("Its name; null: not registered.")]
    deal: Annotated[Key | None, doc("The deal; null: of the project.")]
    event: Annotated[Reference, doc("The event, as source#id.")]
    name: Annotated[str, doc("What it is, as in intent.announced.")]
    on: Annotated[Day, doc("The latest day on which it occurred.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given
    why: Annotated[
        str,
        choice(*NO_PAPER),
        doc("Why: it only announces, binds, repeats a document, builds, is a treaty, names no deal."),
    ]


class ScorecardItem(ForumItem, ScorecardLine):
    """What became of the papers and pledges that name a forum. Its own figures are without umbrellas and programmes."""

    until: Annotated[Day, doc("The day on which they are judged.")]
    horizon_months: Annotated[Count | None, doc("How many months after the forum, as asked; null: until as_of.")]
    umbrellas: Annotated[ScorecardLine, doc("The deals of umbrellas and programmes, a line of their own.")]
    bound_there: Annotated[list[ForumRowItem], doc("Rows that bind and name the forum, of whatever deal.")]
    portfolios: Annotated[list[PortfolioSum], doc("Sums of portfolios: listed, not compared.")]
    without_papers: Annotated[
        Count, doc("How many of `projects` have no deal in the cohort by as_of: their rows are left out.")
    ]
    left_out: Annotated[list[ForumRowItem], doc("The other rows that name the forum.")]
    deals: Annotated[list[Paper], doc("Each deal of the cohort, umbrellas too.")]


class ScorecardAnswer(OnDay, ScorecardItem):
    """The scorecard of a forum."""


class Together(ScorecardLine):
    """Several forums as one: a deal that signed at several counts once, from the first of them."""

    umbrellas: Annotated[ScorecardLine, doc("The deals of umbrellas and programmes, a line of their own.")]


class ScorecardsItem(TypedDict):
    """Forums beside each other, at the same age, each from its own day."""

    horizon_months: Annotated[Count, doc("The age: as asked, else that of the youngest.")]
    forums: Annotated[list[ScorecardItem], doc("The scorecard of each, in the order of the question.")]
    together: Annotated[Together, doc("All of them as one.")]


class ScorecardsAnswer(OnDay, ScorecardsItem):
    """The scorecards of forums at the same age."""


def forum(row: Row) -> ForumItem:
    """One row of `/v1/forums`."""
    return {
        "key": row["forum"],
        "forum": row["forum"],
        "name": row["name"],
        "place": row["place"],
        "countries": sorted(row["countries"]),
        "held": {"earliest": row["held_earliest"], "latest": row["held_latest"]},
        "projects": row["projects"],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScorecard:
    """What was read for the scorecards of forums, as it is stored; can go to another process.

    `events`: those of all projects that have one that names a forum; `deal_spans`: theirs until `as_of`; `documents`: (project,
    source, id) of what events are part of, of those that state an amount.
    """

    forums: Sequence[Row]
    as_of: date
    horizon_months: int | None
    knowledge: Knowledge | None
    events: Sequence[Row]
    deal_spans: Sequence[Row]
    documents: Collection[tuple[str, str, str]]
    projects: Sequence[Row]

    @property
    def rows(self) -> int:
        """How many rows it takes long to make something of."""
        return len(self.events) + len(self.deal_spans)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What scorecards are made of: the events and deals of projects, and what these are registered as."""

    stored: StoredScorecard
    events: Mapping[str, Sequence[Event]]
    deals: Mapping[str, Sequence[Span[DealState]]]
    elsewhere: Mapping[str, Collection[tuple[str, str]]]
    projects: Mapping[str, Row]

    def name(self, project: str) -> str | None:
        """What a project is called."""
        return self.projects[project]["name"] if project in self.projects else None

    def is_umbrella(self, project: str) -> bool:
        """Whether it is of a kind that has a line of its own."""
        return project in self.projects and self.projects[project]["kind"] in ("programme", "umbrella")

    def card(self, forums: Sequence[Row]) -> measure.Scorecard:
        """The scorecard of forums as one."""
        days = {row["forum"]: row["held_latest"] for row in forums}
        stored = self.stored
        return measure.scorecard(days, self.events, self.deals, stored.as_of, stored.horizon_months, self.elsewhere)


def scorecard(stored: StoredScorecard) -> ScorecardItem:
    """The answer of `/v1/forums/{slug}/scorecard`: that of the first of the forums."""
    return _item(stored.forums[0], _read(stored))


def scorecards(stored: StoredScorecard) -> ScorecardsItem:
    """The answer of `/v1/scorecards`."""
    judged = _read(stored)
    together = judged.card(stored.forums).papers
    return {
        "horizon_months": stored.horizon_months or 0,
        "forums": [_item(row, judged) for row in stored.forums],
        "together": {
            **_line([paper for paper in together if not judged.is_umbrella(paper.project)]),
            "umbrellas": _line([paper for paper in together if judged.is_umbrella(paper.project)]),
        },
    }


def _read(stored: StoredScorecard) -> _Judged:
    events: dict[str, list[Event]] = {}
    for row in stored.events:
        event = row_decoding.event(row)
        if event is not None:
            events.setdefault(row["subject"], []).append(event)
    effective = {subject: read_as_known(history, stored.knowledge).events for subject, history in events.items()}
    spans: dict[str, list[Span[DealState]]] = {}
    for row in stored.deal_spans:
        span = Span(valid_from=row["valid_from"], valid_to=row["valid_to"], value=row_decoding.deal(row))
        spans.setdefault(row["project"], []).append(span)
    elsewhere = {
        project: frozenset((source, id_) for subject, source, id_ in stored.documents if subject != project)
        for project in effective
    }
    return _Judged(stored, effective, spans, elsewhere, {row["project"]: row for row in stored.projects})


def _item(row: Row, judged: _Judged) -> ScorecardItem:
    stored, card = judged.stored, judged.card([row])
    held, horizon = row["held_latest"], stored.horizon_months
    in_cohort = {paper.project for paper in card.papers}
    naming = {row.project for row in (*card.bound_there, *card.left_out)}
    return {
        **forum(row),
        **_line([paper for paper in card.papers if not judged.is_umbrella(paper.project)]),
        "until": stored.as_of if horizon is None or held is None else min(stored.as_of, add_months(held, horizon)),
        "horizon_months": horizon,
        "umbrellas": _line([paper for paper in card.papers if judged.is_umbrella(paper.project)]),
        "bound_there": [_row(row, judged) for row in card.bound_there],
        "portfolios": [_portfolio(row, judged) for row in card.portfolios],
        "without_papers": len(naming - in_cohort),
        "left_out": [_row(row, judged) for row in card.left_out],
        "deals": [_paper(paper, judged) for paper in card.papers],
    }


def _line(papers: Sequence[PaperOutcome]) -> ScorecardLine:
    others = [paper for paper in papers if not paper.already_bound]
    return {
        "papers": len(papers),
        "already_bound": len(papers) - len(others),
        "strict": sum(paper.strict for paper in others),
        "holding": sum(paper.strict and paper.holds for paper in others),
        "loose": sum(paper.loose for paper in others),
        "paper_only": sum(paper.paper_only for paper in others),
        "ended": sum(paper.ended is not None for paper in others),
        "value": [
            {
                "currency": value.currency,
                "announced": f"{value.announced:f}",
                "bound": f"{value.bound:f}",
                "share": round(float(value.bound / value.announced), 4) if value.announced else None,
            }
            for value in measure.values(others)
        ],
        "bound_without_sum": sums(measure.bound_without_sum(others)),
        "curve": [
            {"months": point.months, "strict": point.strict, "loose": point.loose} for point in measure.curve(papers)
        ],
    }


def _row(row: ForumRow, judged: _Judged) -> ForumRowItem:
    event = row.event
    return {
        "project": row.project,
        "project_name": judged.name(row.project),
        "deal": event.deal,
        "event": event.reference,
        "name": event.kind.name,
        "on": event.latest,
        "on_earliest": event.earliest,
        "on_given": event.given,
        "why": row.why,
    }


def _portfolio(portfolio: Portfolio, judged: _Judged) -> PortfolioSum:
    amount = portfolio.event.data["amount"]
    return {
        "project": portfolio.project,
        "project_name": judged.name(portfolio.project),
        "event": portfolio.event.reference,
        "currency": amount["currency"],
        "value": f"{Number(amount['value']):f}",
    }


def _paper(outcome: PaperOutcome, judged: _Judged) -> Paper:
    return {
        "project": outcome.project,
        "project_name": judged.name(outcome.project),
        "umbrella": judged.is_umbrella(outcome.project),
        "deal": outcome.deal,
        "signed_on": outcome.signed.latest,
        "signed_on_earliest": outcome.signed.earliest,
        "signed_on_given": outcome.signed.given,
        "level": level_name(outcome.level),
        "highest_since": outcome.highest_since.label,
        "already_bound": outcome.already_bound,
        "strict": outcome.strict,
        "strict_age": outcome.strict_age,
        "holds": outcome.holds,
        "loose": outcome.loose,
        "loose_age": outcome.loose_age,
        "paper_only": outcome.paper_only,
        "announced": sums(outcome.announced),
        "bound": sums(outcome.bound),
        "ended": ended_item(outcome.ended, outcome.ended_how),
        "ended_on": None if outcome.ended is None else outcome.ended.latest,
    }
