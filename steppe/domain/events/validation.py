"""Validation of an event's `data` against the vocabulary (domain page, sections 1 to 3 and 7).

Finds every reason to refuse an event that can be seen in its data alone, without its envelope or other events. The same
rules hold in ingest and, for corrections, in the fold.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from steppe.domain.events.coordinates import doubtful_places
from steppe.domain.events.doubtful_days import doubtful_days
from steppe.domain.events.event import is_a_plan
from steppe.domain.events.field_checks import CHECKS, FAULTS_MAX, RECLASSIFIABLE, Faults, days_of, unknown_field
from steppe.domain.events.field_checks import read_day as read_day
from steppe.domain.events.idle_fields import idle_stakes, remarks_on
from steppe.domain.events.vocabulary import (
    COMMON_FIELDS,
    EVENT_KINDS,
    PURSUING_ROLES,
    VOCABULARY,
    Effect,
    Field,
    FieldKind,
)
from steppe.domain.values.faults import Fault as Fault
from steppe.domain.values.faults import escape

_COMMON = {field.name: field for field in COMMON_FIELDS}
FIELDS: dict[str, dict[str, Field]] = {
    kind.name: {**_COMMON, **{field.name: field for field in kind.fields}} for kind in VOCABULARY
}
_CHECKED = {
    name: {field.name: (field, CHECKS[field.kind]) for field in fields.values()} for name, fields in FIELDS.items()
}
_REQUIRED = {name: tuple(f for f in fields.values() if f.required) for name, fields in FIELDS.items()}


def faults_of(
    name: str, data: Mapping[str, Any], known_day: date, *, kept: frozenset[str] = frozenset(), strict: bool = True
) -> list[Fault]:
    """Everything that makes ingest refuse this data, empty when it is accepted; KeyError for an unknown name.

    `kept` are fields that a correction left as they were, absent or present: where the new name of a reclassified event
    lacks them or does not allow their value they are ignored (section 7). `strict` False is for readers of the log: unknown
    fields, and missing fields for which the fold has a default, are no fault, and `changes` wait for their target.
    """
    fields = _CHECKED[name]
    faults: Faults = []
    for key, value in data.items():
        if len(faults) >= FAULTS_MAX:
            return faults[:FAULTS_MAX]
        field_check = fields.get(key)
        if field_check is None:
            if strict and key not in kept:
                faults.append(unknown_field("/data", key, fields, f"a field of {name}"))
            continue
        before = len(faults)
        field, check = field_check
        check(field, value, f"/data/{key}", faults, strict)
        if key in kept and key not in _COMMON:
            del faults[before:]
    for field in _REQUIRED[name]:
        needed = field.name not in kept and (strict or _is_vital(field))
        if needed and field.name not in data:
            hint = f"; one of {', '.join(field.choices)}" if field.choices else ""
            if name == "project.registered":
                hint += "; to change a project that is on the list, send project.amended"
            faults.append(
                Fault(f"/data/{field.name}", f"{field.name} is missing: {name} says nothing without it{hint}")
            )
    _check_occurred(name, data, known_day, kept, faults)
    _check_pursuer(name, data, faults)
    _check_offtake_years(name, data, faults)
    if strict and name in ("event.corrected", "event.reclassified"):
        _check_changes(name, data, known_day, faults)
    return faults[:FAULTS_MAX]


def warnings_of(name: str, data: Mapping[str, Any], known_day: date) -> list[str]:
    """What ingest accepts with a warning: deals that may be split in two, fields that do nothing, doubtful days and places."""
    return [
        *_split_deals(name, data),
        *remarks_on(name, data),
        *idle_stakes(name, data),
        *doubtful_days(name, data, known_day),
        *doubtful_places(name, data),
    ]


def _split_deals(name: str, data: Mapping[str, Any]) -> list[str]:
    """Section 1: for want of `deal` the thread of several pursuers may be split."""
    if data.get("deal") or EVENT_KINDS[name].effect is Effect.RECORD or name.startswith("project."):
        return []
    roles = [party["role"] for party in data.get("parties", ())]
    investors = roles.count("investor")
    warnings = []
    if investors > 1:
        warnings.append("several investors without deal: the thread may be split in two; name the deal")
    if investors and "financier" in roles:
        warnings.append("a financier beside an investor without deal: the thread may be split in two; name the deal")
    return warnings


def _is_vital(field: Field) -> bool:
    """Whether the fold has no default for it: it names what the event is about."""
    names = ("target", "party", "forum", "milestone", "planned_on", "by")
    return field.name in names or field.kind in (FieldKind.CHANGES, FieldKind.EVENT_NAME)


def _check_occurred(name: str, data: Mapping[str, Any], known_day: date, kept: frozenset[str], faults: Faults) -> None:
    if "occurred" in data:
        _check_no_plan(data["occurred"], known_day, "/data/occurred", faults)
    elif EVENT_KINDS[name].effect is not Effect.RECORD and "occurred" not in kept:
        faults.append(Fault("/data/occurred", "occurred is missing: say when it happened; unknown is a date too"))


def _check_no_plan(occurred: object, known_day: date, at: str, faults: Faults) -> None:
    if not isinstance(occurred, str):
        return
    days = days_of(occurred)
    if days is not None and is_a_plan(days, known_day):
        late = f"{days.earliest} is after the day on which it was known, {known_day}"
        faults.append(Fault(at, f"{late}: a plan, not a fact; send milestone.planned"))


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


def _check_offtake_years(name: str, data: Mapping[str, Any], faults: Faults) -> None:
    starts, ends = data.get("starts_on"), data.get("ends_on")
    if "ends_on" not in FIELDS[name] or not isinstance(starts, str) or not isinstance(ends, str):
        return
    first, last = days_of(starts), days_of(ends)
    if first and last and first.earliest and last.latest and first.earliest > last.latest:
        faults.append(Fault("/data/ends_on", f"ends_on {ends} is before starts_on {starts}"))


def _fields_anywhere() -> dict[str, tuple[Field, ...]]:
    variants: dict[str, dict[Field, None]] = {}
    for kind in VOCABULARY:
        if not kind.is_correction:
            for field in FIELDS[kind.name].values():
                variants.setdefault(field.name, {})[Field(field.name, field.kind, field.choices)] = None
    return {name: tuple(fields) for name, fields in variants.items()}


# Every field that a correction may change, with each of its variants.
FIELDS_ANYWHERE = _fields_anywhere()


def _check_changes(name: str, data: Mapping[str, Any], known_day: date, faults: Faults) -> None:
    """The target is not known here: a change must fit some event, or the new name of a reclassified one."""
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
            faults.append(unknown_field("/data/changes", key, FIELDS_ANYWHERE, "a field of any event"))
        elif value is None:
            if own and key in own and own[key].required:
                faults.append(Fault(at, f"{key} cannot be removed: {new_name} says nothing without it"))
        elif own is not None and key not in own:
            faults.append(unknown_field("/data/changes", key, own, f"a field of {new_name}"))
        else:
            _check_variants(FIELDS_ANYWHERE[key] if own is None else (own[key],), value, at, faults)
    if "occurred" in changes:
        _check_no_plan(changes["occurred"], known_day, "/data/changes/occurred", faults)


def _check_variants(fields: tuple[Field, ...], value: object, at: str, faults: Faults) -> None:
    """Add the faults of the first variant, unless the value fits one of them."""
    faults_of_first: Faults | None = None
    for field in fields:
        faults_of_field: Faults = []
        CHECKS[field.kind](field, value, at, faults_of_field, True)
        if not faults_of_field:
            return
        if faults_of_first is None:
            faults_of_first = faults_of_field
    faults.extend(faults_of_first or ())
