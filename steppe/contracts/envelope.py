"""The CloudEvents 1.0 attributes of our events: their defaults, what they may hold, and whether they fit the data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from steppe.domain.events.field_checks import REFERENCE_LENGTH_MAX, is_slug, text_fault
from steppe.domain.events.trade_words import event_hint
from steppe.domain.events.vocabulary import name_of_type
from steppe.domain.values.faults import SLUG_LENGTH_MAX, Fault, escape, nearest

# The attributes of an event and its `data`, by name, as they were sent: nothing is checked yet.
Envelope = dict[str, Any]

SPECVERSION = "1.0"
JSON = "application/json"
ATTRIBUTE_LENGTH_MAX = REFERENCE_LENGTH_MAX
EXTENSION_LENGTH_MAX = 512
YEAR_END = 9000  # months can be added to any day of ours without leaving the calendar
CONTEXT = ("specversion", "id", "source", "type", "subject", "time", "recordedtime", "datacontenttype", "dataschema")
EXTENSIONS = ("traceparent", "tracestate", "correlationid", "causationid", "partitionkey", "sequence")
ATTRIBUTES = frozenset((*CONTEXT, *EXTENSIONS, "data"))

URI_REFERENCE_PATTERN = r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
TIMESTAMP_PATTERN = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_URI_REFERENCE = re.compile(URI_REFERENCE_PATTERN)
_TIMESTAMP = re.compile(TIMESTAMP_PATTERN)
_BREAK = re.compile(r"[\t\n\r]")
_SUBJECT_PREFIXES = ("party:", "forum:")


def with_defaults(raw: Mapping[str, Any]) -> Envelope:
    """A null attribute is an unset one (CloudEvents JSON format, 2.2); unset ones of one possible value are filled."""
    envelope = {name: value for name, value in raw.items() if value is not None}
    envelope.setdefault("specversion", SPECVERSION)
    content_type = envelope.setdefault("datacontenttype", JSON)
    if isinstance(content_type, str) and media_type_of(content_type) == JSON:
        envelope["datacontenttype"] = JSON
    return envelope


def media_type_of(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def attribute_faults(envelope: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the attributes that every record of the log must have; unset ones must be left out, not null."""
    faults = []
    version = envelope.get("specversion")
    if version != SPECVERSION:
        faults.append(Fault("/specversion", f"specversion is {_shown(version)}; only {SPECVERSION} is read"))
    for name in ("id", "source", "type", "subject"):
        if problem := _attribute_problem(envelope.get(name), ATTRIBUTE_LENGTH_MAX):
            faults.append(Fault(f"/{name}", f"{name} {problem}"))
        elif name == "source" and not _URI_REFERENCE.fullmatch(envelope[name]):
            faults.append(
                Fault("/source", "source is not a URI reference, such as /desk/tokyo or https://example.org/desk")
            )
    content = envelope.get("datacontenttype")
    if content != JSON:
        faults.append(Fault("/datacontenttype", f"datacontenttype is {_shown(content)}; only {JSON} is read"))
    for name in ("time", "recordedtime"):
        if name in envelope and read_timestamp(envelope[name]) is None:
            shown = _shown(envelope[name])
            faults.append(Fault(f"/{name}", f"{name} is {shown}, not an RFC 3339 time such as 2026-11-22T10:00:00Z"))
    return faults


def strict_attribute_faults(envelope: Mapping[str, Any]) -> list[Fault]:
    """What ingest refuses and readers of the log ignore: unknown attributes, and optional ones that are not valid."""
    faults = []
    for name in envelope:
        if name == "data_base64":
            faults.append(Fault("/data_base64", "data_base64 is not read; give data as a JSON object"))
        elif name not in ATTRIBUTES:
            advice = f"our attributes are {', '.join(sorted(ATTRIBUTES))}"
            statement = f"{name[:40]!r} is not an attribute of these events; {advice}"
            faults.append(Fault(f"/{escape(name)}", statement, partial(nearest, name, ATTRIBUTES)))
        if len(faults) >= 20:
            return faults
    faults += [
        Fault(f"/{name}", f"{name} {problem}")
        for name in (*EXTENSIONS, "dataschema")
        if name in envelope and (problem := _attribute_problem(envelope[name], EXTENSION_LENGTH_MAX))
    ]
    schema = envelope.get("dataschema")
    if isinstance(schema, str) and schema and not _URI_REFERENCE.fullmatch(schema):
        faults.append(Fault("/dataschema", "dataschema is not a URI"))
    if "partitionkey" in envelope and envelope["partitionkey"] != envelope.get("subject"):
        faults.append(Fault("/partitionkey", "partitionkey is not the subject, which is always the key; leave it out"))
    return faults


def type_faults(wire_type: object) -> list[Fault]:
    """Why the type is not in the vocabulary."""
    if not isinstance(wire_type, str) or not wire_type or name_of_type(wire_type) is not None:
        return []  # what is no text is a fault of the attribute
    message = f"type {wire_type[:80]!r} is not in the vocabulary (steppe.<name>.v1, see GET /v1/vocabulary)"
    return [Fault("/type", message, partial(event_hint, wire_type, wire=True))]


def subject_faults(name: str, subject: object, data: Mapping[str, Any]) -> list[Fault]:
    """Why the subject cannot be that of an event of this name with this data."""
    if not isinstance(subject, str) or not subject:
        return []  # what is no text is a fault of the attribute
    family = name.partition(".")[0]
    if family in ("party", "forum"):
        key = data.get(family)
        if not isinstance(key, str) or not is_slug(key):
            return []  # a fault of the data's own check
        expected = f"{family}:{key}"
        return (
            []
            if subject == expected
            else [Fault("/subject", f"subject {_shown(subject)} is not {expected}, as data.{family} says")]
        )
    key = subject
    if family == "event" and subject.startswith(_SUBJECT_PREFIXES):
        key = subject.partition(":")[2]
    if is_slug(key):
        return []
    allowed = f"lower-case letters, digits and single hyphens, at most {SLUG_LENGTH_MAX}"
    what = "a project key, party:<key> or forum:<slug>" if family == "event" else "a project key"
    return [Fault("/subject", f"subject {_shown(subject)} is not {what}; use {allowed}")]


def read_timestamp(value: object) -> datetime | None:
    """An RFC 3339 time as an aware UTC instant; None when the value is not one."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return None
    try:
        instant = datetime.fromisoformat(value.upper()).astimezone(UTC)
        return instant if instant.year < YEAR_END else None
    except (ValueError, OverflowError):  # no such time, or out of range once in UTC
        return None


def write_timestamp(instant: datetime) -> str:
    """An aware instant as RFC 3339 in UTC, `2026-11-22T10:00:00.123456Z`."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _attribute_problem(value: object, length_max: int) -> str | None:
    if value is None:
        return "is missing"
    problem = text_fault(value, length_max)
    if problem is None and isinstance(value, str) and _BREAK.search(value):
        return "has control characters; take them out"
    return problem


def _shown(value: object) -> str:
    match value:
        case None:
            return "missing"
        case str():
            return repr(value[:80])
        case _:
            return f"not text but {type(value).__name__}"
