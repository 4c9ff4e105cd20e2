"""The vocabulary as plain JSON, for `GET /v1/vocabulary`. Knows the table; adds nothing to it but the limits."""

from __future__ import annotations

from typing import Any

from steppe.contracts import envelope
from steppe.domain.events import field_checks as rules
from steppe.domain.events import vocabulary as words
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
    """Everything a sender needs to write an event, in the order of the domain page; the same at every call."""
    return {
        "events": [_event(kind) for kind in words.VOCABULARY],
        "common_fields": [_field(field) for field in words.COMMON_FIELDS],
        "objects": {
            "parties": _object(rules.PARTY_REQUIRED, rules.PARTY_OPTIONAL),
            "amount": _object(rules.AMOUNT_REQUIRED, rules.AMOUNT_OPTIONAL),
            "evidence": _object(rules.EVIDENCE_REQUIRED, rules.EVIDENCE_OPTIONAL),
            "reference": _object(rules.REFERENCE_FIELDS, ()),
        },
        "marks": {row.value: meaning for row, meaning in MARKS.items()},
        "levels": [level.label for level in Level],
        "legs": [*words.LEGS, words.UNKNOWN_LEG],
        "roles": {"pursuing": list(words.PURSUING_ROLES), "all": list(words.ROLES)},
        "attributes": {"cloudevents": list(envelope.CONTEXT), "extensions": list(envelope.EXTENSIONS)},
        "limits": {
            "text_characters": rules.TEXT_LENGTH_MAX,
            "slug_characters": SLUG_LENGTH_MAX,
            "attribute_characters": envelope.ATTRIBUTE_LENGTH_MAX,
            "list_entries": rules.LIST_LENGTH_MAX,
            "number": rules.NUMBER_MAX,
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
