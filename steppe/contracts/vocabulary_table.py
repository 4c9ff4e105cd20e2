"""The vocabulary as JSON, for `GET /v1/vocabulary`: events, fields, words and limits."""

from __future__ import annotations

from typing import Annotated, TypedDict

from steppe.contracts import envelope
from steppe.contracts.field_types import Count, LegName, LevelName, choice, doc
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


class VocabularyField(TypedDict):
    """A field of an event or of an object in it."""

    name: Annotated[str, doc("Its name.")]
    kind: Annotated[str, doc("The shape of its value, as in text, date, parties.")]
    choices: Annotated[list[str], doc("The values it may have; empty: any of its kind.")]
    required: Annotated[bool, doc("Whether it must be there.")]


class VocabularyEvent(TypedDict):
    """An event that may be sent."""

    name: Annotated[str, doc("Its name, as in memorandum.signed.")]
    type: Annotated[str, doc("Its CloudEvents type, as in steppe.memorandum.signed.v1.")]
    summary: Annotated[str, doc("What it says.")]
    mark: Annotated[str, choice(*(row.value for row in MARKS)), doc("What it does to its deal; see `marks`.")]
    level: Annotated[LevelName | None, doc("The level that it proves; null: none.")]
    leg: Annotated[LegName | None, doc("The leg that it binds or ends; null: none, or the one that it names.")]
    may_speak_of_project: Annotated[bool, doc("Whether it may name nobody: it then speaks of the project as a whole.")]
    occurred_required: Annotated[bool, doc("Whether it must say when it occurred.")]
    precedence: Annotated[Count, doc("Its place among events of the same days, the first first.")]
    fields: Annotated[list[VocabularyField], doc("The fields that only it has.")]


class VocabularyObjects(TypedDict):
    """The objects that stand in fields."""

    parties: Annotated[list[VocabularyField], doc("Who takes part.")]
    amount: Annotated[list[VocabularyField], doc("A sum of money.")]
    evidence: Annotated[list[VocabularyField], doc("Where it is written.")]
    reference: Annotated[list[VocabularyField], doc("Another event.")]
    capacity: Annotated[list[VocabularyField], doc("How much a project or part puts out.")]
    parts: Annotated[list[VocabularyField], doc("The parts of a project.")]
    aliases: Annotated[list[VocabularyField], doc("Other names of a project or party.")]
    ids: Annotated[list[VocabularyField], doc("Their ids in other registers.")]
    parents: Annotated[list[VocabularyField], doc("The parties that a party belongs to.")]


class Roles(TypedDict):
    """What a party may be in an event."""

    pursuing: Annotated[list[str], doc("Those who pursue the deal.")]
    all: Annotated[list[str], doc("All of them.")]


class Attributes(TypedDict):
    """The attributes around the data."""

    cloudevents: Annotated[list[str], doc("Those of CloudEvents 1.0.")]
    extensions: Annotated[list[str], doc("Extensions that are kept.")]


class Limits(TypedDict):
    """How much is taken."""

    text_characters: Annotated[Count, doc("Characters of a text.")]
    slug_characters: Annotated[Count, doc("Characters of a key.")]
    attribute_characters: Annotated[Count, doc("Characters of an attribute.")]
    list_entries: Annotated[Count, doc("Entries of a list.")]
    number: Annotated[float, doc("The largest number.")]


class Vocabulary(TypedDict):
    """Everything a sender needs to write an event."""

    events: Annotated[list[VocabularyEvent], doc("The events, in the order of the domain page.")]
    common_fields: Annotated[list[VocabularyField], doc("The fields that every event may have.")]
    objects: Annotated[VocabularyObjects, doc("The objects that stand in fields.")]
    marks: Annotated[dict[str, str], doc("What each mark means.")]
    levels: Annotated[list[LevelName], doc("The levels, the lowest first.")]
    legs: Annotated[list[LegName], doc("The legs.")]
    roles: Annotated[Roles, doc("What a party may be.")]
    attributes: Annotated[Attributes, doc("The attributes around the data.")]
    limits: Annotated[Limits, doc("How much is taken.")]


def as_json() -> Vocabulary:
    """Everything a sender needs to write an event, in the order of the domain page; the same at every call."""
    return {
        "events": [_event(kind) for kind in vocabulary.VOCABULARY],
        "common_fields": [_field(field) for field in vocabulary.COMMON_FIELDS],
        "objects": {
            "parties": _object(field_checks.PARTY_REQUIRED, field_checks.PARTY_OPTIONAL),
            "amount": _object(field_checks.AMOUNT_REQUIRED, field_checks.AMOUNT_OPTIONAL),
            "evidence": _object(field_checks.EVIDENCE_REQUIRED, field_checks.EVIDENCE_OPTIONAL),
            "reference": _object(field_checks.REFERENCE_FIELDS, ()),
            "capacity": _object(field_checks.CAPACITY_FIELDS, ()),
            "parts": _object(field_checks.PART_REQUIRED, field_checks.PART_OPTIONAL),
            "aliases": _object(field_checks.ALIAS_REQUIRED, field_checks.ALIAS_OPTIONAL),
            "ids": _object(field_checks.ID_FIELDS, ()),
            "parents": _object(field_checks.PARENT_REQUIRED, field_checks.PARENT_OPTIONAL),
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


def _event(kind: EventKind) -> VocabularyEvent:
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


def _field(field: Field) -> VocabularyField:
    return {"name": field.name, "kind": field.kind.value, "choices": list(field.choices), "required": field.required}


def _object(required: tuple[Field, ...], optional: tuple[Field, ...]) -> list[VocabularyField]:
    return [{**_field(field), "required": field in required} for field in (*required, *optional)]
