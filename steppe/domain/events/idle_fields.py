"""Fields that an event may have and that do nothing there (domain page, section 3): ingest accepts them with a warning.

`REMARKS` is the list, by event: the fields that have to be there for the remark to be asked, and the question, whose answer
is the remark. What only tells (note, evidence, confidence, reason, kinds, lenders, results, vehicles, the output of a start,
the paper that is renewed) does so everywhere and is never idle. What stands of parties is asked by `idle_stakes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from steppe.domain.events.field_checks import days_of
from steppe.domain.events.near_keys import NearKeys
from steppe.domain.events.vocabulary import COMMON_FIELDS, MILESTONES, VOCABULARY, Effect, EventKind
from steppe.domain.values.value_class import value_class

Data = Mapping[str, Any]


@value_class(frozen=True, slots=True)
class Remark:
    """Asked of an event that has `field`: what does nothing, or None. `field` None: asked of every event of the name."""

    field: str | None
    of: Callable[[Data], str | None]


# What an amendment changes; without any of them it changes nothing.
CHANGED_FIELDS = {
    kind.name: tuple(field.name for field in kind.fields if field.name not in ("party", "from", "amends", "part"))
    for kind in VOCABULARY
    if kind.name in ("project.amended", "party.amended", "offtake.amended", "rights.amended")
}
# Where the works are kept by part, a plan or a permit is of a part, or the ending of one is: elsewhere it is only recorded.
_PART_ONLY_RECORDED = ("funds.disbursed", "processing.localised", "works.awarded", "rights.", "setback.")
# Who may say what it holds after an equity event: the investors hold the leg, hosts and sellers keep the rest.
_SHAREHOLDERS = frozenset({"investor", "host", "seller"})
_CLOSED_END = {
    "memorandum.signed": ("expires_on",),
    "memorandum.renewed": ("expires_on",),
    "termsheet.signed": ("expires_on",),
    "permit.granted": ("expires_on",),
    "rights.granted": ("ends_on",),
    "offtake.signed": ("starts_on", "ends_on"),
    "offtake.amended": ("starts_on",),
    "hold.placed": ("until",),
}


def remarks_on(name: str, data: Data) -> list[str]:
    """What does nothing in an event that ingest accepts; empty of nearly all."""
    texts = []
    for remark in REMARKS[name]:
        if remark.field is None or remark.field in data:
            text = remark.of(data)
            if text is not None:
                texts.append(text)
    return texts


def idle_stakes(name: str, data: Data) -> list[str]:
    """A stake that a party states whose role holds no shares by the event: it is told and counts for nothing."""
    shareholders = _SHAREHOLDERS if name.startswith("equity.") else {"investor"}
    return [
        f"stake_percent of {party['party']} does nothing: as {party['role']} it holds nothing by {name}; shares are held by "
        "the investors of an equity event"
        for party in data.get("parties", ())
        if "stake_percent" in party and party["role"] not in shareholders
    ]


def _always(text: str) -> Callable[[Data], str]:
    return lambda _: text


def _of(kind: EventKind) -> tuple[Remark, ...]:
    own = {field.name for field in kind.fields}
    return tuple(
        remark
        for remark in (*_of_common_fields(kind), *_of_own_fields(kind))
        if remark.field is None or remark.field in own or remark.field in _COMMON
    )


_COMMON = frozenset(field.name for field in COMMON_FIELDS)


def _of_common_fields(kind: EventKind) -> list[Remark]:
    name, is_record = kind.name, kind.effect is Effect.RECORD
    remarks = []
    if is_record and not name.startswith("hold."):
        remarks.append(
            Remark("deal", _always(f"deal does nothing on {name}: it is about the record, not about a deal"))
        )
    if is_record:
        remarks.append(Remark("parties", _parties_of_record(name)))
        remarks.append(Remark("part_of", _always(f"part_of does nothing on {name}, which repeats no document")))
        if name != "forum.held":
            remarks.append(Remark("forum", _always(f"forum does nothing on {name}: nothing is signed by it")))
        remarks.append(Remark("amount", _amount_of_record(name)))
        remarks.append(Remark("programme", _always(f"programme does nothing on {name}, through which no money comes")))
    elif not _moves_money(kind):
        remarks.append(
            Remark("programme", _always(f"programme does nothing on {name}: it is followed to money and pledges"))
        )
    if name in ("commitment.reduced", "funds.returned"):
        remarks.append(Remark("amount", _no_total(name)))
    return remarks


def _of_own_fields(kind: EventKind) -> list[Remark]:
    name = kind.name
    remarks = [
        Remark("long_stop", _long_stop),
        *(Remark(field, _closed_end(field)) for field in _CLOSED_END.get(name, ())),
    ]
    if name.startswith(_PART_ONLY_RECORDED):
        remarks.append(Remark("part", _always(f"part is told with {name} and judges nothing there")))
    if name in ("project.registered", "project.amended", "project.superseded"):
        remarks.append(Remark("part", _always(f"part does nothing on {name}; parts lists the parts of a project")))
    if name in CHANGED_FIELDS:
        remarks.append(Remark(None, _changes_something(name, CHANGED_FIELDS[name])))
    match name:
        case "project.registered":
            remarks += [
                Remark("latitude", _without("latitude", "longitude")),
                Remark("longitude", _without("longitude", "latitude")),
            ]
            remarks.append(Remark("precision", _precision))
        case "party.registered" | "party.amended":
            remarks += [Remark("parent", _parent), Remark("parents", _own_parent)]
        case "pledge.announced":
            remarks.append(Remark("deadline", _closed_end("deadline")))
        case "memorandum.signed" | "memorandum.renewed":
            remarks.append(Remark("expires_on", _treaty))
        case "milestone.planned" | "milestone.met":
            remarks.append(Remark("milestone", _milestone))
        case "offtake.signed":
            remarks += [
                Remark("volume", _volume),
                Remark("unit", _without("unit", "volume")),
                Remark("per", _without("per", "volume")),
                Remark("term_years", _term_years),
            ]
        case "production.started":
            remarks += [Remark("output", _without("output", "unit")), Remark("unit", _without("unit", "output"))]
        case "project.completed":
            remarks.append(
                Remark("part", _always("project.completed of a part changes nothing: production.started says it runs"))
            )
        case "hold.lifted":
            remarks.append(Remark("until", _always("until does nothing on hold.lifted: the hold ends with the event")))
    return remarks


def _parties_of_record(name: str) -> Callable[[Data], str | None]:
    def remark(data: Data) -> str | None:
        # A name or a country stands in for the registration of a party, whatever the event says else.
        if not data["parties"] or any("name" in party or "country" in party for party in data["parties"]):
            return None
        return f"parties do nothing on {name}: it is about the record, and nobody does anything by it"

    return remark


def _amount_of_record(name: str) -> Callable[[Data], str | None]:
    def remark(data: Data) -> str | None:
        if data["amount"].get("of") in ("project-cost", "portfolio", "claim"):
            return None  # these are listed, whatever says them
        return f"amount does nothing on {name}: it is about the record, and nothing is paid or promised by it"

    return remark


def _no_total(name: str) -> Callable[[Data], str | None]:
    def remark(data: Data) -> str | None:
        if data["amount"].get("semantics") == "total":
            return f"semantics total does nothing on {name}: its amount is taken off; give what is taken off by it"
        return None

    return remark


def _long_stop(data: Data) -> str | None:
    if not data.get("conditional"):
        return (
            "long_stop does nothing without conditional: true; what ends on a day says ends_on, where the event has it"
        )
    return _closed_end("long_stop")(data)


def _closed_end(field: str) -> Callable[[Data], str | None]:
    def remark(data: Data) -> str | None:
        days = days_of(data[field])
        if days is not None and days.latest is None:
            return f"{field} {data[field]} does nothing: it names no latest day, so there is none; leave it out"
        return None

    return remark


def _moves_money(kind: EventKind) -> bool:
    """Whether measures follow it to its programme: it binds, pays, takes money off, or promises some."""
    others = ("commitment.reduced", "funds.disbursed", "funds.returned", "pledge.announced")
    return kind.effect is Effect.BINDING or kind.name in others


def _milestone(data: Data) -> str | None:
    milestone = data["milestone"]
    meant = None if milestone in MILESTONES else _likely_milestone(milestone)
    if meant is None:
        return None
    return f"milestone {milestone}: did you mean {meant}? Only that one is met by the event that it stands for"


@lru_cache(maxsize=1_024)
def _likely_milestone(milestone: str) -> str | None:
    return _NEAR_MILESTONES.likely(milestone)


def _without(field: str, other: str) -> Callable[[Data], str | None]:
    return lambda data: None if other in data else f"{field} does nothing without {other}"


def _precision(data: Data) -> str | None:
    if "latitude" in data and "longitude" in data:
        return None
    return "precision does nothing without latitude and longitude"


def _changes_something(name: str, fields: tuple[str, ...]) -> Callable[[Data], str | None]:
    changed, listed = frozenset(fields), ", ".join(fields)

    def remark(data: Data) -> str | None:
        return None if changed & data.keys() else f"{name} changes nothing: it has none of {listed}"

    return remark


def _parent(data: Data) -> str | None:
    if "parents" in data:
        return "parent does nothing beside parents; name every parent there"
    if data["parent"] == data.get("party"):
        return "parent is the party itself, which does nothing"
    return None


def _own_parent(data: Data) -> str | None:
    if any(parent["party"] == data.get("party") for parent in data["parents"]):
        return "parents name the party itself, which does nothing"
    return None


def _treaty(data: Data) -> str | None:
    if data.get("instrument") == "treaty":
        return "expires_on does nothing on a treaty, which is no promise of a deal"
    return None


def _volume(data: Data) -> str | None:
    missing = [field for field in ("unit", "per") if field not in data]
    return f"volume is in no sum without {' and '.join(missing)}" if missing else None


def _term_years(data: Data) -> str | None:
    if "starts_on" in data and "ends_on" in data:
        return "term_years does nothing beside starts_on and ends_on"
    return None


_NEAR_MILESTONES = NearKeys()
for _name in MILESTONES:
    _NEAR_MILESTONES.add(_name)
REMARKS = {kind.name: _of(kind) for kind in VOCABULARY}
# The fields that a remark is asked for, by event; an event without them has none.
ASKED_FIELDS = {
    name: frozenset(remark.field for remark in remarks if remark.field is not None) for name, remarks in REMARKS.items()
}
