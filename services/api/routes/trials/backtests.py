"""POST /v1/backtest: history under other thresholds (domain page, section 6). Reads; keeps nothing.

Judging everything twice takes seconds of processor, so it is done in another process, one back-test at a time. Who hangs up
ends it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from fastapi import APIRouter, Request, Response

from services.api.computation import in_process
from services.api.export import csv_columns, spreadsheets
from services.api.store import row_decoding
from services.api.store.knowledge import picklable, rules_named
from services.api.store.sessions import Sessions
from services.api.store.snapshot import Snapshot, snapshot_of
from services.api.views.trials import backtest_view
from services.api.views.trials.backtest_view import BacktestAnswer
from services.api.web import backtest_request, query_parameters
from services.api.web.backtest_request import BacktestRequest, refusal
from services.api.web.operations import backtest_operation
from services.api.web.query_parameters import caller_of
from services.api.web.responses import CSV, JSON, service_of
from steppe.domain.analysis.backtest import BACKTEST_FLAGS, Backtest, backtest
from steppe.domain.analysis.portfolio import Portfolio, portfolio
from steppe.domain.events.event import Event
from steppe.domain.rules.rule_document import RuleDocumentError, rules_from
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.states import BEGINNING

router = APIRouter(tags=["rules"])


@router.post("/v1/backtest", openapi_extra=backtest_operation())
async def back_test(request: Request) -> Response:
    """Which flags other thresholds would have raised, how much earlier, and how often the deal bound anyway.

    Both versions judge the record as it is known at one instant (default: now): a back-test looks with hindsight.
    """
    parsed = await backtest_request.parse_request(request)
    shape = query_parameters.read(request, ("format",)).format
    service, settings = service_of(request), request.app.state.settings
    async with service.queues.backtests.turn(caller_of(request)):
        async with service.reader.snapshot() as snapshot:
            against = await rules_named(snapshot, parsed.against, "against")
            candidate = await _candidate_rules(snapshot, parsed, against)
        flags = parsed.flags or _flags_of(_changed_rules(against, candidate))
        task = BacktestTask(
            sessions=Sessions.of(settings),
            topic=settings.topic,
            parsed=parsed,
            flags=flags,
            against=picklable(against),
            candidate=picklable(candidate),
            shape=shape,
        )
        position, answer = await in_process(run, task)
    headers = {"Steppe-Position": position, "Cache-Control": "no-store"}
    media_type = {"json": JSON, "csv": CSV}.get(shape) or query_parameters.MEDIA_TYPES[shape]
    return Response(answer, headers=headers, media_type=media_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestTask:
    """What another process needs to answer a back-test. `shape` is the format of the answer."""

    sessions: Sessions
    topic: str
    parsed: BacktestRequest
    flags: tuple[str, ...]
    against: Rules
    candidate: Rules
    shape: str


def run(task: BacktestTask) -> tuple[str, bytes]:
    """The position of the log that was judged, and the answer. Reads the database; called in a process of its own."""
    position, events = asyncio.run(_read_events(task))
    result, projects = _judge(events, task.parsed, task.flags, task.against, task.candidate)
    return position, _answer(task, result, projects, position)


async def _read_events(task: BacktestTask) -> tuple[str, list[Event]]:
    connection = await task.sessions.open()
    try:
        async with snapshot_of(connection, task.topic, task.sessions) as snapshot:
            return snapshot.position, await _events(snapshot)
    finally:
        await connection.close(timeout=5)


def _answer(task: BacktestTask, result: Backtest, projects: int, position: str) -> bytes:
    parsed, against, candidate = task.parsed, task.against, task.candidate
    items = [backtest_view.warning(warned) for warned in result.warnings]
    about = {"what": "/v1/backtest", "position": position, "version": candidate.version, "against": against.version}
    match task.shape:
        case "csv":
            return csv_columns.csv_of(items, csv_columns.BACKTEST)
        case "xlsx":
            return spreadsheets.xlsx_of(items, csv_columns.BACKTEST, about)
        case "parquet":
            return spreadsheets.parquet_of(items, csv_columns.BACKTEST, about)
    body: BacktestAnswer = {
        "version": candidate.version,
        "against": against.version,
        "changed": backtest_view.changed(against, candidate),
        "overrides": backtest_view.overrides(against, candidate),
        "flags": list(task.flags),
        "projects": projects,
        "known_at": parsed.known_at or datetime.now(UTC).replace(microsecond=0),
        "from": None if parsed.first_day == BEGINNING else parsed.first_day,
        "to": parsed.last_day,
        "summary": [backtest_view.score(score) for score in result.scores],
        "items": items,
        "position": position,
    }
    return msgspec.json.encode(body)


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
        rivals=unfiltered.rivals,
        rules=unfiltered.rules,
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
    return set(backtest_view.changed(against, candidate)) | {override.rule for override in places}


def _flags_of(rules: set[str]) -> tuple[str, ...]:
    """The flags that these rules decide; memorandum-only for none. Raises Refusal when none of them is compared."""
    flags = tuple(flag for flag in BACKTEST_FLAGS if any(rule.startswith(f"{flag}.") for rule in rules))
    if rules and not flags:
        message = f"{', '.join(sorted(rules))} decide no flag that a back-test compares; those are {', '.join(BACKTEST_FLAGS)}"
        raise refusal([("/rules", message)])
    return flags or ("memorandum-only",)
