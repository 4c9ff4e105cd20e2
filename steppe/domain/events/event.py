"""An accepted event as the fold sees it, with its two times (section 2) and its place in the fold order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from steppe.domain.events.vocabulary import EVENT_KINDS, PURSUING_ROLES, EventKind
from steppe.domain.values import edtf
from steppe.domain.values.edtf import Days
from steppe.domain.values.value_class import value_class

GRACE_DAYS = 1  # section 2: time zones ahead of UTC


@value_class(frozen=True, slots=True)
class Party:
    """A party as an event names it."""

    party: str
    role: str
    name: str | None = None
    country: str | None = None
    stake_percent: float | None = None


@value_class(frozen=True, slots=True, kw_only=True)
class Event:
    """One claim about one subject. Made by `interpret` from data that `validation` has accepted.

    `earliest` is None when the start is open or unknown; `latest` is never None: the event counts from that day on.
    All instants are aware and UTC; all days are UTC days.
    """

    source: str
    id: str
    subject: str
    kind: EventKind
    recorded: datetime
    known: datetime
    earliest: date | None
    latest: date
    deal: str | None
    parties: tuple[Party, ...]
    data: Mapping[str, Any]
    # The ending before which this event was drawn (section 2), `source#id`; set by the fold.
    narrowed_by: str | None = None

    @property
    def reference(self) -> str:
        """How answers name it: `source#id`."""
        return f"{self.source}#{self.id}"

    @property
    def order(self) -> tuple[date, date, int, str, str]:
        """The fold's order (section 2): latest day, earliest day, precedence, source, id."""
        return (self.latest, self.earliest or date.min, self.kind.precedence, self.source, self.id)

    @property
    def given(self) -> str | None:
        """What `occurred` says where the days, as reckoned, do not say the same: cut, narrowed, open or approximate."""
        return given_of(self.data.get("occurred"), self.earliest, self.latest)

    def is_named_by(self, reference: Mapping[str, Any]) -> bool:
        """Whether a reference {source, id} of another event of the subject names it."""
        return (self.source, self.id) == (reference["source"], reference["id"])

    def known_by(self, *, recorded: bool) -> datetime:
        """The instant at which it was known; `recorded`: at which ingest accepted it (section 8, `known_by`)."""
        return self.recorded if recorded else self.known

    def dated(self, earliest: date | None, latest: date) -> Event:
        """The same event on other days, as a correction of `occurred` puts it (section 7)."""
        return replace(self, earliest=earliest, latest=latest)


def given_of(occurred: str | None, earliest: date | None, latest: date) -> str | None:
    """What an `occurred` says where these days do not say the same; None: they do, or it says nothing."""
    if occurred is None or occurred == edtf.text_of(Days(earliest, latest)):
        return None
    return occurred


def interpret(*, source: str, id: str, subject: str, name: str, recorded: datetime, data: Mapping[str, Any]) -> Event:
    """Give accepted data its two times, its deal and its parties.

    Raises EdtfError or ValueError when the dates of `data` cannot be read, and KeyError for an unknown name; data that
    `validation` accepted raises nothing. The same arguments always give an equal event.
    """
    kind = EVENT_KINDS[name]
    reported = data.get("reported")
    known = datetime.combine(date.fromisoformat(reported), time(), UTC) if reported else recorded.astimezone(UTC)
    occurred = data.get("occurred")
    days = Days(known.date(), known.date()) if occurred is None else edtf.parse(occurred)
    earliest, latest = clamp_to_known_day(days, known.date())
    parties = tuple(
        Party(p["party"], p["role"], p.get("name"), p.get("country"), p.get("stake_percent"))
        for p in data.get("parties", ())
    )
    return Event(
        source=source,
        id=id,
        subject=subject,
        kind=kind,
        recorded=recorded,
        known=known,
        earliest=earliest,
        latest=latest,
        deal=deal_of(name, data.get("deal"), parties),
        parties=parties,
        data=data,
    )


def clamp_to_known_day(days: Days, known_day: date) -> tuple[date | None, date]:
    """The interval, cut off at the known day (section 2). Within the day of grace the latest day is the earliest."""
    latest = known_day if days.latest is None else min(days.latest, known_day)
    if days.earliest is not None and latest < days.earliest:
        latest = days.earliest
    return days.earliest, latest


def is_a_plan(days: Days, known_day: date) -> bool:
    """Whether the interval begins too late after the known day to be a fact."""
    return days.earliest is not None and days.earliest > known_day + timedelta(days=GRACE_DAYS)


def deal_of(name: str, declared: str | None, parties: tuple[Party, ...]) -> str | None:
    """The deal of an event (section 1): declared, else the first pursuer by role; None speaks of the project."""
    if declared:
        return declared
    if name.startswith(("project.", "hold.")):
        return None
    for role in PURSUING_ROLES:
        for party in parties:
            if party.role == role:
                return party.party
    return None
