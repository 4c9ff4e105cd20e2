"""JSON Schema (2020-12) of a whole CloudEvent for each row of the vocabulary, closed as producers must keep it.

Derived from the table and from the limits of validation; what a schema cannot say (the calendar, plans, sums) the
descriptions leave to validation. Schemas refer to nothing outside themselves, so that one file is enough.
"""

from __future__ import annotations

from steppe.contracts import envelope
from steppe.contracts.type_schemas import Schema
from steppe.domain.events import field_checks as rules
from steppe.domain.events import validation
from steppe.domain.events.vocabulary import PURSUING_ROLES, Effect, EventKind, Field, FieldKind
from steppe.domain.values.faults import SLUG_LENGTH_MAX

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DAY = r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?~?"
_EDTF = rf"unknown|{_DAY}|{_DAY}/(?:{_DAY}|\.\.)|\.\./{_DAY}"
_TEXT = r"^(?=[\s\S]*\S)[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$"
_LINE = r"^(?=.*\S)[^\u0000-\u001f\u007f]*$"


def file_name(kind: EventKind) -> str:
    """The name of its schema beside the others, `memorandum.signed.v1.schema.json`."""
    return f"{kind.name}.v1.schema.json"


def schema_of(kind: EventKind) -> Schema:
    """The schema of an event of this kind; equal for equal tables, ready to be written as a file."""
    fields = validation.FIELDS[kind.name]
    required = [field.name for field in fields.values() if field.required]
    if kind.effect is not Effect.RECORD:
        required.append("occurred")
    data: Schema = {
        "type": "object",
        "required": sorted(required),
        "properties": {name: _of(field) for name, field in fields.items()},
        "additionalProperties": False,
    }
    if not kind.may_speak_of_project:
        data["description"] = "Names who pursues the project, or the deal."
        pursuer = {"type": "object", "required": ["role"], "properties": {"role": {"enum": list(PURSUING_ROLES)}}}
        parties = {"type": "array", "contains": pursuer}
        data["anyOf"] = [{"required": ["deal"]}, {"required": ["parties"], "properties": {"parties": parties}}]
    return {
        "$schema": DIALECT,
        "$id": f"urn:steppe:schema:{kind.name}.v1",
        "title": kind.type,
        "description": kind.summary,
        "type": "object",
        "required": ["source", "type", "subject", "data"],
        "properties": {**_attributes(kind), "data": data},
        "additionalProperties": False,
        "$defs": _definitions(),
    }


def _attributes(kind: EventKind) -> Schema:
    line = {"type": "string", "minLength": 1, "maxLength": envelope.ATTRIBUTE_LENGTH_MAX, "pattern": _LINE}
    time = {"type": "string", "pattern": _whole(envelope.TIMESTAMP_PATTERN)}
    extension = {"type": "string", "minLength": 1, "maxLength": envelope.EXTENSION_LENGTH_MAX, "pattern": _LINE}
    return {
        "specversion": {"const": envelope.SPECVERSION},
        "id": {**line, "description": "Left out: ingest makes it from the content."},
        "source": {**line, "pattern": _whole(envelope.URI_REFERENCE_PATTERN)},
        "type": {"const": kind.type},
        "subject": _subject(kind),
        "time": time,
        "recordedtime": {**time, "description": "Set by ingest, which refuses it from senders; every record has it."},
        "datacontenttype": {"const": envelope.JSON},
        "dataschema": {**extension, "pattern": _whole(envelope.URI_REFERENCE_PATTERN)},
        **dict.fromkeys(envelope.EXTENSIONS, extension),
    }


def _subject(kind: EventKind) -> Schema:
    slug, family = rules.SLUG_PATTERN, kind.name.partition(".")[0]
    match family:
        case "party" | "forum":
            pattern, what = f"{family}:{slug}", f"{family}:<key>, as data.{family} says; also the key of the record"
        case "event":
            pattern, what = f"(?:(?:party|forum):)?{slug}", "The subject of the event that it aims at."
        case _:
            pattern, what = slug, "The key of the project; also the key of the record."
    return {"type": "string", "pattern": _whole(pattern), "maxLength": SLUG_LENGTH_MAX + 6, "description": what}


def _of(field: Field) -> Schema:
    match field.kind:
        case FieldKind.CHOICE:
            return {"enum": list(field.choices)}
        case FieldKind.CHOICES:
            return _list({"enum": list(field.choices)})
        case FieldKind.TEXTS:
            return _list(_ref("text"))
        case FieldKind.SLUGS:
            return _list(_ref("slug"))
        case FieldKind.COUNTRIES:
            return _list(_ref("country"))
        case FieldKind.BOOLEAN:
            return {"type": "boolean"}
        case FieldKind.NUMBER:
            return {"type": "number", "minimum": 0, "maximum": rules.NUMBER_MAX}
        case FieldKind.PERCENT:
            return {"type": "number", "minimum": 0, "maximum": 100}
        case FieldKind.LATITUDE:
            return {"type": "number", "minimum": -90, "maximum": 90}
        case FieldKind.LONGITUDE:
            return {"type": "number", "minimum": -180, "maximum": 180}
        case FieldKind.EVENT_NAME:
            return {"enum": list(rules.RECLASSIFIABLE)}
        case FieldKind.PARTIES:
            return _list(_ref("party"), unique=False)
        case FieldKind.EVIDENCE:
            return _list(_ref("evidence"), unique=False)
        case FieldKind.PARTS:
            return _list(_ref("project-part"), unique=False)
        case FieldKind.ALIASES:
            return _list(_ref("alias"), unique=False)
        case FieldKind.IDS:
            return _list(_ref("register-id"), unique=False)
        case FieldKind.PARENTS:
            return _list(_ref("parent"), unique=False)
        case _:
            return _ref(field.kind.value)


def _definitions() -> Schema:
    names = sorted(set(validation.FIELDS_ANYWHERE) - {"reported"})
    key = {"type": "string", "minLength": 1, "maxLength": rules.REFERENCE_LENGTH_MAX, "pattern": _TEXT}
    changes = {"type": "object", "minProperties": 1, "propertyNames": {"enum": names}}
    return {
        "text": {"type": "string", "minLength": 1, "maxLength": rules.TEXT_LENGTH_MAX, "pattern": _TEXT},
        "slug": _pattern(rules.SLUG_PATTERN, SLUG_LENGTH_MAX),
        "edtf": {
            **_pattern(_EDTF),
            "description": "2011, 2011-07, 2011-07-05, each with ~, A/B, ../B, A/.. or unknown.",
        },
        "date": _pattern(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"),
        "country": {**_pattern(rules.COUNTRY_PATTERN), "description": "ISO 3166-1 alpha-2, as assigned, and XK."},
        "lei": {**_pattern(rules.LEI_PATTERN), "description": "ISO 17442."},
        "reference": _object(rules.REFERENCE_FIELDS, (), source=key, id=key),
        "changes": {**changes, "description": "Fields of the target and their right values; null removes one."},
        "party": _object(rules.PARTY_REQUIRED, rules.PARTY_OPTIONAL),
        "amount": _object(
            rules.AMOUNT_REQUIRED,
            rules.AMOUNT_OPTIONAL,
            value=_pattern(rules.DECIMAL_PATTERN),
            currency={**_pattern(rules.CURRENCY_PATTERN), "description": "ISO 4217, as assigned now or earlier."},
        ),
        "capacity": _object(rules.CAPACITY_FIELDS, (), value=_pattern(rules.DECIMAL_PATTERN)),
        "project-part": _object(rules.PART_REQUIRED, rules.PART_OPTIONAL),
        "alias": _object(rules.ALIAS_REQUIRED, rules.ALIAS_OPTIONAL),
        "register-id": _object(rules.ID_FIELDS, ()),
        "parent": _object(rules.PARENT_REQUIRED, rules.PARENT_OPTIONAL),
        "evidence": {
            **_object(
                rules.EVIDENCE_REQUIRED, rules.EVIDENCE_OPTIONAL, url=_pattern(rules.URL_PATTERN, rules.TEXT_LENGTH_MAX)
            ),
            "anyOf": [{"required": ["url"]}, {"required": ["title"]}],
        },
    }


def _object(required: tuple[Field, ...], optional: tuple[Field, ...], **special: Schema) -> Schema:
    return {
        "type": "object",
        "required": [field.name for field in required],
        "properties": {field.name: special.get(field.name) or _of(field) for field in (*required, *optional)},
        "additionalProperties": False,
    }


def _list(items: Schema, *, unique: bool = True) -> Schema:
    schema: Schema = {"type": "array", "items": items, "maxItems": rules.LIST_LENGTH_MAX}
    return {**schema, "uniqueItems": True} if unique else schema


def _pattern(pattern: str, length_max: int | None = None) -> Schema:
    schema: Schema = {"type": "string", "pattern": _whole(pattern)}
    return schema if length_max is None else {**schema, "maxLength": length_max}


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
