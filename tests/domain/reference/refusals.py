"""What ingest refuses at its door, and which values a field takes (sections 1, 2 and 3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.domain.reference.codes import COUNTRIES, CURRENCIES
from tests.domain.reference.days import is_edtf, is_plan
from tests.domain.reference.vocabulary import (
    KINDS,
    PERMANENT,
    PURSUING,
    RECORD,
    ROLES,
    fields_of,
    may_speak_of_the_project,
)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def faults(name: str, data: Mapping[str, Any], known_day: date, recorded: date) -> list[str]:
    """Why an event is refused; nothing if it is not."""
    return [
        *(fault for field, value in data.items() if (fault := fault_of_field(name, field, value))),
        *(f"{field} is required" for field in missing_fields(name, data)),
        *faults_of_whole(name, data, known_day),
        *(["reported is after recordedtime"] if _later(data.get("reported"), recorded) else []),
        *(["no event becomes one of this name"] if _becomes_what_none_becomes(name, data) else []),
    ]


def fault_of_field(name: str, field: str, value: object) -> str | None:
    """Why a field of an event of this name is refused, None if it is not."""
    reading = fields_of(name).get(field)
    if reading is None:
        return f"{field} is no field of {name}"
    return None if _takes(reading, value) else f"{field} does not take {value!r}"


def missing_fields(name: str, data: Mapping[str, Any]) -> list[str]:
    """The required fields that are not there; `occurred` is required of all but *m* rows (section 2)."""
    needed = [*KINDS[name].required, *([] if KINDS[name].effect == RECORD else ["occurred"])]
    return [field for field in needed if data.get(field) is None]


def faults_of_whole(name: str, data: Mapping[str, Any], known_day: date) -> list[str]:
    """Why an event is refused whose fields are right one by one."""
    reasons = []
    if is_edtf(data.get("occurred")) and is_plan(data["occurred"], known_day):
        reasons.append("this is a plan: send milestone.planned")
    if not may_speak_of_the_project(name) and deal_of(name, data) is None:
        reasons.append("name whoever pursues, or deal")
    parties = data.get("parties")
    if isinstance(parties, list):
        stakes = [Decimal(str(party["stake_percent"])) for party in parties if party.get("stake_percent") is not None]
        if sum(stakes) > 101:
            reasons.append("holdings add up to more than 101 percent")
    return reasons


def deal_of(name: str, data: Mapping[str, Any]) -> str | None:
    """The deal of an event: as it says, else the first party that pursues, by role (section 1)."""
    if data.get("deal") is not None:
        return str(data["deal"])
    if name.startswith(("project.", "hold.")):
        return None
    parties = data.get("parties") or []
    for role in PURSUING:
        for party in parties:
            if party["role"] == role:
                return str(party["party"])
    return None


def _becomes_what_none_becomes(name: str, data: Mapping[str, Any]) -> bool:
    if name != "event.reclassified":
        return False
    new = data.get("name")
    return not isinstance(new, str) or new not in KINDS or new.startswith(PERMANENT)


def _later(reported: object, recorded: date) -> bool:
    return isinstance(reported, str) and _is_date(reported) and date.fromisoformat(reported) > recorded


def _takes(reading: str, value: object) -> bool:
    if reading.startswith("one:"):
        return value in reading.removeprefix("one:").split(",")
    if reading.startswith("some:"):
        return isinstance(value, list) and all(item in reading.removeprefix("some:").split(",") for item in value)
    if reading.startswith("named:"):
        return isinstance(value, list) and all(
            isinstance(item, dict) and isinstance(item.get(reading.removeprefix("named:")), str) for item in value
        )
    return _READERS[reading](value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_percent(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def _is_amount_of_money(value: object) -> bool:
    return (
        isinstance(value, dict)
        and set(value) <= {"value", "currency", "semantics", "of", "basis"}
        and _is_decimal(value.get("value"))
        and value.get("currency") in CURRENCIES
        and value.get("semantics", "increment") in ("increment", "total")
        and value.get("of", "price") in ("price", "leg", "project-cost", "portfolio", "claim")
        and value.get("basis", "stated") in ("stated", "estimated", "imputed")
    )


def _is_capacity(value: object) -> bool:
    return isinstance(value, dict) and set(value) <= {"value", "unit"} and _is_decimal(value.get("value"))


def _is_decimal(value: object) -> bool:
    """A decimal as text, never negative (section 3)."""
    if not isinstance(value, str):
        return False
    try:
        number = Decimal(value)
    except InvalidOperation:
        return False
    return number.is_finite() and number >= 0


def _is_reference(value: object) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"source", "id"}
        and isinstance(value["source"], str)
        and isinstance(value["id"], str)
    )


def _is_date(value: object) -> bool:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_country(value: object) -> bool:
    return value in COUNTRIES


def _is_party(value: object) -> bool:
    return (
        isinstance(value, dict)
        and set(value) <= {"party", "role", "name", "country", "stake_percent"}
        and isinstance(value.get("party"), str)
        and value.get("role") in ROLES
        and ("country" not in value or _is_country(value["country"]))
        and ("stake_percent" not in value or _is_percent(value["stake_percent"]))
    )


def _is_parent(value: object) -> bool:
    return (
        isinstance(value, dict)
        and set(value) <= {"party", "percent"}
        and isinstance(value.get("party"), str)
        and ("percent" not in value or _is_percent(value["percent"]))
    )


_READERS: dict[str, Callable[[object], bool]] = {
    "any": lambda value: True,
    "text": _is_text,
    "texts": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    "list": lambda value: isinstance(value, list),
    "number": _is_number,
    "quantity": lambda value: _is_number(value) or _is_decimal(value),
    "percent": _is_percent,
    "boolean": lambda value: isinstance(value, bool),
    "edtf": is_edtf,
    "date": _is_date,
    "country": _is_country,
    "countries": lambda value: isinstance(value, list) and all(item in COUNTRIES for item in value),
    "reference": _is_reference,
    "parties": lambda value: isinstance(value, list) and all(_is_party(item) for item in value),
    "parents": lambda value: isinstance(value, list) and all(_is_parent(item) for item in value),
    "amount": _is_amount_of_money,
    "capacity": _is_capacity,
    "evidence": lambda value: isinstance(value, list) and all(isinstance(item, dict) for item in value),
    "changes": lambda value: isinstance(value, dict),
}
