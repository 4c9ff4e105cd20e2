"""Refusals as RFC 9457 problem documents: the shape, the exception that carries one, and the one install of its handlers.

Raise `Refusal(NOT_FOUND, "...")` anywhere below a route; `install` turns it, and whatever the framework raises, into
`application/problem+json`. Each service lists its own types of problem (services/*/problems.py); those that all of them have
stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from steppe.http.security_headers import DATA_HEADERS

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One type of problem. `slug` is public: programs may branch on the type that ends in it."""

    slug: str
    status: int
    title: str
    retry_after_seconds: int | None = None

    @property
    def type(self) -> str:
        """The stable URI of the kind of problem."""
        return f"urn:steppe:problem:{self.slug}"

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says beside the document."""
        wait = {} if self.retry_after_seconds is None else {"Retry-After": str(self.retry_after_seconds)}
        # An internal error is answered outside of every layer, so the document brings its headers with it.
        return {"Cache-Control": "no-store", **DATA_HEADERS, **wait}

    def document(self, detail: str, instance: str, **members: Any) -> dict[str, Any]:
        """The problem as RFC 9457 spells it; `instance` is the path that was asked, quoted, `members` are extensions."""
        return {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": detail,
            "instance": instance,
            **members,
        }


UNKNOWN_PARAMETER = Problem(slug="unknown-parameter", status=400, title="Unknown parameter")
BAD_PARAMETER = Problem(slug="bad-parameter", status=400, title="Invalid parameter")
NOT_FOUND = Problem(slug="not-found", status=404, title="Not found")
UNPROCESSABLE = Problem(slug="unprocessable", status=422, title="Invalid request")
INTERNAL_ERROR = Problem(slug="fault", status=500, title="Internal error")


class Refusal(Exception):  # noqa: N818 - it is an answer
    """The request gets this problem. `members` are extension members of the document, such as the parameter's name."""

    def __init__(
        self, problem: Problem, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.headers = headers or {}
        self.members = members

    def response(self, path: str) -> Response:
        """The answer to a request for this path."""
        return respond(path, self.problem, self.detail, self.headers, **self.members)


def respond(
    path: str, problem: Problem, detail: str, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """The problem as an answer; what the problem itself says in its headers wins over `headers`."""
    body = msgspec.json.encode(problem.document(detail, quote(path), **members))
    response = Response(body, problem.status, problem.headers, MEDIA_TYPE)
    for name, value in (headers or {}).items():
        response.headers.setdefault(name, value)
    return response


Explain = Callable[[Request, Problem], str | None]
"""The detail of what the framework refuses; None: the framework's own words."""


def install(
    app: FastAPI,
    by_status: Mapping[int, Problem],
    explain: Explain,
    after_internal_error: str = "",
    *,
    answers_head: bool = False,
) -> None:
    """Make problem documents the only shape of refusal.

    `by_status` is the service's problem for a status that the framework answers with; any other is UNPROCESSABLE.
    `after_internal_error` tells the sender what to do then. `answers_head`: the service answers HEAD wherever it answers GET.
    """

    async def on_refusal(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return error.response(request.url.path)

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        problem = by_status.get(error.status_code, UNPROCESSABLE)
        detail = explain(request, problem) or str(error.detail)
        headers = dict(error.headers or {})
        if answers_head and headers.get("Allow") == "GET":
            headers["Allow"] = "GET, HEAD"
        return respond(request.url.path, problem, detail, headers)

    async def on_validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [{"pointer": "/" + "/".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
        return respond(request.url.path, UNPROCESSABLE, "The request has errors.", errors=errors)

    async def on_internal_error(request: Request, error: Exception) -> Response:
        # The server logs the error with its trace; the client learns its kind only.
        detail = f"{type(error).__name__} while answering.{after_internal_error}"
        return respond(request.url.path, INTERNAL_ERROR, detail)

    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(Exception, on_internal_error)
