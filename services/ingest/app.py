"""Composes ingest: producer, routes, authentication, metrics, health checks. Nothing else makes a producer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import cache
from importlib import resources
from typing import Annotated

import msgspec
from fastapi import FastAPI, Path, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi_offline import FastAPIOffline

from services.ingest import openapi, problems
from services.ingest.accept import EventIntake
from services.ingest.answers import IngestLiveness, IngestReadiness
from services.ingest.entry.entry_routes import PATHS as FORM_PATHS
from services.ingest.entry.entry_routes import EntryRoutes
from services.ingest.entry.read_api import ReadApi
from services.ingest.imports.import_answers import ImportAnswer
from services.ingest.imports.import_openapi import import_operation, post_import_operation
from services.ingest.imports.import_routes import ImportRoutes, ImportStates
from services.ingest.memory.known_keys import KnownKeys, ProjectsReader
from services.ingest.memory.log_tail import read_log_tail
from services.ingest.memory.recent_ids import RecentIds
from services.ingest.metrics import IngestMetrics
from services.ingest.problems import BROKER_AWAY, allow_parameters
from services.ingest.producer import LogProducer
from services.ingest.routes import EventRoutes
from services.ingest.settings import Settings
from steppe.access.callers import EVENTS_WRITE, OPERATE, READ
from steppe.access.middleware import AuthenticationMiddleware
from steppe.access.openapi_security import add_security
from steppe.contracts import vocabulary_table
from steppe.contracts.generate.json_schema import file_name
from steppe.contracts.type_schemas import Schema
from steppe.contracts.vocabulary_table import Vocabulary
from steppe.domain.events.trade_words import event_hint
from steppe.domain.events.vocabulary import EVENT_KINDS
from steppe.http.metrics import RequestMetricsMiddleware
from steppe.http.problems import NOT_FOUND, Refusal
from steppe.http.security_headers import SecurityHeaders
from steppe.http.traces import trace_requests


class SchemaResponse(Response):
    """A JSON Schema."""

    media_type = "application/schema+json"


def create_app(settings: Settings) -> FastAPI:
    """The app; it connects to the broker when it is served."""
    recent_ids, known_keys = RecentIds(), KnownKeys(settings.known_subjects_max)
    log = LogProducer(settings, lambda: read_log_tail(settings, recent_ids, known_keys))
    projects = ProjectsReader(settings, known_keys)
    ingest_metrics = IngestMetrics()
    intake = EventIntake(log, settings.event_bytes_max, recent_ids, known_keys)
    routes = EventRoutes(intake, settings, ingest_metrics, known_keys)
    imports = ImportRoutes(intake, settings, ingest_metrics)
    api = ReadApi(settings.api)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        log.start()
        projects.start()
        yield
        await imports.close()
        await api.close()
        await projects.close()
        await log.close()

    app = FastAPIOffline(
        title="Steppe ingest",
        version="1",
        summary="Deal events in: CloudEvents over HTTP, acknowledged once the log has them.",
        lifespan=lifespan,
        redoc_url=None,
    )
    problems.install(app)
    # The middleware added last comes first: metrics count what authentication refuses, too.
    app.add_middleware(
        AuthenticationMiddleware,
        settings=settings,
        service="ingest",
        required_scopes=required_scopes,
        browsers=is_of_form,
    )
    app.add_middleware(RequestMetricsMiddleware, metrics=ingest_metrics.requests)
    app.add_middleware(SecurityHeaders)
    _add_event_route(app, routes)
    _add_import_routes(app, imports)
    _add_vocabulary_routes(app)
    _add_operation_routes(app, log, ingest_metrics)
    EntryRoutes(settings, routes, known_keys, api).install(app)
    _secure_openapi(app)
    trace_requests(app, settings)
    return app


def _add_event_route(app: FastAPI, routes: EventRoutes) -> None:
    @app.post("/v1/events", status_code=202, openapi_extra=openapi.events_operation(), summary="Send events")
    async def events(request: Request) -> Response:
        """Answers 202 with the position once every broker that must has the events on disk.

        NDJSON knows `?on_error=reject` (the default: all or nothing, up to 10,000 lines) and `continue` (a stream of any
        length; lines that are refused are listed and the others accepted; 422 when not one was).
        """
        return await routes.post_events(request)


def _add_import_routes(app: FastAPI, routes: ImportRoutes) -> None:
    @app.post(
        "/v1/imports",
        response_class=ImportStates,
        openapi_extra=post_import_operation(),
        summary="Import a file of another register",
    )
    async def post_import(request: Request) -> Response:
        """Reads a file in a process of its own, and answers line by line how far it is; the last line has the report.

        Nothing is sent unless `dry_run=false`. The import goes on when the caller hangs up: `Location` says where it is.
        """
        return await routes.post_import(request)

    @app.get("/v1/imports/{id}", openapi_extra=import_operation(), summary="An import, with its report")
    async def get_import(request: Request, id: Annotated[str, Path(description="The id of the import.")]) -> Response:
        return await routes.get_import(request, id)


def _add_vocabulary_routes(app: FastAPI) -> None:
    vocabulary = msgspec.json.encode(vocabulary_table.as_json())
    schemas = _schemas()

    @app.get(
        "/v1/vocabulary",
        openapi_extra=openapi.operation("get_vocabulary", Vocabulary),
        summary="The table of events, with fields, levels and legs",
    )
    async def vocabulary_of_events(request: Request) -> Response:
        allow_parameters(request)
        return Response(vocabulary, media_type="application/json")

    @app.get(
        "/v1/schemas/{name}",
        response_class=SchemaResponse,
        openapi_extra=openapi.schema_operation(NOT_FOUND),
        summary="The JSON Schema of an event, such as memorandum.signed",
    )
    async def schema(request: Request, name: Annotated[str, Path(description="The name of an event.")]) -> Response:
        allow_parameters(request)
        document = schemas.get(name.removeprefix("steppe.").removesuffix(".v1"))
        if document is None:
            near = event_hint(name)
            raise Refusal(NOT_FOUND, f"GET /v1/vocabulary lists the names; {name[:80]!r} is none{near}")
        return SchemaResponse(document)


def _add_operation_routes(app: FastAPI, log: LogProducer, ingest_metrics: IngestMetrics) -> None:
    """Liveness, readiness and metrics."""

    @app.get(
        "/livez",
        openapi_extra=openapi.operation("get_liveness", IngestLiveness, BROKER_AWAY),
        summary="Whether the process works",
    )
    async def alive() -> Response:
        if not log.alive:
            raise Refusal(BROKER_AWAY, "The connection to the log is no longer kept; restart this process.")
        return Response(b'{"status":"live"}', media_type="application/json")

    @app.get(
        "/readyz",
        openapi_extra=openapi.operation("get_readiness", IngestReadiness, BROKER_AWAY),
        summary="Whether events can be accepted: the broker answers",
    )
    async def ready() -> Response:
        if reason := await log.health_check():
            raise Refusal(BROKER_AWAY, f"{reason}.")
        return Response(b'{"status":"ready"}', media_type="application/json")

    @app.get(
        "/metrics",
        openapi_extra=openapi.metrics_operation(),
        summary="Counters for Prometheus",
        response_class=PlainTextResponse,
    )
    async def metrics() -> Response:
        return Response(ingest_metrics.as_text(), media_type="text/plain; version=0.0.4")


def _secure_openapi(app: FastAPI) -> None:
    of_framework = app.openapi

    def with_components_and_security() -> Schema:
        return add_security(openapi.document(of_framework(), ImportAnswer), required_scopes)

    app.openapi = cache(with_components_and_security)  # type: ignore[method-assign]


def required_scopes(method: str, path: str) -> Collection[str] | None:
    """The scopes of which the caller needs one; None: no authentication, for health checks."""
    match method, path:
        case "GET", "/livez" | "/readyz":
            return None
        case "GET", "/metrics":
            return (OPERATE,)
        case ("GET", _) | ("POST", "/" | "/article"):
            # Vocabulary, schemas, docs, and the form until it is sent: for those who send and those who read.
            return (EVENTS_WRITE, READ)
        case _:
            return (EVENTS_WRITE,)


def is_of_form(path: str) -> bool:
    """Whether a browser asks for it: the form and its assets."""
    return path in FORM_PATHS or path.startswith("/static/")


def _schemas() -> dict[str, bytes]:
    folder = resources.files("steppe.contracts") / "schemas"
    return {name: (folder / file_name(kind)).read_bytes() for name, kind in EVENT_KINDS.items()}
