"""What the OpenAPI document of ingest says of each route: its name, parameters, answer, problems, an example."""

from __future__ import annotations

from services.ingest import problems
from services.ingest.answers import EventsAnswer, EventsProblem, IngestLiveness, IngestReadiness
from services.ingest.problems import (
    BROKEN_OFF,
    BROKER_AWAY,
    METHOD_NOT_ALLOWED,
    REJECTED,
    SUBJECTS_NOT_READ,
    TOO_LARGE,
    TOO_MANY_EVENTS,
    TOO_SLOW,
    UNSUPPORTED_MEDIA_TYPE,
)
from steppe.contracts.type_schemas import Schema
from steppe.contracts.vocabulary_table import Vocabulary
from steppe.http.openapi_parts import add_problems, complete, schema
from steppe.http.problems import BAD_PARAMETER, INTERNAL_ERROR, UNKNOWN_PARAMETER, Problem

JSON = "application/json"
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
_ACCEPTED = {"accepted": 1, "duplicates": 0, "warnings": [], "rejected": [], "position": "1:203"}
_OBJECT = {"type": "object", "description": "A CloudEvent; GET /v1/schemas/{name} has the schema of each."}
OF_EVERY_ROUTE = (UNKNOWN_PARAMETER, METHOD_NOT_ALLOWED, INTERNAL_ERROR)
_OF_EVENTS = (
    BAD_PARAMETER, BROKEN_OFF, TOO_SLOW, TOO_LARGE, TOO_MANY_EVENTS, UNSUPPORTED_MEDIA_TYPE, REJECTED, BROKER_AWAY,
    SUBJECTS_NOT_READ,
)  # fmt: skip


def operation(name: str, answer: type, *own_problems: Problem) -> Schema:
    """The `openapi_extra` of a route that takes no parameters. `name` is its stable operation id."""
    response = {"description": "The answer.", "content": {JSON: {"schema": schema(answer)}}}
    return {
        "operationId": name,
        "responses": add_problems({"200": response}, (*OF_EVERY_ROUTE, *own_problems)),
    }


def metrics_operation() -> Schema:
    """The `openapi_extra` of GET /metrics, which answers as FastAPI says."""
    return {"operationId": "get_metrics", "responses": add_problems({}, (METHOD_NOT_ALLOWED, INTERNAL_ERROR))}


def schema_operation(own_problem: Problem) -> Schema:
    """The `openapi_extra` of GET /v1/schemas/{name}."""
    content = {"application/schema+json": {"schema": {"type": "object", "description": "JSON Schema, 2020-12."}}}
    response = {"description": "The schema of an event.", "content": content}
    responses = add_problems({"200": response}, (*OF_EVERY_ROUTE, own_problem))
    return {"operationId": "get_schema", "responses": responses}


def events_operation() -> Schema:
    """The `openapi_extra` of POST /v1/events, whose body no framework reads."""
    accepted = {
        "description": "The events are on the brokers' disks.",
        "content": {JSON: {"schema": schema(EventsAnswer), "example": _ACCEPTED}},
    }
    return {
        "operationId": "send_events",
        "parameters": [
            {
                "name": "on_error",
                "in": "query",
                "description": "NDJSON only. `reject`: all or nothing. `continue`: what is wrong is listed, the rest accepted.",
                "schema": {"type": "string", "enum": ["reject", "continue"], "default": "reject"},
            },
            {
                "name": "unknown_subject",
                "in": "query",
                "description": "What becomes of events of a project or party that is neither known nor registered in the same "
                "request (in a stream: before). `accept`: with a warning where a known one is near. `reject`: it is refused.",
                "schema": {"type": "string", "enum": ["accept", "reject"], "default": "accept"},
            },
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
                JSON: {
                    "schema": {
                        "type": "object",
                        "description": "Binary mode: `data` only, the attributes as ce- headers.",
                    }
                },
            },
        },
        "responses": add_problems({"202": accepted}, (*OF_EVERY_ROUTE, *_OF_EVENTS), EventsProblem),
    }


def document(of_framework: Schema, *others: type) -> Schema:
    """The whole document: what FastAPI makes of the routes, with the components of all answers, `others` among them."""
    types = (EventsAnswer, EventsProblem, Vocabulary, IngestLiveness, IngestReadiness, *others)
    return complete(of_framework, types, problems.PROBLEMS)
