"""msgspec types of the events that the fast path of `fast_codec` takes, derived from the vocabulary, and checks beside them.

An event with anything that is not in its type, or that fails a check, needs the slow path.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, defstruct

from steppe.domain.events import field_checks
from steppe.domain.events.field_checks import HELD_PERCENT_MAX, LIST_LENGTH_MAX, TEXT_LENGTH_MAX
from steppe.domain.events.validation import FIELDS
from steppe.domain.events.vocabulary import EVENT_KINDS, ROLES, Effect, EventKind, Field, FieldKind
from steppe.domain.values.countries import COUNTRIES
from steppe.domain.values.currencies import CURRENCIES

Check = Callable[[Any], bool]


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


def _list_of(item: Any) -> Any:
    return Annotated[list[item], Meta(max_length=LIST_LENGTH_MAX)]


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
def is_slug(text: str) -> bool:
    """Whether the text may be the key of a subject, deal or party."""
    return field_checks.is_slug(text)


@lru_cache(maxsize=4_096)
def _is_edtf(text: str) -> bool:
    return field_checks.days_of(text) is not None


@lru_cache(maxsize=4_096)
def _is_day(text: str) -> bool:
    return field_checks.read_day(text) is not None


def matching(pattern: str) -> Check:
    """A check whether a text matches as a whole, with a cache of its results."""
    compiled = re.compile(pattern)

    @lru_cache(maxsize=4_096)
    def matches(text: str) -> bool:
        return compiled.fullmatch(text) is not None

    return matches


def _is_not_blank(text: str) -> bool:
    return not text.isspace()


_is_country = COUNTRIES.__contains__
_is_currency = CURRENCIES.__contains__
_is_lei = matching(field_checks.LEI_PATTERN)
_decimal = re.compile(field_checks.DECIMAL_PATTERN).fullmatch
_url = re.compile(field_checks.URL_PATTERN).fullmatch


def _each(check: Check) -> Check:
    return lambda items: len(set(items)) == len(items) and all(map(check, items))


def _valid_parties(parties: list[Any]) -> bool:
    roles = set()
    total_percent: float = 0
    for party in parties:
        if not is_slug(party.party):
            return False
        if party.country is not UNSET and not _is_country(party.country):
            return False
        if party.name is not UNSET and (len(party.name) > TEXT_LENGTH_MAX or not party.name.strip()):
            return False
        if party.stake_percent is not UNSET:
            total_percent += party.stake_percent
        roles.add((party.party, party.role))
    return len(roles) == len(parties) and total_percent <= HELD_PERCENT_MAX


def _valid_amount(amount: Any) -> bool:
    return _decimal(amount.value) is not None and _is_currency(amount.currency)


def _valid_capacity(capacity: Any) -> bool:
    return not capacity.unit.isspace() and _decimal(capacity.value) is not None


def _valid_parts(parts: list[Any]) -> bool:
    return len({part.part for part in parts}) == len(parts) and all(
        is_slug(part.part)
        and (part.name is UNSET or not part.name.isspace())
        and (part.capacity is UNSET or _valid_capacity(part.capacity))
        for part in parts
    )


def _valid_aliases(aliases: list[Any]) -> bool:
    return len({alias.name for alias in aliases}) == len(aliases) and not any(
        alias.name.isspace() or (alias.language is not UNSET and alias.language.isspace()) for alias in aliases
    )


def _valid_ids(ids: list[Any]) -> bool:
    return not any(given.scheme.isspace() or given.id.isspace() for given in ids)


def _valid_evidence(evidence: list[Any]) -> bool:
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
    FieldKind.NUMBER: _number(0, field_checks.NUMBER_MAX),
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


def _object(name: str, required: tuple[Field, ...], optional: tuple[Field, ...] = ()) -> Any:
    members: list[Any] = [*((field.name, _type_of(field)) for field in required), *_optional(optional)]
    return defstruct(name, members, forbid_unknown_fields=True)


_TYPES[FieldKind.AMOUNT] = _object("_Amount", field_checks.AMOUNT_REQUIRED, field_checks.AMOUNT_OPTIONAL)
_TYPES[FieldKind.CAPACITY] = _object("_Capacity", field_checks.CAPACITY_FIELDS)
_TYPES[FieldKind.PARTS] = _list_of(_object("_Part", field_checks.PART_REQUIRED, field_checks.PART_OPTIONAL))
_TYPES[FieldKind.ALIASES] = _list_of(_object("_Alias", field_checks.ALIAS_REQUIRED, field_checks.ALIAS_OPTIONAL))
_TYPES[FieldKind.IDS] = _list_of(_object("_RegisterId", field_checks.ID_FIELDS))
_TYPES[FieldKind.EVIDENCE] = _list_of(
    _object("_Evidence", field_checks.EVIDENCE_REQUIRED, field_checks.EVIDENCE_OPTIONAL)
)
_CHECKS: dict[FieldKind, Check] = {
    FieldKind.TEXT: _is_not_blank,
    FieldKind.SLUG: is_slug,
    FieldKind.EDTF: _is_edtf,
    FieldKind.DATE: _is_day,
    FieldKind.COUNTRY: _is_country,
    FieldKind.LEI: _is_lei,
    FieldKind.TEXTS: _each(_is_not_blank),
    FieldKind.SLUGS: _each(is_slug),
    FieldKind.CHOICES: _each(bool),
    FieldKind.COUNTRIES: _each(_is_country),
    FieldKind.PARTIES: _valid_parties,
    FieldKind.AMOUNT: _valid_amount,
    FieldKind.EVIDENCE: _valid_evidence,
    FieldKind.CAPACITY: _valid_capacity,
    FieldKind.PARTS: _valid_parts,
    FieldKind.ALIASES: _valid_aliases,
    FieldKind.IDS: _valid_ids,
}


@dataclass(frozen=True, slots=True)
class FastType:
    """How events of one type are read and checked on the fast path. `warns`: whether the type can have warnings."""

    name: str
    read: Callable[[Raw], Any]
    checks: tuple[tuple[str, Check], ...]
    may_speak_of_project: bool
    warns: bool

    @classmethod
    def of(cls, kind: EventKind) -> FastType:
        fields = [f for f in FIELDS[kind.name].values() if f.kind not in _SLOW_KINDS and f.name != "ends_on"]
        needed = [f for f in fields if f.required or (f.name == "occurred" and kind.effect is not Effect.RECORD)]
        members = [(field.name, _type_of(field)) for field in needed]
        members += _optional(tuple(field for field in fields if field not in needed))  # type: ignore[arg-type]
        data_type = defstruct("_Data", members, forbid_unknown_fields=True)
        return cls(
            name=kind.name,
            read=msgspec.json.Decoder(data_type).decode,
            checks=tuple((field.name, _CHECKS[field.kind]) for field in fields if field.kind in _CHECKS),
            may_speak_of_project=kind.may_speak_of_project,
            warns=kind.effect is not Effect.RECORD and not kind.name.startswith("project."),
        )


_SLOW_KINDS = (
    FieldKind.REFERENCE,
    FieldKind.CHANGES,
    FieldKind.EVENT_NAME,
)  # and `ends_on`, which is checked against another field
FAST_TYPES = {
    kind.type: FastType.of(kind)
    for kind in EVENT_KINDS.values()
    if kind.name.partition(".")[0] not in ("event", "party", "forum")
    and not any(field.required and field.kind in _SLOW_KINDS for field in kind.fields)
}
