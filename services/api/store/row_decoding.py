"""Rows of the read model back to the values they were made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple, TypedDict, TypeVar

import msgspec

from services.api.store.snapshot import Row
from steppe.database.read_model.flag_rows import clock_of
from steppe.database.read_model.stored_documents import deal_of_row, project_on_day, reader
from steppe.database.read_model.stored_events import stored_event
from steppe.domain.events.event import Event
from steppe.domain.measures import lifecycle
from steppe.domain.measures.conversion import Standing
from steppe.domain.values.flag_clock import FlagClock
from steppe.domain.values.history import Crossing, Superseded
from steppe.domain.values.levels import Level
from steppe.domain.values.spans import Span
from steppe.domain.values.states import BEGINNING, SEVERITIES, DealState, Flag, ProjectState, Start
from steppe.log.positions import format_record_id

T = TypeVar("T")

_DAYS_OF_SEVERITIES = {
    severity: (f"{severity.replace('-', '_')}_since", f"{severity.replace('-', '_')}_certain_since")
    for severity in reversed(SEVERITIES)
}
"""The columns of the days of each severity, the gravest first."""


class _Won(msgspec.Struct):
    on: date
    scope: str
    on_earliest: date | None = None
    on_given: str | None = None


class _Leg(msgspec.Struct):
    since: date
    valid: bool
    since_earliest: date | None = None
    since_given: str | None = None
    inferred: bool = False


class _Standing(msgspec.Struct):
    legs: tuple[_Leg, ...] = ()
    bound_on: date | None = None
    bound_on_earliest: date | None = None
    bound_on_given: str | None = None
    ended_on: date | None = None
    ended_on_earliest: date | None = None
    ended_on_given: str | None = None
    ended_how: str | None = None


class _Waiting(msgspec.Struct):
    memorandum: Start | None = None
    memorandum_runs: bool = False
    bound_on: date | None = None
    bound_on_earliest: date | None = None
    bound_on_given: str | None = None
    pursuers: tuple[str, ...] = ()


class _Crossed(msgspec.Struct):
    crossings: list[_Won]


_announced_flag = msgspec.json.Decoder(Flag)
_crossing = msgspec.json.Decoder(Crossing)
_standing = reader(_Standing)
_waiting = reader(_Waiting)
_crossed = msgspec.json.Decoder(_Crossed)


def project(row: Row) -> ProjectState:
    """The project of a row of a day, with its headline and its latest event."""
    return project_on_day(row)


def superseded(row: Row) -> Superseded | None:
    """What stands in the place of a project, of a row of `superseded_project`; None for a row of another statement."""
    if "superseded_by" not in row:
        return None
    return Superseded(by=tuple(row["superseded_by"]), reason=row["superseded_reason"], event=row["superseded_event"])


def deal(row: Row) -> DealState:
    """The deal of a span, without the overlays that follow from flags."""
    return deal_of_row(row)


def standing(row: Row) -> Standing:
    """How the deal of a span stands, as far as conversion and delivery ask: a part of the document is a third of the work."""
    document = _standing(row["document"])
    legs = [
        Start(earliest=leg.since_earliest, latest=leg.since, given=leg.since_given)
        for leg in document.legs
        if not leg.inferred
    ]
    return Standing(
        since=row["valid_from"],
        phase=row["phase"],
        bound=_start(document.bound_on_earliest, document.bound_on, document.bound_on_given),
        valid=any(leg.valid for leg in document.legs),
        ended=_start(document.ended_on_earliest, document.ended_on, document.ended_on_given),
        ended_how=document.ended_how,
        leg=min(legs, key=lambda start: (start.latest, start.earliest or BEGINNING), default=None),
        produces=row["level"] == Level.PRODUCING,
        highest=Level(row["highest_level"]),
    )


def waiting(row: Row) -> lifecycle.Standing:
    """How the deal of a span stands, as far as the lifecycle asks."""
    document = _waiting(row["document"])
    return lifecycle.Standing(
        since=row["valid_from"],
        phase=row["phase"],
        level=None if row["level"] is None else Level(row["level"]),
        memorandum=document.memorandum,
        memorandum_runs=document.memorandum_runs,
        bound=_start(document.bound_on_earliest, document.bound_on, document.bound_on_given),
        pursuers=document.pursuers,
    )


def _start(earliest: date | None, latest: date | None, given: str | None) -> Start | None:
    return None if latest is None else Start(earliest=earliest, latest=latest, given=given)


def announced_flag(row: Row) -> Flag:
    """The flag as a transition announced it."""
    return _announced_flag.decode(row["document"])


class FlagRun(TypedDict):
    """Days on which a flag has one severity and one certainty; the deal '' is for the project's own."""

    deal: str
    flag: str
    valid_from: date
    valid_to: date
    severity: str
    certainty: str


def runs_of_flags(rows: Iterable[Row], as_of: date) -> list[FlagRun]:
    """Rows of `flag_spans_of_project` as runs of days, those that began by a day. A run goes on from one row to the next."""
    runs: list[FlagRun] = []
    for row in rows:
        for shown in severities_of(row):
            if shown.valid_from > as_of:
                break
            run: FlagRun = {
                "deal": row["deal"],
                "flag": row["flag"],
                "valid_from": shown.valid_from,
                "valid_to": shown.valid_to,
                "severity": shown.severity,
                "certainty": shown.certainty,
            }
            since, until = shown.valid_from, shown.valid_to
            if runs and {**runs[-1], "valid_from": since, "valid_to": until} == run and runs[-1]["valid_to"] == since:
                runs[-1]["valid_to"] = until
            else:
                runs.append(run)
    return runs


class ShownSeverity(NamedTuple):
    """Days on which a clock shows one severity with one certainty: `since` when it does, and when the next one follows by itself."""

    valid_from: date
    valid_to: date
    severity: str
    certainty: str
    since: date
    rises_on: date | None


def severities_of(row: Row) -> list[ShownSeverity]:
    """What a row of a flag, or of a headline, shows through its days. Raises ValueError when it shows nothing on one of them."""
    columns = set(row.keys())
    days = {severity: names for severity, names in _DAYS_OF_SEVERITIES.items() if names[0] in columns}
    turns = {row[column] for names in days.values() for column in names} - {None}
    inside = sorted(day for day in turns if row["valid_from"] < day < row["valid_to"])
    shown: list[ShownSeverity] = []
    for day, until in pairwise([row["valid_from"], *inside, row["valid_to"]]):
        severity = next(
            (name for name, (since, _) in days.items() if row[since] is not None and row[since] <= day), None
        )
        if severity is None:
            raise ValueError(f"a flag shows no severity on {day}, a day of its row")
        since, certain_since = (row[column] for column in days[severity])
        certainty = "possible" if certain_since is None or certain_since > day else "certain"
        later = (row[names[0]] for names in days.values() if row[names[0]] is not None and row[names[0]] > day)
        shown.append(ShownSeverity(day, until, severity, certainty, since, min(later, default=None)))
    return shown


def flag_clock(row: Row) -> FlagClock:
    """The clock of a span of a flag."""
    return clock_of(row["deal"], row["flag"], row["document"])


def crossing(row: Row) -> Crossing:
    """A crossing of the line, as rivals see it."""
    return _crossing.decode(row["document"])


def first_crossing(row: Row, as_of: date) -> Start | None:
    """When some deal of the project of a standing first crossed the line, by a day; None: none did."""
    won = (
        crossing
        for crossing in _crossed.decode(row["document"]).crossings
        if crossing.scope == "any" and crossing.on <= as_of
    )
    first = min(won, key=lambda crossing: (crossing.on, crossing.on_earliest or BEGINNING), default=None)
    return None if first is None else Start(earliest=first.on_earliest, latest=first.on, given=first.on_given)


def spans(rows: Iterable[Row], value: Callable[[Row], T]) -> list[Span[T]]:
    """Rows with their days; `value` is one of the readers above."""
    return [Span(valid_from=row["valid_from"], valid_to=row["valid_to"], value=value(row)) for row in rows]


def co_investors(rows: Iterable[Row]) -> dict[tuple[str, str], list[str]]:
    """The events in which a rival won and the deal's own group has a part, by project and deal."""
    return {(row["project"], row["deal"]): row["events"] for row in rows}


def held_events(rows: Iterable[Row]) -> dict[str, int]:
    """How many events wait in quarantine, by project that is held."""
    return {row["subject"]: row["held_events"] for row in rows}


def position(row: Row) -> str:
    """Where a row's last event stands in the log."""
    return format_record_id(row["partition"], row["log_offset"])


def level(number: int | None) -> str | None:
    """The name of a level's number."""
    return None if number is None else Level(number).label


def closed(day: date | None) -> date | None:
    """A day, or None for the infinities of the fold."""
    return None if day in (None, date.min, date.max) else day


def folds(row: Row) -> bool:
    """Whether answers follow from a stored event: its type is known, and it is neither held nor given up."""
    return row["state"] in ("folded", "registry")


def event(row: Row) -> Event | None:
    """The event of a row, or None when its type is unknown to this release."""
    return stored_event(row)


def raw(text: str) -> Any:
    """The record's value as JSON, to be shown."""
    return msgspec.json.decode(text)
