"""Field validators: what each kind of field may hold, and why a value is refused.

Limits and patterns stand here once; the JSON Schemas are generated from them. A check adds its faults to a list, with the
JSON pointer of the value. `strict` False is for readers of the log, which ignore fields that they do not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache, partial
from typing import Any

from steppe.domain.events.trade_words import choice_hint, event_hint, field_hint
from steppe.domain.events.vocabulary import (
    AMOUNT_BASES,
    AMOUNT_OF,
    AMOUNT_SEMANTICS,
    EVENT_KINDS,
    GRADES,
    ROLES,
    VOCABULARY,
    Field,
    FieldKind,
)
from steppe.domain.values import edtf
from steppe.domain.values.countries import COUNTRIES, likely_country
from steppe.domain.values.currencies import CURRENCIES, likely_currency
from steppe.domain.values.faults import SLUG_LENGTH_MAX, Fault, escape
from steppe.domain.values.value_class import value_class

TEXT_LENGTH_MAX = 4_000
REFERENCE_LENGTH_MAX = 200  # source and id, which are keys and stand in indexes
LIST_LENGTH_MAX = 100
NUMBER_MAX = 1e15
HELD_PERCENT_MAX = 101  # section 3: holdings of one event, rounded
FAULTS_MAX = 50  # one answer never grows with a hostile input

SLUG_PATTERN = r"[a-z0-9]+(?:-[a-z0-9]+)*"
COUNTRY_PATTERN = r"[A-Z]{2}"
CURRENCY_PATTERN = r"[A-Z]{3}"
LEI_PATTERN = r"[A-Z0-9]{18}[0-9]{2}"
DECIMAL_PATTERN = r"[0-9]{1,18}(?:\.[0-9]{1,6})?"
URL_PATTERN = r"https?://\S+"
# Line breaks and tabs are text; other control characters and half surrogates are not, and Postgres cannot keep NUL.
CONTROL_PATTERN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]"

_SLUG = re.compile(SLUG_PATTERN)
_CODE = re.compile(r"[A-Z]{2,3}")
_LEI = re.compile(LEI_PATTERN)
_DECIMAL = re.compile(DECIMAL_PATTERN)
_URL = re.compile(URL_PATTERN)
_CONTROL = re.compile(CONTROL_PATTERN)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# The names that a reclassified event may get.
RECLASSIFIABLE = tuple(kind.name for kind in VOCABULARY if not kind.is_registry and not kind.is_correction)

Faults = list[Fault]
Check = Callable[[Field, Any, str, Faults, bool], None]


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


def days_of(text: str) -> edtf.Days | None:
    """The interval of an EDTF text; None when it cannot be read."""
    try:
        return _days(text)
    except edtf.EdtfError:  # reported by the check of the field itself
        return None


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


def unknown_field(at: str, key: str, fields: Iterable[str], what: str) -> Fault:
    """The fault of a key that is not known there, with the nearest one that is."""
    return Fault(f"{at}/{escape(key)}", f"{key[:40]!r} is not {what}", partial(field_hint, key, fields))


def _check_text(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if wrong := text_fault(value):
        faults.append(Fault(at, f"{field.name} {wrong}"))


def _check_slug(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if not isinstance(value, str) or not is_slug(value):
        allowed = f"lower-case letters, digits and single hyphens, at most {SLUG_LENGTH_MAX}"
        if field.name == "parent" and isinstance(value, (list, tuple)):
            allowed = "one key here; for several give parents, a list of {party, percent}"
        faults.append(Fault(at, f"{field.name} {_shown(value)} is not a slug; use {allowed}"))


def _check_choice(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if not isinstance(value, str) or value not in field.choices:
        suggest = partial(choice_hint, value, field.choices) if isinstance(value, str) else None
        faults.append(Fault(at, f"{field.name} {_shown(value)} is not one of {', '.join(field.choices)}", suggest))


def _within(least: float, most: float) -> Check:
    def check(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
        # Written so that NaN, which compares as false, is refused.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            shown = f"{value:.6g}" if isinstance(value, float) else _sort(value)
            faults.append(Fault(at, f"{field.name} is {shown}; give a number from {least:g} to {most:g}"))

    return check


def _check_boolean(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if not isinstance(value, bool):
        faults.append(Fault(at, f"{field.name} is {_sort(value)}; give true or false"))


def _check_edtf(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if not isinstance(value, str):
        faults.append(Fault(at, f"{field.name} is {_sort(value)}; give a date as text, such as 2011-07 or unknown"))
        return
    try:
        _days(value)
    except edtf.EdtfError as error:
        faults.append(Fault(at, f"{field.name}: {error}"))


def _check_date(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if read_day(value) is None:
        faults.append(Fault(at, f"{field.name} {_shown(value)} is not a full date; use YYYY-MM-DD"))


def _matching(pattern: re.Pattern[str], what: str) -> Check:
    def check(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            faults.append(Fault(at, f"{field.name} {_shown(value)} is not {what}"))

    return check


def _list_of(check_one: Check) -> Check:
    def check(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
        items = _items(field, value, at, faults)
        for index, item in enumerate(items):
            check_one(field, item, f"{at}/{index}", faults, strict)
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


@value_class(frozen=True, slots=True)
class _ObjectFields:
    """The fields of a nested object with their checks, looked up once."""

    checks: dict[str, tuple[Field, Check]]
    required: tuple[str, ...]

    @classmethod
    def of(cls, required: tuple[Field, ...], optional: tuple[Field, ...]) -> _ObjectFields:
        both = (*required, *optional)
        return cls({field.name: (field, CHECKS[field.kind]) for field in both}, tuple(field.name for field in required))


def _check_object(fields: _ObjectFields, what: str, value: object, at: str, faults: Faults, strict: bool) -> bool:
    """Check an object of fixed fields; whether it has no fault."""
    if not isinstance(value, (dict, Mapping)):  # dict first: to ask an abstract class takes long
        faults.append(Fault(at, f"{what} is {_sort(value)}; give an object of {', '.join(fields.checks)}"))
        return False
    before = len(faults)
    for key, item in value.items():
        field_check = fields.checks.get(key)
        if field_check is not None:
            field, check = field_check
            check(field, item, f"{at}/{key}", faults, strict)
        elif strict and len(faults) < FAULTS_MAX:
            faults.append(unknown_field(at, key, fields.checks, f"a field of {what}"))
    for name in fields.required:
        if name not in value:
            faults.append(Fault(f"{at}/{name}", f"{name} is missing in {what}"))
    return len(faults) == before


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
CAPACITY_FIELDS = (Field("value", FieldKind.TEXT), Field("unit", FieldKind.TEXT))
PART_REQUIRED = (Field("part", FieldKind.SLUG),)
PART_OPTIONAL = (Field("name", FieldKind.TEXT), Field("capacity", FieldKind.CAPACITY))
ALIAS_REQUIRED = (Field("name", FieldKind.TEXT),)
ALIAS_OPTIONAL = (Field("language", FieldKind.TEXT),)
ID_FIELDS = (Field("scheme", FieldKind.TEXT), Field("id", FieldKind.TEXT))
PARENT_REQUIRED = (Field("party", FieldKind.SLUG),)
PARENT_OPTIONAL = (Field("percent", FieldKind.PERCENT),)
EVIDENCE_REQUIRED = (Field("grade", FieldKind.CHOICE, GRADES),)
EVIDENCE_OPTIONAL = tuple(Field(name, FieldKind.TEXT) for name in ("url", "title", "publisher"))


def _check_reference(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if not _check_object(_REFERENCE, field.name, value, at, faults, strict):
        return
    assert isinstance(value, Mapping)
    for part in REFERENCE_FIELDS:
        if wrong := text_fault(value[part.name], REFERENCE_LENGTH_MAX):
            faults.append(Fault(f"{at}/{part.name}", f"{part.name} {wrong}"))


def _check_parties(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    seen: set[tuple[str, str]] = set()
    holdings: dict[str, float] = {}  # of a party in several roles it is one and the same
    for index, party in enumerate(_items(field, value, at, faults)):
        if not _check_object(_PARTY, "parties", party, f"{at}/{index}", faults, strict):
            continue
        holdings[party["party"]] = max(holdings.get(party["party"], 0), party.get("stake_percent", 0))
        party_in_role = (party["party"], party["role"])
        if party_in_role in seen:
            faults.append(Fault(f"{at}/{index}", f"{party['party']} is named twice as {party['role']}; name it once"))
        seen.add(party_in_role)
    held = sum(holdings.values())
    if held > HELD_PERCENT_MAX:
        faults.append(Fault(at, f"holdings add up to {held:g} percent; stake_percent is what each holds afterwards"))


def _check_amount(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if not _check_object(_AMOUNT, "amount", value, at, faults, strict):
        return
    assert isinstance(value, Mapping)
    if not _DECIMAL.fullmatch(value["value"]):
        allowed = "digits with a point, such as 1500000.50, at most 18 before and 6 behind it, no sign"
        if value["value"].startswith(("-", "(", "\u2212")):
            allowed += (
                "; for money that came back send funds.returned, for a commitment cut down send commitment.reduced"
            )
        faults.append(Fault(f"{at}/value", f"value {_shown(value['value'])} is not decimal text; use {allowed}"))
    currency = value["currency"]
    if currency not in CURRENCIES and (strict or not _CODE.fullmatch(currency)):
        meant = _meant(likely_currency(currency))
        faults.append(Fault(f"{at}/currency", f"currency {_shown(currency)} is not an ISO 4217 code{meant}"))


def _check_capacity(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if not _check_object(_CAPACITY, field.name, value, at, faults, strict):
        return
    assert isinstance(value, Mapping)
    if not _DECIMAL.fullmatch(value["value"]):
        faults.append(
            Fault(f"{at}/value", f"value {_shown(value['value'])} is not decimal text; use digits, such as 3000")
        )


def _each_object(fields: _ObjectFields, key: str | None) -> Check:
    """A list of objects, none of which has the key of another; None: they have none."""

    def check(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
        seen: set[object] = set()
        for index, item in enumerate(_items(field, value, at, faults)):
            if not _check_object(fields, field.name, item, f"{at}/{index}", faults, strict):
                continue
            if key is not None:
                if item[key] in seen:
                    faults.append(
                        Fault(f"{at}/{index}", f"{item[key][:40]} is named twice in {field.name}; name it once")
                    )
                seen.add(item[key])

    return check


def _check_parents(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    _check_parent_list(field, value, at, faults, strict)
    if isinstance(value, (list, tuple)) and all(isinstance(item, Mapping) for item in value):
        percents = [item.get("percent", 0) for item in value]
        held = sum(percent for percent in percents if isinstance(percent, (int, float)))
        if held > HELD_PERCENT_MAX:
            faults.append(Fault(at, f"shares of the parents add up to {held:g} percent"))


def _check_evidence(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    for index, item in enumerate(_items(field, value, at, faults)):
        if not _check_object(_EVIDENCE, "evidence", item, f"{at}/{index}", faults, strict):
            continue
        if "url" in item and not _URL.fullmatch(item["url"]):
            faults.append(Fault(f"{at}/{index}/url", f"url {_shown(item['url'])} is not an http or https address"))
        if "url" not in item and "title" not in item:
            faults.append(Fault(f"{at}/{index}", "evidence has neither url nor title; give one of them"))


def _check_changes_shape(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if not isinstance(value, Mapping):
        faults.append(Fault(at, f"changes is {_sort(value)}; give an object of fields and their right values"))
    elif not value:
        faults.append(Fault(at, "changes is empty; name at least one field, null removes it"))


def _check_event_name(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if value in RECLASSIFIABLE:
        return
    if isinstance(value, str) and value in EVENT_KINDS:
        faults.append(Fault(at, f"nothing becomes {value}; retract the event and send the right one"))
    else:
        suggest = partial(event_hint, value) if isinstance(value, str) else None
        faults.append(Fault(at, f"name {_shown(value)} is not in the vocabulary", suggest))


def _check_country(field: Field, value: object, at: str, faults: Faults, strict: bool) -> None:
    if isinstance(value, str) and (value in COUNTRIES or (not strict and _CODE.fullmatch(value))):
        return  # readers take what ingest accepted when any two letters would do
    meant = _meant(likely_country(value)) if isinstance(value, str) else ", such as KZ"
    faults.append(Fault(at, f"{field.name} {_shown(value)} is not an ISO 3166-1 alpha-2 code{meant}"))


def _meant(code: str | None) -> str:
    return "" if code is None else f"; did you mean {code}?"


CHECKS: dict[FieldKind, Check] = {
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
    FieldKind.CAPACITY: _check_capacity,
}
_CAPACITY = _ObjectFields.of(CAPACITY_FIELDS, ())
CHECKS[FieldKind.PARTS] = _each_object(_ObjectFields.of(PART_REQUIRED, PART_OPTIONAL), "part")
CHECKS[FieldKind.ALIASES] = _each_object(_ObjectFields.of(ALIAS_REQUIRED, ALIAS_OPTIONAL), "name")
CHECKS[FieldKind.IDS] = _each_object(_ObjectFields.of(ID_FIELDS, ()), None)
_check_parent_list = _each_object(_ObjectFields.of(PARENT_REQUIRED, PARENT_OPTIONAL), "party")
CHECKS[FieldKind.PARENTS] = _check_parents
_REFERENCE = _ObjectFields.of(REFERENCE_FIELDS, ())
_PARTY = _ObjectFields.of(PARTY_REQUIRED, PARTY_OPTIONAL)
_AMOUNT = _ObjectFields.of(AMOUNT_REQUIRED, AMOUNT_OPTIONAL)
_EVIDENCE = _ObjectFields.of(EVIDENCE_REQUIRED, EVIDENCE_OPTIONAL)
