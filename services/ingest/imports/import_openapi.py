"""What the OpenAPI document of ingest says of imports."""

from __future__ import annotations

from services.ingest.answers import EventsProblem
from services.ingest.imports.import_answers import ImportAnswer
from services.ingest.imports.import_routes import LINES, as_parameters
from services.ingest.openapi import JSON, OF_EVERY_ROUTE
from services.ingest.problems import (
    BROKEN_OFF,
    IMPORT_GOES_ON,
    NOTHING_TO_IMPORT,
    TOO_LARGE,
    TOO_SLOW,
    UNSUPPORTED_MEDIA_TYPE,
)
from steppe.contracts.type_schemas import Schema
from steppe.http.openapi_parts import add_problems, schema
from steppe.http.problems import BAD_PARAMETER, NOT_FOUND, UNPROCESSABLE

_REFUSALS = (
    BAD_PARAMETER, BROKEN_OFF, NOT_FOUND, TOO_SLOW, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, NOTHING_TO_IMPORT, UNPROCESSABLE,
    IMPORT_GOES_ON,
)  # fmt: skip
_DECISIONS = {
    "type": "object",
    "description": "With `of`: what a person decided.",
    "properties": {
        "mapping": {"type": "string", "description": "The mapping of a table, as YAML (docs/importing.md)."},
        "keys": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Which project a thing of the files is, by what the report calls the thing.",
        },
    },
}


def post_import_operation() -> Schema:
    """The `openapi_extra` of POST /v1/imports, whose body no framework reads."""
    lines = {
        "type": "string",
        "description": "A line of JSON a second, each as GET /v1/imports/{id} answers; "
        "the last one has ended and has the report.",
    }
    answer = {
        "description": "The import began; its states follow.",
        "content": {LINES: {"schema": lines}},
        "headers": {"Location": {"description": "Where the import is.", "schema": {"type": "string"}}},
    }
    return {
        "operationId": "import_file",
        "parameters": as_parameters(),
        "requestBody": {
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "description": "The file, as it is."}},
                JSON: {"schema": _DECISIONS},
            },
        },
        "responses": add_problems({"200": answer}, (*OF_EVERY_ROUTE, *_REFUSALS), EventsProblem),
    }


def import_operation() -> Schema:
    """The `openapi_extra` of GET /v1/imports/{id}."""
    answer = {"description": "The import.", "content": {JSON: {"schema": schema(ImportAnswer)}}}
    return {
        "operationId": "get_import",
        "responses": add_problems({"200": answer}, (*OF_EVERY_ROUTE, NOT_FOUND)),
    }
