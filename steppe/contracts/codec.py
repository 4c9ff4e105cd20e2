"""Bytes on the wire to events and back: JSON, CloudEvents in structured and binary mode, records of the log.

Readers are tolerant: `decode` ignores unknown fields and attributes, which ingest refuses (acceptance.py). Of a JSON object
with a key twice the last one counts, as msgspec reads it; what ingest writes has every key once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote

import msgspec

from steppe.contracts import envelope as cloudevents
from steppe.contracts.envelope import Envelope
from steppe.domain.events.event import Event, interpret
from steppe.domain.events.validation import Fault, faults_of, read_day
from steppe.domain.events.vocabulary import name_of_type

STRUCTURED = "application/cloudevents+json"
_NOT_CONTENT = ("time", "recordedtime")
canonical_json = msgspec.json.Encoder(order="sorted").encode
_decode_json = msgspec.json.Decoder().decode
_split_json_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


class MalformedError(ValueError):
    """The bytes are not a JSON object that can be read; `fault` says where and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class UndecodableError(ValueError):
    """A record of the log cannot become an event; keep its bytes and `reason`.

    `faults` are there when the envelope could be read and the domain's rules refuse what it says; then `subject` is set.
    """

    def __init__(self, reason: str, *, subject: str | None = None, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.subject = subject
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A record as an event, and what makes two records one: the hash of everything but `time` and `recordedtime`."""

    event: Event
    content_sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A valid envelope of a type or version that this release does not know: stored, counted, decoded after an upgrade."""

    source: str
    id: str
    subject: str
    type: str
    recorded: datetime
    envelope: Mapping[str, Any]
    content_sha256: bytes


def decode_json(value: bytes) -> object:
    """Read JSON strictly: UTF-8, one value, numbers within range, no NaN, bounded depth. Raises MalformedError."""
    return _decoded(_decode_json, value)


def split_json_array(value: bytes) -> list[msgspec.Raw] | None:
    """The values of a JSON array as bytes, each still to be decoded; None for what is no array. Raises MalformedError.

    Nothing is made of what is inside the values, so that a great many can be counted before the work begins.
    """
    if value.lstrip()[:1] not in (b"[", b""):
        return None
    values: list[msgspec.Raw] = _decoded(_split_json_array, value)
    return values


def _decoded(decode: Callable[[bytes], Any], value: bytes) -> Any:
    try:
        return decode(value)
    except RecursionError:
        raise MalformedError(Fault("", "JSON is nested too deep; an event needs no more than six levels")) from None
    except UnicodeDecodeError:
        raise MalformedError(Fault("", "JSON is not UTF-8; encode it as UTF-8 without a byte order mark")) from None
    except msgspec.MsgspecError as error:
        raise MalformedError(Fault("", f"JSON cannot be read: {str(error).removeprefix('JSON is ')}")) from None


def decode_structured(value: bytes) -> Envelope:
    """Read one CloudEvent in structured mode; only the JSON is checked. Raises MalformedError."""
    envelope = decode_json(value)
    if not isinstance(envelope, dict):
        raise MalformedError(Fault("", "an event is a JSON object with the attributes of CloudEvents 1.0"))
    return envelope


def decode_http_binary(headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes) -> Envelope:
    """Read one CloudEvent in HTTP binary mode: `ce-` headers, percent-decoded, and the body as data. Raises MalformedError."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    envelope: Envelope = {}
    for name, text in pairs:
        lower = name.lower()
        if lower == "content-type":
            envelope["datacontenttype"] = text
        elif lower.startswith("ce-"):
            try:
                envelope[lower[3:]] = unquote(text, errors="strict")
            except UnicodeDecodeError:
                raise MalformedError(Fault(f"/{lower[3:]}", f"header {lower} is not percent-encoded UTF-8")) from None
    envelope["data"] = decode_json(body)
    return envelope


def decode(
    value: bytes | None, headers: Iterable[tuple[str, bytes | None]] = (), *, key: bytes | None
) -> Decoded | Unknown:
    """Read a record of the log, in structured or binary mode. Raises UndecodableError and nothing else."""
    try:
        envelope = cloudevents.with_defaults(envelope_of_record(value, headers))
    except MalformedError as error:
        raise UndecodableError(error.fault.message) from error
    faults = cloudevents.attribute_faults(envelope)
    recorded = cloudevents.read_timestamp(envelope.get("recordedtime"))
    if recorded is None and "recordedtime" not in envelope:
        faults.append(Fault("/recordedtime", "recordedtime is missing: the record did not come through ingest"))
    if faults or recorded is None:
        raise UndecodableError(_reason(faults))
    subject: str = envelope["subject"]
    if key != subject.encode():
        shown = "absent" if key is None else repr(key[:80].decode(errors="replace"))
        raise UndecodableError(f"the record's key is {shown}, its subject {subject!r}; they must be equal")
    try:
        content_hash = content_sha256(envelope)
    except RecursionError:
        raise UndecodableError("the event is nested too deep to be written again", subject=subject) from None
    source, event_id, wire_type, data = envelope["source"], envelope["id"], envelope["type"], envelope.get("data")
    name = name_of_type(wire_type)
    if name is None:
        return Unknown(
            source=source,
            id=event_id,
            subject=subject,
            type=wire_type,
            recorded=recorded,
            envelope=envelope,
            content_sha256=content_hash,
        )
    if not isinstance(data, dict):
        raise UndecodableError("/data: data is missing or no object", subject=subject)
    known_day, reported_faults = read_known_day(data, recorded)
    faults = reported_faults + cloudevents.subject_faults(name, subject, data)
    faults += faults_of(name, data, known_day, strict=False)
    if faults:
        raise UndecodableError(_reason(faults), subject=subject, faults=tuple(faults))
    event = interpret(source=source, id=event_id, subject=subject, name=name, recorded=recorded, data=data)
    return Decoded(event=event, content_sha256=content_hash)


def encode(event: Event) -> bytes:
    """Write an event in structured mode; `decode` gives an equal event back."""
    envelope = {
        "specversion": cloudevents.SPECVERSION,
        "id": event.id,
        "source": event.source,
        "type": event.kind.type,
        "subject": event.subject,
        "recordedtime": cloudevents.write_timestamp(event.recorded),
        "datacontenttype": cloudevents.JSON,
        "data": event.data,
    }
    return canonical_json(envelope)


def envelope_of_record(value: bytes | None, headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """The attributes and data of a record of the log, in structured or binary mode, as they came. Raises MalformedError."""
    if not value:
        raise MalformedError(Fault("", "the record has no value"))
    attributes: Envelope = {}
    content_type = ""
    for name, raw in headers:
        lower = name.lower()
        if raw is None or not (lower == "content-type" or lower.startswith("ce_")):
            continue
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise MalformedError(Fault("", f"header {lower[:80]} is not UTF-8")) from None
        if lower == "content-type":
            content_type = text
        else:
            attributes[lower[3:]] = text
    media_type = cloudevents.media_type_of(content_type)
    if media_type == STRUCTURED or (not attributes and media_type in ("", cloudevents.JSON)):
        return decode_structured(value)
    if media_type.startswith("application/cloudevents"):
        raise MalformedError(Fault("", f"content-type {media_type[:80]} is not read; one event a record, {STRUCTURED}"))
    if not attributes:
        raise MalformedError(Fault("", f"content-type {media_type[:80]!r} without ce_ headers is no CloudEvent"))
    if content_type:
        attributes["datacontenttype"] = content_type
    return {**attributes, "data": decode_json(value)}


def read_known_day(data: Mapping[str, Any], recorded: datetime) -> tuple[date, list[Fault]]:
    """The day (UTC) on which an event was known: `reported`, else the day of recording. A fault when it was reported later."""
    day = recorded.astimezone(UTC).date()
    reported = read_day(data.get("reported"))
    if reported is None:
        return day, []  # absent, or a fault of the data's own check
    if reported > day:
        message = f"reported {reported} is after {day}, when it was recorded; nobody can have known it yet"
        return day, [Fault("/data/reported", message)]
    return reported, []


def content_sha256(envelope: Mapping[str, Any]) -> bytes:
    """The hash of an event's content: everything but `time` and `recordedtime`. Equal for repeats of one event."""
    return hashlib.sha256(canonical_json({n: v for n, v in envelope.items() if n not in _NOT_CONTENT})).digest()


def _reason(faults: Iterable[Fault]) -> str:
    return "; ".join(f"{fault.pointer}: {fault.message}" for fault in faults)[:2000]
