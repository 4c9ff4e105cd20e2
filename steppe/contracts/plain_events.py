"""The short way through the door, and out of the log, for events in which nothing is remarkable: nearly all of a long stream.

Types derived from the vocabulary let msgspec read and check a line in one pass. Whatever they do not take, and whatever
is rare (corrections, references, extensions, warnings, escapes), goes the whole way through `codec.accept`, which alone
says what is wrong. A test holds both ways equal over every example and its mutations: this one may refuse to decide,
never decide otherwise. Measured in `benchmarks/ingest_ndjson.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, defstruct

from steppe.contracts import codec, envelope
from steppe.contracts.codec import Accepted, Refused
from steppe.domain import edtf, shapes
from steppe.domain.events import deal_of, is_a_plan, place_in_time
from steppe.domain.shapes import LIST_LENGTH_MAX, TEXT_LENGTH_MAX
from steppe.domain.validation import FIELDS
from steppe.domain.vocabulary import EVENT_KINDS, PURSUING_ROLES, ROLES, EventKind, Field, FieldKind, Row

Sound = Callable[[Any], bool]

_Attribute = Annotated[str, Meta(min_length=1, max_length=envelope.ATTRIBUTE_LENGTH_MAX)]
_FORBIDDEN_ESCAPE = re.compile(rb'\\[^"\\nrt/]')


class _Envelope(Struct, forbid_unknown_fields=True):
    id: _Attribute
    source: _Attribute
    type: str
    subject: _Attribute
    data: Raw
    specversion: Literal["1.0"] = envelope.SPECVERSION  # type: ignore[assignment]  # held by the tests
    datacontenttype: Literal["application/json"] = envelope.JSON  # type: ignore[assignment]
    time: str | UnsetType = UNSET


class _Party(Struct, forbid_unknown_fields=True):
    party: str
    role: Literal[ROLES]  # type: ignore[valid-type]  # the roles of the vocabulary, which mypy cannot see
    name: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    stake_percent: Annotated[int, Meta(ge=0, le=100)] | Annotated[float, Meta(ge=0, le=100)] | UnsetType = UNSET


def _optional(fields: tuple[Field, ...]) -> list[tuple[str, Any, Any]]:
    return [(field.name, _type_of(field) | UnsetType, UNSET) for field in fields]


def _choice(field: Field) -> Any:
    return Literal[field.choices]


def _number(least: float, most: float) -> Any:
    return Annotated[int, Meta(ge=int(least), le=int(most))] | Annotated[float, Meta(ge=least, le=most)]


def _list_of(one: Any) -> Any:
    return Annotated[list[one], Meta(max_length=LIST_LENGTH_MAX)]


_Text = Annotated[str, Meta(min_length=1, max_length=TEXT_LENGTH_MAX)]


def _type_of(field: Field) -> Any:
    match field.kind:
        case FieldKind.CHOICE:
            return _choice(field)
        case FieldKind.CHOICES:
            return _list_of(_choice(field))
        case _:
            return _TYPES[field.kind]


@lru_cache(maxsize=65_536)
def _is_slug(text: str) -> bool:
    return shapes.is_slug(text)


@lru_cache(maxsize=4_096)
def _is_edtf(text: str) -> bool:
    return shapes.days_of(text) is not None


@lru_cache(maxsize=4_096)
def _is_day(text: str) -> bool:
    return shapes.read_day(text) is not None


def _matches(pattern: str) -> Sound:
    compiled = re.compile(pattern)

    @lru_cache(maxsize=4_096)
    def sound(text: str) -> bool:
        return compiled.fullmatch(text) is not None

    return sound


def _is_said(text: str) -> bool:
    return not text.isspace()


_is_country = _matches(shapes.COUNTRY_PATTERN)
_is_currency = _matches(shapes.CURRENCY_PATTERN)
_is_lei = _matches(shapes.LEI_PATTERN)
_is_source = _matches(envelope.URI_REFERENCE_PATTERN)
_decimal = re.compile(shapes.DECIMAL_PATTERN).fullmatch
_url = re.compile(shapes.URL_PATTERN).fullmatch


def _each(sound: Sound) -> Sound:
    return lambda items: len(set(items)) == len(items) and all(map(sound, items))


def _sound_parties(parties: list[Any]) -> bool:
    seen = set()
    held: float = 0
    for party in parties:
        if not _is_slug(party.party):
            return False
        if party.country is not UNSET and not _is_country(party.country):
            return False
        if party.name is not UNSET and (len(party.name) > TEXT_LENGTH_MAX or not party.name.strip()):
            return False
        if party.stake_percent is not UNSET:
            held += party.stake_percent
        seen.add((party.party, party.role))
    return len(seen) == len(parties) and held <= 100


def _sound_amount(amount: Any) -> bool:
    return _decimal(amount.value) is not None and _is_currency(amount.currency)


def _sound_evidence(evidence: list[Any]) -> bool:
    for item in evidence:
        if item.url is UNSET:
            if item.title is UNSET:
                return False
        elif _url(item.url) is None:
            return False
        if (item.title is not UNSET and item.title.isspace()) or (
            item.publisher is not UNSET and item.publisher.isspace()
        ):
            return False
    return True


_TYPES: dict[FieldKind, Any] = {
    FieldKind.TEXT: _Text,
    FieldKind.SLUG: str,
    FieldKind.NUMBER: _number(0, shapes.NUMBER_MAX),
    FieldKind.PERCENT: _number(0, 100),
    FieldKind.LATITUDE: _number(-90, 90),
    FieldKind.LONGITUDE: _number(-180, 180),
    FieldKind.BOOLEAN: bool,
    FieldKind.EDTF: str,
    FieldKind.DATE: str,
    FieldKind.COUNTRY: str,
    FieldKind.LEI: str,
    FieldKind.TEXTS: _list_of(_Text),
    FieldKind.SLUGS: _list_of(str),
    FieldKind.COUNTRIES: _list_of(str),
    FieldKind.PARTIES: _list_of(_Party),
}
_TYPES[FieldKind.AMOUNT] = defstruct(
    "_Amount",
    [*((field.name, _Text) for field in shapes.AMOUNT_REQUIRED), *_optional(shapes.AMOUNT_OPTIONAL)],
    forbid_unknown_fields=True,
)
_TYPES[FieldKind.EVIDENCE] = _list_of(
    defstruct(
        "_Evidence",
        [*((field.name, _choice(field)) for field in shapes.EVIDENCE_REQUIRED), *_optional(shapes.EVIDENCE_OPTIONAL)],
        forbid_unknown_fields=True,
    )
)
_SOUND: dict[FieldKind, Sound] = {
    FieldKind.TEXT: _is_said,
    FieldKind.SLUG: _is_slug,
    FieldKind.EDTF: _is_edtf,
    FieldKind.DATE: _is_day,
    FieldKind.COUNTRY: _is_country,
    FieldKind.LEI: _is_lei,
    FieldKind.TEXTS: _each(_is_said),
    FieldKind.SLUGS: _each(_is_slug),
    FieldKind.CHOICES: _each(bool),
    FieldKind.COUNTRIES: _each(_is_country),
    FieldKind.PARTIES: _sound_parties,
    FieldKind.AMOUNT: _sound_amount,
    FieldKind.EVIDENCE: _sound_evidence,
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the plain events of one type are read: fields that are not in the type make an event remarkable."""

    name: str
    read: Callable[[Raw], Any]
    checks: tuple[tuple[str, Sound], ...]
    may_speak_of_project: bool
    warns: bool

    @classmethod
    def of(cls, kind: EventKind) -> _Plan:
        fields = [f for f in FIELDS[kind.name].values() if f.kind not in _REMARKABLE and f.name != "ends_on"]
        needed = [f for f in fields if f.required or (f.name == "occurred" and kind.row is not Row.RECORD)]
        members = [(field.name, _type_of(field)) for field in needed]
        members += _optional(tuple(field for field in fields if field not in needed))  # type: ignore[arg-type]
        shape = defstruct("_Data", members, forbid_unknown_fields=True)
        return cls(
            name=kind.name,
            read=msgspec.json.Decoder(shape).decode,
            checks=tuple((field.name, _SOUND[field.kind]) for field in fields if field.kind in _SOUND),
            may_speak_of_project=kind.may_speak_of_project,
            warns=kind.row is not Row.RECORD and not kind.name.startswith("project."),
        )


_REMARKABLE = (FieldKind.REFERENCE, FieldKind.CHANGES, FieldKind.EVENT_NAME)  # beside `ends_on`, which bounds another
_read_envelope = msgspec.json.Decoder(_Envelope).decode
_encode = msgspec.json.Encoder(order="sorted").encode
_PLANS = {
    kind.type: _Plan.of(kind)
    for kind in EVENT_KINDS.values()
    if kind.name.partition(".")[0] not in ("event", "party", "forum")
    and not any(field.required and field.kind in _REMARKABLE for field in kind.fields)
}


class _Moment(NamedTuple):
    """What every event of one instant shares."""

    written: str
    day: date
    day_text: str


@lru_cache(maxsize=16)
def _moment(recorded: datetime) -> _Moment:
    day = recorded.astimezone(UTC).date()
    return _Moment(envelope.write_timestamp(recorded), day, day.isoformat())


@lru_cache(maxsize=16_384)
def _has_happened(occurred: str, known_day: date | str) -> bool:
    days = shapes.days_of(occurred)
    known = date.fromisoformat(known_day) if isinstance(known_day, str) else known_day
    return days is not None and not is_a_plan(days, known)


def accept_bytes(line: bytes, recorded: datetime) -> Accepted | Refused:
    """Judge one event in structured mode, exactly as `codec.accept` does. Raises MalformedError for what is no JSON."""
    return _accept_plain(line, recorded) or codec.accept(codec.decode_structured(line), recorded)


def _accept_plain(line: bytes, recorded: datetime) -> Accepted | None:
    try:
        sent = _read_envelope(line)
        plan = _PLANS[sent.type]
        data = plan.read(sent.data)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError):  # what it is, the whole way says
        return None
    moment = _moment(recorded)
    stamped = _stamped(sent, plan, data, moment)
    if stamped is None:
        return None
    subject, source, event_id = sent.subject, sent.source, sent.id
    content_sha256 = hashlib.sha256(_encode(stamped)).digest()
    stamped["recordedtime"] = moment.written
    stamped["time"] = moment.written if sent.time is UNSET else sent.time
    return Accepted(
        subject=subject,
        value=_encode(stamped),
        content_sha256=content_sha256,
        source=source,
        id=event_id,
        name=plan.name,
        warnings=(),
    )


def _stamped(sent: Any, plan: _Plan, data: Any, moment: _Moment) -> dict[str, Any] | None:
    """The canonical content of an event recorded then; None when something about it is remarkable."""
    for name, sound in plan.checks:
        value = getattr(data, name)
        if value is not UNSET and not sound(value):
            return None
    known_day: str | UnsetType = data.reported
    if known_day is UNSET:
        known_day = moment.day_text
    elif known_day > moment.day_text:
        return None
    if data.occurred is not UNSET and not _has_happened(data.occurred, known_day):
        return None
    if data.deal is UNSET and not _is_pursued(plan, data.parties):
        return None
    event_id = sent.id
    if not (event_id.isprintable() and not event_id.isspace() and _is_source(sent.source) and _is_slug(sent.subject)):
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


class _Record(_Envelope, forbid_unknown_fields=True):
    recordedtime: str = ""


@dataclass(frozen=True, slots=True)
class PlainRecord:
    """What stands beside the bytes of a stored event, as `codec.decode` and `interpret` would give it."""

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
    return place_in_time(edtf.parse(occurred), known_day)


def decode_plain(value: bytes, key: bytes) -> PlainRecord | None:
    """Read a record of the log in structured mode in which nothing is remarkable; None: go the whole way (`codec.decode`)."""
    try:
        sent = _read_record(value)
        plan = _PLANS[sent.type]
        data = plan.read(sent.data)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError):  # what it is, the whole way says
        return None
    recorded = _instant(sent.recordedtime)
    if recorded is None or sent.subject.encode() != key:
        return None
    stamped = _stamped(sent, plan, data, _moment(recorded))
    if stamped is None:
        return None
    known = recorded if data.reported is UNSET else _begin_of(data.reported)
    day = known.date()
    earliest, latest = (day, day) if data.occurred is UNSET else _placed(data.occurred, day)
    return PlainRecord(
        sent.subject,
        sent.source,
        sent.id,
        _KINDS[sent.type],
        deal_of(plan.name, None if data.deal is UNSET else data.deal, () if data.parties is UNSET else data.parties),
        known,
        recorded,
        earliest,
        latest,
        hashlib.sha256(_encode(stamped)).digest(),
    )


def _is_pursued(plan: _Plan, parties: list[Any] | UnsetType) -> bool:
    """Whether the thread is clear without `deal`: one pursuer, or none where none is needed."""
    roles = [] if parties is UNSET else [party.role for party in parties]
    if plan.warns and (roles.count("investor") > 1 or ("investor" in roles and "financier" in roles)):
        return False
    return plan.may_speak_of_project or any(role in PURSUING_ROLES for role in roles)
