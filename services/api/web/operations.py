"""What the OpenAPI document says of each route: its name, parameters, answer, problems, and an example of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, NamedTuple

from services.api import problems
from services.api.problems import (
    COMPUTATION_ENDED,
    DATABASE_AWAY,
    FORMAT_NOT_AVAILABLE,
    METHOD_NOT_ALLOWED,
    NO_COPIES,
    NOT_CAUGHT_UP,
    NOT_PREPARED,
    QUEUE_FULL,
    STALE_CURSOR,
    STANDBY_CONFLICT,
    TOO_MANY_STREAMS,
    TOO_SLOW,
    UNKNOWN_PARTITION,
)
from services.api.views import list_answers, project_view, projection_status, rules_view
from services.api.views.market_answer import MarketAnswer
from services.api.views.measures.aid_view import AidAnswer
from services.api.views.measures.conversion_answer import ConversionAnswer
from services.api.views.measures.forum_view import ScorecardAnswer, ScorecardsAnswer
from services.api.views.measures.lifecycle_answer import LifecycleAnswer
from services.api.views.measures.money_view import MoneyAnswer
from services.api.views.measures.pledge_answer import PledgesAnswer
from services.api.views.measures.reference_view import ReferenceAnswer, SeriesAnswer
from services.api.views.measures.supply_answer import SupplyAnswer
from services.api.views.measures.value_chain_view import ValueChainAnswer
from services.api.views.party_view import PartyAnswer
from services.api.views.record_view import TraceAnswer
from services.api.views.trials.backtest_view import BacktestAnswer
from services.api.views.trials.what_if_view import WhatIfAnswer
from services.api.web import backtest_request, query_parameters, what_if_request
from services.api.web.backtest_request import BacktestBody
from services.api.web.query_parameters import EXPORTS, FORMATS, MEDIA_TYPES
from steppe.contracts.type_schemas import Schema
from steppe.http.body_deadline import BODY_TOO_SLOW
from steppe.http.openapi_parts import add_problems, complete, schema
from steppe.http.problems import BAD_PARAMETER, INTERNAL_ERROR, UNKNOWN_PARAMETER, UNPROCESSABLE, Problem

ANSWERS = (
    list_answers.ProjectList, list_answers.DealList, list_answers.FlagList, list_answers.TransitionList,
    list_answers.PartyList, list_answers.MarketList, list_answers.ForumList, list_answers.Timeline, list_answers.RetractionList,
    list_answers.ConflictList, list_answers.QuarantineList, project_view.ProjectAnswer, project_view.PortfolioAnswer,
    MarketAnswer, ScorecardAnswer, ConversionAnswer, PartyAnswer, TraceAnswer, rules_view.RulesAnswer, BacktestAnswer, ScorecardsAnswer,
    MoneyAnswer, AidAnswer, ReferenceAnswer, SeriesAnswer, ValueChainAnswer, SupplyAnswer, LifecycleAnswer, WhatIfAnswer, projection_status.StatusAnswer, projection_status.Liveness, projection_status.Readiness, PledgesAnswer,
)  # fmt: skip
"""The type of each answer."""


class Example(NamedTuple):
    """A request whose answer is the example of its route: `examples/<operation id>.json`, from the events of Central Asia."""

    request: str
    method: str = "GET"
    body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None


EXAMPLES: Mapping[str, Example] = {
    "list_projects": Example("/v1/projects?country=KZ&sector=energy&headline=stagnant&as_of=2026-11-01&limit=1"),
    "get_portfolio": Example("/v1/portfolio?country=KZ&sector=energy&as_of=2026-11-01"),
    "get_project": Example("/v1/projects/kz-masdar-wind?as_of=2026-11-01&crosswalk=iati,gem"),
    "get_timeline": Example("/v1/projects/kz-masdar-wind/timeline?as_of=2026-11-01&limit=1"),
    "list_deals": Example("/v1/deals?project=kz-masdar-wind&as_of=2026-11-01"),
    "list_flags": Example("/v1/flags?flag=memorandum-only&severity=stagnant&as_of=2026-11-01&limit=1"),
    "list_parties": Example("/v1/parties?q=jogmec&as_of=2026-11-01"),
    "list_markets": Example("/v1/markets?country=KZ&commodity=tungsten&as_of=2026-11-01"),
    "get_market": Example("/v1/markets/KZ/tungsten?as_of=2026-11-01"),
    "list_forums": Example("/v1/forums?as_of=2026-11-01&limit=1"),
    "get_scorecard": Example("/v1/forums/cop27-2022-11/scorecard?as_of=2026-11-01"),
    "get_scorecards": Example("/v1/scorecards?forum=cop27-2022-11,ca-japan-summit-2025-12&as_of=2026-11-01"),
    "get_conversion": Example("/v1/conversion?by=sector&from=2025-01-01&as_of=2026-11-01"),
    "get_money": Example("/v1/money?donor=JP&recipient=UZ&year=2019&by=donor,year&as_of=2026-11-01"),
    "get_aid": Example("/v1/money/aid?recipient=UZ&year=2015"),
    "list_reference": Example("/v1/reference?series=fx"),
    "get_reference": Example("/v1/reference/oda_uz"),
    "get_value_chain": Example("/v1/value-chain?commodity=uranium&as_of=2026-11-01"),
    "get_supply": Example("/v1/supply?buyer_country=KR&commodity=uranium&year=2010,2016&as_of=2026-11-01"),
    "get_pledges": Example("/v1/pledges?forum=ca-japan-summit-2025-12&as_of=2026-11-01"),
    "get_lifecycle": Example("/v1/lifecycle?commodity=gallium&as_of=2026-11-01"),
    "get_party": Example("/v1/parties/masdar?as_of=2026-11-01"),
    "list_retractions": Example("/v1/retractions?as_of=2026-11-01&limit=1"),
    "list_conflicts": Example("/v1/conflicts?as_of=2026-11-01&limit=1"),
    "list_rules": Example("/v1/rules"),
    "run_backtest": Example(
        "/v1/backtest",
        "POST",
        {"rules": {"values": {"memorandum-only.stagnant": 18}}, "project": ["kz-masdar-wind"], "to": "2026-11-01"},
    ),
    "try_events": Example("/v1/what-if?as_of=2026-11-01", "POST", what_if_request.EXAMPLE),
    "get_trace": Example("/v1/trace/kz-masdar-wind-2023-01-mou?as_of=2026-11-01"),
    "get_status": Example("/v1/status"),
    "list_quarantine": Example("/v1/quarantine"),
}

JSON = "application/json"
_OF_EVERY_ROUTE = (
    UNKNOWN_PARAMETER, BAD_PARAMETER, METHOD_NOT_ALLOWED, FORMAT_NOT_AVAILABLE, INTERNAL_ERROR, DATABASE_AWAY, NOT_PREPARED,
    TOO_SLOW, STANDBY_CONFLICT,
)  # fmt: skip
_OF_PARAMETER = {
    "cursor": (STALE_CURSOR,),
    "known_at": (QUEUE_FULL, NO_COPIES),
    "bom": (QUEUE_FULL,),
    "min_position": (UNKNOWN_PARTITION, NOT_CAUGHT_UP),
}
_HEADERS = {
    "ETag": "Stands for the answer; send it as If-None-Match to be told 304 while it is still the answer.",
    "Steppe-Position": "The prefix of the log that the answer reflects, as in 0:41,3:7.",
    "Steppe-As-Of": "The day (UTC) that is judged.",
    "Steppe-Known-At": "Only what was known by then was used.",
    "Steppe-Records-Waiting": "Of a large project: how many of its records the answer does not know yet; absent: it knows all.",
}
_HEADERS_OF_FILES = {
    "Steppe-Rows": "Of a file: how many rows it has.",
    "Steppe-Complete": "Of a file: `true`, it holds every row of the list; `false`, `limit` or `cursor` made it a part.",
}
_OFFICIAL = "bods: an array of statements of BODS 0.4; oc4ids: a project package of OC4IDS 0.9 (https://standard.open-contracting.org/infrastructure); ocds: a package of releases of OCDS 1.1; gem: rows in the columns of Global Energy Monitor."
_HEADERS_OF_EXPORTS = {
    "Steppe-Rows": "How many rows the file has: events, rows of all tables, activities, statements, projects, releases, units.",
    "Steppe-Left-Out": "What Steppe has and the format has no place for, with how often, as in memorandum.signed=75.",
    "Steppe-Unreported": "Of events: how many say no `reported`; without `recordedtime` they count as known when they are sent again.",
}

_LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The last id that the reader has; it wins over `after`. Browsers send it by themselves.",
    "schema": {"type": "integer", "minimum": 0},
}


def operation(name: str, parameters: tuple[str, ...], answer: type, *own_problems: Problem) -> Schema:
    """The `openapi_extra` of a route. `name` is its stable operation id; its example, if any, is `examples/<name>.json`."""
    formats = FORMATS if "bom" in parameters else ("json",)
    responses: Schema = {
        "200": answered(answer, formats, with_headers="as_of" in parameters, of_files="bom" in parameters)
    }
    if "as_of" in parameters:
        responses["304"] = {"description": "The answer that If-None-Match names is still the answer."}
    of_parameters = [problem for parameter in parameters for problem in _OF_PARAMETER.get(parameter, ())]
    return {
        "operationId": name,
        "summary": summary(name),
        "parameters": [query_parameters.parameter(name, parameters).openapi() for name in parameters],
        "responses": add_problems(responses, (*_OF_EVERY_ROUTE, *of_parameters, *own_problems)),
    }


def health_operation(name: str, answer: type, *own_problems: Problem) -> Schema:
    """The `openapi_extra` of a route for supervisors, which reads no parameters."""
    problems_of_it = (METHOD_NOT_ALLOWED, INTERNAL_ERROR, *own_problems)
    responses = add_problems({"200": answered(answer, ("json",))}, problems_of_it)
    return {"operationId": name, "summary": summary(name), "responses": responses}


def metrics_operation() -> Schema:
    """The `openapi_extra` of GET /metrics, which answers as FastAPI says."""
    return {"operationId": "get_metrics", "responses": add_problems({}, (METHOD_NOT_ALLOWED, INTERNAL_ERROR))}


def backtest_operation() -> Schema:
    """The `openapi_extra` of POST /v1/backtest."""
    own_problems = (BODY_TOO_SLOW, UNPROCESSABLE, QUEUE_FULL, COMPUTATION_ENDED)
    whole = operation("run_backtest", ("format",), BacktestAnswer, *own_problems)
    body = {"required": True, "content": {JSON: {"schema": schema(BacktestBody), "example": backtest_request.EXAMPLE}}}
    responses = {**whole["responses"], "200": answered(BacktestAnswer, FORMATS)}
    return {**whole, "requestBody": body, "responses": responses}


def what_if_operation() -> Schema:
    """The `openapi_extra` of POST /v1/what-if."""
    own_problems = (BODY_TOO_SLOW, UNPROCESSABLE, QUEUE_FULL, NO_COPIES, COMPUTATION_ENDED)
    whole = operation("try_events", query_parameters.WHAT_IF, WhatIfAnswer, *own_problems)
    events = "Events as POST /v1/events of ingest takes them. One may come without the array, or each in a line (application/x-ndjson)."
    array = {"type": "array", "items": {"type": "object"}, "description": events}
    content = {JSON: {"schema": array, "example": what_if_request.EXAMPLE}}
    responses = {status: answer for status, answer in whole["responses"].items() if status != "304"}
    responses["200"] = answered(WhatIfAnswer, ("json",))
    return {**whole, "requestBody": {"required": True, "content": content}, "responses": responses}


def export_operation() -> Schema:
    """The `openapi_extra` of GET /v1/export."""
    whole = operation("export", query_parameters.EXPORT, list_answers.ProjectList, QUEUE_FULL)
    described = {**_HEADERS, **_HEADERS_OF_EXPORTS}
    binary = {"schema": {"type": "string", "format": "binary"}}
    official = {"schema": {"description": _OFFICIAL, "externalDocs": {"url": "https://standard.openownership.org"}}}
    answer = {
        "description": "The file.",
        "headers": {header: _header(text) for header, text in described.items()},
        "content": {kind.media_type: official if kind.media_type == JSON else binary for kind in EXPORTS.values()},
    }
    return {**whole, "responses": {**whole["responses"], "200": answer}}


def stream_operation(parameters: tuple[str, ...], media_type: str) -> Schema:
    """The `openapi_extra` of GET /v1/stream."""
    whole = operation("stream_transitions", parameters, list_answers.TransitionList, TOO_MANY_STREAMS)
    events = "Events named `transition`; `id` is where to go on, `data` an item as in /v1/flags/transitions."
    content = {media_type: {"schema": {"type": "string", "description": events}}}
    responses = {**whole["responses"], "200": {"description": "A stream of server-sent events.", "content": content}}
    return {**whole, "parameters": [*whole["parameters"], _LAST_EVENT_ID], "responses": responses}


def answered(answer: type, formats: tuple[str, ...], *, with_headers: bool = False, of_files: bool = False) -> Schema:
    """The response of a good answer in these formats."""
    tables = {
        MEDIA_TYPES[shape]: {"schema": {"type": "string", "format": "binary"}} for shape in formats if shape != "json"
    }
    described = {**(_HEADERS if with_headers else {}), **(_HEADERS_OF_FILES if of_files else {})}
    headers = {"headers": {header: _header(text) for header, text in described.items()}} if described else {}
    return {"description": "The answer.", **headers, "content": {JSON: {"schema": schema(answer)}, **tables}}


def example_of(name: str) -> Any:
    """The committed example of a route; None: it has none."""
    file = resources.files("services.api") / "examples" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def summary(name: str) -> str:
    """The operation id in words: `list_flags` is List flags."""
    return name.replace("_", " ").capitalize()


def document(of_framework: Schema) -> Schema:
    """The whole document: what FastAPI makes of the routes, with the components of all answers and an example of each."""
    whole = complete(of_framework, (*ANSWERS, BacktestBody), problems.PROBLEMS)
    paths = {
        path: {method: _with_example(operation) for method, operation in methods.items()}
        for path, methods in whole["paths"].items()
    }
    return {**whole, "paths": paths}


def _with_example(operation: Schema) -> Schema:
    """Only now: FastAPI takes nulls out of what it is given."""
    example = example_of(operation["operationId"])
    if example is None:
        return operation
    response = operation["responses"]["200"]
    content = {**response["content"], JSON: {**response["content"][JSON], "example": example}}
    return {**operation, "responses": {**operation["responses"], "200": {**response, "content": content}}}


def _header(text: str) -> Schema:
    return {"description": text, "schema": {"type": "string"}}
