"""The fast path into the log, and out of it, for plain events: nearly all of a long stream.

The types of `fast_types` let msgspec read and check an event in one pass. Whatever they do not take, and whatever is rare
(corrections, references, extensions, warnings, escapes), needs the slow path: `acceptance.accept`, which alone says what is
wrong, or `codec.decode`. A test holds both paths equal over every example and its mutations: the fast path may leave an event
to the slow one, but never decide otherwise. Measured in `benchmarks/ingest_ndjson.py`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from steppe.contracts import codec, envelope
from steppe.contracts.acceptance import Accepted, Refused, accept
from steppe.contracts.fast_remarks import fast_claim, fast_warnings
from steppe.contracts.fast_types import FAST_TYPES, FastType, is_slug, matching
from steppe.domain.events import field_checks
from steppe.domain.events.event import clamp_to_known_day, deal_of, is_a_plan
from steppe.domain.events.vocabulary import EVENT_KINDS, PURSUING_ROLES, EventKind
from steppe.domain.values import edtf

_Attribute = Annotated[str, Meta(min_length=1, max_length=envelope.ATTRIBUTE_LENGTH_MAX)]
_FORBIDDEN_ESCAPE = re.compile(rb'\\[^"\\nrt/]')


class _Envelope(Struct, forbid_unknown_fields=True):
    id: _Attribute
    source: _Attribute
    type: str
    subject: _Attribute
    data: Raw
    specversion: Literal["1.0"] = envelope.SPECVERSION  # type: ignore[assignment]  # equal to the literal: a test holds it
    datacontenttype: Literal["application/json"] = envelope.JSON  # type: ignore[assignment]
    time: str | UnsetType = UNSET


_is_source = matching(envelope.URI_REFERENCE_PATTERN)
_read_envelope = msgspec.json.Decoder(_Envelope).decode
_encode = msgspec.json.Encoder(order="sorted").encode


class _Recorded(NamedTuple):
    """An instant of recording, as text and as day in UTC."""

    written: str
    day: date
    day_text: str


@lru_cache(maxsize=16)
def _recorded_at(recorded: datetime) -> _Recorded:
    day = recorded.astimezone(UTC).date()
    return _Recorded(envelope.write_timestamp(recorded), day, day.isoformat())


@lru_cache(maxsize=16_384)
def _has_happened(occurred: str, known_day: date | str) -> bool:
    days = field_checks.days_of(occurred)
    known_on = date.fromisoformat(known_day) if isinstance(known_day, str) else known_day
    return days is not None and not is_a_plan(days, known_on)


def accept_bytes(line: bytes, recorded: datetime, *, may_restore: bool = False) -> Accepted | Refused:
    """Validate one event in structured mode, exactly as `acceptance.accept` does. Raises MalformedError for what is no JSON."""
    return _accept_fast(line, recorded) or accept(codec.decode_structured(line), recorded, may_restore=may_restore)


def _accept_fast(line: bytes, recorded: datetime) -> Accepted | None:
    try:
        sent = _read_envelope(line)
        fast_type = FAST_TYPES[sent.type]
        data = fast_type.read(sent.data)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError):  # the slow path says what is wrong
        return None
    instant = _recorded_at(recorded)
    content = _canonical_content(sent, fast_type, data, instant)
    if content is None:
        return None
    known_day = _known_day(data, instant)
    subject, source, event_id = sent.subject, sent.source, sent.id
    content_sha256 = hashlib.sha256(_encode(content)).digest()
    content["recordedtime"] = instant.written
    content["time"] = instant.written if sent.time is UNSET else sent.time
    return Accepted(
        subject=subject,
        value=_encode(content),
        content_sha256=content_sha256,
        source=source,
        id=event_id,
        name=fast_type.name,
        warnings=fast_warnings(fast_type.name, data, known_day),
        parties=() if data.parties is UNSET else tuple([party.party for party in data.parties]),
        claim=fast_claim(fast_type.name, sent, data, known_day),
    )


def _canonical_content(sent: Any, fast_type: FastType, data: Any, instant: _Recorded) -> dict[str, Any] | None:
    """The canonical content of a plain event; None when it needs the slow path."""
    for name, check in fast_type.checks:
        value = getattr(data, name)
        if value is not UNSET and not check(value):
            return None
    known_day: str | UnsetType = data.reported
    if known_day is UNSET:
        known_day = instant.day_text
    elif known_day > instant.day_text:
        return None
    if data.occurred is not UNSET and not _has_happened(data.occurred, known_day):
        return None
    if data.deal is UNSET and not _is_pursued(fast_type, data.parties):
        return None
    event_id = sent.id
    if not (event_id.isprintable() and not event_id.isspace() and _is_source(sent.source) and is_slug(sent.subject)):
        return None
    if sent.time is not UNSET and envelope.read_timestamp(sent.time) is None:
        return None
    encoded = _encode(data)
    if (b"\\" in encoded and _FORBIDDEN_ESCAPE.search(encoded)) or b"\x7f" in encoded:
        return None
    return {
        "data": Raw(encoded),
        "datacontenttype": envelope.JSON,
        "id": event_id,
        "source": sent.source,
        "specversion": envelope.SPECVERSION,
        "subject": sent.subject,
        "type": sent.type,
    }


def _known_day(data: Any, instant: _Recorded) -> date:
    return instant.day if data.reported is UNSET else date.fromisoformat(data.reported)


class _Record(_Envelope, forbid_unknown_fields=True):
    recordedtime: str = ""


@dataclass(frozen=True, slots=True)
class FastRecord:
    """The columns of a stored event beside its bytes, equal to what `codec.decode` and `interpret` give."""

    subject: str
    source: str
    id: str
    kind: EventKind
    deal: str | None
    known: datetime
    recorded: datetime
    earliest: date | None
    latest: date
    content_sha256: bytes


_read_record = msgspec.json.Decoder(_Record).decode
_KINDS = {kind.type: kind for kind in EVENT_KINDS.values()}


@lru_cache(maxsize=4_096)
def _instant(text: str) -> datetime | None:
    return envelope.read_timestamp(text)


@lru_cache(maxsize=4_096)
def _begin_of(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


@lru_cache(maxsize=65_536)
def _placed(occurred: str, known_day: date) -> tuple[date | None, date]:
    return clamp_to_known_day(edtf.parse(occurred), known_day)


def decode_fast(value: bytes, key: bytes) -> FastRecord | None:
    """Read a plain record of the log in structured mode; None when it needs the slow path, `codec.decode`."""
    try:
        sent = _read_record(value)
        fast_type = FAST_TYPES[sent.type]
        data = fast_type.read(sent.data)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError):  # the slow path says what is wrong
        return None
    recorded = _instant(sent.recordedtime)
    if recorded is None or sent.subject.encode() != key:
        return None
    content = _canonical_content(sent, fast_type, data, _recorded_at(recorded))
    if content is None:
        return None
    known_on = recorded if data.reported is UNSET else _begin_of(data.reported)
    day = known_on.date()
    earliest, latest = (day, day) if data.occurred is UNSET else _placed(data.occurred, day)
    return FastRecord(
        sent.subject,
        sent.source,
        sent.id,
        _KINDS[sent.type],
        deal_of(
            fast_type.name, None if data.deal is UNSET else data.deal, () if data.parties is UNSET else data.parties
        ),
        known_on,
        recorded,
        earliest,
        latest,
        hashlib.sha256(_encode(content)).digest(),
    )


def _is_pursued(fast_type: FastType, parties: list[Any] | UnsetType) -> bool:
    """Whether the event is valid, and has no warning, without `deal`: one pursuer, or none where none is required."""
    roles = [] if parties is UNSET else [party.role for party in parties]
    if fast_type.warns and (roles.count("investor") > 1 or ("investor" in roles and "financier" in roles)):
        return False
    return fast_type.may_speak_of_project or any(role in PURSUING_ROLES for role in roles)
