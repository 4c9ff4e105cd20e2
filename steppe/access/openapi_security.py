"""Authentication in a service's OpenAPI document: the security scheme, the scope of each route, how it is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from steppe.access.middleware import PROBLEMS
from steppe.contracts.type_schemas import Schema
from steppe.http.openapi_parts import add_problems, example

SCHEME = "key-or-token"


def add_security(document: Schema, required_scopes: Callable[[str, str], Collection[str] | None]) -> Schema:
    """The document with the scheme, and with the scopes and refusals of each route that is not open to everybody."""
    paths = {
        path: {
            method: _operation(operation, required_scopes(method.upper(), path))
            for method, operation in methods.items()
        }
        for path, methods in document["paths"].items()
    }
    scheme = {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, or a token of the OIDC provider, as the operator configured it (STEPPE_AUTH). "
        "None is required where the service listens on loopback only.",
    }
    examples = {**document["components"]["examples"], **{problem.slug: example(problem) for problem in PROBLEMS}}
    components = {**document["components"], "examples": examples, "securitySchemes": {SCHEME: scheme}}
    return {**document, "paths": paths, "components": components}


def _operation(operation: Mapping[str, Any], scopes: Collection[str] | None) -> Schema:
    if scopes is None:
        return {**operation, "security": []}
    return {
        **operation,
        "security": [{}, {SCHEME: sorted(scopes)}],
        "x-scopes": sorted(scopes),
        "responses": add_problems(operation["responses"], PROBLEMS),
    }
