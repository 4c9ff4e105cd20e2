"""Forums and what became of the papers that were signed at them. Pure: from rows and outcomes to items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypedDict

from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row
from services.api.views.frames import DayRange, Ended, OnDay
from services.api.views.frames import ended as ended_item
from steppe.contracts.field_types import EARLIEST, Count, Day, Decimal, Given, Key, LevelName, doc
from steppe.contracts.items import level_name
from steppe.domain.events.event import Event
from steppe.domain.measures.scorecard import PaperOutcome, Value
from steppe.domain.measures.scorecard import scorecard as judge
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
    """A deal that signed at the forum, and how far it came since."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key, doc("The deal.")]
    signed_on: Annotated[Day, doc("The latest day of its first paper there.")]
    signed_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    signed_on_given: Given
    level: Annotated[LevelName | None, doc("Its level; null: it has ended.")]
    highest_since: Annotated[LevelName, doc("The highest level it reached since.")]
    strict: Annotated[bool, doc("Whether a leg of it has bound since.")]
    loose: Annotated[bool, doc("Whether it took any step above memorandum since.")]
    paper_only: Annotated[bool, doc("Whether it lives and has nothing but paper.")]
    ended: Annotated[Ended | None, doc("When and how it ended; null: it lives.")]
    ended_on: Annotated[Day | None, doc("Use `ended`.", deprecated=True)]


class ForumValue(TypedDict):
    """Money of the forum's deals in one currency. Nothing is converted."""

    currency: Annotated[str, doc("ISO 4217.")]
    announced: Annotated[Decimal, doc("What the papers said that they are about.")]
    bound: Annotated[Decimal, doc("What has been bound of those deals since.")]
    share: Annotated[float | None, doc("Bound over announced, four decimals; null: nothing was announced.")]


class ScorecardItem(ForumItem):
    """What became of the papers that were signed at a forum."""

    until: Annotated[Day, doc("The day on which the papers are judged.")]
    horizon_months: Annotated[Count | None, doc("How many months after the forum, as asked; null: until as_of.")]
    papers: Annotated[Count, doc("How many deals signed there.")]
    strict: Annotated[Count, doc("In how many of them a leg has bound since.")]
    loose: Annotated[Count, doc("How many took any step above memorandum since.")]
    paper_only: Annotated[Count, doc("How many live and have nothing but paper.")]
    ended: Annotated[Count, doc("How many have ended.")]
    value: Annotated[list[ForumValue], doc("Announced and bound, currency by currency.")]
    deals: Annotated[list[Paper], doc("Each deal that signed there.")]


class ScorecardAnswer(OnDay, ScorecardItem):
    """The scorecard of a forum."""


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
    """What was read for a scorecard, as it is stored; can go to another process.

    `events`: those of all projects that have a paper of the forum; `deal_spans`: theirs until the day on which they are judged.
    """

    forum: Row
    until: date
    horizon_months: int | None
    knowledge: Knowledge | None
    events: Sequence[Row]
    deal_spans: Sequence[Row]

    @property
    def rows(self) -> int:
        """How many rows it takes long to make something of."""
        return len(self.events) + len(self.deal_spans)


def scorecard(stored: StoredScorecard) -> ScorecardItem:
    """The answer of `/v1/forums/{slug}/scorecard`."""
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
    result = judge(stored.forum["forum"], effective, spans, stored.until)
    return {
        **forum(stored.forum),
        "until": stored.until,
        "horizon_months": stored.horizon_months,
        "papers": len(result.papers),
        "strict": sum(paper.strict for paper in result.papers),
        "loose": sum(paper.loose for paper in result.papers),
        "paper_only": sum(paper.paper_only for paper in result.papers),
        "ended": sum(paper.level is None for paper in result.papers),
        "value": [_value(value) for value in result.values],
        "deals": [_paper(paper) for paper in result.papers],
    }


def _paper(outcome: PaperOutcome) -> Paper:
    return {
        "project": outcome.project,
        "deal": outcome.deal,
        "signed_on": outcome.signed.latest,
        "signed_on_earliest": outcome.signed.earliest,
        "signed_on_given": outcome.signed.given,
        "level": level_name(outcome.level),
        "highest_since": outcome.highest_since.label,
        "strict": outcome.strict,
        "loose": outcome.loose,
        "paper_only": outcome.paper_only,
        "ended": ended_item(outcome.ended, outcome.ended_how),
        "ended_on": None if outcome.ended is None else outcome.ended.latest,
    }


def _value(value: Value) -> ForumValue:
    return {
        "currency": value.currency,
        "announced": f"{value.announced:f}",
        "bound": f"{value.bound:f}",
        "share": round(float(value.bound / value.announced), 4) if value.announced else None,
    }
