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
from steppe.domain.events.vocabulary import EVENT_KINDS, ROLES, VOCABULARY, Effect, EventKind, Field, FieldKind

PROJECTS = ("north", "south", "east")
PARTIES = ("alpha", "beta", "gamma", "delta")
_PARTS = ("unit-1", "unit-2")
# Some of those that a row stands for, and one that only `milestone.met` meets.
_MILESTONES = ("first-ore", "first-output", "construction-start", "permit", "equity")
_FIRST = date(2015, 1, 1)
days = st.integers(0, 2500).map(lambda count: _FIRST + timedelta(days=count))
# Few enough for events to be known at the same instant now and then.
instants = st.integers(0, 120).map(lambda count: datetime(2016, 1, 1, 12, tzinfo=UTC) + timedelta(days=30 * count))
_late_instants = st.integers(0, 9).map(
    lambda count: datetime(2026, 11, 22, 12, tzinfo=UTC) + timedelta(days=90 * count)
)


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
# So few days that several events often fall on one.
_DAYS_APART = 16
_DATES = [form for count in range(0, 2500, _DAYS_APART) for form in _forms(_FIRST + timedelta(days=count))]
dates = st.sampled_from(_DATES)
# A few days about which everything is told: then several rows are drawn before several endings of one day.
_crowded_dates = st.sampled_from(
    [form for day in ("2016-02-29", "2016-06-30", "2016-12-31") for form in _forms(date.fromisoformat(day))]
)
# Endings are told to the day more often than beginnings: then these are narrowed.
_precise = st.sampled_from([(_FIRST + timedelta(days=count)).isoformat() for count in range(150, 2300, _DAYS_APART)])
_dates_of_endings = st.one_of(_precise, _precise, dates)
_parties = st.sampled_from(
    [
        [{"party": first, "role": "investor", **stake}, {"party": second, "role": role}][begin:end]
        for begin, end in ((0, 1), (0, 2), (1, 2))
        for role in ("investor", "investor", *ROLES)
        for first in ("alpha", "alpha", *PARTIES)
        for second in PARTIES
        for stake in ({}, {}, {"stake_percent": 0}, {"stake_percent": 30})
        if (first, "investor") != (second, role)
    ]
)
_references = st.integers(0, 60).map(lambda number: {"source": "/desk", "id": str(number)})
_capacities = st.sampled_from([{"value": "5.5", "unit": "Mt"}, {"value": "120", "unit": "MW"}])
_parents = st.sampled_from(
    [
        [],
        *([{"party": first, **share}] for first in PARTIES for share in ({}, {"percent": 30}, {"percent": 60})),
        *(
            [{"party": first, "percent": percent}, {"party": second, "percent": 50}]
            for percent in (20, 50)
            for first in PARTIES
            for second in PARTIES
            if first != second
        ),
    ]
)
# The rows of which an ending or an amendment may speak, by its field; a reference often hits one of them.
_SPOKEN_OF: dict[tuple[str, str], frozenset[str]] = {
    ("pledge.announced", "repeats"): frozenset({"pledge.announced"}),
    ("pledge.withdrawn", "ends"): frozenset({"pledge.announced"}),
    ("memorandum.renewed", "renews"): frozenset({"memorandum.signed"}),
    ("rights.amended", "amends"): frozenset({"rights.granted"}),
    ("rights.revoked", "ends"): frozenset({"rights.granted"}),
    ("offtake.amended", "amends"): frozenset({"offtake.signed"}),
    ("offtake.ended", "ends"): frozenset({"offtake.signed"}),
    ("equity.exited", "ends"): frozenset({"equity.agreed", "equity.closed"}),
    ("contract.terminated", "ends"): frozenset(kind.name for kind in VOCABULARY if kind.effect is Effect.BINDING),
}
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
    FieldKind.COUNTRIES: lambda field: st.sampled_from([["KZ"], ["KZ", "UZ"], []]),
    FieldKind.REFERENCE: lambda field: _references,
    FieldKind.PARTIES: lambda field: _parties,
    FieldKind.AMOUNT: lambda field: st.just({"value": "10", "currency": "USD"}),
    FieldKind.EVIDENCE: lambda field: st.just([{"grade": "press", "title": "a report"}]),
    FieldKind.CAPACITY: lambda field: _capacities,
    FieldKind.PARTS: lambda field: st.just([{"part": "unit-1", "name": "Unit 1"}, {"part": "unit-2"}]),
    FieldKind.ALIASES: lambda field: st.sampled_from(
        [[{"name": "Northern", "language": "en"}], [{"name": "Soltüstik"}]]
    ),
    FieldKind.IDS: lambda field: st.just([{"scheme": "register", "id": "KZ-1"}]),
    FieldKind.PARENTS: lambda field: _parents,
}
# What takes a project off would, drawn like the rest, leave little to fold: it is one of so many.
_SUPERSEDED = "project.superseded"
_FOLDED = [
    kind for kind in VOCABULARY if not kind.name.startswith(("party.", "forum.", "event.")) and kind.name != _SUPERSEDED
]
_RARE = 499
# Drawn more often than the rest: without papers, legs and plans most flags would hardly ever stand.
_LIVELY = [
    EVENT_KINDS[name]
    for name in (
        "memorandum.signed", "memorandum.signed", "memorandum.renewed", "termsheet.signed", "milestone.planned",
        "milestone.planned", "rights.granted", "rights.granted", "equity.agreed", "equity.closed", "offtake.signed",
        "hold.placed", "pledge.announced", "permit.granted", "construction.started", "production.started",
    )
]  # fmt: skip
_ENDINGS = [
    EVENT_KINDS[name]
    for name in (
        "contract.terminated", "rights.revoked", "offtake.ended", "equity.exited", "investor.withdrew",
        "memorandum.lapsed", "permit.lapsed", "pledge.withdrawn", "construction.suspended", "production.suspended",
        "construction.resumed", "production.resumed", "project.suspended", "project.resumed", "project.cancelled",
        "project.completed", "project.retired", "hold.lifted",
    )
]  # fmt: skip
_ALWAYS = ("milestone", "planned_on", "party", "forum", "by")


def _value(field: Field) -> st.SearchStrategy[Any]:
    if field.name == "milestone":
        return st.sampled_from(_MILESTONES)
    if field.name == "part":
        return st.sampled_from(_PARTS)
    if field.name == "term_years":
        return st.sampled_from([0, 0.5, 1, 2, 3])
    if field.name == "by":
        return st.just(["elsewhere"])
    return _VALUES[field.kind](field)


@st.composite
def _data(draw: st.DrawFn, kind: EventKind, occurred: st.SearchStrategy[str] = dates) -> dict[str, Any]:
    """Any of its own fields, some common ones, on a precise or imprecise day."""
    data: dict[str, Any] = {"occurred": draw(occurred)}
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
        data = self._with_references_that_hit(data, log)
        known_day = date.fromisoformat(data["reported"]) if "reported" in data else self.recorded.date()
        if faults_of(self.name, data, known_day, strict=False):
            return None
        return interpret(source="/desk", id=id, subject=subject, name=self.name, recorded=self.recorded, data=data)

    def _with_references_that_hit(self, data: dict[str, Any], log: list[Event]) -> dict[str, Any]:
        """Two of three references name a row of which they can speak, if there is one."""
        for field in ("ends", "amends", "renews", "repeats"):
            names = _SPOKEN_OF.get((self.name, field))
            if names is None or field not in data or not data[field]["id"].isdecimal():
                continue
            number = int(data[field]["id"])
            fitting = [event for event in log if event.subject == self.subject and event.kind.name in names]
            if fitting and number % 3:
                hit = fitting[number % len(fitting)]
                data = {**data, field: {"source": hit.source, "id": hit.id}}
        return data


@st.composite
def _claims(
    draw: st.DrawFn,
    subjects: st.SearchStrategy[str],
    instants: st.SearchStrategy[datetime],
    dates: st.SearchStrategy[str] = dates,
    ends: st.SearchStrategy[str] = _dates_of_endings,
) -> _Claim:
    """A fact of any kind about one of the subjects."""
    subject, recorded = draw(subjects), draw(instants)
    if subject.startswith("party:"):
        name = draw(st.sampled_from(["party.registered", "party.amended"]))
        data: dict[str, Any] = {"party": subject.removeprefix("party:")}
        if draw(st.booleans()):
            data["parent"] = draw(st.sampled_from(PARTIES))
        else:
            data["parents"] = draw(_parents)
        if name == "party.amended":
            data["from"] = draw(dates)
    else:
        drawn = draw(st.integers(0, _RARE))
        if drawn == _RARE // 2:
            kind = EVENT_KINDS[_SUPERSEDED]
            name, data = kind.name, draw(_data(kind))
        elif drawn % 10 < 3:
            kind = draw(st.sampled_from(_ENDINGS))
            name, data = kind.name, draw(_data(kind, ends))
        else:
            kind = draw(st.sampled_from(_FOLDED if drawn % 10 < 6 else _LIVELY))
            name, data = kind.name, draw(_data(kind, dates))
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
        "countries": draw(st.sampled_from([[], [], ["UZ"], ["KZ", "UZ"]])),
        "parts": [{"part": part} for part in _PARTS],
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
    recorded = st.one_of(_late_instants, _late_instants, instants)
    crowded = _claims(st.just("north"), recorded, _crowded_dates, _crowded_dates)
    return st.one_of(
        _logs(("north",), _claims(st.just("north"), recorded), events_max), _logs(("north",), crowded, events_max)
    )


def corrected_logs(events_max: int) -> st.SearchStrategy[Log]:
    """Up to so many events of the project `north`, known and recorded at different times; some correct others."""
    facts = _claims(st.just("north"), instants)
    crowded = _claims(st.just("north"), instants, _crowded_dates, _crowded_dates)
    return st.one_of(
        _logs(("north",), st.one_of(facts, facts, facts, _rows_about_others()), events_max),
        _logs(("north",), st.one_of(crowded, crowded, crowded, _rows_about_others()), events_max),
    )
