"""The gate in a service's OpenAPI document: how to say who one is, which scope each route needs, how it refuses. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
    },
}
"""A problem document (RFC 9457). Each kind may have members of its own."""

_SCHEME = "key or token"
_REFUSALS = {
    "401": "Nobody we know: no key or token, or one that does not count.",
    "403": "The scope that this route needs is missing.",
    "429": "More requests in a minute than the caller may have.",
}


def problem(description: str) -> dict[str, Any]:
    """A response that is a problem document, as OpenAPI spells it."""
    return {"description": description, "content": {"application/problem+json": {"schema": PROBLEM}}}


def add_security(
    document: Mapping[str, Any],
    required_scopes: Callable[[str, str], Collection[str] | None],
    refusals: Mapping[str, str],
) -> dict[str, Any]:
    """The document with the gate in it. `refusals`: what else every route may answer, status by status."""
    paths = {
        path: {
            method: _operation(operation, required_scopes(method.upper(), path), refusals)
            for method, operation in methods.items()
        }
        for path, methods in document["paths"].items()
    }
    schemes = {
        _SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, or a token of the provider; which of them, the operator decides (STEPPE_AUTH). "
            "None is asked for where the service listens on loopback only.",
        }
    }
    components = {**document.get("components", {}), "securitySchemes": schemes}
    return {**document, "paths": paths, "components": components}


def _operation(
    operation: Mapping[str, Any], scopes: Collection[str] | None, refusals: Mapping[str, str]
) -> dict[str, Any]:
    told = {status: problem(words) for status, words in refusals.items()}
    if scopes is None:
        return {**operation, "security": [], "responses": {**told, **operation["responses"]}}
    gate = {status: problem(words) for status, words in _REFUSALS.items()}
    return {
        **operation,
        "security": [{}, {_SCHEME: sorted(scopes)}],
        "x-scopes": sorted(scopes),
        "responses": {**told, **gate, **operation["responses"]},
    }
