"""The clocks of flags as rows: the days of their severity steps as columns, and back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from steppe.database.read_model.stored_documents import given_interval, reader, with_columns
from steppe.domain.flags import memorandum_only
from steppe.domain.values.flag_clock import FlagClock, flag_on
from steppe.domain.values.spans import Span
from steppe.domain.values.states import FOREVER, SEVERITIES, Flag

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLUMNS = tuple(severity.replace("-", "_") for severity in SEVERITIES)
_PLACES = {severity: place for place, severity in enumerate(SEVERITIES)}
FLAG_SPAN = (
    "project", "deal", "flag", "valid_from", "valid_to", *(f"{name}_since" for name in _COLUMNS),
    *(f"{name}_certain_since" for name in _COLUMNS), "names_on", "document",
)  # fmt: skip
_HEADLINE_SEVERITIES = memorandum_only.FLAG.severities
_HEADLINE_PLACES = (
    *(_PLACES[severity] for severity in _HEADLINE_SEVERITIES),
    *(_PLACES[severity] + len(SEVERITIES) for severity in _HEADLINE_SEVERITIES),
)
HEADLINE_SPAN = (
    "project", "valid_from", "valid_to",
    *(f"{_COLUMNS[_PLACES[severity]]}_since" for severity in _HEADLINE_SEVERITIES),
    *(f"{_COLUMNS[_PLACES[severity]]}_certain_since" for severity in _HEADLINE_SEVERITIES),
)  # fmt: skip

# A step that is certain on the day on which it is possible has one day.
_EXACT_STEP = '"reached_on":"'

_encode = msgspec.json.Encoder().encode
_decode = reader(FlagClock)


def flag_rows(project: str, flags: Iterable[Span[FlagClock]]) -> list[tuple[Any, ...]]:
    """The rows of the flags of a project."""
    return [
        (
            project, span.value.deal or "", span.value.flag, span.valid_from, span.valid_to,
            *_days_of_steps(span), _names_on(span), clock_document(span.value),
        )
        for span in flags
    ]  # fmt: skip


def headline_rows(project: str, headlines: Iterable[Span[FlagClock]]) -> list[tuple[Any, ...]]:
    """The rows of the headline of a project."""
    rows = []
    for span in headlines:
        days = _days_of_steps(span)
        rows.append((project, span.valid_from, span.valid_to, *(days[place] for place in _HEADLINE_PLACES)))
    return rows


def clock_of(deal: str, flag: str, document: str) -> FlagClock:
    """The clock of a row; the deal '' is for a flag of the project."""
    whole = with_columns(document, {"flag": flag, "deal": deal or None})
    if _EXACT_STEP in whole:
        whole, *steps = whole.split(_EXACT_STEP)
        for step in steps:
            day, _, rest = step.partition('"')
            whole += f'"possible_on":"{day}","certain_on":"{day}"{rest}'
    return _decode(whole)


def flag_of_clock(deal: str, flag: str, document: str, day: date) -> Flag:
    """The flag of a row on a day on which it says that the flag shows (UTC); the deal '' is for a flag of the project."""
    flag_of_day = flag_on(clock_of(deal, flag, document), day)
    assert flag_of_day is not None, "a row has the days on which its flag shows"
    return flag_of_day


def clock_document(clock: FlagClock) -> str:
    """The stored form of a clock. What is so by default is left out, what other columns say, and a day said once: it would be most of
    the text.
    """
    return _encode(_given(clock)).decode()


def _given(clock: FlagClock) -> Mapping[str, Any]:
    evaluation = clock.evaluation
    start = evaluation.start
    steps = []
    for step in evaluation.steps:
        given_step: dict[str, Any] = {"severity": step.severity}
        if step.possible_on == step.certain_on:
            given_step["reached_on"] = step.possible_on
        else:
            given_step["possible_on"], given_step["certain_on"] = step.possible_on, step.certain_on
        if step.threshold_months is not None:
            given_step["threshold_months"] = step.threshold_months
        if step.start is not None and step.start != start:  # of a step without a start counts that of the flag
            given_step.update(given_interval("start", step.start))
        steps.append(given_step)
    given: dict[str, Any] = {"steps": steps}
    if start is not None:
        given.update(given_interval("start", start))
    for name in ("count", "expired_on", "expired_given", "tier", "ends_on"):
        value = getattr(evaluation, name)
        if value is not None:
            given[name] = value
    for name in ("evidence", "missing", "groups", "subjects"):
        value = getattr(evaluation, name)
        if value:
            given[name] = value
    whole: dict[str, Any] = {
        "clock": clock.clock, "rule_version": clock.rule_version, "evaluation": given,
    }  # fmt: skip
    if clock.since:
        whole["since"] = clock.since
    if clock.certain_since:
        whole["certain_since"] = clock.certain_since
    if clock.cap is not None:
        whole["cap"], whole["hold_until"] = clock.cap, clock.hold_until
    return whole


def _days_of_steps(span: Span[FlagClock]) -> list[date | None]:
    """For each severity the day since when it shows or will show, and the same for certain, the mildest first; None: never."""
    clock, cap = span.value, span.value.cap
    days: list[date | None] = [None] * (2 * len(SEVERITIES))
    for index, step in enumerate(clock.evaluation.steps):
        place = _PLACES[step.severity]
        held = cap is not None and index > cap.possible
        since = clock.possible_since(index)
        if held or since >= span.valid_to:
            shown_on = clock.shown_on(since, held=held)
            days[place] = None if shown_on == FOREVER else shown_on
        else:
            days[place] = since
        if cap is None or index <= cap.certain:
            certain_since = clock.certain_since_day(index)
            days[len(SEVERITIES) + place] = None if certain_since >= span.valid_to else certain_since
    return days


def _names_on(span: Span[FlagClock]) -> list[date] | None:
    subjects = span.value.evaluation.subjects
    days = sorted({subject.on for subject in subjects if span.valid_from < subject.on < span.valid_to})
    return days or None
