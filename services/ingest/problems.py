"""The types of problem that ingest answers with (RFC 9457), and the handlers that do it. See steppe/http/problems.py."""

from __future__ import annotations

from difflib import get_close_matches

from fastapi import FastAPI, Request

from steppe.http import problems
from steppe.http.problems import (
    BAD_PARAMETER,
    INTERNAL_ERROR,
    NOT_FOUND,
    UNKNOWN_PARAMETER,
    UNPROCESSABLE,
    Problem,
    Refusal,
)

BROKEN_OFF = Problem(slug="broken-off", status=400, title="Request body incomplete")
METHOD_NOT_ALLOWED = Problem(slug="method-not-allowed", status=405, title="Method not allowed")
TOO_SLOW = Problem(slug="too-slow", status=408, title="Request body timed out")
TOO_LARGE = Problem(slug="too-large", status=413, title="Request body too large")
TOO_MANY_EVENTS = Problem(slug="too-many-events", status=413, title="Too many events in one request")
UNSUPPORTED_MEDIA_TYPE = Problem(slug="unsupported-media-type", status=415, title="Unsupported media type")
NOTHING_TO_IMPORT = Problem(slug="nothing-to-import", status=422, title="No file to import")
IMPORT_GOES_ON = Problem(slug="import-goes-on", status=429, title="Another import goes on", retry_after_seconds=5)
REJECTED = Problem(slug="rejected", status=422, title="Events rejected, none accepted")
BROKER_AWAY = Problem(slug="broker-away", status=503, title="Broker unavailable", retry_after_seconds=2)
SUBJECTS_NOT_READ = Problem(
    slug="subjects-not-read", status=503, title="Existing subjects not read yet", retry_after_seconds=2
)

PROBLEMS = (
    UNKNOWN_PARAMETER, BAD_PARAMETER, BROKEN_OFF, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_SLOW, TOO_LARGE, TOO_MANY_EVENTS,
    UNSUPPORTED_MEDIA_TYPE, REJECTED, NOTHING_TO_IMPORT, UNPROCESSABLE, IMPORT_GOES_ON, INTERNAL_ERROR, BROKER_AWAY,
    SUBJECTS_NOT_READ,
)  # fmt: skip

_BY_STATUS = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}


def allow_parameters(request: Request, *known: str) -> None:
    """Raises Refusal for unknown query parameters and those given twice: a typo must not fall back to a default."""
    names: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            advice = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known) or 'none'}."
            raise Refusal(
                UNKNOWN_PARAMETER,
                f"{name[:80]!r} is not a parameter of {request.url.path}; {advice}",
                parameter=name[:80],
            )
        if name in names:
            raise Refusal(BAD_PARAMETER, f"{name} is given twice; give it once.", parameter=name)
        names.add(name)


def install(app: FastAPI) -> None:
    """Answer every refusal, and whatever the framework raises, as a problem document."""
    problems.install(app, _BY_STATUS, _explain, " Nothing was acknowledged; send it again.")


def _explain(request: Request, problem: Problem) -> str | None:
    if problem is NOT_FOUND:
        return f"No path {request.url.path[:200]} here. See /docs; events go to POST /v1/events."
    if problem is METHOD_NOT_ALLOWED:
        return f"{request.method} is not allowed at {request.url.path}. See /docs."
    return None
