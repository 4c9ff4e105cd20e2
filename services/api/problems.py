"""The types of problem that the API answers with (RFC 9457), and what an error of the database means. See
steppe/http/problems.py."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from difflib import get_close_matches

import asyncpg
from fastapi import FastAPI, Request, Response

from steppe.database.active_read_model import NoReadModelError
from steppe.http import problems
from steppe.http.body_deadline import BODY_TOO_SLOW
from steppe.http.problems import (
    BAD_PARAMETER,
    INTERNAL_ERROR,
    NOT_FOUND,
    UNKNOWN_PARAMETER,
    UNPROCESSABLE,
    Problem,
    Refusal,
)

log = logging.getLogger(__name__)

STALE_CURSOR = Problem(slug="stale-cursor", status=400, title="Cursor of another query")
UNKNOWN_PARTITION = Problem(slug="unknown-partition", status=400, title="Unknown partition")
FORMAT_NOT_AVAILABLE = Problem(slug="format-not-available", status=406, title="Format not available")
METHOD_NOT_ALLOWED = Problem(slug="method-not-allowed", status=405, title="Method not allowed")
NOT_CAUGHT_UP = Problem(slug="not-caught-up", status=503, title="Position not reached yet", retry_after_seconds=1)
DATABASE_AWAY = Problem(slug="database-away", status=503, title="Database unavailable", retry_after_seconds=2)
TOO_SLOW = Problem(slug="too-slow", status=503, title="Query timed out", retry_after_seconds=5)
NOT_PREPARED = Problem(slug="not-prepared", status=503, title="Read model missing", retry_after_seconds=5)
QUEUE_FULL = Problem(slug="queue-full", status=503, title="Queue for this kind of question is full")
COMPUTATION_ENDED = Problem(
    slug="computation-ended", status=503, title="Computation ended early", retry_after_seconds=5
)
STANDBY_CONFLICT = Problem(
    slug="standby-conflict", status=503, title="Query stopped by replication", retry_after_seconds=1
)
NO_COPIES = Problem(slug="no-copies", status=501, title="No copy of the read model can be made")
TOO_MANY_STREAMS = Problem(slug="too-many-streams", status=503, title="Too many open streams", retry_after_seconds=10)

PROBLEMS = (
    UNKNOWN_PARAMETER, BAD_PARAMETER, STALE_CURSOR, UNKNOWN_PARTITION, FORMAT_NOT_AVAILABLE, NOT_FOUND,
    METHOD_NOT_ALLOWED, BODY_TOO_SLOW, UNPROCESSABLE, NOT_CAUGHT_UP, DATABASE_AWAY, TOO_SLOW, NOT_PREPARED,
    STANDBY_CONFLICT, NO_COPIES, TOO_MANY_STREAMS, QUEUE_FULL, COMPUTATION_ENDED, INTERNAL_ERROR,
)  # fmt: skip

_WORD_MAX = 80
_KNOWN_MAX = 200
_BY_STATUS = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED, 406: FORMAT_NOT_AVAILABLE}


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A sentence to append that names the known words nearest to a misspelt one, or nothing."""
    nearest = _nearest(word, known)
    return f" {_question(nearest)}" if nearest else ""


def unknown_key(kind: str, key: str, known: Sequence[str], *, otherwise: str = "") -> Refusal:
    """The refusal of a key that nothing has, with the known keys nearest to it; `otherwise` is said when none is near."""
    nearest = _nearest(key, known)
    hint = _question(nearest) if nearest else otherwise
    return Refusal(NOT_FOUND, f"No {kind} {key[:80]!r}. {hint}".rstrip(), suggestions=nearest)


def _nearest(word: str, known: Sequence[str]) -> list[str]:
    """At most three, nearest first. A word far longer than any of ours is near to none, and comparing it takes long."""
    if len(word) > _WORD_MAX:
        return []
    if len(known) > _KNOWN_MAX:  # comparing takes a quarter of a millisecond a key, on the event loop
        same_beginning = [key for key in known if key[:2] == word[:2]]
        return get_close_matches(word, same_beginning[:_KNOWN_MAX], n=3, cutoff=0.6)
    return get_close_matches(word, known, n=3, cutoff=0.6)


def _question(words: Sequence[str]) -> str:
    return f"Did you mean {' or '.join(words)}?"


def of_database(error: BaseException) -> tuple[Problem, str] | None:
    """The problem that an error of the driver, or of reading, means to the client, with its detail; None: it is an internal error."""
    match error:
        case asyncpg.QueryCanceledError():
            return (
                TOO_SLOW,
                "The query was stopped at its time limit. Ask for fewer rows with limit= or narrow the filters.",
            )
        case asyncpg.TransactionRollbackError():
            # SQLSTATE 40001 and 40P01. A reader's transaction is ended so on a standby only, for the sake of replication.
            return (
                STANDBY_CONFLICT,
                "The standby of Postgres stopped the query, to apply what the primary has written. Nothing is lost; retry.",
            )
        case asyncpg.UndefinedTableError() | asyncpg.InvalidSchemaNameError():
            return NOT_PREPARED, "A table of the read model is missing. Run `steppe migrate`."
        case NoReadModelError():
            return NOT_PREPARED, "No read model is active. Run `steppe migrate`, which makes the first one."
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
            return DATABASE_AWAY, "Postgres cannot be reached at the moment. Nothing is lost; retry."
        case asyncpg.InternalClientError():
            # what asyncpg says of a connection whose server process was ended while it lay in the pool
            return DATABASE_AWAY, "The connection to Postgres broke. Nothing is lost; retry."
        case asyncpg.InterfaceError() if "clos" in str(error) or "releas" in str(error):
            # asyncpg says "connection is closed" and "connection has been released back to the pool" so
            return DATABASE_AWAY, "The connection to Postgres broke. Nothing is lost; retry."
        case _:
            return None


def install(app: FastAPI) -> None:
    """Answer every refusal, and whatever the framework or the database driver raises, as a problem document."""

    def explain(request: Request, problem: Problem) -> str | None:
        if problem is NOT_FOUND:
            paths = sorted(app.openapi()["paths"])
            return f"No path {request.url.path}.{did_you_mean(request.url.path, paths)} See /docs."
        if problem is METHOD_NOT_ALLOWED:
            elsewhere = "see /docs" if request.method in ("GET", "HEAD") else "events are sent to ingest"
            return f"{request.method} is not allowed here; {elsewhere}."
        return None

    problems.install(app, _BY_STATUS, explain, answers_head=True)
    for kind in (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, NoReadModelError, OSError):
        app.add_exception_handler(kind, _on_database_error)


async def _on_database_error(request: Request, error: Exception) -> Response:
    refusal = of_database(error)
    if refusal is None:
        raise error
    problem, detail = refusal
    log.warning("%s %s: %s: %s", request.method, request.url.path, type(error).__name__, error)
    return problems.respond(request.url.path, problem, detail)
