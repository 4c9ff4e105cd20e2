"""Authentication in a service's OpenAPI document: the security scheme, the scopes of each route, its 401, 403 and 429."""

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
    "401": "Not authenticated: no key or token, or an invalid one.",
    "403": "The caller lacks the scope that this route requires.",
    "429": "Rate limit exceeded: more requests in a minute than the caller may send.",
}


def problem(description: str) -> dict[str, Any]:
    """A response that is a problem document, as OpenAPI spells it."""
    return {"description": description, "content": {"application/problem+json": {"schema": PROBLEM}}}


def add_security(
    document: Mapping[str, Any],
    required_scopes: Callable[[str, str], Collection[str] | None],
    refusals: Mapping[str, str],
) -> dict[str, Any]:
    """The document with security added to each route. `refusals`: what else every route may answer, by status."""
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
            "description": "An API key, or a token of the OIDC provider, as the operator configured it (STEPPE_AUTH). "
            "None is required where the service listens on loopback only.",
        }
    }
    components = {**document.get("components", {}), "securitySchemes": schemes}
    return {**document, "paths": paths, "components": components}


def _operation(
    operation: Mapping[str, Any], scopes: Collection[str] | None, refusals: Mapping[str, str]
) -> dict[str, Any]:
    responses = {status: problem(words) for status, words in refusals.items()}
    if scopes is None:
        return {**operation, "security": [], "responses": {**responses, **operation["responses"]}}
    authentication = {status: problem(words) for status, words in _REFUSALS.items()}
    return {
        **operation,
        "security": [{}, {_SCHEME: sorted(scopes)}],
        "x-scopes": sorted(scopes),
        "responses": {**responses, **authentication, **operation["responses"]},
    }
