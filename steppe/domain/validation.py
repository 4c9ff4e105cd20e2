"""What an event's data must be, derived from the vocabulary: every reason to refuse it that can be seen in `data` alone.

Knows the table and the domain page, sections 1 to 3 and 7; knows no envelope, no clock and no other event. The same rules
hold at the door and, for corrections, in the fold. Limits stand here once; the JSON Schemas repeat them from here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from steppe.domain import edtf
from steppe.domain.events import is_a_plan
from steppe.domain.vocabulary import (
    AMOUNT_BASES,
    AMOUNT_OF,
    AMOUNT_SEMANTICS,
    COMMON_FIELDS,
    EVENT_KINDS,
    GRADES,
    PURSUING_ROLES,
    REGISTRY_NAMES,
    ROLES,
    VOCABULARY,
    Field,
    FieldKind,
    Row,
)

TEXT_LENGTH_MAX = 4_000
SLUG_LENGTH_MAX = 100
LIST_LENGTH_MAX = 100
NUMBER_MAX = 1e15
FAULTS_MAX = 50  # one answer never grows with a hostile input

SLUG_PATTERN = r"[a-z0-9]+(?:-[a-z0-9]+)*"
COUNTRY_PATTERN = r"[A-Z]{2}"
CURRENCY_PATTERN = r"[A-Z]{3}"
LEI_PATTERN = r"[A-Z0-9]{18}[0-9]{2}"
DECIMAL_PATTERN = r"[0-9]{1,18}(?:\.[0-9]{1,6})?"
URL_PATTERN = r"https?://[^\s;]+"
# Line breaks and tabs are text; other control characters and half surrogates are not, and Postgres cannot keep NUL.
CONTROL_PATTERN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]"

_SLUG = re.compile(SLUG_PATTERN)
_COUNTRY = re.compile(COUNTRY_PATTERN)
_CURRENCY = re.compile(CURRENCY_PATTERN)
_LEI = re.compile(LEI_PATTERN)
_DECIMAL = re.compile(DECIMAL_PATTERN)
_URL = re.compile(URL_PATTERN)
_CONTROL = re.compile(CONTROL_PATTERN)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_COMMON = {field.name: field for field in COMMON_FIELDS}
FIELDS: dict[str, dict[str, Field]] = {
    kind.name: {**_COMMON, **{field.name: field for field in kind.fields}} for kind in VOCABULARY
}
_REQUIRED = {name: tuple(f for f in fields.values() if f.required) for name, fields in FIELDS.items()}
RECLASSIFIABLE = tuple(k.name for k in VOCABULARY if k.name not in REGISTRY_NAMES and not k.name.startswith("event."))


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason to refuse: where (a JSON pointer into the event) and what is wrong, with what to do instead."""

    pointer: str
    message: str


Faults = list[Fault]


def faults_of(
    name: str, data: Mapping[str, Any], known_day: date, *, kept: frozenset[str] = frozenset(), closed: bool = True
) -> list[Fault]:
    """Everything that makes ingest refuse this data, empty when it is accepted; KeyError for an unknown name.

    `kept` are fields that a reclassified event has from its former name: where the new name lacks them or does not allow
    their value they are ignored (section 7). `closed` False is for readers of the log: fields that nobody knows and fields
    that are missing but for which the fold has an answer are no fault, and `changes` wait for their target.
    """
    fields = FIELDS[name]
    faults: Faults = []
    for key, value in data.items():
        if len(faults) >= FAULTS_MAX:
            return faults[:FAULTS_MAX]
        field = fields.get(key)
        if field is None:
            if closed and key not in kept:
                faults.append(_unknown_field("/data", key, fields, f"a field of {name}"))
            continue
        before = len(faults)
        _CHECKS[field.kind](field, value, f"/data/{key}", faults, closed)
        if key in kept and key not in _COMMON:
            del faults[before:]
    for field in _REQUIRED[name]:
        if field.name not in data and (closed or _is_vital(field)):
            hint = f"; one of {', '.join(field.choices)}" if field.choices else ""
            faults.append(
                Fault(f"/data/{field.name}", f"{field.name} is missing: {name} says nothing without it{hint}")
            )
    _check_occurred(name, data, known_day, faults)
    _check_pursuer(name, data, faults)
    _check_offtake_years(data, kept, faults)
    if closed and name in ("event.corrected", "event.reclassified"):
        _check_changes(name, data, known_day, faults)
    return faults[:FAULTS_MAX]


def warnings_of(name: str, data: Mapping[str, Any]) -> list[str]:
    """What ingest accepts and remarks on (section 1): threads that may be split in two for want of `deal`."""
    if data.get("deal") or EVENT_KINDS[name].row is Row.RECORD or name.startswith("project."):
        return []
    roles = [party["role"] for party in data.get("parties", ())]
    investors = roles.count("investor")
    found = []
    if investors > 1:
        found.append("several investors without deal: the thread may be split in two; name the deal")
    if investors and "financier" in roles:
        found.append("a financier beside an investor without deal: the thread may be split in two; name the deal")
    return found


def is_slug(text: str) -> bool:
    """Whether the text may be the key of a project, party, deal or forum."""
    return len(text) <= SLUG_LENGTH_MAX and _SLUG.fullmatch(text) is not None


def text_fault(value: object, length_max: int = TEXT_LENGTH_MAX) -> str | None:
    """Why the value is no text that can be kept; None if it is."""
    if not isinstance(value, str):
        return f"is {_sort(value)}; give text"
    if not value or value.isspace():
        return "is empty; leave it out or say something"
    if len(value) > length_max:
        return f"has {len(value)} characters; at most {length_max} are kept"
    if not value.isprintable() and _CONTROL.search(value):
        return "has control characters; take them out"
    return None


def read_day(value: object) -> date | None:
    """The day of a full date `YYYY-MM-DD`; None when the value is none."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:  # no day of the calendar, which is what None says
        return None


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing when no known word is near."""
    found = get_close_matches(word[:SLUG_LENGTH_MAX], known, 1)
    return f"; did you mean {found[0]}?" if found else ""


def escape(key: str) -> str:
    """A key as a part of a JSON pointer (RFC 6901), cut to a length that fits an answer."""
    return key[:SLUG_LENGTH_MAX].replace("~", "~0").replace("/", "~1")


def _is_vital(field: Field) -> bool:
    """Whether the fold has no answer without it: it names what the event is about."""
    names = ("target", "party", "forum", "milestone", "planned_on")
    return field.name in names or field.kind in (FieldKind.CHANGES, FieldKind.EVENT_NAME)


_days = lru_cache(maxsize=4096)(edtf.parse)


def _sort(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list() | tuple():
            return "a list"
        case _:
            return "an object"


def _shown(value: object) -> str:
    return repr(value[:40]) if isinstance(value, str) else _sort(value)


def _unknown_field(at: str, key: str, known: Iterable[str], what: str) -> Fault:
    return Fault(f"{at}/{escape(key)}", f"{key[:40]!r} is not {what}{nearest(key, known)}")


def _check_text(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    if wrong := text_fault(value):
        faults.append(Fault(at, f"{field.name} {wrong}"))


def _check_slug(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    if not isinstance(value, str) or not is_slug(value):
        allowed = f"lower-case letters, digits and single hyphens, at most {SLUG_LENGTH_MAX}"
        faults.append(Fault(at, f"{field.name} {_shown(value)} is not a slug; use {allowed}"))


def _check_choice(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    if not isinstance(value, str) or value not in field.choices:
        near = nearest(value, field.choices) if isinstance(value, str) else ""
        faults.append(Fault(at, f"{field.name} {_shown(value)} is not one of {', '.join(field.choices)}{near}"))


def _within(least: float, most: float) -> Check:
    def check(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
        # Written so that NaN, which compares as false, is refused.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            shown = f"{value:.6g}" if isinstance(value, float) else _sort(value)
            faults.append(Fault(at, f"{field.name} is {shown}; give a number from {least:g} to {most:g}"))

    return check


def _check_boolean(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    if not isinstance(value, bool):
        faults.append(Fault(at, f"{field.name} is {_sort(value)}; give true or false"))


def _check_edtf(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    if not isinstance(value, str):
        faults.append(Fault(at, f"{field.name} is {_sort(value)}; give a date as text, such as 2011-07 or unknown"))
        return
    try:
        _days(value)
    except edtf.EdtfError as error:
        faults.append(Fault(at, f"{field.name}: {error}"))


def _check_date(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    if read_day(value) is None:
        faults.append(Fault(at, f"{field.name} {_shown(value)} is not a full date; use YYYY-MM-DD"))


def _matching(pattern: re.Pattern[str], what: str) -> Check:
    def check(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            faults.append(Fault(at, f"{field.name} {_shown(value)} is not {what}"))

    return check


def _list_of(check_one: Check) -> Check:
    def check(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
        items = _items(field, value, at, faults)
        for index, item in enumerate(items):
            check_one(field, item, f"{at}/{index}", faults, closed)
        if items and all(isinstance(item, str) for item in items) and len(set(items)) < len(items):
            faults.append(Fault(at, f"{field.name} names something twice; name it once"))

    return check


def _items(field: Field, value: object, at: str, faults: Faults) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        faults.append(Fault(at, f"{field.name} is {_sort(value)}; give a list"))
        return []
    if len(value) > LIST_LENGTH_MAX:
        faults.append(Fault(at, f"{field.name} has {len(value)} entries; at most {LIST_LENGTH_MAX} are kept"))
        return []
    return list(value)


def _check_object(
    value: object, at: str, required: tuple[Field, ...], optional: tuple[Field, ...], faults: Faults, closed: bool
) -> bool:
    """Check an object of fixed fields; whether it is an object at all."""
    what = at.rpartition("/")[2] if not at.rpartition("/")[2].isdigit() else at.split("/")[-2]
    if not isinstance(value, Mapping):
        names = ", ".join(field.name for field in (*required, *optional))
        faults.append(Fault(at, f"{what} is {_sort(value)}; give an object of {names}"))
        return False
    known = {field.name: field for field in (*required, *optional)}
    for key, item in value.items():
        field = known.get(key)
        if field is not None:
            _CHECKS[field.kind](field, item, f"{at}/{key}", faults, closed)
        elif closed and len(faults) < FAULTS_MAX:
            faults.append(_unknown_field(at, key, known, f"a field of {what}"))
    faults.extend(
        Fault(f"{at}/{field.name}", f"{field.name} is missing in {what}")
        for field in required
        if field.name not in value
    )
    return True


REFERENCE_FIELDS = (Field("source", FieldKind.TEXT), Field("id", FieldKind.TEXT))
PARTY_REQUIRED = (Field("party", FieldKind.SLUG), Field("role", FieldKind.CHOICE, ROLES))
PARTY_OPTIONAL = (
    Field("name", FieldKind.TEXT),
    Field("country", FieldKind.COUNTRY),
    Field("stake_percent", FieldKind.PERCENT),
)
AMOUNT_REQUIRED = (Field("value", FieldKind.TEXT), Field("currency", FieldKind.TEXT))
AMOUNT_OPTIONAL = (
    Field("semantics", FieldKind.CHOICE, AMOUNT_SEMANTICS),
    Field("of", FieldKind.CHOICE, AMOUNT_OF),
    Field("basis", FieldKind.CHOICE, AMOUNT_BASES),
)
EVIDENCE_REQUIRED = (Field("grade", FieldKind.CHOICE, GRADES),)
EVIDENCE_OPTIONAL = tuple(Field(name, FieldKind.TEXT) for name in ("url", "title", "publisher"))


def _check_reference(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    _check_object(value, at, REFERENCE_FIELDS, (), faults, closed)


def _check_parties(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    seen: set[tuple[str, str]] = set()
    held = 0.0
    for index, party in enumerate(_items(field, value, at, faults)):
        before = len(faults)
        _check_object(party, f"{at}/{index}", PARTY_REQUIRED, PARTY_OPTIONAL, faults, closed)
        if len(faults) > before:
            continue
        held += party.get("stake_percent", 0)
        who = (party["party"], party["role"])
        if who in seen:
            faults.append(Fault(f"{at}/{index}", f"{who[0]} is named twice as {who[1]}; name it once"))
        seen.add(who)
    if held > 100.001:
        faults.append(Fault(at, f"holdings add up to {held:g} percent; stake_percent is what each holds afterwards"))


def _check_amount(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    before = len(faults)
    if not _check_object(value, at, AMOUNT_REQUIRED, AMOUNT_OPTIONAL, faults, closed) or len(faults) > before:
        return
    assert isinstance(value, Mapping)
    if not _DECIMAL.fullmatch(value["value"]):
        allowed = "digits with a point, such as 1500000.50, at most 18 before and 6 behind it, no sign"
        faults.append(Fault(f"{at}/value", f"value {_shown(value['value'])} is not decimal text; use {allowed}"))
    if not _CURRENCY.fullmatch(value["currency"]):
        faults.append(Fault(f"{at}/currency", f"currency {_shown(value['currency'])} is not an ISO 4217 code"))


def _check_evidence(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    for index, item in enumerate(_items(field, value, at, faults)):
        before = len(faults)
        if not _check_object(item, f"{at}/{index}", EVIDENCE_REQUIRED, EVIDENCE_OPTIONAL, faults, closed):
            continue
        if len(faults) == before and "url" in item and not _URL.fullmatch(item["url"]):
            faults.append(Fault(f"{at}/{index}/url", f"url {_shown(item['url'])} is not an http or https address"))
        if "url" not in item and "title" not in item:
            faults.append(Fault(f"{at}/{index}", "evidence has neither url nor title; give one of them"))


def _check_changes_shape(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    if not isinstance(value, Mapping):
        faults.append(Fault(at, f"changes is {_sort(value)}; give an object of fields and their right values"))
    elif not value:
        faults.append(Fault(at, "changes is empty; name at least one field, null removes it"))


def _check_event_name(field: Field, value: object, at: str, faults: Faults, closed: bool) -> None:
    if value in RECLASSIFIABLE:
        return
    if isinstance(value, str) and value in EVENT_KINDS:
        faults.append(Fault(at, f"nothing becomes {value}; retract the event and send the right one"))
    else:
        near = nearest(value, RECLASSIFIABLE) if isinstance(value, str) else ""
        faults.append(Fault(at, f"name {_shown(value)} is not in the vocabulary{near}"))


Check = Callable[[Field, Any, str, Faults, bool], None]
_check_country = _matching(_COUNTRY, "an ISO 3166-1 alpha-2 code, such as KZ")
_CHECKS: dict[FieldKind, Check] = {
    FieldKind.TEXT: _check_text,
    FieldKind.SLUG: _check_slug,
    FieldKind.CHOICE: _check_choice,
    FieldKind.NUMBER: _within(0, NUMBER_MAX),
    FieldKind.PERCENT: _within(0, 100),
    FieldKind.LATITUDE: _within(-90, 90),
    FieldKind.LONGITUDE: _within(-180, 180),
    FieldKind.BOOLEAN: _check_boolean,
    FieldKind.EDTF: _check_edtf,
    FieldKind.DATE: _check_date,
    FieldKind.COUNTRY: _check_country,
    FieldKind.LEI: _matching(_LEI, "a legal entity identifier (ISO 17442): 18 letters or digits and 2 digits"),
    FieldKind.TEXTS: _list_of(_check_text),
    FieldKind.SLUGS: _list_of(_check_slug),
    FieldKind.CHOICES: _list_of(_check_choice),
    FieldKind.COUNTRIES: _list_of(_check_country),
    FieldKind.REFERENCE: _check_reference,
    FieldKind.CHANGES: _check_changes_shape,
    FieldKind.EVENT_NAME: _check_event_name,
    FieldKind.PARTIES: _check_parties,
    FieldKind.AMOUNT: _check_amount,
    FieldKind.EVIDENCE: _check_evidence,
}


def _check_occurred(name: str, data: Mapping[str, Any], known_day: date, faults: Faults) -> None:
    if "occurred" in data:
        _check_no_plan(data["occurred"], known_day, "/data/occurred", faults)
    elif EVENT_KINDS[name].row is not Row.RECORD:
        faults.append(Fault("/data/occurred", "occurred is missing: say when it happened; unknown is a date too"))


def _check_no_plan(occurred: object, known_day: date, at: str, faults: Faults) -> None:
    if not isinstance(occurred, str):
        return
    try:
        days = _days(occurred)
    except edtf.EdtfError:  # reported with the field's own check
        return
    if is_a_plan(days, known_day):
        told = f"{days.earliest} is after the day on which it was known, {known_day}"
        faults.append(Fault(at, f"{told}: a plan, not a fact; send milestone.planned"))


def _check_pursuer(name: str, data: Mapping[str, Any], faults: Faults) -> None:
    if "deal" in data or EVENT_KINDS[name].may_speak_of_project:
        return
    parties = data.get("parties", ())
    if isinstance(parties, (list, tuple)) and any(
        isinstance(p, Mapping) and p.get("role") in PURSUING_ROLES for p in parties
    ):
        return
    pursuers = ", ".join(PURSUING_ROLES)
    faults.append(Fault("/data/parties", f"nobody pursues: name the pursuer ({pursuers}) or deal; {name} needs one"))


def _check_offtake_years(data: Mapping[str, Any], kept: frozenset[str], faults: Faults) -> None:
    starts, ends = data.get("starts_on"), data.get("ends_on")
    if not isinstance(starts, str) or not isinstance(ends, str) or {"starts_on", "ends_on"} <= kept:
        return
    try:
        first, last = _days(starts).earliest, _days(ends).latest
    except edtf.EdtfError:  # reported with the field's own check
        return
    if first and last and first > last:
        faults.append(Fault("/data/ends_on", f"ends_on {ends} is before starts_on {starts}"))


def _anywhere() -> dict[str, tuple[Field, ...]]:
    found: dict[str, dict[Field, None]] = {}
    for kind in VOCABULARY:
        if not kind.name.startswith("event."):
            for field in FIELDS[kind.name].values():
                found.setdefault(field.name, {})[Field(field.name, field.kind, field.choices)] = None
    return {name: tuple(fields) for name, fields in found.items()}


FIELDS_ANYWHERE = _anywhere()


def _check_changes(name: str, data: Mapping[str, Any], known_day: date, faults: Faults) -> None:
    """The target is not at hand: a change must fit some event, or the new name of a reclassified one."""
    changes = data.get("changes")
    if not isinstance(changes, Mapping):
        return
    new_name = data.get("name") if name == "event.reclassified" else None
    own = FIELDS[new_name] if isinstance(new_name, str) and new_name in RECLASSIFIABLE else None
    for key, value in changes.items():
        at = f"/data/changes/{escape(key)}"
        if len(faults) >= FAULTS_MAX:
            return
        if key == "reported":
            faults.append(Fault(at, "reported cannot be corrected: retract the event and send it again"))
        elif key not in FIELDS_ANYWHERE:
            faults.append(_unknown_field("/data/changes", key, FIELDS_ANYWHERE, "a field of any event"))
        elif value is None:
            if own and key in own and own[key].required:
                faults.append(Fault(at, f"{key} cannot be removed: {new_name} says nothing without it"))
        elif own is not None and key not in own:
            faults.append(_unknown_field("/data/changes", key, own, f"a field of {new_name}"))
        else:
            _check_any(FIELDS_ANYWHERE[key] if own is None else (own[key],), value, at, faults)
    if "occurred" in changes:
        _check_no_plan(changes["occurred"], known_day, "/data/changes/occurred", faults)


def _check_any(fields: tuple[Field, ...], value: object, at: str, faults: Faults) -> None:
    first: Faults | None = None
    for field in fields:
        found: Faults = []
        _CHECKS[field.kind](field, value, at, found, True)
        if not found:
            return
        first = found if first is None else first
    faults.extend(first or ())
