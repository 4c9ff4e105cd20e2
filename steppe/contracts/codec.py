"""The one conversion between bytes on the wire and events: `accept` at ingest's door, `decode` at the projector's.

Knows JSON and CloudEvents in both modes; what data may say is the domain's. The door is closed, the reader is tolerant.
Of a JSON object with a key twice the last one counts, as msgspec reads it; what ingest writes has every key once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote

import msgspec

from steppe.contracts import envelope as cloudevents
from steppe.domain.events.event import Event, interpret
from steppe.domain.events.validation import Fault, faults_of, read_day, warnings_of
from steppe.domain.events.vocabulary import name_of_type

STRUCTURED = "application/cloudevents+json"
_WHEN = ("time", "recordedtime")
_REFERENCES = ("target", "part_of", "renews", "amends")
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder().decode


class MalformedError(ValueError):
    """The bytes are no JSON object that can be read; `fault` says where and why."""

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
class Accepted:
    """An event as it goes to the log: `subject` is the record's key, `value` its value, in structured mode."""

    subject: str
    value: bytes
    content_sha256: bytes
    source: str
    id: str
    name: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What a sender must mend; `id` as sent, if it was."""

    id: str | None
    errors: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A record as an event, and what makes two records one: the hash of everything but `time` and `recordedtime`."""

    event: Event
    content_sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A sound envelope of a type or version that this release does not know: kept, counted, read after an upgrade."""

    source: str
    id: str
    subject: str
    type: str
    recorded: datetime
    envelope: Mapping[str, Any]
    content_sha256: bytes


def decode_json(value: bytes) -> object:
    """Read JSON strictly: UTF-8, one value, numbers within range, no NaN, bounded depth. Raises MalformedError."""
    try:
        return _decode(value)
    except RecursionError:
        raise MalformedError(Fault("", "JSON is nested too deep; an event needs no more than six levels")) from None
    except UnicodeDecodeError:
        raise MalformedError(Fault("", "JSON is not UTF-8; encode it as UTF-8 without a byte order mark")) from None
    except msgspec.MsgspecError as error:
        raise MalformedError(Fault("", f"JSON cannot be read: {str(error).removeprefix('JSON is ')}")) from None


def decode_structured(value: bytes) -> dict[str, Any]:
    """Read one CloudEvent in structured mode as it stands, nothing checked but the JSON. Raises MalformedError."""
    found = decode_json(value)
    if not isinstance(found, dict):
        raise MalformedError(Fault("", "an event is a JSON object with the attributes of CloudEvents 1.0"))
    return found


def decode_http_binary(headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """Read one CloudEvent in HTTP binary mode: `ce-` headers, percent-decoded, and the body as data. Raises MalformedError."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found: dict[str, Any] = {}
    for name, text in pairs:
        lower = name.lower()
        if lower == "content-type":
            found["datacontenttype"] = text
        elif lower.startswith("ce-"):
            try:
                found[lower[3:]] = unquote(text, errors="strict")
            except UnicodeDecodeError:
                raise MalformedError(Fault(f"/{lower[3:]}", f"header {lower} is not percent-encoded UTF-8")) from None
    found["data"] = decode_json(body)
    return found


def accept(raw_envelope: object, recorded: datetime, *, may_restore: bool = False) -> Accepted | Refused:
    """Judge what a sender gave and fill what it may leave out; the same content always gives the same id and hash.

    `recorded` is the instant of acceptance; a sender who `may_restore` may give an earlier one, and the event is judged as of
    then. Nothing is raised for any value that `decode_json` returns.
    """
    if not isinstance(raw_envelope, dict):
        return Refused(id=None, errors=(Fault("", "an event is a JSON object with the attributes of CloudEvents 1.0"),))
    envelope = _with_defaults(raw_envelope)
    given_id = envelope.get("id")
    refused_id = given_id[: cloudevents.ATTRIBUTE_LENGTH_MAX] if isinstance(given_id, str) else None
    faults: list[Fault] = []
    if "recordedtime" in envelope:
        earlier, wrong = _earlier(envelope.pop("recordedtime"), recorded, may_restore=may_restore)
        faults += [wrong] if wrong else []
        recorded = earlier or recorded
    checked = {"id": "to be hashed", **envelope}
    faults += cloudevents.attribute_faults(checked) + cloudevents.door_faults(envelope)
    data, wire_type = envelope.get("data"), envelope.get("type")
    if not isinstance(data, dict):
        faults.append(Fault("/data", "data is missing or no object; give the fields of the event"))
    name = name_of_type(wire_type) if isinstance(wire_type, str) else None
    if isinstance(wire_type, str) and wire_type and (wrong := cloudevents.type_fault(wire_type)):
        faults.append(wrong)
    if name is None or not isinstance(data, dict):
        return Refused(id=refused_id, errors=tuple(faults))
    subject = envelope.get("subject")
    if isinstance(subject, str) and subject:
        faults += cloudevents.subject_faults(name, subject, data)
    known_day, wrong = _known_day(data, recorded)
    faults += [wrong] if wrong else []
    faults += faults_of(name, data, known_day)
    if given_id is not None:
        faults += _self_references(envelope, data)
    if faults:
        return Refused(id=refused_id, errors=tuple(faults))
    if given_id is None:
        envelope["id"] = _id_of(envelope)
    when = cloudevents.write_timestamp(recorded)
    stamped = {"time": when, **envelope, "recordedtime": when}
    return Accepted(
        subject=envelope["subject"],
        value=_encode(stamped),
        content_sha256=_content_sha256(envelope),
        source=envelope["source"],
        id=envelope["id"],
        name=name,
        warnings=tuple(warnings_of(name, data)),
    )


def _earlier(given: object, now: datetime, *, may_restore: bool) -> tuple[datetime | None, Fault | None]:
    """When a sender says that an event was recorded, or why that does not count."""
    pointer = "/recordedtime"
    if not may_restore:
        told = "recordedtime is ingest's to set; leave it out, data.reported says when it was known"
        return None, Fault(pointer, f"{told} (a key with the scope log:restore may give it)")
    found = cloudevents.read_timestamp(given)
    if found is None:
        return None, Fault(pointer, "recordedtime is an instant with its zone, as 2026-11-22T10:00:00Z")
    if found > now:
        return None, Fault(pointer, "recordedtime lies in the future; an event is restored as it was recorded")
    return found, None


def decode(
    value: bytes | None, headers: Iterable[tuple[str, bytes | None]] = (), *, key: bytes | None
) -> Decoded | Unknown:
    """Read a record of the log, in structured or binary mode. Raises UndecodableError and nothing else."""
    try:
        envelope = _with_defaults(_read_record(value, headers))
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
        content_sha256 = _content_sha256(envelope)
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
            content_sha256=content_sha256,
        )
    if not isinstance(data, dict):
        raise UndecodableError("/data: data is missing or no object", subject=subject)
    known_day, wrong = _known_day(data, recorded)
    faults = [*([wrong] if wrong else []), *cloudevents.subject_faults(name, subject, data)]
    faults += faults_of(name, data, known_day, strict=False)
    if faults:
        raise UndecodableError(_reason(faults), subject=subject, faults=tuple(faults))
    event = interpret(source=source, id=event_id, subject=subject, name=name, recorded=recorded, data=data)
    return Decoded(event=event, content_sha256=content_sha256)


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
    return _encode(envelope)


def _read_record(value: bytes | None, headers: Iterable[tuple[str, bytes | None]]) -> dict[str, Any]:
    if not value:
        raise MalformedError(Fault("", "the record has no value"))
    attributes: dict[str, Any] = {}
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
    media_type = _media_type(content_type)
    if media_type == STRUCTURED or (not attributes and media_type in ("", cloudevents.JSON)):
        return decode_structured(value)
    if media_type.startswith("application/cloudevents"):
        raise MalformedError(Fault("", f"content-type {media_type[:80]} is not read; one event a record, {STRUCTURED}"))
    if not attributes:
        raise MalformedError(Fault("", f"content-type {media_type[:80]!r} without ce_ headers is no CloudEvent"))
    if content_type:
        attributes["datacontenttype"] = content_type
    return {**attributes, "data": decode_json(value)}


def _with_defaults(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A null attribute is an unset one (CloudEvents JSON format, 2.2); unset ones of one possible value are filled."""
    envelope = {name: value for name, value in raw.items() if value is not None}
    envelope.setdefault("specversion", cloudevents.SPECVERSION)
    content_type = envelope.setdefault("datacontenttype", cloudevents.JSON)
    if isinstance(content_type, str) and _media_type(content_type) == cloudevents.JSON:
        envelope["datacontenttype"] = cloudevents.JSON
    return envelope


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _known_day(data: Mapping[str, Any], recorded: datetime) -> tuple[date, Fault | None]:
    day = recorded.astimezone(UTC).date()
    reported = read_day(data.get("reported"))
    if reported is None:
        return day, None  # absent, or told by the check of the data
    if reported > day:
        told = f"reported {reported} is after {day}, when it was recorded; nobody can have known it yet"
        return day, Fault("/data/reported", told)
    return reported, None


def _self_references(envelope: Mapping[str, Any], data: Mapping[str, Any]) -> list[Fault]:
    own = {"source": envelope.get("source"), "id": envelope.get("id")}
    return [
        Fault(f"/data/{name}", f"{name} is the event itself; name another event")
        for name in _REFERENCES
        if data.get(name) == own
    ]


def _id_of(envelope: Mapping[str, Any]) -> str:
    content = {name: envelope[name] for name in ("source", "type", "subject", "data")}
    return hashlib.sha256(_encode(content)).hexdigest()[:32]


def _content_sha256(envelope: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(_encode({n: v for n, v in envelope.items() if n not in _WHEN})).digest()


def _reason(faults: Iterable[Fault]) -> str:
    return "; ".join(f"{fault.pointer}: {fault.message}" for fault in faults)[:2000]
