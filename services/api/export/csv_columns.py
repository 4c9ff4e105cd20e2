"""Items as tables, and as CSV: flat columns, lists joined by `;`. Pure.

A path such as `headline.severity` leads through the item; through a list it leads into each element. A last part such as
`bound_on_told` says the day `bound_on` in words.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from services.api.export.formula_quoting import quote_formulas
from steppe.domain.analysis.crosswalk import SCHEMES
from steppe.domain.messages.english import english
from steppe.domain.messages.phrases import dated
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Start

PROJECTS = (
    "key", "name", "country", "sector", "kind", "commodities", "level", "highest_level", "overlays", "headline.flag",
    "headline.severity", "headline.certainty", "headline.since", "flags.flag", "flags.severity", "investors",
    "memorandum_since", "memorandum_since_told", "bound_on", "bound_on_told", "last_event_on", "last_event_on_told",
    "position", "quarantined", "latitude", "longitude", "countries", "memorandum_since_earliest", "bound_on_earliest",
    "last_event_on_earliest", "living_deals", "ended_deals",
)  # fmt: skip
FLAGS_OF_PROJECTS = ("flags.flag", "flags.severity")
"""Those of PROJECTS that a list without flags does not have."""
DEALS = (
    "project", "deal", "phase", "level", "highest_level", "overlays", "ended.on", "ended.on_told", "ended.how",
    "pursuers", "bound_on", "bound_on_told", "legs.leg", "legs.since", "legs.since_told", "legs.valid", "missing_legs",
    "clocks.memorandum.started", "clocks.memorandum.started_told", "clocks.memorandum.age_months",
    "clocks.silence.started", "clocks.silence.started_told", "clocks.silence.age_months", "clocks.step.started",
    "clocks.step.started_told", "clocks.step.age_months", "flags.flag", "flags.severity", "sentence",
    "ended.on_earliest", "bound_on_earliest", "legs.since_earliest", "legs.right", "legs.long_stop",
    "legs.long_stop_told", "legs.ended.on", "legs.ended.on_told", "hold.until", "hold.until_told",
    "clocks.memorandum.started_earliest", "clocks.announcement.started", "clocks.announcement.started_told",
    "clocks.announcement.started_earliest", "clocks.announcement.age_months", "clocks.silence.started_earliest",
    "clocks.step.started_earliest", "permits.permit", "permits.since", "permits.since_told", "permits.ends_on",
    "permits.ends_on_told", "project_name", "country", "sector", "clocks.memorandum.running",
    "clocks.announcement.running",
)  # fmt: skip
FLAGS = (
    "flag", "severity", "certainty", "project", "deal", "since", "clock.name", "clock.started", "clock.started_told",
    "clock.started_earliest", "clock.age_months", "clock.threshold_months", "certain_severity", "certain_on", "on_hold",
    "evidence", "sentence", "next.severity", "next.on", "rule_version", "missing", "tier", "groups", "milestones",
    "parts", "project_name", "country", "sector",
)  # fmt: skip
MARKETS = (
    "country", "commodity", "projects", "deals", "bound", "paper_only", "nations_bound", "nations_paper_only",
    "deals_of_unknown_nation", "first_bound_on", "first_bound_on_told",
    *(f"deals_by_level.{level.label}" for level in Level), "flags.displaced", "flags.crowded",
    "flags.memorandum-only.watch", "flags.memorandum-only.stagnant", "flags.memorandum-only.presumed-dead",
)  # fmt: skip
TIMELINE = (
    "event", "name", "state", "deal", "occurred.text", "occurred.earliest", "occurred.latest", "occurred.latest_told",
    "known", "recorded", "deal_level", "project_level", "parties.party", "parties.role", "position",
    "occurred.narrowed_by",
)  # fmt: skip
FORUMS = ("forum", "name", "place", "countries", "held.earliest", "held.latest", "held.latest_told", "projects", "key")
RETRACTIONS = (
    "event", "subject", "target", "target_name", "target_deal", "reason", "state", "because", "retracted_by", "known",
    "recorded", "position",
)  # fmt: skip
TRANSITIONS = (
    "id", "project", "country", "deal", "flag", "transition", "severity_before", "severity", "certainty", "since", "on",
    "cause", "events", "evidence", "sentence", "rule_version", "found_at", "event_id", "backfill",
)  # fmt: skip
PARTIES = (
    "key", "name", "home_country", "kind", "registered", "parents.party", "parents.percent", "group", "members",
    "aliases.name", "ids.scheme", "ids.id", "lei",
)  # fmt: skip
QUARANTINE = ("id", "subject", "stage", "reason", "held_events", "since", "bytes")
BACKTEST = (
    "flag", "severity", "project", "deal", "raised_on", "raised_before_on", "days_earlier", "outcome", "outcome_on",
    "outcome_on_told", "outcome_before",
)  # fmt: skip
CONFLICTS = (
    "event", "subject", "position", "stands_at", "kind", "deal", "leg", "currency", "total", "figures.event",
    "figures.value", "names", "because",
)  # fmt: skip

_IN_WORDS = "_told"


def crosswalk(schemes: Collection[str]) -> tuple[str, ...]:
    """The columns of projects with what these registers would call them."""
    return tuple(f"crosswalk.{key}.{part}" for key in SCHEMES if key in schemes for part in ("code", "name"))


def csv_of(items: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """The items under a header line; UTF-8, CRLF as RFC 4180 has it. No text becomes a formula."""
    return csv_head(columns) + csv_lines(items, columns)


def csv_head(columns: Sequence[str]) -> bytes:
    """The header line of `csv_of`."""
    return _csv([[heading(column) for column in columns]])


def csv_lines(items: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """The lines of `csv_of` below the header."""
    paths = [column.split(".") for column in columns]
    return _csv([_cell(_at(item, path)) for path in paths] for item in items)


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def heading(column: str) -> str:
    """How a column is headed: its path with underscores."""
    return column.replace(".", "_")


def valued(item: Mapping[str, Any], column: str) -> Any:
    """What stands in a column, as itself; a list as one text, None for what is not there."""
    value = _at(item, column.split("."))
    return ";".join(_text(element) for element in value) if isinstance(value, list) else value


def _at(value: Any, path: Sequence[str]) -> Any:
    for place, name in enumerate(path):
        if isinstance(value, list):
            return [_at(element, path[place:]) for element in value]
        if value is None:
            return None
        value = _day_in_words(value, name.removesuffix(_IN_WORDS)) if name.endswith(_IN_WORDS) else value[name]
    return value


def _day_in_words(item: Mapping[str, Any], name: str) -> str | None:
    """A day of an event in words, never more exactly than it was given: `2014`, `by 31 August 2024`."""
    latest = item[name]
    if name == "latest":  # of a timeline, where the text that was said stands beside the days, or of a forum
        given, earliest = item.get("text"), item["earliest"]
    else:
        given, earliest = item[f"{name}_given"], item[f"{name}_earliest"]
    return None if latest is None else english(dated(Start(earliest=earliest, latest=latest, given=given)))


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return quote_formulas(";".join(_text(element) for element in value))
    return _text(value) if isinstance(value, int | float) else quote_formulas(_text(value))


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
