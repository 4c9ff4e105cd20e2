"""Every refusal of the API, in one table: RFC 9457 problem documents. Knows HTTP's words; reads no data.

Raise `RefusalError(UNKNOWN_PARAMETER, "...")` anywhere below a route; `install` turns it, and whatever the framework or the
database driver raises, into `application/problem+json`.
"""

from __future__ import annotations

import logging
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote

import asyncpg
import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from steppe.http.problems import MEDIA_TYPE, Problem

log = logging.getLogger(__name__)

UNKNOWN_PARAMETER = Problem(slug="unknown-parameter", status=400, title="There is no such parameter here")
BAD_PARAMETER = Problem(slug="bad-parameter", status=400, title="A parameter cannot be read")
STALE_CURSOR = Problem(slug="stale-cursor", status=400, title="The cursor does not belong to this question")
UNKNOWN_PARTITION = Problem(slug="unknown-partition", status=400, title="The log has no such partition")
FORMAT_NOT_AVAILABLE = Problem(slug="format-not-available", status=406, title="That format is not available")
NOT_FOUND = Problem(slug="not-found", status=404, title="There is nothing of that name")
METHOD_NOT_ALLOWED = Problem(slug="method-not-allowed", status=405, title="This service only reads: use GET or HEAD")
UNPROCESSABLE = Problem(slug="unprocessable", status=422, title="The request cannot be understood")
NOT_CAUGHT_UP = Problem(
    slug="not-caught-up", status=503, title="The read model has not reached that position", retry_after_seconds=1
)
DATABASE_AWAY = Problem(slug="database-away", status=503, title="The database does not answer", retry_after_seconds=2)
TOO_SLOW = Problem(slug="too-slow", status=503, title="The answer took too long", retry_after_seconds=5)
NOT_PREPARED = Problem(
    slug="not-prepared", status=503, title="The database has no read model; run `steppe migrate`", retry_after_seconds=5
)
TOO_MANY_STREAMS = Problem(
    slug="too-many-streams", status=503, title="As many streams are open as may be", retry_after_seconds=10
)
FAULT = Problem(slug="fault", status=500, title="This is our fault; the log of the service has the details")

PROBLEMS = (
    UNKNOWN_PARAMETER, BAD_PARAMETER, STALE_CURSOR, UNKNOWN_PARTITION, FORMAT_NOT_AVAILABLE, NOT_FOUND,
    METHOD_NOT_ALLOWED, UNPROCESSABLE, NOT_CAUGHT_UP, DATABASE_AWAY, TOO_SLOW, NOT_PREPARED,
    TOO_MANY_STREAMS, FAULT,
)  # fmt: skip

_BY_STATUS = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED, 406: FORMAT_NOT_AVAILABLE}

OF_EVERY_ROUTE = {
    "400": "A parameter that is not known here, or cannot be read.",
    "404": "There is nothing of that name.",
    "405": "This service only reads.",
    "406": "That format is not available.",
    "422": "The request cannot be understood.",
    "500": "A fault of ours.",
    "503": "The database, or what was asked to be waited for, is not there yet, or too much is asked at once; Retry-After says when to ask again.",
}
"""What any route may answer beside its own, by status, for the OpenAPI document."""


class RefusalError(Exception):
    """The request gets this problem. `members` are extension members, such as the parameter's name."""

    def __init__(self, problem: Problem, detail: str, members: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.members = members or {}


def respond(request: Request, problem: Problem, detail: str, **members: Any) -> Response:
    """The problem as an answer."""
    headers = problem.headers
    if problem is METHOD_NOT_ALLOWED:
        headers["Allow"] = "GET, HEAD"
    body = msgspec.json.encode(problem.document(detail, quote(request.url.path), **members))
    return Response(body, problem.status, headers, MEDIA_TYPE)


def near(word: str, known: tuple[str, ...] | list[str]) -> list[str]:
    """The known words that the asker may have meant, nearest first."""
    return get_close_matches(word, known, n=3, cutoff=0.6)


def did_you_mean(word: str, known: tuple[str, ...] | list[str]) -> str:
    """A sentence to append, or nothing."""
    words = near(word, known)
    return f" Did you mean {' or '.join(words)}?" if words else ""


def of_database(error: BaseException) -> tuple[Problem, str] | None:
    """What a driver's error means to the reader; None when it is a fault of ours."""
    match error:
        case asyncpg.QueryCanceledError():
            return (
                TOO_SLOW,
                "The query was stopped at its time limit. Ask for fewer rows with limit= or narrow the filters.",
            )
        case asyncpg.UndefinedTableError() | asyncpg.InvalidSchemaNameError():
            return NOT_PREPARED, "A table of the read model is missing. Run `steppe migrate`."
        case (
            asyncpg.PostgresConnectionError()
            | asyncpg.CannotConnectNowError()
            | asyncpg.TooManyConnectionsError()
            | asyncpg.OperatorInterventionError()
            | asyncpg.InvalidAuthorizationSpecificationError()
            | asyncpg.InvalidCatalogNameError()
            | asyncpg.ObjectNotInPrerequisiteStateError()  # the database takes no connections
            | OSError()  # a TimeoutError is one
        ):
            return DATABASE_AWAY, "Postgres cannot be reached at the moment. Nothing is lost; ask again."
        case asyncpg.InternalClientError():
            # what asyncpg says of a connection whose server process was ended while it lay in the pool
            return DATABASE_AWAY, "The connection to Postgres broke. Nothing is lost; ask again."
        case asyncpg.InterfaceError() if "clos" in str(error) or "releas" in str(error):
            # asyncpg says "connection is closed" and "connection has been released back to the pool" so
            return DATABASE_AWAY, "The connection to Postgres broke. Nothing is lost; ask again."
        case _:
            return None


def install(app: FastAPI) -> None:
    """Make problem documents the only shape of refusal."""

    async def on_refusal(request: Request, error: Exception) -> Response:
        assert isinstance(error, RefusalError)
        return respond(request, error.problem, error.detail, **error.members)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        problem = _BY_STATUS.get(error.status_code, UNPROCESSABLE)
        if problem is NOT_FOUND:
            paths = sorted(app.openapi()["paths"])
            return respond(
                request, problem, f"No path {request.url.path}.{did_you_mean(request.url.path, paths)} See /docs."
            )
        if problem is METHOD_NOT_ALLOWED:
            return respond(request, problem, f"{request.method} is not allowed here; events are sent to ingest.")
        return respond(request, problem, str(error.detail))

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [{"pointer": "/" + "/".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
        return respond(request, UNPROCESSABLE, "The request has errors.", errors=errors)

    async def on_driver(request: Request, error: Exception) -> Response:
        known = of_database(error)
        if known is None:
            raise error
        problem, detail = known
        log.warning("%s %s: %s: %s", request.method, request.url.path, type(error).__name__, error)
        return respond(request, problem, detail)

    async def on_fault(request: Request, error: Exception) -> Response:
        # The server logs the error with its trace; the reader gets its kind only.
        return respond(request, FAULT, f"{type(error).__name__} while answering.")

    for kind in (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        app.add_exception_handler(kind, on_driver)
    app.add_exception_handler(Exception, on_fault)
    app.add_exception_handler(RefusalError, on_refusal)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)
