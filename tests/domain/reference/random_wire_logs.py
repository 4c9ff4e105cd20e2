"""Logs of CloudEvents drawn at random over the whole vocabulary, as somebody would send them; ingest would take each of them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from steppe.domain.events.field_checks import RECLASSIFIABLE
from steppe.domain.events.validation import faults_of
from steppe.domain.events.vocabulary import ROLES, VOCABULARY, Effect, EventKind, Field, FieldKind

Envelope = dict[str, Any]

_MILESTONES = ("construction-start", "first-output", "production-start", "relocation", "equity", "permit", "rights", "financial-close")  # fmt: skip
_PARTIES = ("alpha", "beta", "gamma")
# What many rows of a log are about: without a theme too few of them would concern each other.
_THEMES = (
    ("memorandum.", "termsheet", "investor."),
    ("construction.", "production.", "project."),
    ("rights.", "permit."),
    ("equity.", "offtake.", "contract."),
    ("pledge.", "intent."),
    ("milestone.", "construction.", "production."),
    ("hold.", "memorandum.", "review."),
)
_RARE = frozenset({"technology.transferred", "training.delivered", "certification.granted", "exploration.reported"})
_FIRST, _RECORDED = date(2015, 1, 1), datetime(2019, 6, 1, 10, tzinfo=UTC)
_REFERENCES = frozenset({"ends", "amends", "renews", "repeats", "part_of"})
_SOURCE = "/s"
_SHARED_DAYS = (
    *(date(2016, 2, 28), date(2016, 2, 29), date(2016, 3, 1), date(2016, 6, 30), date(2016, 12, 31)),
    *(date(2017, 1, 1), date(2017, 6, 15), date(2017, 6, 16), date(2018, 1, 31)),
)


def portfolio_log(seed: int, events: int = 28) -> list[Envelope]:
    """So many events of two projects and of parties that may be a group, and up to four rows that correct others."""
    drawn = _Log(random.Random(seed), ("north", "south"))
    drawn.register_parties()
    drawn.tell(events)
    drawn.correct(drawn.random.choice((0, 0, 1, 2, 4)))
    return drawn.events


def project_log(seed: int, events: int = 20) -> list[Envelope]:
    """So many events of one project, and up to two rows that correct others."""
    drawn = _Log(random.Random(seed), ("north",))
    drawn.tell(events)
    drawn.correct(drawn.random.choice((0, 0, 1, 2)))
    return drawn.events


class _Log:
    """A log in the making."""

    def __init__(self, chance: random.Random, projects: tuple[str, ...]) -> None:
        self.random = chance
        self.projects = projects
        self.events: list[Envelope] = []
        self.ids: dict[str, list[str]] = {project: [] for project in projects}
        theme = chance.choice(_THEMES)
        self.weights = [_weight(kind, theme) for kind in VOCABULARY]
        # Every second log tells of a few days only: then rows and endings of many kinds meet on one.
        self.days = chance.sample(_SHARED_DAYS, chance.randrange(2, 6)) if chance.random() < 0.5 else []
        for project in projects:
            self._register(project)

    def _register(self, project: str) -> None:
        data: dict[str, Any] = {
            "name": project,
            "country": "KZ",
            "commodities": ["tungsten"],
            "sector": self.random.choice(("mining", "processing", "energy")),
            "kind": self.random.choice(("deposit", "plant", "corridor", "supply")),
        }
        if self.random.random() < 0.4:
            data["required_legs"] = self.random.choice((["equity"], ["debt", "equity"]))
        self._add(f"reg-{project}", project, "project.registered", datetime(2014, 1, 1, tzinfo=UTC), data)

    def register_parties(self) -> None:
        """Some of the parties, each with one or two parents."""
        for party in _PARTIES:
            if self.random.random() < 0.4:
                others = [other for other in (*_PARTIES, "top") if other != party]
                parents = self.random.sample(others, self.random.randrange(1, 3))
                shares = [
                    {"percent": self.random.choice((30, 50))} if self.random.random() < 0.7 else {} for _ in parents
                ]
                data = {
                    "party": party,
                    "name": party,
                    "home_country": "JP",
                    "kind": "company",
                    "parents": [{"party": parent, **share} for parent, share in zip(parents, shares, strict=True)],
                }
                self._add(f"reg-{party}", f"party:{party}", "party.registered", datetime(2014, 1, 1, tzinfo=UTC), data)

    def tell(self, until: int) -> None:
        """Facts of any kind until the log has so many events."""
        for _ in range(20 * until):
            if len(self.events) >= until:
                return
            kind = self.random.choices(VOCABULARY, self.weights)[0]
            subject = self.random.choice(self.projects)
            recorded = _RECORDED + timedelta(days=self.random.choice((0, self.random.randrange(200))))
            if self._add(str(len(self.events)), subject, kind.name, recorded, self._data(kind, subject)):
                self.ids[subject].append(self.events[-1]["id"])

    def _data(self, kind: EventKind, subject: str) -> dict[str, Any]:
        data: dict[str, Any] = {}
        if kind.effect is not Effect.RECORD or self.random.random() < 0.8:
            data["occurred"] = self._edtf()
        if self.random.random() < 0.85 and (parties := self._parties()):
            data["parties"] = parties
        if self.random.random() < 0.3:
            data["deal"] = self.random.choice(_PARTIES)
        if self.random.random() < 0.05:
            data["part_of"] = self._reference(subject)
        for field in kind.fields:
            if field.required or self.random.random() < 0.45:
                value = self._value(field, subject)
                if value is not None:
                    data[field.name] = value
        if self.random.random() < 0.3:
            data["reported"] = (date(2019, 5, 1) - timedelta(days=self.random.randrange(600))).isoformat()
        return data

    def correct(self, count: int) -> None:
        """So many rows that retract, correct or reclassify others, now and then one another."""
        for number in range(count):
            subject = self.random.choice(self.projects)
            if not self.ids[subject]:
                continue
            name = self.random.choice(("event.retracted", "event.corrected", "event.reclassified"))
            data: dict[str, Any] = {
                "target": {"source": _SOURCE, "id": self.random.choice(self.ids[subject])},
                "reason": "x",
            }
            if name == "event.corrected":
                data["changes"] = self.random.choice(
                    (
                        {"occurred": self._edtf()},
                        {"occurred": self._edtf()},
                        {"deal": self.random.choice((*_PARTIES, None))},
                        {"parties": self._parties()},
                        {"part": self.random.choice(("u1", None))},
                    )
                )
            if name == "event.reclassified":
                data["name"] = self.random.choice(RECLASSIFIABLE)
            recorded = datetime(2020, 1, 1, 10, tzinfo=UTC) + timedelta(days=self.random.randrange(100))
            if self._add(f"c{number}", subject, name, recorded, data) and name != "event.reclassified":
                self.ids[subject].append(f"c{number}")

    def _add(self, id: str, subject: str, name: str, recorded: datetime, data: dict[str, Any]) -> bool:
        known_day = date.fromisoformat(data["reported"]) if "reported" in data else recorded.date()
        if faults_of(name, data, known_day):
            return False
        self.events.append(
            {
                "specversion": "1.0",
                "id": id,
                "source": _SOURCE,
                "type": f"steppe.{name}.v1",
                "subject": subject,
                "recordedtime": recorded.isoformat().replace("+00:00", "Z"),
                "data": data,
            }
        )
        return True

    def _day(self) -> date:
        if self.days and self.random.random() < 0.9:
            return self.random.choice(self.days) + timedelta(days=self.random.choice((0, 0, 0, 0, 1, -1)))
        if self.random.random() < 0.6:
            return _FIRST + timedelta(days=self.random.randrange(1500))
        return date(2016, 6, 1) + timedelta(days=self.random.randrange(40))

    def _edtf(self) -> str:
        day, later = self._day(), timedelta(days=self.random.randrange(1, 500))
        forms = (
            *[day.isoformat()] * 26,
            *[f"{day:%Y-%m}"] * 6,
            *[f"{day:%Y}"] * 8,
            *[f"{day}/{day + later}"] * 4,
            *[f"{day:%Y}~"] * 2,
            *("unknown", f"../{day}", f"../{day}", f"{day}/.."),
        )
        return self.random.choice(forms)

    def _parties(self) -> list[dict[str, Any]]:
        parties: dict[tuple[str, str], dict[str, Any]] = {}
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 2))):
            party, role = self.random.choice(_PARTIES), self.random.choice(("investor", "investor", *ROLES))
            stake = {"stake_percent": self.random.choice((0, 20, 30, 50))} if self.random.random() < 0.15 else {}
            parties[party, role] = {"party": party, "role": role, **stake}
        return list(parties.values())

    def _reference(self, subject: str) -> dict[str, str]:
        ids = self.ids[subject]
        return {"source": _SOURCE, "id": self.random.choice(ids) if ids and self.random.random() < 0.8 else "nowhere"}

    def _value(self, field: Field, subject: str) -> Any:
        if field.name in _REFERENCES:
            return self._reference(subject)
        if field.name == "milestone":
            return self.random.choice(_MILESTONES)
        if field.name == "part":
            return self.random.choice(("u1", "u2"))
        match field.kind:
            case FieldKind.EDTF:
                return self._edtf()
            case FieldKind.CHOICE:
                return self.random.choice(field.choices)
            case FieldKind.CHOICES:
                return self.random.sample(field.choices[:4], self.random.randrange(3))
            case FieldKind.NUMBER:
                return self.random.randrange(6)
            case FieldKind.PERCENT:
                return self.random.choice((0, 10, 20, 30, 50, 100))
            case FieldKind.BOOLEAN:
                return self.random.random() < 0.6
            case FieldKind.AMOUNT:
                return {"value": "10", "currency": "USD"}
            case FieldKind.SLUG:
                return self.random.choice(_PARTIES)
            case FieldKind.SLUGS if field.name == "commodities":
                return self.random.sample(("tungsten", "tin"), self.random.randrange(1, 3))
            case FieldKind.SLUGS:
                return ["south"]
            case FieldKind.COUNTRY:
                return self.random.choice(("KZ", "UZ"))
            case FieldKind.COUNTRIES:
                return self.random.sample(("KZ", "UZ", "KG"), self.random.randrange(1, 3))
            case FieldKind.TEXT:
                return "x"
            case _:
                return None


def _weight(kind: EventKind, theme: tuple[str, ...]) -> float:
    if kind.name.startswith(("event.", "party.", "forum.")):
        return 0
    if kind.name == "project.superseded":
        return 0.02
    if kind.name in _RARE:
        return 0.2
    return 6 if kind.name.startswith(theme) else 1
