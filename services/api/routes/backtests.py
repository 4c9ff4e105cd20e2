"""POST /v1/backtest: history under other thresholds (domain page, section 6). Reads; keeps nothing.

Judging everything twice takes seconds of processor, so it runs beside the event loop, one back-test at a time.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec
from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns, spreadsheets
from services.api.store import row_decoding
from services.api.store.knowledge import rules_named
from services.api.store.snapshot import Snapshot
from services.api.views import rules_view
from services.api.views.rules_view import BacktestAnswer
from services.api.web import backtest_request, query_parameters
from services.api.web.backtest_request import BacktestRequest, refusal
from services.api.web.operations import backtest_operation
from services.api.web.responses import CSV, JSON, service_of
from steppe.domain.analysis.backtest import BACKTEST_FLAGS, Backtest, backtest
from steppe.domain.analysis.portfolio import Portfolio, portfolio
from steppe.domain.events.event import Event
from steppe.domain.rules.rule_document import RuleDocumentError, rules_from
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.states import BEGINNING

router = APIRouter(tags=["rules"])

_one_at_a_time = asyncio.Semaphore(1)


@router.post("/v1/backtest", openapi_extra=backtest_operation())
async def back_test(request: Request) -> Response:
    """Which flags other thresholds would have raised, how much earlier, and how often the deal bound anyway.

    Both versions judge the record as it is known at one instant (default: now): a back-test looks with hindsight.
    """
    parsed = await backtest_request.parse_request(request)
    shape = query_parameters.read(request, ("format",)).format
    async with _one_at_a_time:
        async with service_of(request).reader.snapshot() as snapshot:
            against = await rules_named(snapshot, parsed.against, "against")
            candidate = await _candidate_rules(snapshot, parsed, against)
            flags = parsed.flags or _flags_of(_changed_rules(against, candidate))
            events = await _events(snapshot)
            position = snapshot.position
        result, projects = await asyncio.to_thread(_judge, events, parsed, flags, against, candidate)
    items = [rules_view.warning(warned) for warned in result.warnings]
    headers = {"Steppe-Position": position, "Cache-Control": "no-store"}
    about = {"what": "/v1/backtest", "position": position, "version": candidate.version, "against": against.version}
    match shape:
        case "csv":
            return Response(csv_columns.csv_of(items, csv_columns.BACKTEST), headers=headers, media_type=CSV)
        case "xlsx":
            book = spreadsheets.xlsx_of(items, csv_columns.BACKTEST, about)
            return Response(book, headers=headers, media_type=query_parameters.MEDIA_TYPES[shape])
        case "parquet":
            table = spreadsheets.parquet_of(items, csv_columns.BACKTEST, about)
            return Response(table, headers=headers, media_type=query_parameters.MEDIA_TYPES[shape])
    body: BacktestAnswer = {
        "version": candidate.version,
        "against": against.version,
        "changed": rules_view.changed(against, candidate),
        "overrides": rules_view.overrides(against, candidate),
        "flags": list(flags),
        "projects": projects,
        "known_at": parsed.known_at or datetime.now(UTC).replace(microsecond=0),
        "from": None if parsed.first_day == BEGINNING else parsed.first_day,
        "to": parsed.last_day,
        "summary": [rules_view.score(score) for score in result.scores],
        "items": items,
        "position": position,
    }
    return Response(msgspec.json.encode(body), headers=headers, media_type=JSON)


def _judge(
    events: list[Event], parsed: BacktestRequest, flags: tuple[str, ...], against: Rules, candidate: Rules
) -> tuple[Backtest, int]:
    """The comparison of both versions, and how many projects it covers."""
    before, after = (
        _requested_projects(portfolio(events, parsed.known_at, recorded=parsed.recorded, rules=rules), parsed)
        for rules in (against, candidate)
    )
    result = backtest(before, after, flags=flags, first_day=parsed.first_day, last_day=parsed.last_day)
    return result, len(after.histories)


def _requested_projects(unfiltered: Portfolio, parsed: BacktestRequest) -> Portfolio:
    """The projects that pass the filters of the request; they were judged among all."""
    if not parsed.project_filters:
        return unfiltered
    chosen = [project for project in unfiltered.histories if _matches(unfiltered, project, parsed)]
    return Portfolio(
        subjects=unfiltered.subjects,
        histories={project: unfiltered.histories[project] for project in chosen},
        rivalries={project: unfiltered.rivalries[project] for project in chosen},
    )


def _matches(unfiltered: Portfolio, project: str, parsed: BacktestRequest) -> bool:
    state = unfiltered.judged(project, parsed.last_day).project
    if state is None:
        return False
    has: dict[str, set[str | None]] = {
        "project": {project},
        "country": set(state.countries),
        "commodity": set(state.commodities),
    }
    return all(has[field] & set(wanted) for field, wanted in parsed.project_filters.items())


async def _candidate_rules(snapshot: Snapshot, parsed: BacktestRequest, against: Rules) -> Rules:
    if parsed.rules is None:
        return await rules_named(snapshot, parsed.version, "version")
    try:
        return rules_from({"version": "tried", **parsed.rules}, against)
    except RuleDocumentError as error:
        raise refusal([(f"/rules{fault.pointer}", fault.message) for fault in error.faults]) from error


async def _events(snapshot: Snapshot) -> list[Event]:
    events = []
    async for row in snapshot.each("folded_events"):
        event = row_decoding.event(row)
        if event is not None:
            events.append(event)
    return events


def _changed_rules(against: Rules, candidate: Rules) -> set[str]:
    """The rules that do not judge alike, by their values or somewhere."""
    places = set(against.overrides) ^ set(candidate.overrides)
    return set(rules_view.changed(against, candidate)) | {override.rule for override in places}


def _flags_of(rules: set[str]) -> tuple[str, ...]:
    """The flags that these rules decide; memorandum-only for none. Raises Refusal when none of them is compared."""
    flags = tuple(flag for flag in BACKTEST_FLAGS if any(rule.startswith(f"{flag}.") for rule in rules))
    if rules and not flags:
        message = f"{', '.join(sorted(rules))} decide no flag that a back-test compares; those are {', '.join(BACKTEST_FLAGS)}"
        raise refusal([("/rules", message)])
    return flags or ("memorandum-only",)
