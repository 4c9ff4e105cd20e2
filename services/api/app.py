"""The FastAPI app made from the settings: routes, authentication and other middleware, connections and their closing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI, Request
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api import problems
from services.api.computation import COMPUTES_FOR
from services.api.page import pages
from services.api.routes import (
    deals,
    flags,
    markets,
    metrics,
    parties,
    projects,
    retractions,
    rules,
    status,
    stream,
    trace,
    transitions,
)
from services.api.routes.exports import exported_files
from services.api.routes.measures import (
    conversions,
    forums,
    lifecycles,
    money_given,
    promised_money,
    reference,
    supplies,
    value_chains,
)
from services.api.routes.stream import Streams
from services.api.routes.trials import backtests, what_if
from services.api.settings import Settings
from services.api.store.alternate_models import AlternateReadModels
from services.api.store.position_watch import PositionWatch
from services.api.store.sessions import Sessions, SessionsOfCopies
from services.api.store.snapshot import Reader
from services.api.web import operations
from services.api.web.abandoned_requests import CancelAbandoned
from services.api.web.query_parameters import caller_of
from services.api.web.responses import Queues, Service
from services.api.work_queue import WorkQueue
from steppe.access.callers import OPERATE, READ
from steppe.access.middleware import AuthenticationMiddleware
from steppe.access.openapi_security import add_security
from steppe.contracts.type_schemas import Schema
from steppe.http.body_deadline import BodyDeadline
from steppe.http.metrics import RequestMetricsMiddleware
from steppe.http.security_headers import SecurityHeaders
from steppe.http.traces import trace_requests
from steppe.log.end_offsets import EndOffsetsReader
from steppe.reference.reference_data import reference_data
from steppe.release import RELEASE

_DESCRIPTION = """Reads only; events are sent to ingest. Every answer says which prefix of the log it reflects
(`Steppe-Position`) and for which day (`Steppe-As-Of`). Refusals are RFC 9457 problem documents."""


def create_app(settings: Settings) -> FastAPI:
    """The API as an ASGI app. Nothing is connected before it starts."""
    sessions = Sessions.of(settings)
    series = reference_data(settings.reference)
    streams = Streams(sessions, settings.streams_max, settings.stream_stuck_seconds_max)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = await sessions.pool(settings.database_connections_max)
        # Of its own, so that those who watch the service are answered while readers hold every connection.
        pool_of_health = await sessions.pool(1)
        reader = Reader(pool, settings.topic, sessions)
        health_reader = Reader(pool_of_health, settings.topic, sessions)
        watch = PositionWatch(reader, sessions)
        log_ends = EndOffsetsReader(settings.kafka, settings.topic, "steppe-api-status")
        sessions_of_copies = SessionsOfCopies.of(settings)
        alternate_models = AlternateReadModels(sessions_of_copies, settings.topic, settings.worlds_max)
        trials = AlternateReadModels(sessions_of_copies, settings.topic, models_max=1, takes_events=True)
        queues = Queues(
            otherwise=WorkQueue("known_at and rules", at_once=settings.worlds_max),
            backtests=WorkQueue("back-tests", at_once=1, waiting_max=16, waiting_of_one_max=4),
            folds=WorkQueue("projects that are folded again", at_once=2),
            files=WorkQueue("files of whole lists", at_once=2),
            conflicts=WorkQueue("conflicts of large projects", at_once=2),
        )
        app.state.service = Service(reader, health_reader, watch, alternate_models, trials, queues, series)
        app.state.settings = settings
        app.state.log_ends = log_ends
        app.state.topic = settings.topic
        try:
            yield
        finally:
            await streams.close()
            await alternate_models.close()
            await trials.close()
            await log_ends.close()
            await watch.close()
            pool.terminate()  # a reader has nothing to finish
            pool_of_health.terminate()

    app = FastAPIOffline(
        title="Steppe API", version=RELEASE, description=_DESCRIPTION, lifespan=lifespan, redoc_url=None
    )
    app.state.streams = streams
    app.state.metrics = metrics.Metrics()
    problems.install(app)
    app.add_middleware(CancelAbandoned, but=(stream.PATH,))
    app.add_middleware(ComputesForCaller)
    app.add_middleware(HeadAsGet)
    app.add_middleware(BodyDeadline, seconds_max=settings.api_body_seconds_max)
    app.add_middleware(
        AuthenticationMiddleware,
        settings=settings,
        service="api",
        required_scopes=required_scopes,
        browsers=lambda path: True,
    )
    app.add_middleware(RequestMetricsMiddleware, metrics=app.state.metrics.requests)  # also what authentication refuses
    app.add_middleware(SecurityHeaders)
    for router in (
        projects.router,
        deals.router,
        flags.router,
        parties.router,
        markets.router,
        forums.router,
        conversions.router,
        money_given.router,
        reference.router,
        value_chains.router,
        supplies.router,
        promised_money.router,
        lifecycles.router,
        retractions.router,
        rules.router,
        transitions.router,
        stream.router,
        backtests.router,
        what_if.router,
        exported_files.router,
        trace.router,
        status.router,
        metrics.router,
    ):
        app.include_router(router)

    of_framework = app.openapi

    def with_components_and_security() -> Schema:
        return add_security(operations.document(of_framework()), required_scopes)

    app.openapi = cache(with_components_and_security)  # type: ignore[method-assign]

    pages.install(app)
    trace_requests(app, settings)
    return app


def required_scopes(method: str, path: str) -> Collection[str] | None:
    """The scopes of which one is needed; None: open to everybody."""
    match path:
        case "/livez" | "/readyz":
            return None
        case "/metrics":
            return (OPERATE,)
        case "/v1/status":
            return (OPERATE, READ)
        case _:
            return (READ,)


class ComputesForCaller:
    """What an answer computes is counted as its caller's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            COMPUTES_FOR.set(caller_of(Request(scope)))
        await self._app(scope, receive, send)


class HeadAsGet:
    """HEAD is answered as GET is; the server leaves the body out (RFC 9110 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        get_scope = {**scope, "method": "GET", "steppe.head": True}
        try:
            await self._app(get_scope, receive, send)
        finally:
            scope["route"] = get_scope.get("route")  # for those outside who count by route
