"""Every refusal of ingest, in one table: RFC 9457 problem documents. Knows HTTP's words; reads no event.

Raise `Refusal(TOO_LARGE, "...")` anywhere below a route; `install` turns it, and whatever the framework raises, into
`application/problem+json`.
"""

from __future__ import annotations

import logging
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from steppe.http.problems import MEDIA_TYPE, Problem

log = logging.getLogger(__name__)

UNKNOWN_PARAMETER = Problem(slug="unknown-parameter", status=400, title="There is no such parameter here")
BAD_PARAMETER = Problem(slug="bad-parameter", status=400, title="A parameter cannot be read")
BROKEN_OFF = Problem(slug="broken-off", status=400, title="The body ended before its end")
NOT_FOUND = Problem(slug="not-found", status=404, title="There is nothing of that name")
METHOD_NOT_ALLOWED = Problem(slug="method-not-allowed", status=405, title="That method is not allowed here")
TOO_SLOW = Problem(slug="too-slow", status=408, title="The body did not come")
TOO_LARGE = Problem(slug="too-large", status=413, title="The body is too large")
TOO_MANY_EVENTS = Problem(slug="too-many-events", status=413, title="Too many events for all or nothing")
UNSUPPORTED_MEDIA_TYPE = Problem(slug="unsupported-media-type", status=415, title="The body is in a form not read here")
REJECTED = Problem(slug="rejected", status=422, title="Events were refused, and nothing was accepted")
UNPROCESSABLE = Problem(slug="unprocessable", status=422, title="The request cannot be understood")
FAULT = Problem(slug="fault", status=500, title="This is our fault; the log of the service has the details")
BROKER_AWAY = Problem(slug="broker-away", status=503, title="The log cannot be written", retry_after_seconds=2)

PROBLEMS = (
    UNKNOWN_PARAMETER, BAD_PARAMETER, BROKEN_OFF, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_SLOW, TOO_LARGE, TOO_MANY_EVENTS,
    UNSUPPORTED_MEDIA_TYPE, REJECTED, UNPROCESSABLE, FAULT, BROKER_AWAY,
)  # fmt: skip

_BY_STATUS = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}

OF_EVERY_ROUTE = {
    "400": "A parameter that is not known here, or cannot be read.",
    "404": "There is nothing of that name.",
    "405": "That method is not allowed here.",
    "500": "A fault of ours.",
    "503": "The log cannot be written now, or too much is sent at once; Retry-After says when to try again.",
}
"""What any route may answer beside its own, by status, for the OpenAPI document."""


class Refusal(Exception):  # noqa: N818 (the word of the domain: it is an answer)
    """The request gets this problem. `members` are extension members, such as `rejected`."""

    def __init__(self, problem: Problem, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.members = members


def respond(request: Request, problem: Problem, detail: str, **members: Any) -> Response:
    """The problem as an answer."""
    body = msgspec.json.encode(problem.document(detail, quote(request.url.path), **members))
    return Response(body, problem.status, problem.headers, MEDIA_TYPE)


def allow_parameters(request: Request, *known: str) -> None:
    """Refuse query parameters that nobody reads, and those given twice: a typo must not be taken for a default."""
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            advice = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known) or 'none'}."
            raise Refusal(
                UNKNOWN_PARAMETER,
                f"{name[:80]!r} is not a parameter of {request.url.path}; {advice}",
                parameter=name[:80],
            )
        if name in seen:
            raise Refusal(BAD_PARAMETER, f"{name} is given twice; give it once.", parameter=name)
        seen.add(name)


def install(app: FastAPI) -> None:
    """Make problem documents the only shape of refusal."""

    async def on_refusal(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return respond(request, error.problem, error.detail, **error.members)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        problem = _BY_STATUS.get(error.status_code, UNPROCESSABLE)
        if problem is NOT_FOUND:
            return respond(
                request, problem, f"No path {request.url.path[:200]} here. See /docs; events go to POST /v1/events."
            )
        if problem is METHOD_NOT_ALLOWED:
            answer = respond(request, problem, f"{request.method} is not allowed at {request.url.path}. See /docs.")
            answer.headers.update(error.headers or {})
            return answer
        return respond(request, problem, str(error.detail))

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [{"pointer": "/" + "/".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
        return respond(request, UNPROCESSABLE, "The request has errors.", errors=errors)

    async def on_fault(request: Request, error: Exception) -> Response:
        # The server logs the error with its trace; the sender learns the kind only.
        return respond(
            request, FAULT, f"{type(error).__name__} while answering. Nothing was acknowledged; send it again."
        )

    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(Exception, on_fault)
