"""The CloudEvents 1.0 attributes of our events: which there are, what they may hold, and that they fit the data.

Knows the envelope and the names of the vocabulary; looks into `data` only for the key of a party or forum.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from steppe.domain.events.field_checks import REFERENCE_LENGTH_MAX, is_slug, text_fault
from steppe.domain.events.vocabulary import VOCABULARY, name_of_type
from steppe.domain.values.faults import SLUG_LENGTH_MAX, Fault, escape, nearest

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
_TYPES = tuple(kind.type for kind in VOCABULARY)
_SUBJECT_PREFIXES = ("party:", "forum:")


def attribute_faults(envelope: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the attributes that door and log have in common; unset ones must be left out, not null."""
    faults = []
    version = envelope.get("specversion")
    if version != SPECVERSION:
        faults.append(Fault("/specversion", f"specversion is {_shown(version)}; only {SPECVERSION} is read"))
    for name in ("id", "source", "type", "subject"):
        if wrong := _attribute_fault(envelope.get(name), ATTRIBUTE_LENGTH_MAX):
            faults.append(Fault(f"/{name}", f"{name} {wrong}"))
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


def door_faults(envelope: Mapping[str, Any]) -> list[Fault]:
    """What ingest alone refuses: attributes that are not ours, and optional ones that say nothing readable."""
    faults = []
    for name in envelope:
        if name == "data_base64":
            faults.append(Fault("/data_base64", "data_base64 is not read; give data as a JSON object"))
        elif name not in ATTRIBUTES:
            known = f"our attributes are {', '.join(sorted(ATTRIBUTES))}{nearest(name, ATTRIBUTES)}"
            faults.append(Fault(f"/{escape(name)}", f"{name[:40]!r} is not an attribute of these events; {known}"))
        if len(faults) >= 20:
            return faults
    faults += [
        Fault(f"/{name}", f"{name} {wrong}")
        for name in (*EXTENSIONS, "dataschema")
        if name in envelope and (wrong := _attribute_fault(envelope[name], EXTENSION_LENGTH_MAX))
    ]
    schema = envelope.get("dataschema")
    if isinstance(schema, str) and schema and not _URI_REFERENCE.fullmatch(schema):
        faults.append(Fault("/dataschema", "dataschema is not a URI"))
    if "partitionkey" in envelope and envelope["partitionkey"] != envelope.get("subject"):
        faults.append(Fault("/partitionkey", "partitionkey is not the subject, which is always the key; leave it out"))
    return faults


def type_fault(wire_type: str) -> Fault | None:
    """Why the type is not one that ingest takes; None for a type of the vocabulary."""
    if name_of_type(wire_type) is not None:
        return None
    told = f"type {wire_type[:80]!r} is not in the vocabulary (steppe.<name>.v1, see GET /v1/vocabulary)"
    return Fault("/type", told + nearest(wire_type, _TYPES))


def subject_faults(name: str, subject: str, data: Mapping[str, Any]) -> list[Fault]:
    """Why the subject cannot be that of an event of this name with this data."""
    family = name.partition(".")[0]
    if family in ("party", "forum"):
        key = data.get(family)
        if not isinstance(key, str) or not is_slug(key):
            return []  # told by the check of the data
        wanted = f"{family}:{key}"
        return (
            []
            if subject == wanted
            else [Fault("/subject", f"subject {_shown(subject)} is not {wanted}, as data.{family} says")]
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
    """An RFC 3339 time as an aware UTC instant; None when the value is none."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return None
    try:
        instant = datetime.fromisoformat(value.upper()).astimezone(UTC)
        return instant if instant.year < YEAR_END else None
    except (ValueError, OverflowError):  # no time of the calendar, or outside of it once in UTC: what None says
        return None


def write_timestamp(instant: datetime) -> str:
    """An aware instant as RFC 3339 in UTC, `2026-11-22T10:00:00.123456Z`."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _attribute_fault(value: object, length_max: int) -> str | None:
    if value is None:
        return "is missing"
    wrong = text_fault(value, length_max)
    if wrong is None and isinstance(value, str) and _BREAK.search(value):
        return "has control characters; take them out"
    return wrong


def _shown(value: object) -> str:
    match value:
        case None:
            return "missing"
        case str():
            return repr(value[:80])
        case _:
            return f"not text but {type(value).__name__}"
