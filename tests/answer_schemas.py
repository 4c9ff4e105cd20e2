"""Holds every JSON answer that a test gets from ingest or the API against the OpenAPI document of that service.

`watch` wraps httpx for the run: each answer is looked up by method, path and status, and validated with every declared type
closed, so that a field nobody declared is an error too. An answer that is not of these services is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx
import msgspec
from jsonschema_rs import Draft202012Validator

Document = dict[str, Any]
JSON = "application/json"
PROBLEM = "application/problem+json"
_ERRORS_SHOWN = 5
_watching = True
# Answers that several services give under one path, each in its own way, and those that describe the service itself.
_LEFT_ALONE = re.compile(r"^/(livez|readyz|openapi\.json|docs|static-offline-docs)")


@cache
def documents() -> dict[str, Document]:
    """The OpenAPI document of each service."""
    # Only tests that ask a service pay for loading the services.
    from services.api.app import create_app as create_api
    from services.api.settings import Settings as ApiSettings
    from services.ingest.app import create_app as create_ingest
    from services.ingest.settings import Settings as IngestSettings

    return {
        "ingest": create_ingest(IngestSettings.model_validate({"kafka": "localhost:9"})).openapi(),
        "api": create_api(ApiSettings.model_validate({"database": "postgresql://localhost:9/none"})).openapi(),
    }


@contextmanager
def watch() -> Iterator[None]:
    """Validate what every client of httpx in this process receives."""
    send, send_async = httpx.Client.send, httpx.AsyncClient.send

    def checked(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        response = send(client, request, **options)
        if not options.get("stream"):
            check(response)
        return response

    async def checked_async(client: httpx.AsyncClient, request: httpx.Request, **options: Any) -> httpx.Response:
        response = await send_async(client, request, **options)
        if not options.get("stream"):
            check(response)
        return response

    httpx.Client.send = checked  # type: ignore[method-assign, assignment]
    httpx.AsyncClient.send = checked_async  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        httpx.Client.send, httpx.AsyncClient.send = send, send_async  # type: ignore[method-assign]


@contextmanager
def of_another_release() -> Iterator[None]:
    """Leave answers alone meanwhile: a service of another release answers by its own document."""
    global _watching
    _watching = False
    try:
        yield
    finally:
        _watching = True


def check(response: httpx.Response) -> None:
    """Raise AssertionError when an answer of a documented route is not as its document says."""
    if not _watching:
        return
    media_type = response.headers.get("content-type", "").partition(";")[0]
    request = response.request
    if media_type not in (JSON, PROBLEM) or request.method == "HEAD" or _LEFT_ALONE.match(request.url.path):
        return
    validator = _validator(request.method.lower(), _template(request.url.path), str(response.status_code), media_type)
    if validator is None or not response.content:
        return
    errors = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"
        for error in validator.iter_errors(msgspec.json.decode(response.content))
    ]
    assert not errors, f"{request.method} {request.url} {response.status_code}: {errors[:_ERRORS_SHOWN]}"


@cache
def _templates() -> list[tuple[re.Pattern[str], str, str]]:
    """The paths of both services, those without parameters first: pattern, service, path as documented."""
    paths = [(path, service) for service, document in documents().items() for path in document["paths"]]
    # /v1/trace/{event} takes slashes, too
    return [
        (re.compile(re.sub(r"\{[^}]+\}", ".+" if "trace" in path else "[^/]+", path)), service, path)
        for path, service in sorted(paths, key=lambda entry: "{" in entry[0])
    ]


def _template(path: str) -> tuple[str, str] | None:
    return next(((service, template) for pattern, service, template in _templates() if pattern.fullmatch(path)), None)


@cache
def _validator(method: str, place: tuple[str, str] | None, status: str, media_type: str) -> Draft202012Validator | None:
    if place is None:
        return None
    service, path = place
    operation = _closed(service)["paths"][path].get(method)
    if operation is None:
        return None
    response = operation["responses"].get(status)
    assert response is not None, f"{method} {path} answers {status}, which its document does not say"
    schema = response["content"][media_type]["schema"]
    return Draft202012Validator({**schema, "components": _closed(service)["components"]})


@cache
def _closed(service: str) -> Document:
    """The document with every declared type closed: no field but those that it names."""
    document = documents()[service]
    schemas = {
        name: {**schema, "additionalProperties": False} for name, schema in document["components"]["schemas"].items()
    }
    return {**document, "components": {**document["components"], "schemas": schemas}}
