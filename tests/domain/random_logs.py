"""Logs drawn at random over the whole vocabulary: any event with any of its fields, and corrections of any of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from steppe.domain.events.event import Event, interpret
from steppe.domain.events.field_checks import RECLASSIFIABLE
from steppe.domain.events.validation import FIELDS_ANYWHERE, faults_of
from steppe.domain.events.vocabulary import EVENT_KINDS, ROLES, VOCABULARY, EventKind, Field, FieldKind

PROJECTS = ("north", "south", "east")
PARTIES = ("alpha", "beta", "gamma", "delta")
_FIRST = date(2015, 1, 1)
days = st.integers(0, 2500).map(lambda count: _FIRST + timedelta(days=count))
# Few enough for events to be known at the same instant now and then.
instants = st.integers(0, 120).map(lambda count: datetime(2016, 1, 1, 12, tzinfo=UTC) + timedelta(days=30 * count))


def _forms(day: date) -> list[str]:
    """The day, and what is known less exactly about it."""
    later = (day + timedelta(days=500)).isoformat()
    forms = [
        day.isoformat(),
        day.isoformat(),
        f"{day:%Y-%m}",
        f"{day.year}",
        f"../{day}",
        f"{day}/..",
        f"{day.year}/{later}~",
    ]
    return [*forms, "unknown"]


# One draw a date and one a list of parties: to draw their parts takes longer than to fold what comes of them.
_DATES = [form for count in range(0, 2500, 3) for form in _forms(_FIRST + timedelta(days=count))]
dates = st.sampled_from(_DATES)
_parties = st.sampled_from(
    [
        [{"party": first, "role": "investor", **stake}, {"party": second, "role": role}][begin:end]
        for begin, end in ((0, 1), (0, 2), (1, 2))
        for role in ("investor", "investor", *ROLES)
        for first in PARTIES
        for second in PARTIES
        for stake in ({}, {}, {"stake_percent": 0}, {"stake_percent": 30})
        if (first, "investor") != (second, role)
    ]
)
_references = st.integers(0, 60).map(lambda number: {"source": "/desk", "id": str(number)})
_VALUES: dict[FieldKind, Callable[[Field], st.SearchStrategy[Any]]] = {
    FieldKind.TEXT: lambda field: st.just(field.name),
    FieldKind.SLUG: lambda field: st.sampled_from(PARTIES),
    FieldKind.CHOICE: lambda field: st.sampled_from(field.choices),
    FieldKind.NUMBER: lambda field: st.integers(0, 9),
    FieldKind.PERCENT: lambda field: st.sampled_from([0, 10, 30, 51, 100]),
    FieldKind.LATITUDE: lambda field: st.just(48.5),
    FieldKind.LONGITUDE: lambda field: st.just(68.5),
    FieldKind.BOOLEAN: lambda field: st.booleans(),
    FieldKind.EDTF: lambda field: dates,
    FieldKind.DATE: lambda field: days.map(date.isoformat),
    FieldKind.COUNTRY: lambda field: st.sampled_from(["KZ", "UZ"]),
    FieldKind.LEI: lambda field: st.just("5299000J2N45DDNE4Y28"),
    FieldKind.TEXTS: lambda field: st.just([field.name]),
    FieldKind.SLUGS: lambda field: st.lists(st.sampled_from(["tungsten", "tin"]), unique=True, max_size=2),
    FieldKind.CHOICES: lambda field: st.lists(st.sampled_from(field.choices[:4]), unique=True, max_size=2),
    FieldKind.COUNTRIES: lambda field: st.just(["KZ"]),
    FieldKind.REFERENCE: lambda field: _references,
    FieldKind.PARTIES: lambda field: _parties,
    FieldKind.AMOUNT: lambda field: st.just({"value": "10", "currency": "USD"}),
    FieldKind.EVIDENCE: lambda field: st.just([{"grade": "press", "title": "a report"}]),
}
_FOLDED = [kind for kind in VOCABULARY if not kind.name.startswith(("party.", "forum.", "event."))]
# Drawn more often than the rest: without papers, legs and plans most flags would hardly ever stand.
_LIVELY = [
    EVENT_KINDS[name]
    for name in (
        "memorandum.signed", "memorandum.signed", "memorandum.renewed", "termsheet.signed", "milestone.planned",
        "milestone.planned", "rights.granted", "equity.agreed", "equity.closed", "offtake.signed", "hold.placed",
    )
]  # fmt: skip
_ALWAYS = ("milestone", "planned_on", "party", "forum")


def _value(field: Field) -> st.SearchStrategy[Any]:
    if field.name == "milestone":
        return st.sampled_from(["first-ore", "smelter"])
    return _VALUES[field.kind](field)


@st.composite
def _data(draw: st.DrawFn, kind: EventKind) -> dict[str, Any]:
    """Any of its own fields, some common ones, on a precise or imprecise day."""
    data: dict[str, Any] = {"occurred": draw(dates)}
    common = draw(st.integers(0, 11))
    if common != 1:
        data["parties"] = draw(_parties)
    if common in (1, 2, 3, 4):
        data["deal"] = draw(st.sampled_from(PARTIES[:3]))
    if common == 5:
        data["part_of"] = draw(_references)
    given = draw(st.integers(0, 2 ** len(kind.fields) - 1)) if kind.fields else 0
    for place, field in enumerate(kind.fields):
        if field.name in _ALWAYS or given >> place & 1:
            data[field.name] = draw(_value(field))
    return data


@dataclass(frozen=True)
class _Claim:
    """What an event says, before it has an id. `aims_at` picks the target of a row about another one; None: a fact."""

    subject: str
    name: str
    recorded: datetime
    data: dict[str, Any]
    aims_at: int | None = None

    def made(self, id: str, log: list[Event]) -> Event | None:
        """The event, in a log; None when readers refuse it."""
        subject, data = self.subject, self.data
        if self.aims_at is not None:
            target = log[self.aims_at % len(log)]
            subject, data = target.subject, {**data, "target": {"source": target.source, "id": target.id}}
        known_day = date.fromisoformat(data["reported"]) if "reported" in data else self.recorded.date()
        if faults_of(self.name, data, known_day, strict=False):
            return None
        return interpret(source="/desk", id=id, subject=subject, name=self.name, recorded=self.recorded, data=data)


@st.composite
def _claims(draw: st.DrawFn, subjects: st.SearchStrategy[str], instants: st.SearchStrategy[datetime]) -> _Claim:
    """A fact of any kind about one of the subjects."""
    subject, recorded = draw(subjects), draw(instants)
    if subject.startswith("party:"):
        name = draw(st.sampled_from(["party.registered", "party.amended"]))
        data: dict[str, Any] = {"party": subject.removeprefix("party:"), "parent": draw(st.sampled_from(PARTIES))}
        if name == "party.amended":
            data["from"] = draw(dates)
    else:
        kind = draw(st.one_of(st.sampled_from(_LIVELY), st.sampled_from(_FOLDED), st.sampled_from(_LIVELY)))
        name, data = kind.name, draw(_data(kind))
    return _Claim(subject, name, recorded, _reported(data, recorded, draw(_days_before)))


@st.composite
def _rows_about_others(draw: st.DrawFn) -> _Claim:
    """A correction, reclassification or retraction of anything, also of one of these; now and then of nothing."""
    name = draw(st.sampled_from(["event.retracted", "event.corrected", "event.corrected", "event.reclassified"]))
    data: dict[str, Any] = {"reason": "typing"}
    if name == "event.reclassified":
        data["name"] = draw(st.sampled_from(RECLASSIFIABLE))
    if name == "event.corrected" or (name == "event.reclassified" and draw(st.booleans())):
        changed = draw(st.sampled_from(_CHANGEABLE))
        data["changes"] = {changed.name: draw(_value(changed)) if draw(st.integers(0, 4)) else None}
    recorded = draw(instants)
    return _Claim("", name, recorded, _reported(data, recorded, draw(_days_before)), draw(st.integers(0, 60)))


_days_before = st.one_of(st.none(), st.none(), st.integers(0, 900))
_CHANGEABLE = [
    field
    for names in (("occurred", "occurred", "parties", "deal", "note"), sorted(FIELDS_ANYWHERE))
    for name in names
    for field in FIELDS_ANYWHERE[name]
    if field.kind in _VALUES and name != "reported"
]


def _reported(data: dict[str, Any], recorded: datetime, days_before: int | None) -> dict[str, Any]:
    if days_before is None:
        return data
    return {**data, "reported": (recorded.date() - timedelta(days=days_before)).isoformat()}


@st.composite
def _registration(draw: st.DrawFn, subject: str) -> Event:
    """The first registration of a project, known before everything else."""
    data = {
        "name": subject,
        "country": "KZ",
        "commodities": [draw(st.sampled_from(["tungsten", "tungsten", "tin"]))],
        "sector": draw(st.sampled_from(["mining", "mining", "processing", "energy"])),
        "kind": draw(st.sampled_from(["deposit", "plant", "corridor", "supply", "umbrella"])),
        "required_legs": draw(st.sampled_from([[], ["equity"], ["equity", "debt"]])),
    }
    made = _Claim(subject, "project.registered", datetime(2015, 1, 1, tzinfo=UTC), data).made(
        f"registered-{subject}", []
    )
    assert made is not None
    return made


class Log(list[Event]):
    """The events of a log; shown as somebody would send them."""

    def __repr__(self) -> str:
        shown = [f"{e.subject} {e.reference} {e.kind.name} recorded {e.recorded:%Y-%m-%d} {dict(e.data)}" for e in self]
        return "\n  ".join(["", *shown])


@st.composite
def _logs(draw: st.DrawFn, projects: Sequence[str], claims: st.SearchStrategy[_Claim], events_max: int) -> Log:
    log = Log(draw(_registration(project)) for project in projects)
    most = events_max - len(log)
    least = draw(st.sampled_from([0, most // 6, most // 2]))
    for number, claim in enumerate(draw(st.lists(claims, min_size=least, max_size=most))):
        event = claim.made(str(number), log)
        if event is not None:
            log.append(event)
    return log


def portfolios(events_max: int) -> st.SearchStrategy[Log]:
    """Up to so many events of three projects and of parties that may be a group; about a quarter correct others."""
    facts = _claims(st.sampled_from([*PROJECTS * 4, "party:alpha", "party:beta"]), instants)
    return _logs(PROJECTS, st.one_of(facts, facts, facts, _rows_about_others()), events_max)


def logs(events_max: int) -> st.SearchStrategy[Log]:
    """Up to so many events of the project `north`, all known in the end; none about another event."""
    return _logs(("north",), _claims(st.just("north"), st.just(datetime(2026, 11, 22, tzinfo=UTC))), events_max)
