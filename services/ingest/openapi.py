"""OpenAPI of `POST /v1/events`, whose body FastAPI does not read: parameters, bodies, answers, examples."""

from __future__ import annotations

from typing import Any

from steppe.access.openapi_security import PROBLEM

_EVENT = {
    "source": "/desk/tokyo",
    "type": "steppe.memorandum.signed.v1",
    "subject": "north-katpar-tungsten",
    "data": {
        "occurred": "2018",
        "instrument": "mou",
        "parties": [{"party": "xiamen-tungsten", "role": "investor"}, {"party": "tau-ken-samruk", "role": "host"}],
    },
}
_OBJECT = {"type": "object"}
_ERRORS = {
    "type": "array",
    "items": {"type": "object", "properties": {"pointer": {"type": "string"}, "message": {"type": "string"}}},
}
_REJECTED = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"index": {"type": "integer"}, "id": {"type": ["string", "null"]}, "errors": _ERRORS},
    },
}
_RESULT = {
    "type": "object",
    "required": ["accepted", "duplicates", "warnings", "rejected", "position"],
    "properties": {
        "accepted": {"type": "integer"},
        "duplicates": {"type": "integer"},
        "warnings": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"index": {"type": "integer"}, "id": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "rejected": _REJECTED,
        "position": {"type": "string", "examples": ["0:41,3:7"]},
        "rejected_total": {"type": "integer", "description": "Only when `rejected` was cut."},
        "warnings_total": {"type": "integer", "description": "Only when `warnings` was cut."},
    },
}
_PROBLEM = {
    **PROBLEM,
    "properties": {
        **PROBLEM["properties"],
        "rejected": _REJECTED,
        "so_far": {**_RESULT, "description": "What of a stream was acknowledged before."},
    },
}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": _PROBLEM}}}


EVENTS: dict[str, Any] = {
    "parameters": [
        {
            "name": "on_error",
            "in": "query",
            "description": "NDJSON only.",
            "schema": {"type": "string", "enum": ["reject", "continue"], "default": "reject"},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": {"schema": _OBJECT, "example": _EVENT},
            "application/cloudevents-batch+json": {
                "schema": {"type": "array", "items": _OBJECT},
                "example": [_EVENT],
            },
            "application/x-ndjson": {"schema": {"type": "string", "description": "One event a line."}},
            "application/json": {
                "schema": {"type": "object", "description": "Binary mode: `data` only, the attributes as ce- headers."}
            },
        },
    },
    "responses": {
        "202": {"description": "On the brokers' disks.", "content": {"application/json": {"schema": _RESULT}}},
        "400": _problem("A parameter, or a body that broke off."),
        "413": _problem("The body is larger than its form allows."),
        "415": _problem("A form that is not read."),
        "422": _problem("Events were refused, and nothing was accepted."),
        "503": _problem("The broker is unavailable; Retry-After says when to retry."),
    },
}
