"""From what the fold says to the rows that are stored; the columns here are those of the migrations, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from steppe.database.read_model.flag_rows import flag_rows, headline_rows
from steppe.database.read_model.market_rows import standing_row
from steppe.database.read_model.stored_documents import compact_document, deal_document
from steppe.domain.events.event import Event
from steppe.domain.markets.rivalry import Rivalry
from steppe.domain.values.history import History
from steppe.domain.values.search_folding import folded
from steppe.domain.values.spans import Span
from steppe.domain.values.states import BEGINNING

if TYPE_CHECKING:
    from steppe.database.connection import Connection

Row = tuple[Any, ...]
T = TypeVar("T")

PROJECT = (
    "project", "partition", "log_offset", "event_count", "forums", "investors", "superseded_by", "superseded_reason",
    "superseded_event", "updated_at",
)  # fmt: skip
PROJECT_SPAN = (
    "project", "valid_from", "valid_to", "name", "country", "countries", "sector", "kind", "commodities", "level",
    "highest_level", "investors", "search_text", "document",
)  # fmt: skip
LAST_EVENT_SPAN = ("project", "valid_from", "valid_to", "earliest", "latest", "given")
DEAL_SPAN = ("project", "deal", "valid_from", "valid_to", "phase", "level", "highest_level", "investors", "document")
PARTY_NAMING = ("project", "party", "field", "known_at", "recorded_at", "source", "id", "value")
CO_INVESTMENT_SPAN = ("project", "deal", "valid_from", "valid_to", "events")

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class ProjectRows:
    """The rows of any number of projects, one list a table."""

    projects: list[Row] = field(default_factory=list)
    project_spans: list[Row] = field(default_factory=list)
    deal_spans: list[Row] = field(default_factory=list)
    flag_spans: list[Row] = field(default_factory=list)
    headline_spans: list[Row] = field(default_factory=list)
    last_event_spans: list[Row] = field(default_factory=list)
    standings: list[Row] = field(default_factory=list)
    co_investment_spans: list[Row] = field(default_factory=list)
    party_namings: list[Row] = field(default_factory=list)

    def extend(self, others: ProjectRows) -> None:
        """Take in the rows of other projects."""
        for name in self.__slots__:
            getattr(self, name).extend(getattr(others, name))


@dataclass(frozen=True, slots=True)
class LastEvent:
    """Where the last event of a project stands in the log, and how many there are, corrections included."""

    partition: int
    offset: int
    event_count: int


def add_project(
    rows: ProjectRows,
    history: History,
    events: Sequence[Event],
    last: LastEvent,
    *,
    now: datetime,
    changed_from: date = BEGINNING,
) -> None:
    """Append everything that is stored of one project but what its market does to it. `events` are read as corrected.

    Spans that ended before `changed_from` are left out. Dates `BEGINNING` and `FOREVER` become the infinities of Postgres.
    """
    project, superseded = history.project, history.superseded
    # Of a project that is superseded, nothing counts anywhere.
    forums = set() if superseded else {forum for event in events if (forum := event.data.get("forum"))}
    investors = {investor for span in history.projects for investor in span.value.investors}
    rows.projects.append(
        (
            project, last.partition, last.offset, last.event_count, sorted(forums), sorted(investors),
            list(superseded.by) if superseded else None, text(superseded.reason) if superseded else None,
            superseded.event if superseded else None, now,
        )
    )  # fmt: skip
    for span in _since(history.projects, changed_from):
        state = span.value
        rows.project_spans.append(
            (
                project, span.valid_from, span.valid_to, text(state.name), state.country, list(state.countries),
                state.sector, state.kind, list(state.commodities), int(state.level), int(state.highest_level),
                list(state.investors),
                search_text([project, state.name, *(a.name for a in state.aliases), *(i.id for i in state.ids)]),
                compact_document(state),
            )
        )  # fmt: skip
    for deal_span in _since(history.deals, changed_from):
        deal = deal_span.value
        rows.deal_spans.append(
            (
                project, deal.deal, deal_span.valid_from, deal_span.valid_to, deal.phase,
                None if deal.level is None else int(deal.level), int(deal.highest_level), list(deal.investors),
                deal_document(deal),
            )
        )  # fmt: skip
    rows.flag_spans += flag_rows(project, _since(history.flags, changed_from))
    rows.headline_spans += headline_rows(project, _since(history.headlines, changed_from))
    rows.last_event_spans += [
        (project, span.valid_from, span.valid_to, span.value.earliest, span.value.latest, text(span.value.given))
        for span in _since(history.last_events, changed_from)
    ]
    rows.standings.append(standing_row(history))
    if superseded is None:
        rows.party_namings += _naming_rows(project, events)


def _since(spans: Sequence[Span[T]], changed_from: date) -> Sequence[Span[T]]:
    return spans if changed_from == BEGINNING else [span for span in spans if span.valid_to >= changed_from]


def _naming_rows(project: str, events: Iterable[Event]) -> list[Row]:
    """Which event first gives each party a name, and which a country."""
    first: dict[tuple[str, str], Row] = {}
    for event in events:
        for party in event.parties:
            for name, value in (("name", party.name), ("country", party.country)):
                if value is not None:
                    key = (party.party, name)
                    said = (event.known, event.recorded, event.source, event.id, text(value))
                    if key not in first or said[:4] < first[key][:4]:
                        first[key] = said
    return [(project, *key, *said) for key, said in first.items()]


def add_rivalry(rows: ProjectRows, project: str, suffered: Rivalry) -> None:
    """Append what the market does to a project."""
    rows.flag_spans += flag_rows(project, suffered.flags)
    rows.co_investment_spans += co_investment_rows(project, suffered)


def co_investment_rows(project: str, suffered: Rivalry) -> list[Row]:
    """The rows of co-investments."""
    return [
        (project, span.value.deal, span.valid_from, span.valid_to, list(span.value.events))
        for span in suffered.co_investments
    ]


def document(value: object) -> str:
    """The stored form of a value of `steppe.domain.values.states`."""
    return _encode(value).decode()


def fault_of(error: Exception) -> str:
    """A defect as the reason that is stored with what it befell."""
    return f"{type(error).__name__}: {error}"[:2000].replace("\0", "\ufffd")


def text(value: str | None) -> str | None:
    """Free text for a column: U+0000, which Postgres cannot store, becomes the replacement character."""
    return None if value is None else value.replace("\0", "\ufffd")


def search_text(names: Iterable[str | None]) -> str:
    """Everything by which something is found, for a column: a line each, folded as what is looked for is."""
    return "\n".join(dict.fromkeys(folded(name.replace("\0", "\ufffd")) for name in names if name))


async def copy(
    connection: Connection, table: str, columns: Sequence[str], records: Sequence[Row], *, schema: str | None = None
) -> None:
    """COPY rows into a table; `schema` None: the one that the search path finds."""
    if records:
        await connection.copy_records_to_table(table, records=records, columns=list(columns), schema_name=schema)
