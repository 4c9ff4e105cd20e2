"""Events for tests of the domain: made by hand, read from cases, and drawn at random over the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from steppe.domain.events import Event, interpret
from steppe.domain.vocabulary import VOCABULARY, name_of_type

RECORDED = datetime(2026, 11, 22, 10, tzinfo=UTC)


def event(name: str, occurred: str, /, *, id: str = "", deal: str | None = "alpha", **data: Any) -> Event:
    """One event of the project `north`."""
    named = {"deal": deal} if deal else {}
    return interpret(
        source="/desk",
        id=id or f"{name}-{occurred}",
        subject="north",
        name=name,
        recorded=RECORDED,
        data={"occurred": occurred, **named, **data},
    )


def from_wire(envelope: Mapping[str, Any]) -> Event:
    """An event as a case spells it."""
    name = name_of_type(envelope["type"])
    assert name is not None, envelope["type"]
    return interpret(
        source=envelope["source"],
        id=envelope["id"],
        subject=envelope["subject"],
        name=name,
        recorded=datetime.fromisoformat(envelope["recordedtime"]),
        data=envelope["data"],
    )


_FOLDED = [kind for kind in VOCABULARY if not kind.name.startswith(("party.", "forum.", "event."))]
_FIRST = date(2015, 1, 1)
_days = st.integers(0, 2500).map(lambda days: _FIRST + timedelta(days=days))
_parties = st.lists(
    st.fixed_dictionaries(
        {"party": st.sampled_from(["alpha", "beta"]), "role": st.sampled_from(["investor", "offtaker", "host"])},
        optional={"stake_percent": st.sampled_from([0, 30, 51])},
    ),
    max_size=2,
)
_occurred = st.one_of(
    _days.map(date.isoformat),
    _days.map(lambda day: day.strftime("%Y-%m")),
    _days.map(lambda day: str(day.year)),
    _days.map(lambda day: f"../{day.isoformat()}"),
)
_OWN = {
    "instrument": st.sampled_from(["mou", "treaty"]),
    "conditional": st.booleans(),
    "long_stop": _days.map(date.isoformat),
    "ends_on": _days.map(date.isoformat),
    "expires_on": _days.map(date.isoformat),
    "until": _days.map(date.isoformat),
    "from": _days.map(date.isoformat),
    "phase": st.sampled_from(["trial", "commercial"]),
    "right": st.sampled_from(["mining", "land"]),
    "stake_percent": st.sampled_from([10, 51]),
    "required_legs": st.sampled_from([["equity"], ["equity", "debt"]]),
    "sector": st.sampled_from(["mining", "energy"]),
    "leg": st.just("grant"),
    "milestone": st.sampled_from(["first-output", "construction"]),
    "planned_on": st.one_of(_days.map(date.isoformat), _days.map(lambda day: str(day.year)), st.just("2019/..")),
    "kind": st.sampled_from(["deposit", "plant", "supply"]),
}
_ALWAYS = ("milestone", "planned_on")


@st.composite
def wire_data(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Name and data of an event of any folded kind, with or without a deal, on a precise or imprecise day."""
    kind = draw(st.sampled_from(_FOLDED))
    data: dict[str, Any] = {"occurred": draw(_occurred), "parties": draw(_parties)}
    if draw(st.booleans()):
        data["deal"] = draw(st.sampled_from(["alpha", "beta"]))
    for field in kind.fields:
        if field.name in _OWN and (field.name in _ALWAYS or draw(st.booleans())):
            data[field.name] = draw(_OWN[field.name])
    return kind.name, data


@st.composite
def events(draw: st.DrawFn) -> Event:
    """One of those, of the project `north`."""
    name, data = draw(wire_data())
    return interpret(
        source="/desk",
        id=str(draw(st.integers(0, 10_000))),
        subject="north",
        name=name,
        recorded=RECORDED,
        data=data,
    )


logs = st.lists(events(), max_size=14, unique_by=lambda event: event.id)
