"""The vocabulary as JSON, for `GET /v1/vocabulary`: events, fields, words and limits."""

from __future__ import annotations

from typing import Any

from steppe.contracts import envelope
from steppe.domain.events import field_checks, vocabulary
from steppe.domain.events.vocabulary import Effect, EventKind, Field
from steppe.domain.values.faults import SLUG_LENGTH_MAX
from steppe.domain.values.levels import Level

MARKS = {
    Effect.BINDING: "binds a leg of its deal",
    Effect.PHYSICAL: "changes something on the ground",
    Effect.NOT_BINDING: "a step or news, without obligation",
    Effect.ENDING: "ends something",
    Effect.RECORD: "about the record",
}


def as_json() -> dict[str, Any]:
    """Everything a client needs to write an event, in the order of the domain page."""
    return {
        "events": [_event(kind) for kind in vocabulary.VOCABULARY],
        "common_fields": [_field(field) for field in vocabulary.COMMON_FIELDS],
        "objects": {
            "parties": _object(field_checks.PARTY_REQUIRED, field_checks.PARTY_OPTIONAL),
            "amount": _object(field_checks.AMOUNT_REQUIRED, field_checks.AMOUNT_OPTIONAL),
            "evidence": _object(field_checks.EVIDENCE_REQUIRED, field_checks.EVIDENCE_OPTIONAL),
            "reference": _object(field_checks.REFERENCE_FIELDS, ()),
        },
        "marks": {row.value: meaning for row, meaning in MARKS.items()},
        "levels": [level.label for level in Level],
        "legs": [*vocabulary.LEGS, vocabulary.UNKNOWN_LEG],
        "roles": {"pursuing": list(vocabulary.PURSUING_ROLES), "all": list(vocabulary.ROLES)},
        "attributes": {"cloudevents": list(envelope.CONTEXT), "extensions": list(envelope.EXTENSIONS)},
        "limits": {
            "text_characters": field_checks.TEXT_LENGTH_MAX,
            "slug_characters": SLUG_LENGTH_MAX,
            "attribute_characters": envelope.ATTRIBUTE_LENGTH_MAX,
            "list_entries": field_checks.LIST_LENGTH_MAX,
            "number": field_checks.NUMBER_MAX,
        },
    }


def _event(kind: EventKind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "type": kind.type,
        "summary": kind.summary,
        "mark": kind.effect.value,
        "level": None if kind.level is None else kind.level.label,
        "leg": kind.leg,
        "may_speak_of_project": kind.may_speak_of_project,
        "occurred_required": kind.effect is not Effect.RECORD,
        "precedence": kind.precedence,
        "fields": [_field(field) for field in kind.fields],
    }


def _field(field: Field) -> dict[str, Any]:
    return {"name": field.name, "kind": field.kind.value, "choices": list(field.choices), "required": field.required}


def _object(required: tuple[Field, ...], optional: tuple[Field, ...]) -> list[dict[str, Any]]:
    return [{**_field(field), "required": field in required} for field in (*required, *optional)]
